"""How long one piece of file work may take, and how it is told to stop early.

May import: the standard library.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event

__all__ = ["Budget"]


class Budget:
    """Seconds for work in a thread. Work asks `is_spent` in its loops and returns what it has when it is.

    A thread can't be cancelled from outside; `stop` is how a cancelled turn gets its thread back. `is_spent` may
    be asked and `stop` called from any thread.
    """

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._deadline = clock() + seconds
        self._stopped = Event()

    def stop(self) -> None:
        """Nobody waits for the result any more."""
        self._stopped.set()

    def is_spent(self) -> bool:
        """Whether the time is up or the result no longer wanted."""
        return self._stopped.is_set() or self._clock() >= self._deadline
