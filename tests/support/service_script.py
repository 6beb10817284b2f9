"""The ordinary answers of a service, scripted on a `FaultServer`."""

from __future__ import annotations

from typing import Any

from tests.support.fault_server import Exchange, FaultServer, answer

__all__ = ["AGENT", "EVENTS", "MESSAGES", "SESSION", "SESSION_ID", "script_service"]

SESSION_ID = "ses_" + "0123456789abcdef" * 2
AGENT: dict[str, Any] = {"id": "agt_1", "name": "my-agent", "deps_status": "ready"}
SESSION: dict[str, Any] = {
    "id": SESSION_ID,
    "agent_id": "agt_1",
    "agent_name": "my-agent",
    "status": "active",
    "message_count": 0,
}
MESSAGES = f"/v1/sessions/{SESSION_ID}/messages"
EVENTS = f"/v1/sessions/{SESSION_ID}/events"


def script_service(server: FaultServer) -> None:
    """One agent, one session; messages and events are left to the test."""

    def make_session(exchange: Exchange) -> None:
        exchange.json(201, {**SESSION, "title": exchange.request.json.get("title")})

    session = f"/v1/sessions/{SESSION_ID}"
    server.on("GET", "/v1/agents", answer(200, {"agents": [AGENT]}))
    server.on("GET", "/v1/agents/agt_1", answer(200, AGENT))
    server.on("POST", "/v1/sessions", make_session)
    server.on("GET", session, answer(200, SESSION))
    server.on("POST", f"{session}/end", answer(200, {**SESSION, "status": "ended", "message_count": 9}))
    server.on("POST", f"{session}/resume", answer(200, {**SESSION, "message_count": 5}))
