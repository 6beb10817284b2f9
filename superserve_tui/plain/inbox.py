"""The one place where plain mode waits: for the engine, for lines, for signals.

May import: protocol, the standard library.
"""

from __future__ import annotations

import select
import signal
import socket
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from superserve_tui.protocol.records import dataclass

__all__ = ["Copied", "EngineWoke", "Inbox", "InputEnded", "Item", "LineTyped", "OutputChanged", "SignalCame"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP)


@dataclass(frozen=True, slots=True)
class EngineWoke:
    """Changes wait in the engine's outbox."""


@dataclass(frozen=True, slots=True)
class LineTyped:
    """A line came in, without its end; foreign text where a pipe brought it."""

    text: str
    is_at_prompt: bool = False
    """It was typed where a prompt stood, so it can be read there."""


@dataclass(frozen=True, slots=True)
class InputEnded:
    """No line will come any more: ctrl+d, or the end of a pipe."""


@dataclass(frozen=True, slots=True)
class OutputChanged:
    """Everything is written out, or can't be: its reader is gone."""

    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class SignalCame:
    """The process got a signal."""

    number: int


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy is done, or not; in words."""

    words: str


Item = EngineWoke | LineTyped | InputEnded | OutputChanged | SignalCame | Copied


class Inbox:
    """A queue that one thread waits on, with a time-out, and that a signal wakes on any thread.

    `put` is for any thread, also within a signal handler; the rest for one.
    """

    def __init__(self) -> None:
        self._items: deque[Item] = deque()
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)

    def put(self, item: Item) -> None:
        """Hand one item over."""
        self._items.append(item)
        with suppress(BlockingIOError, OSError):  # full: it is awake already; closed: nobody waits any more
            self._writer.send(b"\0")

    def wait(self, timeout_s: float | None) -> list[Item]:
        """What has come, in order; waits so long for the first."""
        if not self._items:
            select.select([self._reader], [], [], timeout_s)
        with suppress(BlockingIOError):
            while self._reader.recv(4096):
                pass
        items: list[Item] = []
        while self._items:
            items.append(self._items.popleft())
        return items

    @contextmanager
    def watching_signals(self) -> Iterator[None]:
        """Signals become items while the block runs; one that is ignored from outside (nohup) stays so.

        The main thread only. A signal wakes the wait on whatever thread the system delivers it.
        """
        before = {number: signal.getsignal(number) for number in _SIGNALS}
        watched = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
        old_wakeup = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in watched:
            signal.signal(number, self._signal_came)
        try:
            yield
        finally:
            for number in watched:
                signal.signal(number, before[number])
            signal.set_wakeup_fd(old_wakeup)

    def close(self) -> None:
        """Nobody waits any more."""
        self._reader.close()
        self._writer.close()

    def _signal_came(self, number: int, _frame: FrameType | None) -> None:
        self._items.append(SignalCame(number))
