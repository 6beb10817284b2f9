"""Things to do later, by the engine's clock; a key has one timer at most.

May import: the standard library.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

__all__ = ["Timers"]


class Timers:
    """A handful of deadlines in monotonic seconds. Not thread-safe."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._due: dict[Hashable, tuple[float, Callable[[], None]]] = {}

    def after(self, key: Hashable, delay_s: float, do: Callable[[], None]) -> None:
        """Call `do` in `delay_s` seconds; replaces what the key had."""
        self._due[key] = (self._clock() + delay_s, do)

    def cancel(self, key: Hashable) -> None:
        """Forget the key's timer."""
        self._due.pop(key, None)

    def has(self, key: Hashable) -> bool:
        """Whether the key waits for its time."""
        return key in self._due

    def wait_s(self) -> float | None:
        """Seconds until the next is due, 0 when one is overdue; None: nothing waits."""
        if not self._due:
            return None
        return max(0.0, min(at for at, _ in self._due.values()) - self._clock())

    def run_due(self) -> None:
        """Do what is due; a timer that was just set again waits for its new time."""
        now = self._clock()
        for key in [key for key, (at, _) in self._due.items() if at <= now]:
            entry = self._due.pop(key, None)
            if entry is not None:
                entry[1]()
