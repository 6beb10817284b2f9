"""Whom a message goes to when nobody was chosen (CONTRACT 1, below the commands).

May import: protocol, the standard library.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from superserve_tui.domain.session import Session
from superserve_tui.protocol import Agent
from superserve_tui.protocol.records import dataclass

__all__ = ["Addressee", "choose_addressee"]

_BUILT_IN_PROFILE, _BUILT_IN_AGENT = "local", "workspace"


@dataclass(frozen=True, slots=True)
class Addressee:
    """Where a new session would be made."""

    profile: str
    agent: str
    """Empty while the profile's agents are not known yet."""


def choose_addressee(
    profile: str, *, named: str | None, sessions: Iterable[Session], agents: Sequence[Agent]
) -> Addressee:
    """The agent that was named, else the one used last, else the first that is ready.

    One that the person has not said yes to is never taken unnamed.

    Args:
        profile: The profile for new sessions.
        named: The agent of the command line, else of the config.
        sessions: The saved sessions.
        agents: The profile's agents as far as they are known.
    """
    if named:
        return Addressee(profile, named)
    known = {agent.name for agent in agents if not agent.is_untrusted}
    newest = sorted(sessions, key=lambda each: each.last_activity_at or each.created_at, reverse=True)
    for session in newest:
        if session.profile == profile and (not agents or session.agent in known):
            return Addressee(profile, session.agent)
    for agent in agents:
        if agent.not_ready_reason is None:
            return Addressee(profile, agent.name)
    return Addressee(profile, _BUILT_IN_AGENT if profile == _BUILT_IN_PROFILE else "")
