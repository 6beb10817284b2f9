"""Every endpoint of PROTOCOL 2, 3, 4 and the two of 5 that a local server has; exact shapes, exact codes.

One more is ours alone: `/sessions/{id}/log`, what the agent wrote to standard error.

May import: protocol, starlette, server.sessions, server.body, server.responses.
"""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from superserve_tui.protocol import (
    DEFAULT_IDLE_TIMEOUT_S,
    InvalidInputError,
    JsonObject,
    NotFoundError,
    User,
    scrub,
)
from superserve_tui.server.body import RequestBody
from superserve_tui.server.limits import Limits
from superserve_tui.server.responses import EventStreamResponse, JsonResponse
from superserve_tui.server.session import Session
from superserve_tui.server.sessions import Agents, Sessions

__all__ = ["BODY_KEY", "Routes"]

BODY_KEY = "superserve.body"
"""Where in the scope a request's `RequestBody` lies."""

_DIGITS = re.compile(r"[0-9]{1,18}\Z")
_HEX = re.compile(r"[0-9a-f]+\Z")
_LIST_MAX = 1000
_TITLE_MAX = 1000
_LOCAL_USER = User(id="local", full_name="Local user")


class Routes:
    """The endpoints over one server's agents and sessions."""

    def __init__(self, agents: Agents, sessions: Sessions, limits: Limits) -> None:
        self._agents = agents
        self._sessions = sessions
        self._limits = limits

    def router(self) -> Router:
        """The router; `resolve` stands before the id that it would pass for."""
        routes = [
            Route("/v1/agents", self.list_agents),
            Route("/v1/agents/{agent_id}", self.get_agent),
            Route("/v1/sessions", self.sessions, methods=["GET", "POST"]),
            Route("/v1/sessions/resolve", self.resolve),
            Route("/v1/sessions/{session_id}", self.get_session),
            Route("/v1/sessions/{session_id}/messages", self.send_message, methods=["POST"]),
            Route("/v1/sessions/{session_id}/events", self.get_events),
            Route("/v1/sessions/{session_id}/log", self.get_log),
            Route("/v1/sessions/{session_id}/resume", self.resume_session, methods=["POST"]),
            Route("/v1/sessions/{session_id}/end", self.end_session, methods=["POST"]),
            Route("/v1/sessions/{session_id}/cancel", self.cancel_turn, methods=["POST"]),
            Route("/v1/auth/validate", self.validate_token),
            Route("/v1/auth/me", self.get_user),
        ]
        return Router(routes, redirect_slashes=False, default=_unknown_path)

    async def list_agents(self, request: Request) -> Response:
        """`GET /agents?limit=100`."""
        limit = _number(request, "limit", default=100, least=1, most=_LIST_MAX)
        return JsonResponse({"agents": [agent.to_json() for agent in self._agents.listed[:limit]]})

    async def get_agent(self, request: Request) -> Response:
        """`GET /agents/{agt_id}`."""
        agent, _ = self._agents.get(request.path_params["agent_id"])
        return JsonResponse(agent.to_json())

    async def sessions(self, request: Request) -> Response:
        """`/sessions`, whose two methods share a path."""
        return await (self.create_session if request.method == "POST" else self.list_sessions)(request)

    async def create_session(self, request: Request) -> Response:
        """`POST /sessions`."""
        body = await _body(request).read_object()
        agent_id = _text_field(body, "agent_id")
        if not agent_id:
            raise InvalidInputError("agent_id is required")
        session = self._sessions.create(
            agent_id, title=self._title(body), idle_timeout_s=self._idle_timeout_s(body)
        )
        return JsonResponse(session.info.to_json(), status_code=201)

    async def list_sessions(self, request: Request) -> Response:
        """`GET /sessions?limit=20&agent_id=&status=`."""
        found = self._sessions.newest(
            agent_id=request.query_params.get("agent_id") or None,
            status=request.query_params.get("status") or None,
            limit=_number(request, "limit", default=20, least=1, most=_LIST_MAX),
        )
        return JsonResponse({"sessions": [session.info.to_json() for session in found]})

    async def resolve(self, request: Request) -> Response:
        """`GET /sessions/resolve?id_prefix=abc`."""
        prefix = request.query_params.get("id_prefix", "").removeprefix("ses_").replace("-", "").lower()
        if not prefix:
            raise InvalidInputError("id_prefix is required")
        return JsonResponse({"ids": self._sessions.resolve(prefix) if _HEX.match(prefix) else []})

    async def get_session(self, request: Request) -> Response:
        """`GET /sessions/{id}`."""
        return JsonResponse(self._session(request).info.to_json())

    async def send_message(self, request: Request) -> EventStreamResponse:
        """`POST /sessions/{id}/messages`: the turn's events."""
        session = self._session(request)
        body = await _body(request).read_object()
        prompt = _text_field(body, "prompt")
        if prompt is None or not prompt.strip():
            raise InvalidInputError("prompt is required and must not be empty")
        return EventStreamResponse(await session.send(scrub(prompt)), self._limits)

    async def get_events(self, request: Request) -> EventStreamResponse:
        """`GET /sessions/{id}/events?after=N`: the running or last turn's events from N + 1 on."""
        session = self._session(request)
        after = _number(request, "after", default=0, least=0, most=10**18)
        return EventStreamResponse(session.listen(after), self._limits)

    async def get_log(self, request: Request) -> Response:
        """`GET /sessions/{id}/log`: the last lines of the agent's own log, of an ended session too."""
        return JsonResponse({"lines": self._session(request).log_lines()})

    async def resume_session(self, request: Request) -> Response:
        """`POST /sessions/{id}/resume`."""
        session = self._session(request)
        session.resume()
        return JsonResponse(session.info.to_json())

    async def end_session(self, request: Request) -> Response:
        """`POST /sessions/{id}/end`."""
        session = self._session(request)
        await session.end()
        return JsonResponse(session.info.to_json())

    async def cancel_turn(self, request: Request) -> Response:
        """`POST /sessions/{id}/cancel`: ends the running turn, if there is one."""
        session = self._session(request)
        session.cancel()
        return JsonResponse(session.info.to_json())

    async def validate_token(self, _request: Request) -> Response:
        """`GET /auth/validate`: who gets here bears the token."""
        return JsonResponse({"valid": True, "user": _user()})

    async def get_user(self, _request: Request) -> Response:
        """`GET /auth/me`: the person at this machine."""
        return JsonResponse(_user())

    def _session(self, request: Request) -> Session:
        return self._sessions.get(request.path_params["session_id"])

    def _title(self, body: JsonObject) -> str | None:
        title = _text_field(body, "title")
        if title is None or not title.strip():
            return None
        if len(title) > _TITLE_MAX:
            raise InvalidInputError(f"title is longer than {_TITLE_MAX} characters")
        return scrub(title)

    def _idle_timeout_s(self, body: JsonObject) -> int:
        value = body.get("idle_timeout_seconds")
        if value is None:
            return DEFAULT_IDLE_TIMEOUT_S
        longest = self._limits.idle_timeout_max_s
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= longest:
            raise InvalidInputError(f"idle_timeout_seconds must be a whole number from 1 to {longest}")
        return value


def _body(request: Request) -> RequestBody:
    body = request.scope[BODY_KEY]
    assert isinstance(body, RequestBody)
    return body


def _text_field(body: JsonObject, name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidInputError(f"{name} must be a string")
    return value


def _number(request: Request, name: str, *, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not _DIGITS.match(text) or not least <= int(text) <= most:
        raise InvalidInputError(f"{name} must be a whole number from {least} to {most}")
    return int(text)


def _user() -> dict[str, Any]:
    return {"id": _LOCAL_USER.id, "email": _LOCAL_USER.email, "full_name": _LOCAL_USER.full_name}


async def _unknown_path(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise NotFoundError("no such path")
