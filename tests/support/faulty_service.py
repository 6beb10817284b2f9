"""A whole service on a `FaultServer` whose streams break where a test says; it keeps count as a real one does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tests.support.fault_server import Exchange, FaultServer, answer

__all__ = ["AGENT", "FaultyService"]

AGENT = "my-agent"

_ID = r"/v1/sessions/(?P<id>ses_[0-9a-f]{32})"


class FaultyService:
    """Agents, sessions, message counts, ends. What a message and `/events` bring is the test's.

    Args:
        server: Not entered yet.
    """

    def __init__(self, server: FaultServer) -> None:
        self.counts: dict[str, int] = {}
        """Messages taken, by session."""
        self.prompts: list[str] = []
        """The messages that were taken, in order."""
        self.ended: list[str] = []
        """Sessions that were ended, in order; one twice if it was ended twice."""
        self.on_message: Callable[[Exchange], None] = lambda exchange: exchange.events()
        """Answers a message that has been taken."""
        self.on_events: Callable[[Exchange, int], None] = lambda exchange, _: exchange.json(404, {"detail": "none"})
        """Answers `/events`; gets how many events the client has had."""
        self.on_end: Callable[[Exchange], None] = lambda exchange: exchange.json(200, self._row(self._id(exchange)))
        self._lock = threading.Lock()
        server.on("GET", "/v1/agents", answer(200, {"agents": [{"id": "agt_1", "name": AGENT}]}))
        server.on("GET", "/v1/agents/agt_1", answer(200, {"id": "agt_1", "name": AGENT}))
        server.on("POST", "/v1/sessions", self._make)
        server.on("GET", "/v1/sessions", lambda it: it.json(200, {"sessions": [*map(self._row, self.counts)]}))
        server.on("GET", _ID, lambda it: it.json(200, self._row(self._id(it))))
        server.on("POST", f"{_ID}/messages", self._take)
        server.on("GET", f"{_ID}/events", lambda it: self.on_events(it, int(it.request.query.get("after", "0"))))
        server.on("POST", f"{_ID}/cancel", answer(404, {"detail": "not offered"}))
        server.on("POST", f"{_ID}/end", self._end)

    def _id(self, exchange: Exchange) -> str:
        return exchange.request.path.split("/")[3]

    def _row(self, server_id: str) -> dict[str, Any]:
        status = "ended" if server_id in self.ended else "active"
        return {
            "id": server_id,
            "agent_id": "agt_1",
            "agent_name": AGENT,
            "status": status,
            "message_count": self.counts[server_id],
        }

    def _make(self, exchange: Exchange) -> None:
        with self._lock:
            server_id = f"ses_{len(self.counts) + 1:032x}"
            self.counts[server_id] = 0
        exchange.json(201, self._row(server_id))

    def _take(self, exchange: Exchange) -> None:
        with self._lock:
            self.counts[self._id(exchange)] += 1
            self.prompts.append(exchange.request.json["prompt"])
        self.on_message(exchange)

    def _end(self, exchange: Exchange) -> None:
        self.on_end(exchange)
        with self._lock:
            self.ended.append(self._id(exchange))
