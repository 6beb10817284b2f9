"""A terminal with a program in it: what a person types, what is on the screen, what the program leaves behind."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
from codecs import getincrementaldecoder
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

import pyte

from tests.support.escape_sequences import SequenceSplitter

__all__ = ["Keys", "Terminal"]

DEADLINE_S = 40.0
"""How long a test waits for what must happen; long, because a machine that tests is a busy one."""

_TAKE_TERMINAL = (
    "import fcntl,os,signal,sys,termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "[signal.signal(each, signal.SIG_DFL) for each in (signal.SIGINT, signal.SIGQUIT)];"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)
"""Makes the terminal the controlling one of the new session: signals, job control and hang-ups need that. Tests
that run in the background of a shell would hand on that keys end nothing."""

_ANSWERS = {"\x1b[?2026$p": b"\x1b[?2026;2$y"}
"""What the terminal is asked at start, and answers as today's do: frames may be drawn at once."""

_DRAWN = frozenset("@ABCDEFGHJKLMPXadefgmr")
"""Final bytes of the sequences that change what is seen; pyte draws the rest of some others as text."""


class Keys:
    """What a terminal sends for a key."""

    ENTER, ESCAPE, TAB, UP, DOWN = "\r", "\x1b", "\t", "\x1b[A", "\x1b[B"
    CTRL_C, CTRL_N, CTRL_Q, CTRL_S, CTRL_Z = "\x03", "\x0e", "\x11", "\x13", "\x1a"
    ALT_UP, ALT_DOWN = "\x1b[1;3A", "\x1b[1;3B"
    RIGHT = "\x1b[C"
    F9, F12 = "\x1b[20~", "\x1b[24~"


class Terminal:
    """Starts a program on a terminal of its own; at the end of a `with` it hangs up and ends the program.

    Every method may be called from the test's thread only; a thread of the terminal's own reads what is written.

    Args:
        command: The program and its arguments.
        environ: Its whole environment.
        folder: Where it works.
        size: Columns and rows.
    """

    def __init__(
        self, command: Sequence[str], *, environ: Mapping[str, str], folder: Path, size: tuple[int, int] = (120, 40)
    ) -> None:
        self._main, child = pty.openpty()
        self._set_size(*size)
        self._found = termios.tcgetattr(child)
        self._changed = threading.Condition()
        self._raw = bytearray()
        self._picture = _Picture(*size)
        self._process = subprocess.Popen(
            [sys.executable, "-ISc", _TAKE_TERMINAL, *command],
            stdin=child,
            stdout=child,
            stderr=child,
            cwd=folder,
            env=dict(environ),
            start_new_session=True,
        )
        os.close(child)
        self._woken, self._wake = os.pipe()
        self._is_open = True
        self._is_read_out = False
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self.close()

    # -- the keyboard and the window

    @property
    def pid(self) -> int:
        """The program's process."""
        return self._process.pid

    def type(self, *keys: str) -> None:
        """Send text and keys, at once."""
        data = memoryview("".join(keys).encode())
        while data:
            data = data[os.write(self._main, data) :]

    def send(self, *keys: str) -> None:
        """Type a message and send it."""
        self.type(*keys, Keys.ENTER)

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size; the program is told by SIGWINCH."""
        with self._changed:
            self._picture.resize(columns, rows)
        self._set_size(columns, rows)

    def signal(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        self._process.send_signal(number)

    def close(self) -> None:
        """Close the window: the program's terminal is gone."""
        if self._is_open:
            self._is_open = False
            os.close(self._wake)  # a descriptor that is being read would stay open
            self._reader.join(5)
            os.close(self._main)
            os.close(self._woken)

    # -- the screen

    def text(self) -> str:
        """What is on the screen, rows without spaces at their ends."""
        with self._changed:
            return self._picture.text()

    def has(self, *words: str) -> bool:
        """Whether all of these are on the screen, each on one row."""
        text = self.text()
        return all(each in text for each in words)

    def wait_for(self, *words: str, deadline_s: float = DEADLINE_S) -> str:
        """Return as soon as all of these words are on the screen; returns the screen.

        Raises:
            AssertionError: they were not, in time, or the program ended without showing them.
        """
        return self.wait_until(lambda text: all(each in text for each in words), repr(words), deadline_s=deadline_s)

    def wait_for_notice(self, *words: str) -> str:
        """Return as soon as notices on the screen say all of these words, however they wrap; returns the screen."""

        def is_told(text: str) -> bool:
            told = "".join(row.rsplit("▌ ", 1)[1] for row in text.splitlines() if "▌ " in row)
            return all("".join(each.split()) in "".join(told.split()) for each in words)

        return self.wait_until(is_told, f"a notice: {words!r}")

    def wait_gone(self, *words: str, deadline_s: float = DEADLINE_S) -> str:
        """Return as soon as none of these words is on the screen any more; returns the screen."""
        return self.wait_until(
            lambda text: not any(each in text for each in words), f"no {words!r}", deadline_s=deadline_s
        )

    def wait_until(self, is_so: Callable[[str], bool], what: str, *, deadline_s: float = DEADLINE_S) -> str:
        """Return as soon as the screen's text is so; returns it.

        Raises:
            AssertionError: it was not so in time, or the program ended first; shows the screen.
        """
        ends = monotonic() + deadline_s
        with self._changed:
            while not is_so(text := self._picture.text()):
                left_s = ends - monotonic()
                if left_s <= 0 or self._is_read_out:
                    why = "the program has ended" if self._is_read_out else f"not within {deadline_s} s"
                    raise AssertionError(f"{what}: {why}; the screen:\n{text}")
                self._changed.wait(left_s)
            return text

    @property
    def raw(self) -> bytes:
        """Everything that was written so far."""
        with self._changed:
            return bytes(self._raw)

    # -- the end

    def wait_exit(self, deadline_s: float = DEADLINE_S) -> int:
        """The program's exit status, negative for a signal; everything that it wrote has been read then.

        Raises:
            AssertionError: it did not end in time; shows the screen.
        """
        try:
            status = self._process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"did not end within {deadline_s} s; the screen:\n{self.text()}") from None
        if self._is_open:
            with self._changed:
                self._changed.wait_for(lambda: self._is_read_out, 5)
        return status

    def differences(self) -> list[str]:
        """In what the terminal is not as the program found it; empty after a clean end."""
        with self._changed:
            found = self._picture.differences()
        if self._is_open and termios.tcgetattr(self._main) != self._found:
            found.append("the line discipline")
        return found

    # -- inside

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._main, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self) -> None:
        decoder, splitter = getincrementaldecoder("utf-8")("replace"), SequenceSplitter()
        with suppress(OSError):  # the program's end of the terminal is closed
            while data := self._next_bytes():
                parts = list(splitter.feed(decoder.decode(data)))
                for part in parts:
                    if part in _ANSWERS:
                        os.write(self._main, _ANSWERS[part])
                with self._changed:
                    self._raw += data
                    self._picture.draw(parts)
                    self._changed.notify_all()
        with self._changed:
            self._is_read_out = True
            self._changed.notify_all()

    def _next_bytes(self) -> bytes:
        """What was written next; nothing once the window is being closed."""
        readable, _, _ = select.select([self._main, self._woken], [], [])
        return b"" if self._woken in readable else os.read(self._main, 65536)


