"""Changes on their way to whoever watches: text of one turn merges, everything else arrives as it is.

May import: domain, the standard library.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from superserve_tui.domain import (
    CallChanged,
    Change,
    HeartbeatSeen,
    StatusReported,
    TextAppended,
    TurnChanged,
    TurnRemoved,
)

__all__ = ["Outbox"]


class _Text:
    """A place in the queue where the text of one turn gathers."""

    __slots__ = ("first", "pieces")

    def __init__(self, first: TextAppended) -> None:
        self.first = first
        self.pieces = [first.text]

    def merged(self) -> TextAppended:
        if len(self.pieces) == 1:
            return self.first
        return TextAppended(self.first.session_id, self.first.turn_id, "".join(self.pieces))


class Outbox:
    """A queue between the engine's thread and one watcher, who is woken once, not per change.

    Delivery: text of one turn may arrive in fewer, longer pieces, never out of order with that turn's calls and
    ends; of a session's transient status and of its heartbeats only the last counts; everything else arrives
    exactly once, in order.

    `put` is for one thread, `drain` for another.

    Args:
        wake: Called, on the putting thread, when the first change after a drain is put.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._queue: dict[int, Change | _Text] = {}
        """By a number that only grows: a status that is out of date leaves without moving the others."""
        self._next = 0
        self._texts: dict[str, _Text] = {}
        self._latest: dict[tuple[type, str], int] = {}
        self._is_awake = False

    def put(self, change: Change) -> None:
        """Hand one change over."""
        with self._lock:
            self._add(change)
            if self._is_awake:
                return
            self._is_awake = True
        self._wake()

    def drain(self) -> list[Change]:
        """All that has gathered, in order; the next `put` wakes again."""
        with self._lock:
            queue, self._queue = self._queue, {}
            self._texts.clear()
            self._latest.clear()
            self._is_awake = False
        return [entry.merged() if isinstance(entry, _Text) else entry for entry in queue.values()]

    def __len__(self) -> int:
        """How many changes wait."""
        return len(self._queue)

    def _add(self, change: Change) -> None:
        match change:
            case TextAppended():
                place = self._texts.get(change.turn_id)
                if place is None:
                    self._texts[change.turn_id] = place = _Text(change)
                    self._append(place)
                else:
                    place.pieces.append(change.text)
                return
            case CallChanged():
                self._texts.pop(change.turn_id, None)
            case TurnChanged():
                self._texts.pop(change.turn.id, None)
            case TurnRemoved():
                self._texts.pop(change.turn_id, None)
            case StatusReported() | HeartbeatSeen():
                key = (type(change), change.session_id)
                earlier = self._latest.get(key)
                if earlier is not None:
                    del self._queue[earlier]
                self._latest[key] = self._next
            case _:
                self._texts.clear()
        self._append(change)

    def _append(self, entry: Change | _Text) -> None:
        self._queue[self._next] = entry
        self._next += 1
