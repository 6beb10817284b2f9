"""A running script as a conversation partner: what it prints, as text and marks, and messages to it.

May import: the agents' own modules, the standard library.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

from superserve_tui.server.agents.activity import ActivityProbe
from superserve_tui.server.agents.process import AgentProcess
from superserve_tui.server.agents.python_shim import Mark, MarkScanner, frame_message

__all__ = ["Channel", "End", "Item", "Timing"]

_EXIT_LOOK_S = 0.25
"""Seconds between looks whether the process has ended while something else holds its output open."""

_LAST_OUTPUT_S = 0.1
"""Seconds of silence after the exit until the output counts as read, where another process holds it open."""

_AFTERMATH_S = 1.0
"""Seconds after the exit for which the output of another process that holds it open is still shown."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Every wait of a script agent, in seconds; tests shorten them."""

    first_line_s: float = 2.0
    """How long a program that is not Python may take to say that it is framed (PROTOCOL 6)."""
    drain_s: float = 5.0
    """How long a stopped turn may go on until the script is restarted (PROTOCOL 4)."""
    stop_s: float = 1.0
    """From SIGTERM to SIGKILL."""
    silent_s: float = 300.0
    """How long an answer may take to begin where nothing shows that the program waits to read."""
    busy_factor: float = 10.0
    """The quiet time is this many times as long while the platform shows that nobody waits for a message."""


class End(Enum):
    """Nothing more will be printed."""

    EXITED = auto()
    """The process has ended; see its exit status."""
    CLOSED = auto()
    """It lives on with its standard output closed."""


Item = bytes | Mark | End


class Channel:
    """Both directions of one process. Used by one task at a time, on the server's loop."""

    def __init__(self, process: AgentProcess, *, nonce: bytes, probe: ActivityProbe) -> None:
        self.process = process
        self.probe = probe
        self.has_shim = False
        """Whether the shim of `python_shim` is in place."""
        self.is_reading = False
        """Whether the shim's last mark said that the script waits for a message."""
        self.marks_reads = False
        """Whether the shim has marked a read: then it will mark the next one too."""
        self.started_at = asyncio.get_running_loop().time()
        """The loop's time in seconds."""
        self._nonce = nonce
        self._scanner = MarkScanner(nonce)
        self._items: deque[Item] = deque()
        self._exited_at: float | None = None

    async def next(self, timeout_s: float | None) -> Item | None:
        """The next text, mark or end; None when nothing came within `timeout_s` seconds."""
        if self._items:
            await asyncio.sleep(0)  # a flood must leave the loop to others
            return self._take()
        loop = asyncio.get_running_loop()
        deadline = None if timeout_s is None else loop.time() + timeout_s
        while True:
            wait_s = _EXIT_LOOK_S if deadline is None else min(_EXIT_LOOK_S, max(0.0, deadline - loop.time()))
            data = await self.process.read(wait_s)
            if data != b"" and self._is_aftermath():
                data = data or await self.process.read(_LAST_OUTPUT_S) or b""
                data = b"" if self._is_aftermath(_AFTERMATH_S) else data
            if data is not None:
                await self._accept(data)
            elif rest := self._scanner.flush():  # marks are written whole: what stays unfinished is text
                self._items.append(rest)
            if self._items:
                await asyncio.sleep(0)
                return self._take()
            if deadline is not None and loop.time() >= deadline:
                return None

    def put_back(self, data: bytes) -> None:
        """Text that the next reader should see first."""
        if data:
            self._items.appendleft(data)

    def send_line(self, line: str) -> None:
        """A line without line breaks in it, for any reader."""
        self.process.send(line.encode("utf-8", "replace") + b"\n")

    def send_message(self, message: str) -> None:
        """A message as the shim takes it; only while `is_reading`."""
        self.process.send(frame_message(message, self._nonce))

    async def _accept(self, data: bytes) -> None:
        if data:
            self._items.extend(self._scanner.feed(data))
            return
        if rest := self._scanner.flush():
            self._items.append(rest)
        status = await self.process.wait(1.0)
        self._items.append(End.CLOSED if status is None else End.EXITED)

    def _is_aftermath(self, for_s: float = 0.0) -> bool:
        """Whether the process ended at least `for_s` seconds ago."""
        now = asyncio.get_running_loop().time()
        if self._exited_at is None and self.process.exit_status is not None:
            self._exited_at = now
        return self._exited_at is not None and now - self._exited_at >= for_s

    def _take(self) -> Item:
        item = self._items.popleft()
        if isinstance(item, Mark):
            self.has_shim = True
            self.is_reading = item in (Mark.WAITING, Mark.WAITING_THREAD)
            self.marks_reads = self.marks_reads or self.is_reading
        elif isinstance(item, End):
            self._items.append(item)  # the end stays the end
        return item
