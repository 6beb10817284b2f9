"""What a terminal sends, made into events; a paste stays a paste whatever is in it.

Textual's own parser takes an escape sequence inside a paste apart into keys, so that a pasted line end after one is
an Enter that sends.

May import: textual, the standard library.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import monotonic

from textual import constants, events
from textual._xterm_parser import XTermParser
from textual.message import Message

__all__ = ["PasteSafeParser"]

PASTE_START, PASTE_END = "\x1b[200~", "\x1b[201~"


class PasteSafeParser(XTermParser):
    """Characters from a terminal to events. What stands between the marks of a paste is one `Paste`, as it came.

    An end mark that another one follows in the same read, with no new paste begun between, is part of the paste:
    someone put it there to get the rest typed.
    """

    def __init__(self) -> None:
        super().__init__()
        self._pasted: list[str] | None = None
        """What came of a paste so far; None outside of one."""
        self._held = ""
        """The end of what came, where it may be the beginning of a mark."""
        self._held_at = 0.0

    @property
    def is_waiting(self) -> bool:
        """Whether what came last may be the beginning of something longer: call `tick` soon."""
        return (self._pasted is None and bool(self._held)) or self._timeout_time is not None

    def feed(self, data: str) -> Iterable[Message]:
        """Events of the next characters; an empty text means that no more will come."""
        if not data:
            yield from self._release()
            yield from super().feed("")
            return
        data, self._held = self._held + data, ""
        while data:
            if self._pasted is None:
                before, mark, data = self._split(data, PASTE_START)
                if before:
                    yield from super().feed(before)
                if mark:
                    self._pasted = []
            else:
                before, mark, data = self._split(data, PASTE_END)
                self._pasted.append(before)
                if mark and _ends_later(data):
                    self._pasted.append(mark)
                elif mark:
                    yield events.Paste("".join(self._pasted).replace("\x00", ""))
                    self._pasted = None

    def tick(self) -> Iterable[Message]:
        """Events of a sequence whose rest has not come in time."""
        if self._pasted is None and self._held and monotonic() - self._held_at >= constants.ESCAPE_DELAY:
            yield from self._release()
        yield from super().tick()

    def _release(self) -> Iterator[Message]:
        """What was held is no mark: keys after all."""
        held, self._held = self._held, ""
        if held and self._pasted is None:
            yield from super().feed(held)
            if self._timeout_time is not None:
                self._timeout_time = 0.0
                yield from super().tick()

    def _split(self, data: str, mark: str) -> tuple[str, str, str]:
        """What stands before the mark, the mark, the rest; the beginning of a mark at the end is held back."""
        before, found, rest = data.partition(mark)
        if found:
            return before, found, rest
        for length in range(min(len(mark) - 1, len(data)), 0, -1):
            if data.endswith(mark[:length]):
                self._held, self._held_at = data[-length:], monotonic()
                return data[:-length], "", ""
        return data, "", ""


def _ends_later(data: str) -> bool:
    end, start = data.find(PASTE_END), data.find(PASTE_START)
    return end >= 0 and not 0 <= start < end
