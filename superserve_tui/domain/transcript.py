"""A turn as it is shown and saved: a message, its answer, the tool calls between.

May import: protocol, the standard library.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from superserve_tui.protocol import FinishReason, ToolCall
from superserve_tui.protocol.records import dataclass

__all__ = ["SearchHit", "Stretch", "Turn", "TurnState"]


class TurnState(StrEnum):
    """Where a turn stands in the ledger that is written before a request leaves."""

    QUEUED = "queued"
    """Waits for the turn before it."""
    SENT = "sent"
    """Written down and on its way; whether the server has it is not known yet."""
    STREAMING = "streaming"
    """The server took it."""
    COMPLETED = "completed"
    FAILED = "failed"
    STOPPED = "stopped"
    """The person stopped it."""
    CANCELLED = "cancelled"
    """The server cancelled it."""
    INTERRUPTED = "interrupted"
    """The link was lost and could not be picked up."""
    UNKNOWN = "unknown"
    """The message may or may not have arrived; a key sends it again."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come by itself."""
        return self not in (TurnState.QUEUED, TurnState.SENT, TurnState.STREAMING)


_FINISH = {
    TurnState.COMPLETED: FinishReason.COMPLETED,
    TurnState.FAILED: FinishReason.FAILED,
    TurnState.STOPPED: FinishReason.CANCELLED,
    TurnState.CANCELLED: FinishReason.CANCELLED,
    TurnState.INTERRUPTED: FinishReason.INTERRUPTED,
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One message and what came of it; a snapshot."""

    id: str
    """Local id: 32 hex digits."""
    number: int
    """Position in the transcript, from 1."""
    prompt: str
    """The message, as the person sent it."""
    created_at: datetime
    """When it was written; aware UTC."""
    state: TurnState = TurnState.QUEUED
    text: str = ""
    """The answer so far, as sent."""
    calls: tuple[ToolCall, ...] = ()
    """Its tool calls in the order they began; each knows where in `text` it stands."""
    error: str | None = None
    """Why it failed or was interrupted; foreign text."""
    started_at: datetime | None = None
    """When the request left; aware UTC."""
    duration_ms: int | None = None
    """Wall time in milliseconds; None while it runs."""
    max_turns_reached: bool = False
    """The agent stopped because its own limit of steps was reached."""
    max_turns_message: str | None = None
    """What the agent says about that; foreign text."""
    server_id: str | None = None
    """The server session it ran on; where it differs from the turn before, a new one began."""
    events_seen: int = 0
    """Events of the turn that are in `text` and `calls`: where to go on after a cut (PROTOCOL 4)."""
    count_before: int | None = None
    """The server's `message_count` before it was sent; None where it was not known."""
    revises: str | None = None
    """Id of the turn whose message it sends again, changed or not."""

    @property
    def finish_reason(self) -> FinishReason | None:
        """How it ended, in the words of the service; None where it has not, or nobody knows."""
        return _FINISH.get(self.state)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Turns of a transcript that follow each other; a long one is read from its end, a stretch at a time."""

    turns: tuple[Turn, ...]
    """By number; messages that wait are not among them."""
    earlier: int
    """How many turns stand before them."""


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A place in a transcript, or a title, that holds the words looked for."""

    session_id: str
    title: str
    """The session's title; foreign text."""
    turn: int | None
    """Number of the turn; None for a title."""
    where: str
    """`title`, `prompt`, `text` or `tool`."""
    snippet: str
    """The words in their context, one line, cut; foreign text."""
