"""One turn of a framed script: JSON lines in both directions (PROTOCOL 6).

May import: protocol, the agents' own modules, the standard library.
"""

from __future__ import annotations

import json

from superserve_tui.protocol import MAX_EVENT_BYTES, JsonObject, loads_object, scrub
from superserve_tui.server.agents.activity import Activity
from superserve_tui.server.agents.agent_messages import AgentMessages, words_of
from superserve_tui.server.agents.base import AgentFailure, TurnSink
from superserve_tui.server.agents.channel import Channel, End
from superserve_tui.server.agents.python_shim import Mark
from superserve_tui.server.agents.stderr_ring import StderrRing

__all__ = ["FramedTurn"]

_LOOK_S = 0.05
"""Seconds between looks whether a stopped script has come to read."""

_ERROR_GRACE_S = 0.5
"""Seconds after an `error` in which a `turn_done` still belongs to that turn, and not to the next."""


class FramedTurn:
    """Sends one message and takes what comes back. `finish` can go on in another task after it was cancelled.

    A line that is no JSON object is a stray `print`: it is shown as text, with its line break, rather than lost.
    """

    def __init__(self, channel: Channel, sink: TurnSink, *, log: StderrRing) -> None:
        self._channel = channel
        self._sink: TurnSink | None = sink
        self._log = log
        self._line = bytearray()
        self._messages = AgentMessages()
        self._is_sent = False
        self._awaits_read = False
        self._is_done = False
        self._error: str | None = None
        self._was_waiting = False

    async def send(self, message: str) -> None:
        """Send the message, after what was left over by the turn before; call it once, first."""
        while True:
            match await self._channel.next(0):
                case bytes(data):
                    self._take(data)
                case End() | None:
                    break
        self._is_sent = True
        self._awaits_read = self._channel.marks_reads
        self._is_done = False
        content = json.dumps({"type": "message", "content": scrub(message)})  # ASCII: no line breaks of any kind
        self._channel.send_line(content)

    def mute(self) -> None:
        """Discard what still comes."""
        self._sink = None

    async def finish(self) -> End | None:
        """Take messages up to `turn_done`; an `End` when the process ended instead.

        Raises:
            AgentFailure: the script told of an error, or wrote a line that is too long.
        """
        while not self._is_done:
            if self._sink is not None:
                await self._sink.ready()
            match await self._channel.next(self._wait_s()):
                case bytes(data):
                    self._take(data)
                case Mark.READ:
                    self._awaits_read = False
                case Mark.WAITING if self._is_left and not self._awaits_read:
                    break
                case End() as end:
                    self._take(b"\n")
                    if self._error is None and not self._is_done:
                        return end
                    break
                case None if self._error is not None or self._is_at_read():
                    break
        if self._error is not None and self._sink is not None:
            raise AgentFailure(self._error, code="agent_error")
        return None

    @property
    def _is_left(self) -> bool:
        """Whether reading again ends the turn too: the script was stopped, or told of an error."""
        return self._sink is None or self._error is not None

    def _wait_s(self) -> float | None:
        if self._error is not None:
            return _ERROR_GRACE_S
        return _LOOK_S if self._sink is None else None

    def _is_at_read(self) -> bool:
        if self._sink is not None or self._channel.has_shim or self._channel.process.unread_input:
            return False
        is_waiting = self._channel.probe.look() is Activity.WAITING
        was_waiting, self._was_waiting = self._was_waiting, is_waiting
        return is_waiting and was_waiting

    def _take(self, data: bytes) -> None:
        self._was_waiting = False
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            self._line += data[start:end]
            start = end + 1
            line = bytes(self._line)
            self._line.clear()
            self._take_line(line)
            if self._is_done and self._is_sent:
                self._channel.put_back(data[start:])
                return
        self._line += data[start:]
        if len(self._line) > MAX_EVENT_BYTES:
            self._line.clear()
            raise AgentFailure(
                f"The agent wrote a line of more than {MAX_EVENT_BYTES // 2**20} MB.", code="agent_line_too_long"
            )

    def _take_line(self, line: bytes) -> None:
        text = scrub(line.decode("utf-8", "replace")).removesuffix("\r")
        message = loads_object(text)
        if message is not None and isinstance(message.get("type"), str):
            self._take_message(message)
        elif text.strip() and self._sink is not None:
            self._sink.text(text + "\n")

    def _take_message(self, message: JsonObject) -> None:
        match message:
            case {"type": "ready"}:
                return
            case {"type": "turn_done"}:
                self._is_done = not self._awaits_read  # one from before the read is of the turn before
            case {"type": "error"}:
                self._error = (
                    words_of(message.get("message")) or "The agent reported an error without saying which."
                )
            case _ if self._sink is not None:
                if not self._messages.show(message, self._sink):
                    self._log.note(f"[superserve] unknown message type: {message['type'][:100]}")
