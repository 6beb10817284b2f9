"""Where a scripted part waits for the test."""

from __future__ import annotations

import threading

from tests.support.waiting import DEADLINE_S

__all__ = ["Hold"]


class Hold:
    """A place where another thread waits until the test lets it go on."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._released = threading.Event()

    def here(self) -> None:
        """Wait for the test; for the other thread."""
        self._reached.set()
        self._released.wait()

    @property
    def is_reached(self) -> bool:
        """Whether the other thread waits (or waited) here."""
        return self._reached.is_set()

    def wait_reached(self) -> None:
        """Return once the other thread has come here; for the test."""
        assert self._reached.wait(DEADLINE_S), "nobody came to the hold"

    def release(self) -> None:
        """Let the other thread go on."""
        self._released.set()
