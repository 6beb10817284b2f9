"""What a command prints, and where it goes: a terminal gets cleaned text, a pipe gets it as it was sent.

May import: domain, the standard library.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TextIO

from superserve_tui.cli.failures import Failure, OutputClosed
from superserve_tui.domain import StreamCleaner, clean, clean_line, json_text

__all__ = ["Console"]


class Console:
    """Standard output and standard error. Notes may come from any thread, the rest from one.

    Every method that writes to standard output raises `OutputClosed` once its reader is gone, and `Failure` where
    it can't be written to.
    """

    def __init__(self, stdout: TextIO, stderr: TextIO) -> None:
        self._stdout = stdout
        self._stderr = stderr
        self.is_terminal = stdout.isatty()
        """Whether standard output is a terminal."""
        self._is_at_line_start = True
        self._cleaner = StreamCleaner()

    @property
    def width(self) -> int | None:
        """Columns of the terminal; None where standard output is none and nothing should be cut."""
        return shutil.get_terminal_size().columns if self.is_terminal else None

    def line(self, text: str = "") -> None:
        """One or more lines of text, which may be foreign."""
        self.text(text + "\n")

    def text(self, text: str) -> None:
        """Text as it is, at once on its way; a terminal gets it without control characters."""
        self._show(clean(text) if self.is_terminal else text)

    def control(self, sequence: str) -> None:
        """A control sequence of our own; nothing where no terminal is."""
        if self.is_terminal:
            self._put(sequence)

    def piece(self, text: str) -> None:
        """The next piece of a text that comes in pieces, which a sequence may be split over; `end_line` ends it."""
        self._show(self._cleaner.feed(text) if self.is_terminal else text)

    def json(self, value: Any) -> None:
        """One JSON value on one line, control characters escaped."""
        self._put(json_text(value) + "\n")

    def end_line(self) -> None:
        """Go to the next line of the terminal where text stands on this one."""
        self._show(self._cleaner.end())
        if self.is_terminal and not self._is_at_line_start:
            self.text("\n")

    def note(self, text: str) -> None:
        """One line on standard error, below what stands on the terminal."""
        self.end_line()
        with suppress(OSError, ValueError):
            self._stderr.write(clean_line(text) + "\n")
            self._stderr.flush()

    def help(self, text: str) -> None:
        """Help on standard error, laid out as it is: our own words, for who left something out."""
        self.end_line()
        with suppress(OSError, ValueError):
            self._stderr.write(text.rstrip("\n") + "\n")
            self._stderr.flush()

    def table(self, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
        """Rows in columns, every cell on one line; the last column is cut where the terminal ends."""
        cells = [head, *(tuple(clean_line(cell) for cell in row) for row in rows)]
        widths = [max(_width(row[column]) for row in cells) for column in range(len(head) - 1)]
        for row in cells:
            line = "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=False))
            line = f"{line}  {row[-1]}" if line else row[-1]
            self.line(_cut(line.rstrip(), self.width))

    def _show(self, text: str) -> None:
        if text:
            self._is_at_line_start = text.endswith("\n")
            self._put(text)

    def _put(self, text: str) -> None:
        try:
            self._stdout.write(text)
            self._stdout.flush()
        except (BrokenPipeError, ConnectionResetError):
            self.forget_stdout()
            raise OutputClosed from None
        except OSError as error:
            self.forget_stdout()
            what = f"The output can't be written: {error.strerror or error}."
            raise Failure(what, "Check where it goes to, and the free space there.") from error

    def forget_stdout(self) -> None:
        """Print nowhere from now on: else Python complains at exit about what it can't flush."""
        _forget(self._stdout)

    def forget_stderr(self) -> None:
        """The same for notes."""
        _forget(self._stderr)


def _forget(stream: TextIO) -> None:
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _width(text: str) -> int:
    """Columns that a terminal takes for `text`, near enough for a table."""
    if text.isascii():
        return len(text)
    import unicodedata

    columns = 0
    for sign in text:
        if unicodedata.combining(sign) or unicodedata.category(sign) in ("Mn", "Me", "Cf"):
            continue
        columns += 2 if unicodedata.east_asian_width(sign) in "WF" else 1
    return columns


def _cut(line: str, width: int | None) -> str:
    if width is None or _width(line) <= width:
        return line
    while line and _width(line) > width - 1:
        line = line[:-1]
    return line + "…"
