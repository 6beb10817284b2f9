"""The agents of a service: list, get, and a name to the agent (PROTOCOL 2).

May import: the standard library, protocol, `client.api`, `client.listing`.
"""

from __future__ import annotations

import threading

from superserve_tui.client.api import Api
from superserve_tui.client.listing import Listing, read_rows
from superserve_tui.protocol import (
    Agent,
    AgentNotReadyError,
    AgentNotTrustedError,
    APIError,
    InvalidResponseError,
    JsonObject,
    NotFoundError,
)

__all__ = ["Agents"]

PAGE = 100
"""Agents that one request asks for. There is no second page: a full one is asked for again, ten times larger."""

MAX_PAGE = 10_000

_ID_PREFIX = "agt_"


class Agents:
    """`client.agents`. Any thread."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._lock = threading.Lock()
        self._ids: dict[str, str] = {}

    def over(self, api: Api) -> Agents:
        """The same, asked for over other connections."""
        agents = Agents(api)
        with self._lock:
            agents._ids = self._ids
        return agents

    def list(self) -> Listing[Agent]:
        """All agents that the service gives out; bad rows are passed over and counted (`skipped`)."""
        agents = self._fetch(PAGE)
        page = PAGE
        while len(agents) + agents.skipped >= page and page < MAX_PAGE:
            page *= 10
            try:
                more = self._fetch(page)
            except APIError:  # it takes no larger limit: what is there is all there is
                break
            if len(more) <= len(agents):
                break
            agents = more
        with self._lock:
            self._ids = {agent.name: agent.id for agent in agents}
        return agents

    def get(self, agent: str) -> Agent:
        """An agent by name or id, as it is now.

        Raises:
            NotFoundError: there is none of that name or id.
        """
        if agent.startswith(_ID_PREFIX):
            return self._get_by_id(agent)
        with self._lock:
            agent_id = self._ids.get(agent)
        if agent_id is not None:
            try:
                found = self._get_by_id(agent_id)
            except NotFoundError:
                found = None
            if found is not None and found.name == agent:
                return found
        for listed in self.list():
            if listed.name == agent:
                return listed
        raise NotFoundError(f"no agent is named {agent}")

    def get_ready(self, agent: str) -> Agent:
        """An agent that a session can be made with now.

        Raises:
            NotFoundError: there is none of that name or id.
            AgentNotTrustedError: the person has not said yes to it yet.
            AgentNotReadyError: its dependencies are not ready, or secrets are missing.
        """
        found = self.get(agent)
        if (reason := found.not_ready_reason) is not None:
            if found.is_untrusted:
                raise AgentNotTrustedError(f"agent {found.name}: {reason}")
            if found.needs:
                raise AgentNotReadyError(f"{found.name} {found.needs}", missing_secrets=found.missing_secrets)
            raise AgentNotReadyError(f"agent {found.name}: {reason}")
        return found

    def _get_by_id(self, agent_id: str) -> Agent:
        answer = self._api.get("agents", agent_id)
        try:
            return Agent.from_json(answer)
        except ValueError as error:
            raise InvalidResponseError(f"the answer is no agent: {error}") from None

    def _fetch(self, limit: int) -> Listing[Agent]:
        answer: JsonObject = self._api.get("agents", query={"limit": limit})
        return read_rows(answer, "agents", Agent.from_json)
