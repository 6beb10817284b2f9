"""Listens on loopback and speaks HTTP: uvicorn's protocol on our own loop.

uvicorn's `Server` is left out: it takes the process's signals, and it wakes ten times a second to look
whether it should end. Here nothing runs while nothing happens.

May import: uvicorn, h11, server.limits.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from superserve_tui.server.app import App
from superserve_tui.server.auth import LOOPBACK_HOSTS
from superserve_tui.server.limits import Limits

__all__ = ["Listener", "bind"]

_BACKLOG = 1024
"""Connections that may wait to be accepted: a burst of 1,000 is let in."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket on a loopback address.

    Args:
        host: `127.0.0.1`, `localhost` or `::1`.
        port: 0 for any that is free.

    Raises:
        ValueError: not a loopback address, or not a port.
        OSError: the port is taken, or the system refuses.
    """
    name = host.removeprefix("[").removesuffix("]")
    if name not in LOOPBACK_HOSTS:
        raise ValueError(f"{host} is no loopback address: use one of {', '.join(LOOPBACK_HOSTS)}")
    if not 0 <= port <= 65535:
        raise ValueError(f"{port} is no port")
    is_v6 = ":" in name
    # asyncio turns Nagle's delay off only where the socket names its protocol; else a token waits 40 ms.
    listening = socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("::1" if is_v6 else "127.0.0.1", port))
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


class Listener:
    """Takes connections on one socket and serves them."""

    def __init__(self, app: App, limits: Limits) -> None:
        """Serve `app`; nothing listens before `start`."""
        self._config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            access_log=False,
            log_config=None,
            log_level="critical",
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=limits.keep_alive_s,
        )
        self._config.load()
        self._state = ServerState()
        self._header_timeout_s = limits.header_timeout_s
        self._server: asyncio.Server | None = None

    async def start(self, listening: socket.socket) -> None:
        """Take requests on this socket, which is closed with the listener."""

        def connect() -> asyncio.Protocol:
            return _Protocol(self._config, self._state, {}, header_timeout_s=self._header_timeout_s)

        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(connect, sock=listening, backlog=_BACKLOG)

    async def stop(self, timeout_s: float) -> None:
        """Take no more; answers that are under way get `timeout_s` to end, then every connection is cut."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        if tasks := set(self._state.tasks):
            await asyncio.wait(tasks, timeout=timeout_s)
        for connection in list(self._state.connections):
            if isinstance(connection, _Protocol):
                connection.transport.abort()


class _Protocol(H11Protocol):
    """uvicorn's protocol, with a time limit on request heads and JSON for a 400."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        *,
        header_timeout_s: float,
    ) -> None:
        super().__init__(config, server_state, app_state)
        self._header_timeout_s = header_timeout_s
        self._header_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See asyncio. A connection that never asks is closed in time."""
        super().connection_made(transport)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self._unwatch_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See asyncio. A head that trickles in is cut in time, on a kept connection too."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._unwatch_head()
        elif self._header_timer is None and self.conn.trailing_data[0]:
            self._watch_head()

    def send_400_response(self, _msg: str) -> None:
        """Answer what is not HTTP, in the shape of every other error; in mid-answer there is no answer left."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.abort()
            return
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        body = b'{"detail":"invalid HTTP request"}'
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\n"
            b"content-length: %d\r\n\r\n%s" % (len(body), body)
        )
        self.transport.close()

    def _watch_head(self) -> None:
        self._header_timer = self.loop.call_later(self._header_timeout_s, self._head_is_late)

    def _unwatch_head(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _head_is_late(self) -> None:
        self.transport.abort()
