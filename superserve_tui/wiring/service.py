"""The SDK's client as the engine wants it.

May import: client, engine, protocol.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from superserve_tui.engine import SessionOpening, StreamHooks, TurnStream
from superserve_tui.protocol import Agent, ConflictError, Listing, NotFoundError, SessionInfo

if TYPE_CHECKING:
    from superserve_tui.client import Client

__all__ = ["ClientService"]

_LISTED = 200
"""Sessions asked for at most: nobody reads more."""


class ClientService:
    """A `ServicePort` over a `Client`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def base_url(self) -> str:
        """Its address."""
        return self._client.base_url

    def list_agents(self) -> Listing[Agent]:
        """The agents that sessions can be made with."""
        return self._client.agents.list()

    def list_sessions(self) -> Listing[SessionInfo]:
        """The sessions that the server has, whoever made them, newest first; bad rows are passed over."""
        return self._client.sessions.list(limit=_LISTED)

    def open_session(self, agent: str, *, title: str | None, idle_timeout_s: int) -> SessionOpening:
        """A session that is made when it is asked for; checks the agent's readiness first."""
        return self._client.open_session(agent, title=title, idle_timeout=idle_timeout_s)

    def get_session(self, server_id: str) -> SessionInfo:
        """The session as the server sees it."""
        return self._client.session(server_id).refresh()

    def resume_session(self, server_id: str) -> SessionInfo:
        """Make an idle session active again."""
        return self._client.session(server_id).resume()

    def end_session(self, server_id: str) -> None:
        """End it; 404, 409 and 410 count as done."""
        try:
            self._client.session(server_id).end()
        except (NotFoundError, ConflictError):
            return

    def agent_log(self, server_id: str) -> Sequence[str] | None:
        """The last lines of the agent's own log; None where the server does not offer that."""
        return self._client.session(server_id).log_lines()

    def cancel_turn(self, server_id: str) -> bool:
        """Stop the running turn; False where the server does not offer that."""
        return self._client.session(server_id).cancel()

    def send_message(self, server_id: str, prompt: str, hooks: StreamHooks) -> TurnStream:
        """A stream that sends `prompt` when it is first iterated."""
        return self._client.session(server_id).stream(
            prompt,
            on_reconnect=hooks.on_reconnect,
            on_connected=hooks.on_connected,
            on_wait=hooks.on_wait,
        )

    def attach(self, server_id: str, after: int, hooks: StreamHooks) -> TurnStream:
        """The running turn's events from number `after` + 1 on."""
        return self._client.session(server_id).attach(
            after, on_reconnect=hooks.on_reconnect, on_connected=hooks.on_connected
        )

    def can_attach(self, server_id: str, after: int) -> bool:
        """Whether the server hands the running turn to another connection."""
        return self._client.session(server_id).can_attach(after)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()
