"""A turn at work: `RunBuilder` plus what a person sees. The only writer of turns.

May import: protocol, the standard library.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from superserve_tui.domain.changes import CallChanged, Change, HeartbeatSeen, StatusReported, TextAppended
from superserve_tui.domain.transcript import Turn, TurnState
from superserve_tui.protocol import (
    Event,
    FinishReason,
    Heartbeat,
    MessageDelta,
    RunBuilder,
    RunError,
    StatusUpdate,
    ToolCall,
    ToolEnd,
    ToolStart,
)

__all__ = ["LiveTurn"]

_STATE = {
    FinishReason.COMPLETED: TurnState.COMPLETED,
    FinishReason.FAILED: TurnState.FAILED,
    FinishReason.CANCELLED: TurnState.CANCELLED,
    FinishReason.INTERRUPTED: TurnState.INTERRUPTED,
}


class LiveTurn:
    """One turn while it runs. Not thread-safe: the engine's thread owns it.

    Args:
        session_id: The session it belongs to.
        turn: The turn as written down; one that already has text and calls is gone on with.
        clock: Monotonic seconds.
    """

    def __init__(self, session_id: str, turn: Turn, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.session_id = session_id
        self._turn = turn
        self._builder = RunBuilder(clock=clock, text=turn.text, calls=turn.calls)
        self.events_seen = turn.events_seen
        """Events of the turn that have been folded, as PROTOCOL 4 counts them."""
        self._is_stopped = False

    @property
    def id(self) -> str:
        """The turn's id."""
        return self._turn.id

    @property
    def prompt(self) -> str:
        """The message."""
        return self._turn.prompt

    @property
    def revises(self) -> str | None:
        """Id of the turn whose message it is again."""
        return self._turn.revises

    @property
    def is_over(self) -> bool:
        """Whether a terminal event, a stop or a cut has ended it."""
        return self._builder.finish_reason is not None

    def update(self, *, state: TurnState | None = None, **fields: object) -> None:
        """Set what the ledger says of the turn (state, started_at, server_id, count_before)."""
        if state is not None:
            fields["state"] = state
        self._turn = replace(self._turn, **fields)  # type: ignore[arg-type]

    def fold(self, event: Event) -> Change | None:
        """Fold one event of the stream; returns what a watcher should be told, None where nothing."""
        self.events_seen += 1
        added = self._builder.add(event)
        match event:
            case MessageDelta() if isinstance(added, str):
                return TextAppended(self.session_id, self.id, added)
            case ToolStart() | ToolEnd() if isinstance(added, ToolCall):
                return CallChanged(self.session_id, self.id, added)
            case StatusUpdate() if event.text and not self.is_over:
                return StatusReported(self.session_id, event.text)
            case Heartbeat() if not self.is_over:
                return HeartbeatSeen(self.session_id)
            case _:
                return None

    def stop(self) -> None:
        """The person stopped it: what came is kept. A turn that is over already ended as it did."""
        self._is_stopped = self._is_stopped or not self.is_over
        self._builder.finish(FinishReason.CANCELLED)

    def interrupt(self, message: str) -> None:
        """The link is lost for good: what came is kept."""
        self._builder.finish(FinishReason.INTERRUPTED, RunError(message))

    def fail(self, message: str) -> None:
        """It was refused, or can't go on."""
        self._builder.finish(FinishReason.FAILED, RunError(message))

    def snapshot(self, *, now: datetime | None = None) -> Turn:
        """The turn as it stands.

        Args:
            now: Wall time for `started_at` where nothing has set it.
        """
        reason = self._builder.finish_reason
        turn = replace(
            self._turn,
            text=self._builder.text,
            calls=self._builder.calls,
            events_seen=self.events_seen,
            started_at=self._turn.started_at or now,
        )
        if reason is None:
            return turn
        result = self._builder.result()
        state = TurnState.STOPPED if self._is_stopped else _STATE[reason]
        if turn.state is TurnState.UNKNOWN:
            state = TurnState.UNKNOWN
        return replace(
            turn,
            state=state,
            duration_ms=result.duration_ms,
            error=result.error.message if result.error else None,
            max_turns_reached=result.max_turns_reached,
            max_turns_message=result.max_turns_message,
        )
