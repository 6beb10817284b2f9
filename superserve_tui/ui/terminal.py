"""The terminal: drawn on by standard output, so that standard error can be sent elsewhere; read so that no byte of
it ends the app.

May import: the UI's own modules, textual.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
import termios
import tty
from codecs import getincrementaldecoder
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TextIO

from textual import constants
from textual.app import App
from textual.drivers.linux_driver import (
    KITTY_DISAMBIGUATE_ESCAPE_CODES,
    KITTY_REPORT_ALL_KEYS,
    KITTY_REPORT_ASSOCIATED_TEXT,
    LinuxDriver,
)
from textual.message import Message

from superserve_tui.ui.attention import POP_TITLE, PUSH_TITLE
from superserve_tui.ui.keyboard import PasteSafeParser

__all__ = ["KEYBOARD_OFF", "KEYBOARD_ON", "TerminalDriver"]

_KITTY_FLAGS = KITTY_DISAMBIGUATE_ESCAPE_CODES | KITTY_REPORT_ALL_KEYS | KITTY_REPORT_ASSOCIATED_TEXT
KEYBOARD_ON = "\x1b[?2004h" + ("" if constants.DISABLE_KITTY_KEY else f"\x1b[>{_KITTY_FLAGS}u")
KEYBOARD_OFF = ("" if constants.DISABLE_KITTY_KEY else "\x1b[<u") + "\x1b[?2004l"
"""How Textual's driver asks the terminal for its keys, and how it takes that back."""

_READ_BYTES = 64 * 1024
_IDLE_S = 0.1
"""Between two looks at whether the app leaves."""
_WAITING_S = 0.02
"""The same while the rest of a sequence is awaited: a lone escape is to be seen soon."""


class _Output:
    """Standard output, for Textual's writer thread: a terminal that is gone takes everything.

    The thread would die of the error with a traceback, and the app wait for ever for its queue to have room.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.fileno = stream.fileno

    def write(self, text: str) -> None:
        """Write what the terminal takes."""
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        """Let it have what is buffered."""
        with suppress(OSError):
            self._stream.flush()


class TerminalDriver(LinuxDriver):
    """Textual's driver draws on standard error; `superserve-tui 2>file` would then draw into the file."""

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        assert sys.__stdout__ is not None, "the command line checks that there is a terminal"
        self._file = _Output(sys.__stdout__)  # type: ignore[assignment]  # all that the writer thread uses
        self.last_read = ""
        """What the terminal sent last, for a person who tries keys."""
        self._title = ""
        self._is_title_ours = False
        self._has_terminal = False

    @classmethod
    def key_attributes(cls, found: list[Any]) -> list[Any]:
        """Attributes of a terminal that gives every key at once, as the app reads them.

        Args:
            found: What `tcgetattr` gave.
        """
        attributes = list(found)
        attributes[tty.LFLAG] = cls._patch_lflag(attributes[tty.LFLAG])
        attributes[tty.IFLAG] = cls._patch_iflag(attributes[tty.IFLAG])
        attributes[tty.CC] = list(attributes[tty.CC])
        attributes[tty.CC][termios.VMIN] = 1
        return attributes

    def give_title(self, sequence: str) -> None:
        """Give the terminal a title; the one that it had is back whenever the app is not on screen."""
        self._title = sequence
        if not self._is_title_ours:
            self._is_title_ours = True
            self.write(PUSH_TITLE)
        self.write(sequence)
        self.flush()

    def start_application_mode(self) -> None:
        """Take the terminal, unless it is somebody else's now (`bg`); after a suspension with our title.

        Once: a SIGCONT comes without a suspension too, such as with the hang-up of a window that is closed.
        """
        if self._has_terminal:
            return
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._has_terminal = self._is_in_front()
        if self._has_terminal and self._title:
            self.give_title(self._title)

    def _is_in_front(self) -> bool:
        try:
            return os.tcgetpgrp(self.fileno) == os.getpgrp()
        except OSError as error:
            return error.errno == errno.ENOTTY  # a terminal without job control has no background

    def stop_application_mode(self) -> None:
        """Give the terminal back, with the title that it had: at the end, to the editor, to the shell."""
        self._has_terminal = False
        if self._is_title_ours:
            self._is_title_ours = False
            self.write(POP_TITLE)
        super().stop_application_mode()

    def run_input_thread(self) -> None:
        """Read until the app leaves; a terminal that is gone hangs it up, as its signal would. On its own thread.

        Textual's reading ends with a traceback at a byte that is not UTF-8, and spins at the end of input.
        """
        parser, decoder = PasteSafeParser(), getincrementaldecoder("utf-8")("replace")
        while not self.exit_event.is_set():
            wait_s = _WAITING_S if parser.is_waiting else _IDLE_S
            readable, _, _ = select.select([self.fileno], [], [], wait_s)
            if readable:
                data = self._read()
                if not data:
                    os.kill(os.getpid(), signal.SIGHUP)
                    return
                if text := decoder.decode(data):
                    self.last_read = text
                    self._pass_on(parser.feed(text))
            self._pass_on(parser.tick())

    def _read(self) -> bytes:
        try:
            return os.read(self.fileno, _READ_BYTES)
        except OSError:
            return b""

    def _pass_on(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)

    def lend_mouse(self, *, is_lent: bool) -> None:
        """Let the terminal have the mouse, or take it back."""
        if is_lent:
            self._disable_mouse_support()
        else:
            self._enable_mouse_support()
        self.flush()
