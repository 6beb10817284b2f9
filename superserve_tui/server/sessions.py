"""All sessions of the server, and the agents that they can be made with.

Everything here runs on the server's loop. May import: protocol, server.agents.base, server.session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from superserve_tui.protocol import Agent, ConflictError, NotFoundError
from superserve_tui.server.agents.base import AgentDefinition, AgentFailure
from superserve_tui.server.limits import Limits
from superserve_tui.server.session import Session, new_session_id

__all__ = ["Agents", "Sessions"]


class Agents:
    """The agents that this server offers, in the order given."""

    def __init__(self, definitions: Iterable[AgentDefinition]) -> None:
        """Take the definitions; their ids are all different."""
        self._by_id = {each.info.id: each for each in definitions}

    @property
    def listed(self) -> list[Agent]:
        """All of them, as of now."""
        return [each.info for each in self._by_id.values()]

    def get(self, agent_id: str) -> tuple[Agent, AgentDefinition]:
        """One of them.

        Raises:
            NotFoundError: there is none with this id.
        """
        definition = self._by_id.get(agent_id)
        if definition is None:
            raise NotFoundError("no such agent")
        return definition.info, definition


class Sessions:
    """The sessions, live and remembered."""

    def __init__(self, agents: Agents, limits: Limits) -> None:
        """Start with none."""
        self._agents = agents
        self._limits = limits
        self._by_id: dict[str, Session] = {}
        self._watchers: list[Callable[[], None]] = []

    def create(self, agent_id: str, *, title: str | None, idle_timeout_s: float) -> Session:
        """Make a session.

        Raises:
            NotFoundError: no such agent.
            ConflictError: the agent is not ready.
        """
        agent, definition = self._agents.get(agent_id)
        if reason := agent.not_ready_reason:
            raise ConflictError(f"{agent.name} can't take a session: {reason}")
        self._forget_oldest_dead()
        session_id = new_session_id()
        try:
            agent_session = definition.open(session_id)
        except AgentFailure as failure:
            raise ConflictError(failure.message) from None
        session = Session(
            session_id,
            agent,
            agent_session=agent_session,
            title=title,
            idle_timeout_s=idle_timeout_s,
            limits=self._limits,
            on_change=self._changed,
        )
        self._by_id[session_id] = session
        return session

    def get(self, session_id: str) -> Session:
        """One session; the id may have dashes.

        Raises:
            NotFoundError: there is none with this id.
        """
        session = self._by_id.get(session_id.replace("-", ""))
        if session is None:
            raise NotFoundError("no such session")
        return session

    def newest(self, *, agent_id: str | None = None, status: str | None = None, limit: int = 20) -> list[Session]:
        """The newest sessions first."""
        found = [
            session
            for session in reversed(self._by_id.values())
            if (agent_id is None or session.agent.id == agent_id) and (status is None or session.status == status)
        ]
        return found[:limit]

    def resolve(self, id_prefix: str) -> list[str]:
        """The ids that begin with these hex digits, newest first."""
        return [session_id for session_id in reversed(self._by_id) if session_id[4:].startswith(id_prefix)]

    @property
    def live(self) -> list[Session]:
        """Those that take messages."""
        return [session for session in self._by_id.values() if session.is_live]

    @property
    def running(self) -> list[Session]:
        """Those with a running turn."""
        return [session for session in self._by_id.values() if session.is_running]

    @property
    def last_turn_ended_at(self) -> float:
        """When the last of all turns ended, in seconds of the loop's clock; minus infinity: none did."""
        return max((session.turn_ended_at for session in self._by_id.values()), default=float("-inf"))

    def watch(self, callback: Callable[[], None]) -> None:
        """Call `callback` after every end of a turn or a session."""
        self._watchers.append(callback)

    async def stop(self, reason: str) -> None:
        """End every session and its agent, in parallel; returns within `Limits.stop_s`."""
        closing = {session.stop(reason) for session in self._by_id.values()}
        if closing:
            await asyncio.wait(closing, timeout=self._limits.stop_s)

    def _changed(self) -> None:
        for callback in self._watchers:
            callback()

    def _forget_oldest_dead(self) -> None:
        dead = [session.id for session in self._by_id.values() if not session.is_live]
        for session_id in dead[: max(0, len(dead) - self._limits.dead_sessions)]:
            del self._by_id[session_id]
