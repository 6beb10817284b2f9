"""A run's events on their way to the engine's thread.

May import: protocol, the standard library.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator

from superserve_tui.protocol import Event, MessageDelta

__all__ = ["EventFeed"]

MAX_WEIGHT = 8_000_000
"""Characters (an event without text counts as `FLAT_WEIGHT`) that may wait; beyond, the run stops reading."""

FLAT_WEIGHT = 4096
"""What an event without text counts, in characters: about 2,000 of them may wait."""


class EventFeed:
    """Hands events from a run's thread to the engine's, which is told once per batch, not per event.

    A flood waits in the socket, not in memory; and as only a token of it stands in the engine's inbox, a command
    never waits behind it.

    `put` is for the run's thread, `take` and `tell_rest` for the engine's, `close` for any. There is no lock: every
    step is one operation on the deque, and `take` clears the mark before it looks. At worst it is told twice.

    Args:
        tell: Called when events wait that the engine does not know of.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._events: deque[Event] = deque()
        self._weight = 0
        self._is_told = False
        self._has_room = threading.Event()
        self._is_closed = False

    def put(self, event: Event) -> bool:
        """Hand one event over; blocks while too much waits. False once nobody takes them any more."""
        if self._is_closed:
            return False
        if not self._events:
            self._weight = 0
        self._weight += len(event.content) if type(event) is MessageDelta else FLAT_WEIGHT
        self._events.append(event)
        if not self._is_told:
            self._is_told = True
            self._tell()
        if self._weight > MAX_WEIGHT:
            self._wait()
        return not self._is_closed

    def take(self, limit: int) -> Iterator[Event]:
        """Up to `limit` of the events that wait, each leaving the feed as it is yielded."""
        self._is_told = False
        events = self._events
        for _ in range(limit):
            try:
                event = events.popleft()
            except IndexError:
                break
            yield event
        if not events and not self._has_room.is_set():
            self._has_room.set()

    @property
    def has_events(self) -> bool:
        """Whether events wait."""
        return bool(self._events)

    def tell_rest(self) -> None:
        """After a `take`: where events still wait, tell of them (again)."""
        if self._events and not self._is_told:
            self._is_told = True
            self._tell()

    def close(self) -> None:
        """Drop what waits and what still comes; lets a blocked `put` go."""
        self._is_closed = True
        self._events.clear()
        self._has_room.set()

    def _wait(self) -> None:
        self._has_room.clear()
        while self._events and not self._is_closed:
            self._has_room.wait()
