"""The sessions of a service: list, get, end, resume, by id or unique prefix (PROTOCOL 3).

May import: the standard library, protocol, `client.agents`, `client.api`, `client.listing`,
`client.session`.
"""

from __future__ import annotations

import re

from superserve_tui.client.agents import Agents
from superserve_tui.client.api import Api
from superserve_tui.client.listing import Listing, read_rows
from superserve_tui.client.session import end_session, read_session
from superserve_tui.protocol import (
    ConflictError,
    InvalidResponseError,
    MethodNotAllowedError,
    NotFoundError,
    SessionInfo,
)

__all__ = ["Sessions"]

_FULL_ID = re.compile(r"ses_[0-9a-f]{32}\Z", re.IGNORECASE)


class Sessions:
    """`client.sessions`. Any thread. Ids are full ones or prefixes that only one session has."""

    def __init__(self, api: Api, agents: Agents) -> None:
        self._api = api
        self._agents = agents

    def list(self, agent: str | None = None, status: str | None = None, limit: int = 20) -> Listing[SessionInfo]:
        """Sessions, newest first; bad rows are passed over and counted (`skipped`).

        Args:
            agent: Only those of this agent, by name or id.
            status: Only those with this status.
            limit: At most so many.

        Raises:
            NotFoundError: there is no agent of that name.
        """
        query: dict[str, str | int] = {"limit": limit}
        if agent is not None:
            query["agent_id"] = agent if agent.startswith("agt_") else self._agents.get(agent).id
        if status is not None:
            query["status"] = status
        return read_rows(self._api.get("sessions", query=query), "sessions", SessionInfo.from_json)

    def get(self, session_id: str) -> SessionInfo:
        """A session as the server sees it.

        Raises:
            NotFoundError: there is none.
            ConflictError: several begin like that.
        """
        return read_session(self._api.get("sessions", self.resolve(session_id)))

    def end(self, session_id: str) -> SessionInfo | None:
        """End a session; None where it is gone already, which is no error."""
        return end_session(self._api, self.resolve(session_id))

    def resume(self, session_id: str) -> SessionInfo:
        """Make an idle session active again.

        Raises:
            ConflictError: it has ended or expired, or several begin like that.
        """
        return read_session(self._api.post("sessions", self.resolve(session_id), "resume"))

    def resolve(self, session_id: str) -> str:
        """The full id; a full one is not asked for.

        Raises:
            NotFoundError: no session begins like that.
            ConflictError: several do.
        """
        if _FULL_ID.match(session_id.replace("-", "")):
            return session_id
        prefix = session_id.removeprefix("ses_").replace("-", "")
        if not prefix:
            raise NotFoundError("an empty id names no session")
        try:
            answer = self._api.get("sessions", "resolve", query={"id_prefix": prefix})
        except (NotFoundError, MethodNotAllowedError):
            return session_id  # a server without this call, or without the session: the id's own request tells
        ids = answer.get("ids")
        if not isinstance(ids, list) or not all(isinstance(found, str) for found in ids):
            raise InvalidResponseError("the answer has no list of ids")
        match ids:
            case [str(found)]:
                return found
            case []:
                raise NotFoundError(f"no session's id begins with {session_id}")
            case _:
                raise ConflictError(f"the ids of {len(ids)} sessions begin with {session_id}; type more of it")
