"""Keys tried without the app, on the terminal as the app would have it.

May import: the UI's own modules, textual, the standard library.
"""

from __future__ import annotations

import os
import select
import termios
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from textual import events
from textual.message import Message

from superserve_tui.ui.key_report import in_columns, report
from superserve_tui.ui.keyboard import PasteSafeParser
from superserve_tui.ui.keymap import Keymap
from superserve_tui.ui.terminal import KEYBOARD_OFF, KEYBOARD_ON, TerminalDriver

__all__ = ["KeyTrial", "is_end", "sent_for", "try_keys"]

Tried = events.Key | events.Paste
"""What a terminal sends that is told of."""

_WAITING_S = 0.02
"""Between two looks at whether the rest of a sequence still comes."""
_READ_BYTES = 4096


class KeySplitter:
    """A terminal's characters as the app's parser takes them, each key with those that it was made of."""

    def __init__(self) -> None:
        self._parser = PasteSafeParser()
        self._sent = ""

    @property
    def is_waiting(self) -> bool:
        """Whether what came last may be the beginning of something longer: call `tick` soon."""
        return self._parser.is_waiting

    def feed(self, text: str) -> Iterator[tuple[Tried, str]]:
        """The next characters; one by one, so that each key comes with its own."""
        for sign in text:
            self._sent += sign
            yield from self._take(self._parser.feed(sign))

    def tick(self) -> Iterator[tuple[Tried, str]]:
        """Time has gone by: the rest of a sequence has not come."""
        yield from self._take(self._parser.tick())

    def _take(self, messages: Iterable[Message]) -> Iterator[tuple[Tried, str]]:
        for message in messages:
            if isinstance(message, events.Key | events.Paste):
                yield message, self._sent
            self._sent = ""


def sent_for(event: Tried, text: str) -> str:
    """What of a whole read made this key; all of it where that can't be told."""
    if isinstance(event, events.Key):
        for seen, sent in KeySplitter().feed(text):
            if isinstance(seen, events.Key) and seen.key == event.key:
                return sent
    return text


class KeyTrial:
    """Takes what a terminal sends, and tells of each key on a line. Over after Escape twice, or ctrl+q.

    Args:
        keymap: The keys in force.
        tell: Called with each line.
    """

    def __init__(self, keymap: Keymap, tell: Callable[[str], None]) -> None:
        self._keymap, self._tell = keymap, tell
        self._splitter = KeySplitter()
        self._last = ""
        self.is_over = False

    @property
    def is_waiting(self) -> bool:
        """Whether what came last may be the beginning of something longer: call `tick` soon."""
        return self._splitter.is_waiting

    def feed(self, text: str) -> None:
        """The next characters."""
        self._take(self._splitter.feed(text))

    def tick(self) -> None:
        """Time has gone by."""
        self._take(self._splitter.tick())

    def _take(self, tried: Iterable[tuple[Tried, str]]) -> None:
        for event, sent in tried:
            self._tell(report(event, sent, self._keymap))
            key = event.key if isinstance(event, events.Key) else ""
            self.is_over = is_end(key, self._last)
            self._last = key
            if self.is_over:
                return


def is_end(key: str, before: str) -> bool:
    """Whether that key, after that one, says that enough were tried."""
    return key == "ctrl+q" or key == before == "escape"


def try_keys(keymap: Keymap, fileno: int, tell: Callable[[str], None], write: Callable[[str], None]) -> None:
    """Tell of every key until the person ends it, or the terminal is gone. Blocks.

    Args:
        keymap: The keys in force.
        fileno: The terminal.
        tell: Prints a line.
        write: Writes to the terminal as it is.
    """
    trial, decoder = KeyTrial(keymap, tell), getincrementaldecoder("utf-8")("replace")
    with _keyboard(fileno, write):
        tell("Press keys; Esc twice, or ctrl+q, ends.")
        tell(in_columns("key", "sent", "does"))
        while not trial.is_over:
            readable, _, _ = select.select([fileno], [], [], _WAITING_S if trial.is_waiting else None)
            if readable:
                data = os.read(fileno, _READ_BYTES)
                if not data:
                    return
                trial.feed(decoder.decode(data))
            trial.tick()


@contextmanager
def _keyboard(fileno: int, write: Callable[[str], None]) -> Iterator[None]:
    """The terminal's keyboard as the app has it; as it was at the end, however that comes."""
    before = termios.tcgetattr(fileno)
    try:
        termios.tcsetattr(fileno, termios.TCSANOW, TerminalDriver.key_attributes(before))
        write(KEYBOARD_ON)
        yield
    finally:
        write(KEYBOARD_OFF)
        termios.tcsetattr(fileno, termios.TCSAFLUSH, before)
