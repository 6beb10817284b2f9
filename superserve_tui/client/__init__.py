"""The library: a client for services that run agents.

    from superserve_tui.client import Client

    with Client(api_key="ss_...") as client, client.create_session("my-agent") as session:
        for chunk in session.stream("What files are in the project?").text_stream:
            print(chunk, end="", flush=True)

Names load their module when they are first used, so that importing the package loads no HTTP library.

May import: protocol, httpcore, the standard library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from superserve_tui.protocol import (
    Agent,
    AgentNotReadyError,
    AgentNotTrustedError,
    APIError,
    AuthenticationError,
    ConflictError,
    ConnectionFailedError,
    ConnectionLostError,
    CredentialError,
    FinishReason,
    InvalidResponseError,
    NotConnectedError,
    NotFoundError,
    RateLimitError,
    RunError,
    RunResult,
    ServerError,
    SessionInfo,
    StreamConsumed,
    SuperserveError,
    ToolCall,
    User,
)

if TYPE_CHECKING:
    from superserve_tui.client.abort import Aborted, AbortSwitch
    from superserve_tui.client.agents import Agents
    from superserve_tui.client.client import Client
    from superserve_tui.client.credentials import DEFAULT_BASE_URL, check_key, find_base_url, find_key
    from superserve_tui.client.endpoint import is_loopback
    from superserve_tui.client.listing import Listing
    from superserve_tui.client.login import DeviceCode, DeviceLogin
    from superserve_tui.client.session import Session
    from superserve_tui.client.sessions import Sessions
    from superserve_tui.client.stream import AgentStream
    from superserve_tui.client.timing import Timing
    from superserve_tui.client.token_file import (
        StoredToken,
        default_auth_file,
        delete_token,
        read_token,
        write_token,
    )

__all__ = [
    "DEFAULT_BASE_URL",
    "APIError",
    "AbortSwitch",
    "Aborted",
    "Agent",
    "AgentNotReadyError",
    "AgentNotTrustedError",
    "AgentStream",
    "Agents",
    "AuthenticationError",
    "Client",
    "ConflictError",
    "ConnectionFailedError",
    "ConnectionLostError",
    "CredentialError",
    "DeviceCode",
    "DeviceLogin",
    "FinishReason",
    "InvalidResponseError",
    "Listing",
    "NotConnectedError",
    "NotFoundError",
    "RateLimitError",
    "RunError",
    "RunResult",
    "ServerError",
    "Session",
    "SessionInfo",
    "Sessions",
    "StoredToken",
    "StreamConsumed",
    "SuperserveError",
    "Timing",
    "ToolCall",
    "User",
    "check_key",
    "default_auth_file",
    "delete_token",
    "find_base_url",
    "find_key",
    "is_loopback",
    "read_token",
    "write_token",
]

_HOMES = {
    "AbortSwitch": "abort",
    "Aborted": "abort",
    "AgentStream": "stream",
    "Agents": "agents",
    "Client": "client",
    "DEFAULT_BASE_URL": "credentials",
    "DeviceCode": "login",
    "DeviceLogin": "login",
    "Listing": "listing",
    "Session": "session",
    "Sessions": "sessions",
    "StoredToken": "token_file",
    "Timing": "timing",
    "check_key": "credentials",
    "default_auth_file": "token_file",
    "delete_token": "token_file",
    "find_base_url": "credentials",
    "find_key": "credentials",
    "is_loopback": "endpoint",
    "read_token": "token_file",
    "write_token": "token_file",
}
"""The module of each name that is loaded late."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
