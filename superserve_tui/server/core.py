"""The server put together: agents, sessions, application and listener, started and stopped as one.

May import: everything in server.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable

from superserve_tui.server.agents.base import AgentDefinition
from superserve_tui.server.app import App
from superserve_tui.server.limits import Limits
from superserve_tui.server.listener import Listener
from superserve_tui.server.routes import Routes
from superserve_tui.server.sessions import Agents, Sessions

__all__ = ["Server", "url_of"]

_LAST_ANSWERS_S = 0.5
"""How long answers that are under way have at the server's end, after their turns have ended."""


def url_of(listening: socket.socket) -> str:
    """The address that a bound socket is reached at."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server:
    """One embedded server on the running loop."""

    def __init__(self, agents: Iterable[AgentDefinition], *, token: str, limits: Limits | None = None) -> None:
        """Offer `agents` to the bearer of `token`."""
        limits = limits or Limits()
        offered = Agents(agents)
        self.sessions = Sessions(offered, limits)
        """Its sessions; whoever decides over the server's life watches them."""
        self._listener = Listener(App(Routes(offered, self.sessions, limits), token=token, limits=limits), limits)

    async def start(self, listening: socket.socket) -> None:
        """Take requests on this socket, which is closed with the server."""
        await self._listener.start(listening)

    async def stop(self, reason: str) -> None:
        """End all turns with `reason`, all agents and all connections; takes at most 3 s."""
        await self.sessions.stop(reason)
        await self._listener.stop(_LAST_ANSWERS_S)
