"""A turn whose events come one by one, whoever listens, as on a server that goes on when its client is gone."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from tests.support.fault_server import EVENT_STREAM_HEAD, Exchange

__all__ = ["GrowingLog"]


class GrowingLog:
    """Grows by an event every few milliseconds while it is entered, until all are there.

    Args:
        events: The turn's events on the wire, the last one terminal.
        interval_s: Between two events.
        limit: The event after which it waits for `grow_to`; None for none.
    """

    def __init__(self, events: Sequence[bytes], *, interval_s: float = 0.004, limit: int | None = None) -> None:
        self._events = events
        self._interval_s = interval_s
        self._limit = len(events) if limit is None else limit
        self._ready = 0
        self._changed = threading.Condition()
        self._stopped = threading.Event()
        self._may_grow = threading.Event()
        self._thread = threading.Thread(target=self._grow, name="growing-log", daemon=True)
        self.attached: list[int] = []
        """Where each listener began, in order."""
        self.sent = 0
        """Events sent to the present listener."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._may_grow.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join(5)

    def grow_to(self, limit: int) -> None:
        """Let it grow on, up to so many events."""
        with self._changed:
            self._limit = min(limit, len(self._events))
            self._changed.notify_all()

    def follow(self, exchange: Exchange, after: int = 0) -> None:
        """Answer with the events from number `after` + 1 on, as they come; the first listener begins the turn."""
        self._may_grow.set()
        with self._changed:
            self.attached.append(after)
            self.sent = 0
        exchange.connection.sendall(EVENT_STREAM_HEAD)
        while after < len(self._events) and not self._stopped.is_set():
            with self._changed:
                while self._ready <= after and not self._stopped.is_set():
                    self._changed.wait()
                ready = self._ready
            exchange.connection.sendall(b"".join(self._events[after:ready]))  # a client that is gone ends this
            with self._changed:
                self.sent += ready - after
            after = ready
        exchange.close()

    def _grow(self) -> None:
        self._may_grow.wait()
        while self._ready < len(self._events) and not self._stopped.wait(self._interval_s):
            with self._changed:
                while self._ready >= self._limit and not self._stopped.is_set():
                    self._changed.wait()
                self._ready += 1
                self._changed.notify_all()
