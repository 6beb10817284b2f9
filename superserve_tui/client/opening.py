"""Making a session; it can be given up as long as the server can't have made it.

May import: protocol, `client.agents`, `client.api`, `client.session`.
"""

from __future__ import annotations

from superserve_tui.client.agents import Agents
from superserve_tui.client.api import Api
from superserve_tui.client.session import read_session
from superserve_tui.protocol import JsonObject, SessionInfo

__all__ = ["SessionOpening", "make_session"]


class SessionOpening:
    """One session that is to be made, on connections of its own. Nothing is sent before `make`.

    Args:
        api: The service.
        agents: Its agents.
        agent: The agent's name or id.
        title: What to call the session.
        idle_timeout_s: Idle seconds after which the server ends it.
    """

    def __init__(self, api: Api, agents: Agents, agent: str, *, title: str | None, idle_timeout_s: int) -> None:
        self._api = api.apart()
        self._agents = agents.over(self._api)
        self._agent, self._title, self._idle_timeout_s = agent, title, idle_timeout_s

    def make(self) -> SessionInfo:
        """Make it, once. Blocks; raises what `make_session` does, ConnectionLostError after `abandon`."""
        try:
            return make_session(
                self._api, self._agents, self._agent, title=self._title, idle_timeout_s=self._idle_timeout_s
            )
        finally:
            self._api.close()

    def abandon(self) -> None:
        """Give it up at once, from any thread; but where the request for it has left, `make` goes on."""
        self._api.abandon()


def make_session(api: Api, agents: Agents, agent: str, *, title: str | None, idle_timeout_s: int) -> SessionInfo:
    """Make a session with an agent that is ready.

    Raises:
        NotFoundError: there is no such agent.
        AgentNotReadyError: the agent can't take a session now; none was made.
    """
    found = agents.get_ready(agent)
    body: JsonObject = {"agent_id": found.id, "idle_timeout_seconds": idle_timeout_s}
    if title is not None:
        body["title"] = title
    return read_session(api.post("sessions", body=body))
