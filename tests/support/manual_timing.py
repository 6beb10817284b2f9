"""Clocks that a test moves, and waits that it sees."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from superserve_tui.client.abort import AbortSwitch
from superserve_tui.client.timing import Timing

__all__ = ["ManualTiming"]


class ManualTiming(Timing):
    """Waits end at once and move the clocks on; with `is_holding` they last until they are aborted."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        """Seconds of every wait, in order."""
        self.is_holding = False
        self.is_waiting = threading.Event()
        """Set once a wait is held."""
        self._passed_s = 0.0

    def monotonic(self) -> float:
        return 1000.0 + self._passed_s

    def now(self) -> datetime:
        return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC) + timedelta(seconds=self._passed_s)

    def wait(self, switch: AbortSwitch, seconds: float) -> None:
        self.waits.append(seconds)
        if self.is_holding:
            self.is_waiting.set()
            switch.wait(30)
            raise AssertionError("a wait was held and never aborted")
        self._passed_s += seconds
        switch.check()
