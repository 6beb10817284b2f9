"""An engine that does nothing but remember what was asked of it; a test tells the watcher what has happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from superserve_tui.domain import Change
from superserve_tui.engine import Command, Engine

__all__ = ["RecordingEngine"]

_C = TypeVar("_C")


class RecordingEngine(Engine):
    """Stands in for the engine: no thread, no store, no server. One thread only, the watcher's."""

    def __init__(self) -> None:  # the parts of a real engine are left out on purpose
        self.commands: list[Command] = []
        """What was asked, in order."""
        self.is_started = False
        self._waiting: list[Change] = []
        self._wake: Callable[[], None] = lambda: None

    def start(self, on_wake: Callable[[], None]) -> None:
        """Nothing begins but the watch."""
        assert not self.is_started, "started twice"
        self.is_started, self._wake = True, on_wake
        if self._waiting:
            on_wake()

    def send(self, command: Command) -> None:
        """Remember it."""
        self.commands.append(command)

    def drain(self) -> list[Change]:
        """What was fed since the last call."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def poke(self) -> None:
        """There is no clock to look at."""

    def quit(self, *, keep: bool = False, timeout_s: float = 3.0) -> bool:
        """There is nothing to end."""
        return True

    def stop(self, *, timeout_s: float = 1.0) -> bool:
        """There is no thread."""
        return True

    # -- for tests

    @property
    def is_drained(self) -> bool:
        """Whether the watcher has taken everything."""
        return not self._waiting

    def feed(self, *changes: Change) -> None:
        """Let this have happened; wakes the watcher."""
        is_first = not self._waiting
        self._waiting += changes
        if is_first and self.is_started:
            self._wake()

    def sent(self, kind: type[_C]) -> list[_C]:
        """The commands of one kind, in order."""
        return [command for command in self.commands if isinstance(command, kind)]

    def forget(self) -> None:
        """Nothing has been asked yet."""
        self.commands.clear()
