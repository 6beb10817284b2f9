"""A clock that stands still until a test moves it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["ManualClock"]

_TURN_S = 0.002
"""How often a waiting thread looks at the clock, in real seconds."""


class ManualClock:
    """The engine's `Clock`: time passes only by `advance`. Any thread."""

    def __init__(self) -> None:
        self.on_advance: Callable[[], None] = lambda: None
        """Called after the time has moved, e.g. an engine's `poke`."""
        self.waits: list[float] = []
        """The time-out of each `wait` that began, in seconds."""
        self._lock = threading.Lock()
        self._now = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
        self._monotonic = 1000.0

    def now(self) -> datetime:
        """Wall time, aware UTC."""
        with self._lock:
            return self._now

    def monotonic(self) -> float:
        """Seconds that never go back."""
        with self._lock:
            return self._monotonic

    def wait(self, flag: threading.Event, timeout_s: float) -> bool:
        """Wait until `flag` is set (True) or the clock was moved by that many seconds (False)."""
        until = self.monotonic() + timeout_s
        self.waits.append(timeout_s)
        while not flag.wait(_TURN_S):
            if self.monotonic() >= until:
                return flag.is_set()
        return True

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self._now += timedelta(seconds=seconds)
            self._monotonic += seconds
        self.on_advance()

    def jump(self, seconds: float) -> None:
        """Set the wall clock, forwards or back, without time passing."""
        with self._lock:
            self._now += timedelta(seconds=seconds)
        self.on_advance()
