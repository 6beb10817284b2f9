"""What the app is started with.

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
from superserve_tui.ui.login import LoginFlow

__all__ = ["CopyResult", "UiOptions"]


@dataclass(frozen=True, slots=True)
class CopyResult:
    """What became of a copy."""

    words: str
    """The route and the size; claims no more than is known."""
    is_done: bool = True
    """Whether the text is out of the app at all."""


def _no_config(key: str, value: str) -> str:  # noqa: ARG001
    return f"{key} holds for this run; there is no config file to write."


def _no_trust(profile: str, agent: Agent) -> str:  # noqa: ARG001
    raise SuperserveError(f"{agent.name} can't be trusted here: there is no server of ours to start it")


def _no_files(profile: str, agent: str, server_url: str | None) -> tuple[str, ...]:  # noqa: ARG001
    return ()


def _no_login(profile: str) -> LoginFlow | None:  # noqa: ARG001
    return None


@dataclass(frozen=True, slots=True)
class UiOptions:
    """Choices of the command line, the config, and what the UI needs from outside."""

    config: Config
    profiles: tuple[str, ...]
    """Names of the profiles, the default first."""
    copy: Callable[[str, Callable[[str], None]], CopyResult]
    """Put text on the clipboard; blocks, so it is called on a thread. Gets a way to write to the terminal."""
    folder: Path = Path()
    """Where exports go whose name says no folder."""
    config_file: Path | None = None
    """Where the config lies; None: it is of no file."""
    remember: Callable[[str, str], str] = _no_config
    """Write a key of the config file; returns what to say of it. Blocks."""
    trust: Callable[[str, Agent], str] = _no_trust
    """The person said yes to what an agent of a profile would run; returns what to say of it, if anything. Blocks;
    raises SuperserveError."""
    login: Callable[[str], LoginFlow | None] = _no_login
    """A login for a profile, not started yet; None where logging in would not help."""
    find_files: Callable[[str, str, str | None], tuple[str, ...]] = _no_files
    """Paths of the files that a message to an agent of a profile may name, below the folder that the app was opened
    in; none where that agent works elsewhere. Gets the session's server too, where it has one. Blocks."""
    agent: str | None = None
    """The agent for new sessions, named on the command line."""
    title: str | None = None
    """The title for the sessions that this run starts."""
    idle_timeout_s: int = 1740
    """Idle seconds for the sessions that this run starts."""
    is_kept: bool = False
    """The command line says that the sessions of this run outlive it, whatever the config says."""
    session_id: str | None = None
    """The session to open at the start: local or server id, or a unique prefix of either."""
    is_continue: bool = False
    """Open the latest session at the start."""
    notices: tuple[str, ...] = field(default_factory=tuple)
    """What the person should know at the start, such as faults of the config."""
    clock: Clock = field(default_factory=SystemClock)
    """Time, as the engine has it: for ages, countdowns and the clocks of what runs."""
