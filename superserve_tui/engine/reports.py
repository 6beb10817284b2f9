"""What a running turn's thread tells the engine.

May import: protocol, the standard library; `engine.run` for its type.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from superserve_tui.protocol import RunError, SessionInfo
from superserve_tui.protocol.records import dataclass

if TYPE_CHECKING:
    from superserve_tui.engine.run import TurnRun

__all__ = ["Outcome", "RunEnded", "RunHasEvents", "RunLinkChanged", "RunOpened", "RunReady"]


class Outcome(Enum):
    """How a run came to its end, as far as the connection knows."""

    STREAM_OVER = auto()
    """The server took the message and the stream ended; whether the turn did, its events tell."""
    NOT_TAKEN = auto()
    """The server certainly did not take the message: its text goes back to the person."""
    GONE = auto()
    """The server does not have the session any more."""
    UNKNOWN = auto()
    """The message may have been taken; it must not be sent again by itself."""
    LOST = auto()
    """The turn that was to be picked up can't be."""


@dataclass(frozen=True, slots=True)
class RunOpened:
    """A server session was made for the run."""

    run: TurnRun
    info: SessionInfo
    server_url: str


@dataclass(frozen=True, slots=True)
class RunReady:
    """All is known that must be written down before the message goes out; the run waits for `release`."""

    run: TurnRun
    server_id: str
    count_before: int | None


@dataclass(frozen=True, slots=True)
class RunHasEvents:
    """Events wait in the run's feed."""

    run: TurnRun


@dataclass(frozen=True, slots=True)
class RunLinkChanged:
    """How the connection is, in our words; empty when all is well."""

    run: TurnRun
    text: str
    is_found: bool = False
    """The server has the turn that is picked up; its next event may take long."""
    is_lost: bool = False
    """The connection is gone, and another one is tried for."""
    resumes_at: float | None = None
    """When a wait is over that the server asked for."""


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The run's thread is through; the last it says."""

    run: TurnRun
    outcome: Outcome
    error: Exception | None = None
    """What was raised, if anything was."""
    failure: RunError | None = None
    """Why the stream itself says that it ended without a terminal event."""
