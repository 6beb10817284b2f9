"""What a script does before its first message: it greets, says that it is framed, or just comes to read.

May import: protocol, the agents' own modules, the standard library.
"""

from __future__ import annotations

import asyncio

from superserve_tui.protocol import loads_object
from superserve_tui.server.agents.activity import Activity
from superserve_tui.server.agents.channel import Channel, End, Timing
from superserve_tui.server.agents.python_shim import Mark
from superserve_tui.server.agents.text_writer import TextWriter

__all__ = ["Opening", "is_ready"]

_LOOK_S = 0.02
"""Seconds between looks at a program that prints nothing."""

_GREETING_PAUSE_S = 0.25
"""Seconds of silence that end a greeting, where nothing shows that the program waits to read."""

_MAX_FIRST_LINE = 64 * 1024
"""Bytes after which a first line can't be the short one that says `ready`."""


class Opening:
    """Waits until the first message may be sent, and finds out how to speak (PROTOCOL 6).

    A Python script has all the time that it needs to come to its first read, which is seen exactly. Other programs
    have `Timing.first_line_s`. What was printed till then is a greeting: it is shown ahead of the first answer. A
    stopped turn may leave it half way; `finish` then goes on where it was.
    """

    def __init__(
        self, channel: Channel, *, framed: bool | None, is_python: bool, quiet_s: float, timing: Timing
    ) -> None:
        self._channel = channel
        self._framed = framed
        self._is_python = is_python
        self._quiet_s = quiet_s
        self._timing = timing
        self._head = b""
        self._silent_since = channel.started_at
        self._was_waiting = False

    async def finish(self, writer: TextWriter) -> bool | End:
        """Whether the script is framed, or its end where it ended first."""
        while self._framed is not True:
            match await self._channel.next(_LOOK_S):
                case bytes(data):
                    self._hear(data, writer)
                case Mark.WAITING | Mark.WAITING_THREAD:
                    return self._decide(writer)
                case End() as end:
                    writer.write(self._take_head())
                    writer.finish()
                    return end
                case None if self._comes_to_read():
                    return self._decide(writer)
        return True

    def _hear(self, data: bytes, writer: TextWriter) -> None:
        self._silent_since = asyncio.get_running_loop().time()
        self._was_waiting = False
        if self._framed is False:
            writer.write(data)
            return
        self._head += data
        line, line_break, rest = self._head.lstrip().partition(b"\n")
        if line_break and is_ready(line):
            self._framed = True
            self._channel.put_back(rest)
        elif line_break or len(line) > _MAX_FIRST_LINE or not b"{".startswith(line[:1]):
            self._framed = False
            writer.write(self._take_head())

    def _decide(self, writer: TextWriter) -> bool:
        if self._framed is None:
            self._framed = is_ready(self._head)
            if not self._framed:
                writer.write(self._take_head())
        return self._framed

    def _take_head(self) -> bytes:
        head, self._head = self._head, b""
        return head

    def _comes_to_read(self) -> bool:
        """Judge a silent moment; the shim's mark says it better where there is one."""
        activity = self._channel.probe.look()
        is_waiting = activity is Activity.WAITING
        if is_waiting and self._was_waiting:
            return True
        self._was_waiting = is_waiting
        now = asyncio.get_running_loop().time()
        silence_s = now - self._silent_since
        if self._is_python or self._channel.has_shim:
            if activity is Activity.UNKNOWN:
                return silence_s >= self._quiet_s * self._timing.busy_factor
            return activity is not Activity.BUSY and silence_s >= self._quiet_s
        if now - self._channel.started_at >= self._timing.first_line_s:
            return True
        return self._framed is False and activity is not Activity.BUSY and silence_s >= _GREETING_PAUSE_S


def is_ready(line: bytes) -> bool:
    """Whether a line of output says that the program is framed."""
    message = loads_object(line.decode("utf-8", "replace"))
    return message is not None and message.get("type") == "ready"
