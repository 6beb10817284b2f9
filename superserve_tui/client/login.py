"""Logging in: the device flow, and what a token is good for (PROTOCOL 5).

May import: the standard library, protocol, and `client`'s api, credentials, endpoint, timing, token_file,
transport.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from superserve_tui.client.abort import Aborted, AbortSwitch
from superserve_tui.client.api import Api
from superserve_tui.client.backend import Resolver, resolve
from superserve_tui.client.credentials import check_key, find_base_url
from superserve_tui.client.endpoint import Endpoint
from superserve_tui.client.timing import Timing
from superserve_tui.client.token_file import StoredToken
from superserve_tui.client.transport import Transport
from superserve_tui.protocol import (
    APIError,
    AuthenticationError,
    ConnectionFailedError,
    CredentialError,
    InvalidResponseError,
    JsonObject,
    RateLimitError,
    ServerError,
)
from superserve_tui.protocol.records import dataclass

__all__ = ["DeviceCode", "DeviceLogin"]

DEFAULT_INTERVAL_S = 5.0
"""Between two polls, where the server names no interval (RFC 8628)."""

MIN_INTERVAL_S = 1.0
SLOW_DOWN_S = 5.0
"""What `slow_down` adds to the interval (RFC 8628)."""

MAX_INTERVAL_S = 60.0
DEFAULT_EXPIRES_S = 900.0
MAX_EXPIRES_S = 3600.0


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What the person needs for logging in elsewhere."""

    user_code: str
    """What to type there."""
    verification_uri: str
    """Where: an http or https address."""
    verification_uri_complete: str | None
    """The same with the code in it, where the server has one; http or https."""
    expires_s: float
    """Seconds until the code is void."""
    interval_s: float
    """Seconds between two polls."""
    device_code: str = field(repr=False)
    """The secret that the token is asked for with."""


class DeviceLogin:
    """One login by device code. One thread; `stop` from any.

        with DeviceLogin() as login:
            code = login.start()
            print(code.verification_uri, code.user_code)
            write_token(login.wait_for_token(code), path)

    Args:
        base_url: The address; else SUPERSERVE_API_URL, else the hosted service.
        timeout: Seconds that a request may take.
        allow_insecure: Plain http to a host that is not this machine.
        timing: Clocks and waits; for tests.
        resolver: Name resolution; for tests.
    """

    def __init__(
        self,
        base_url: str | None = None,
        timeout: float = 30.0,
        *,
        allow_insecure: bool = False,
        timing: Timing | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        self._timing = Timing() if timing is None else timing
        transport = Transport(
            endpoint=Endpoint.parse(find_base_url(base_url)),
            key=None,
            timing=self._timing,
            allow_insecure=allow_insecure,
            resolver=resolver,
        )
        self._api = Api(transport, timeout_s=timeout)
        self._switch = AbortSwitch()

    def start(self) -> DeviceCode:
        """Ask for a code.

        Raises:
            InvalidResponseError: the answer lacks something, or its address is neither http nor https.
        """
        answer = self._api.post("auth", "device-code")
        complete = answer.get("verification_uri_complete")
        return DeviceCode(
            user_code=_text(answer, "user_code"),
            verification_uri=_web_address(_text(answer, "verification_uri")),
            verification_uri_complete=_web_address(complete) if isinstance(complete, str) and complete else None,
            expires_s=_seconds(answer.get("expires_in"), DEFAULT_EXPIRES_S, 1.0, MAX_EXPIRES_S),
            interval_s=_seconds(answer.get("interval"), DEFAULT_INTERVAL_S, MIN_INTERVAL_S, MAX_INTERVAL_S),
            device_code=_text(answer, "device_code"),
        )

    def wait_for_token(self, code: DeviceCode, *, on_poll: Callable[[float], object] | None = None) -> StoredToken:
        """Poll until the person has typed the code. Blocks.

        Args:
            code: The answer of `start`.
            on_poll: Called before each wait with the seconds that are left.

        Raises:
            AuthenticationError: the person refused, the code ran out, or `stop` was called.
            APIError: the service refused for another reason.
        """
        ends = self._timing.monotonic() + code.expires_s
        interval_s = code.interval_s
        while (left := ends - self._timing.monotonic()) > 0:
            if on_poll is not None:
                on_poll(left)
            self._wait(interval_s)
            try:
                answer = self._ask(code)
            except RateLimitError as error:
                interval_s = min(max(interval_s + SLOW_DOWN_S, error.retry_after_s or 0.0), MAX_INTERVAL_S)
                continue
            except (ConnectionFailedError, ServerError):
                continue  # the next poll may get through; the code's own time ends this
            match answer.get("error"):
                case None:
                    return _read_token(answer)
                case "authorization_pending":
                    pass
                case "slow_down":
                    interval_s = min(interval_s + SLOW_DOWN_S, MAX_INTERVAL_S)
                case "expired_token":
                    break
                case "access_denied":
                    raise AuthenticationError("the login was refused")
                case _:
                    raise InvalidResponseError("the service gave an answer to the login that is not known")
        raise AuthenticationError("the code has expired; log in again")

    def stop(self) -> None:
        """End `wait_for_token`, from any thread."""
        self._switch.abort()
        self._api.close()

    def close(self) -> None:
        """Give the connections back."""
        self._api.close()
        self._switch.close()

    def __enter__(self) -> DeviceLogin:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _wait(self, seconds: float) -> None:
        try:
            with self._switch.hold():
                self._timing.wait(self._switch, seconds)
        except Aborted:
            raise AuthenticationError("the login was stopped") from None

    def _ask(self, code: DeviceCode) -> JsonObject:
        """One poll; the flow's own errors come as an object, whatever status they had."""
        try:
            return self._api.post("auth", "device-token", body={"device_code": code.device_code})
        except APIError as error:
            if "error" not in error.details or isinstance(error, RateLimitError | ServerError):
                raise
            return {"error": error.details["error"]}


def _read_token(answer: JsonObject) -> StoredToken:
    token = answer.get("access_token") or answer.get("token")
    if not isinstance(token, str):
        raise InvalidResponseError("the service gave no token")
    try:
        check_key(token, source="the service")
    except CredentialError as error:
        raise InvalidResponseError(str(error)) from None
    return StoredToken(
        token,
        token_type=_optional(answer.get("token_type")),
        expires_at=_optional(answer.get("expires_at")),
        refresh_token=_optional(answer.get("refresh_token")),
    )


def _optional(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _text(answer: JsonObject, key: str) -> str:
    value = answer.get(key)
    if not isinstance(value, str) or not value:
        raise InvalidResponseError(f"the service's answer to the login has no {key}")
    return value


def _web_address(address: str) -> str:
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_web = False
    if not is_web or not address.isprintable() or " " in address:
        raise InvalidResponseError("the service gave a login address that is neither http nor https")
    return address


def _seconds(value: object, default: float, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    return float(min(max(value, least), most))
