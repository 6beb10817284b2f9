"""What plain mode is started with.

May import: config, engine, protocol, the standard library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from pathlib import Path

from superserve_tui.config import Config
from superserve_tui.engine import Clock, SystemClock
from superserve_tui.protocol import Agent, SuperserveError
from superserve_tui.protocol.records import dataclass

__all__ = ["PlainOptions"]


def _no_trust(profile: str, agent: Agent) -> str:  # noqa: ARG001
    raise SuperserveError(f"{agent.name} can't be trusted here: there is no server of ours to start it")


@dataclass(frozen=True, slots=True)
class PlainOptions:
    """Choices of the command line, the config, and what plain mode needs from outside."""

    config: Config
    profiles: tuple[str, ...]
    """Names of the profiles, the one for new sessions first."""
    copy: Callable[[str], str]
    """Put text on the clipboard, and say in one line what became of it; blocks, so it is called on a thread."""
    folder: Path
    """Where exports go whose file has no folder."""
    trust: Callable[[str, Agent], str] = _no_trust
    """The person said yes to what an agent of a profile would run; returns what to say of it, if anything. Raises
    SuperserveError."""
    agent: str | None = None
    """The agent for new sessions, named on the command line."""
    title: str | None = None
    """The title for the sessions that this run starts."""
    idle_timeout_s: int = 1740
    """Idle seconds for the sessions that this run starts."""
    session_id: str | None = None
    """The session to open at the start: its local id."""
    is_continue: bool = False
    """Open the latest session at the start."""
    notices: tuple[str, ...] = ()
    """What the person should know at the start, such as faults of the config."""
    clock: Clock = field(default_factory=SystemClock)
    """Time, as the engine has it."""
