"""One turn of a plain script: a message goes in, what is printed up to the next read is the answer.

May import: protocol, the agents' own modules, the standard library.
"""

from __future__ import annotations

import asyncio
import re

from superserve_tui.protocol import scrub
from superserve_tui.server.agents.channel import Channel, End, Timing
from superserve_tui.server.agents.python_shim import Mark
from superserve_tui.server.agents.text_writer import TextWriter
from superserve_tui.server.agents.turn_end import TurnEndWatch

__all__ = ["PlainTurn", "has_line_breaks"]

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_LINE_SEPARATOR = "\u2028"

_OVERTAKEN_S = 0.25
"""Seconds in which the shim must take a message that was sent before the script came to its first read."""


def has_line_breaks(message: str) -> bool:
    """Whether a program that reads lines would take the message for several."""
    return _LINE_BREAK.search(message) is not None


class PlainTurn:
    """Sends one message and shows its answer. `finish` can go on in another task after the first was cancelled."""

    def __init__(self, channel: Channel, writer: TextWriter, *, quiet_s: float, timing: Timing) -> None:
        self._channel = channel
        self._writer = writer
        self._is_taken = False
        self._has_text = False
        self._has_threads = False
        self._overtaken_at: float | None = None
        self._watch = TurnEndWatch(
            channel.probe,
            unread_input=lambda: channel.process.unread_input,
            clock=asyncio.get_running_loop().time,
            quiet_s=quiet_s,
            timing=timing,
        )

    def send(self, message: str) -> None:
        """Send the message; call it once, first."""
        message = scrub(message)
        if self._channel.is_reading:
            self._channel.send_message(message)
        else:
            self._writer.start_paragraph()
            self._channel.send_line(_LINE_BREAK.sub(_LINE_SEPARATOR, message))
        self._watch.restart_silence()

    def mute(self) -> None:
        """Discard what is still printed."""
        self._writer.mute()
        self._watch.restart_silence()

    async def finish(self) -> End | None:
        """Show the answer up to the next read; an `End` when the process ended instead."""
        while True:
            await self._writer.ready()
            match await self._channel.next(self._watch.look_after_s):
                case bytes(data):
                    self._has_text = True
                    self._watch.heard()
                    self._writer.write(data)
                case Mark.READ:
                    self._is_taken = True
                    self._has_text = False
                    self._overtaken_at = None
                    self._writer.start_paragraph()
                case (Mark.WAITING | Mark.WAITING_THREAD) as mark:
                    if self._is_answered(mark):
                        break
                case Mark.HELLO:
                    continue
                case End() as end:
                    self._writer.finish()
                    return end
                case None if self._seems_answered():
                    break
        self._writer.finish()
        return None

    @property
    def _is_exact(self) -> bool:
        """Whether the shim took the message, so that its next mark ends the answer."""
        return self._is_taken and not self._has_threads

    def _is_answered(self, mark: Mark) -> bool:
        if not self._is_taken:  # it came to read after the message was sent, and is about to take it
            self._overtaken_at = asyncio.get_running_loop().time()
            return False
        if mark is Mark.WAITING or self._has_text:
            return True
        # One thread reads while another may only begin to answer: silence has to tell.
        self._has_threads = True
        return False

    def _seems_answered(self) -> bool:
        if self._overtaken_at is not None:
            waited_s = asyncio.get_running_loop().time() - self._overtaken_at
            return waited_s >= _OVERTAKEN_S and self._channel.process.unread_input == 0
        return self._watch.is_over(exact=self._is_exact)
