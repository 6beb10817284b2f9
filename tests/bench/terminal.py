"""A program on a pseudo terminal: what it writes and when, and what it costs. Linux only (`/proc`, CPU clocks)."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["ProgramOnTerminal"]

SIZE = (120, 36)
"""Columns and lines."""
DEADLINE_S = 30.0
CALM_S = 0.4
"""A program that used next to no time for so long is idle."""
CALM_CPU_S = 0.004
_SYNC_QUERY, _SYNC_ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
_FRAME, _FRAME_END = b"\x1b[?2026h", "\x1b[?2026l"


class ProgramOnTerminal:
    """Starts a program on a terminal of its own, reads everything it writes, and ends it at the end of a `with`.

    Args:
        command: The program and its arguments.
        environ: Its whole environment.
        folder: Where it works.
    """

    def __init__(self, command: Sequence[str], *, environ: Mapping[str, str], folder: Path) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
        self._changed = threading.Condition()
        self._output = bytearray()
        self._times: list[tuple[int, float]] = []
        self.started_at = time.monotonic()
        """When the process was asked for, on the monotonic clock."""
        self._process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=folder,
            env={**environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            start_new_session=True,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(5)
        os.close(self._master)

    # -- the keyboard and the screen

    def type(self, text: str) -> float:
        """Send keys; returns when that was."""
        at = time.monotonic()
        os.write(self._master, text.encode())
        return at

    @property
    def position(self) -> int:
        """How many bytes were written so far: a place to look from."""
        with self._changed:
            return len(self._output)

    def when_shown(self, text: str, *, since: int = 0, deadline_s: float = DEADLINE_S) -> float:
        """The time at which `text` had been written after the place `since`; waits for it.

        Raises:
            TimeoutError: it was not, in time; has the end of what was.
        """
        needle, ends = text.encode(), time.monotonic() + deadline_s
        start = since
        with self._changed:
            while (found := self._output.find(needle, start)) < 0:
                start = max(since, len(self._output) - len(needle))
                left = ends - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    tail = bytes(self._output[-600:]).decode(errors="replace")
                    raise TimeoutError(f"{text!r} was not shown within {deadline_s} s; last: {tail!r}")
            end = found + len(needle)
            return next(at for size, at in self._times if size >= end)

    def has_shown(self, text: str, *, since: int) -> bool:
        """Whether `text` was written after the place `since`."""
        with self._changed:
            return self._output.find(text.encode(), since) >= 0

    def when_drawn(self, since: int) -> float:
        """The time at which a frame was complete after the place `since`; waits for it."""
        return self.when_shown(_FRAME_END, since=since)

    def frames(self, since: int) -> int:
        """Frames drawn after the place `since`."""
        with self._changed:
            return self._output.count(_FRAME, since)

    # -- the cost

    def cpu_s(self) -> float:
        """Seconds of processor time that it has used, all threads, its children aside."""
        return time.clock_gettime((~self._process.pid << 3) | 2)  # Linux: the CPU clock of another process

    def cpu_until_idle_s(self, *, deadline_s: float = 10.0) -> float:
        """Wait until it rests; what it had used by then."""
        ends = time.monotonic() + deadline_s
        since, used = time.monotonic(), self.cpu_s()
        while time.monotonic() < ends:
            time.sleep(0.02)
            now = self.cpu_s()
            if now - used > CALM_CPU_S:
                since, used = time.monotonic(), now
            elif time.monotonic() - since >= CALM_S:
                return used
        return self.cpu_s()

    def memory_mb(self, *, is_peak: bool = False) -> float:
        """Resident megabytes now, or the most there ever were."""
        name = "VmHWM:" if is_peak else "VmRSS:"
        lines = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024

    def wake_ups(self) -> int:
        """How often its threads went to sleep so far."""
        count = 0
        for task in Path(f"/proc/{self._process.pid}/task").iterdir():
            lines = (task / "status").read_text(encoding="ascii").splitlines()
            count += next(int(line.split()[1]) for line in lines if line.startswith("voluntary"))
        return count

    def _read(self) -> None:
        with suppress(OSError):  # the other end was closed
            while data := os.read(self._master, 65536):
                at = time.monotonic()
                if _SYNC_QUERY in data:
                    os.write(self._master, _SYNC_ANSWER)
                with self._changed:
                    self._output += data
                    self._times.append((len(self._output), at))
                    self._changed.notify_all()