class _Picture:
    """Both screens of a terminal and its modes."""

    def __init__(self, columns: int, rows: int) -> None:
        self._screens = [pyte.Screen(columns, rows), pyte.Screen(columns, rows)]
        self._streams = [pyte.Stream(screen) for screen in self._screens]
        self._modes: dict[str, bool] = {}
        self._depths = {"title": 0, "keyboard": 0}

    def draw(self, parts: Sequence[str]) -> None:
        run: list[str] = []
        for part in parts:
            if not part.startswith("\x1b") or (part[1] == "[" and part[-1] in _DRAWN and part[2] not in "<=>?"):
                run.append(part)
            elif part[1] == "[":
                if "1049" in part:
                    self._flush(run)
                self._note(part)
        self._flush(run)

    def _flush(self, run: list[str]) -> None:
        self._streams[self._modes.get("?1049", False)].feed("".join(run))
        run.clear()

    def _note(self, part: str) -> None:
        parameters, final = part[2:-1], part[-1]
        if final in "hl" and parameters.startswith("?"):
            for mode in parameters[1:].split(";"):
                self._modes[f"?{mode}"] = final == "h"
        elif final == "t" and parameters.startswith(("22", "23")):
            self._depths["title"] += 1 if parameters.startswith("22") else -1
        elif final == "u" and parameters.startswith((">", "<")):
            self._depths["keyboard"] += 1 if parameters.startswith(">") else -1

    def resize(self, columns: int, rows: int) -> None:
        for screen in self._screens:
            screen.resize(rows, columns)

    def text(self) -> str:
        screen = self._screens[self._modes.get("?1049", False)]
        columns = range(screen.columns)
        # What `screen.display` gives, without measuring every sign: the cell behind a wide one is empty.
        rows = (screen.buffer[y] for y in range(screen.lines))
        return "\n".join("".join(row[x].data for x in columns).rstrip() for row in rows)

    def differences(self) -> list[str]:
        """Modes and depths that are not as at the start: the cursor shown, wrapping on, all others off."""
        modes = [
            f"mode {mode} is {'on' if is_on else 'off'}"
            for mode, is_on in self._modes.items()
            if is_on != (mode in ("?25", "?7"))
        ]
        return modes + [f"the {name} is {depth} deep" for name, depth in self._depths.items() if depth]
