"""Server-sent events: bytes in any chunking to events, and back (PROTOCOL 4, WHATWG event streams).

May import: the standard library.
"""

from __future__ import annotations

from superserve_tui.protocol.errors import EventTooLargeError
from superserve_tui.protocol.events import TERMINAL_TYPES
from superserve_tui.protocol.json_text import JsonObject, dumps, loads_object
from superserve_tui.protocol.records import dataclass

__all__ = ["MAX_EVENT_BYTES", "EventStreamDecoder", "ServerSentEvent", "encode_event"]

MAX_EVENT_BYTES = 16 * 1024 * 1024
"""The largest event that is read (PROMISES 14)."""

_MAX_EARLY_END_BYTES = 64 * 1024
"""A larger terminal event waits for its blank line: until it is whole, it would be looked at after every read."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event as the stream framed it."""

    type: str
    """The `event:` field; `message` where the stream gives none."""
    data: str
    """The `data:` lines, joined by line feeds; invalid UTF-8 is U+FFFD."""


class EventStreamDecoder:
    """Bytes, in whatever pieces they come, to server-sent events.

    Lines end at CR, LF or CRLF and nowhere else: U+2028, U+0085 and form feeds are data. `id` and `retry`
    mean nothing in this protocol and are passed over, as are comments.

    One decoder serves one connection, on one thread.
    """

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._rest_size = 0
        self._at_start = True
        self._skip_lf = False
        self._type = ""
        self._data: list[bytes] = []
        self._data_size = 0
        self._too_large: EventTooLargeError | None = None

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """The events that `chunk` completes.

        Raises:
            EventTooLargeError: one event is larger than `MAX_EVENT_BYTES`. Where events before it are complete,
                they are returned first, and the next call raises.
        """
        events: list[ServerSentEvent] = []
        try:
            if self._too_large is None:
                self._feed(chunk, events)
        except EventTooLargeError as error:
            self._too_large = error
        if self._too_large is not None and not events:
            raise self._too_large
        return events

    def _feed(self, chunk: bytes, events: list[ServerSentEvent]) -> None:
        chunk = self._normalise(chunk)
        end = chunk.rfind(b"\n")
        if end < 0:
            self._hold(chunk)
            return
        self._rest.append(chunk[:end])
        block = b"".join(self._rest)
        self._rest, self._rest_size = [], 0
        if self._at_start:
            self._at_start = False
            block = block.removeprefix(_BOM)
        for line in block.split(b"\n"):
            if line:
                self._take_line(line)
            elif self._data:
                events.append(self._dispatch())
            else:
                self._type = ""
        self._hold(chunk[end + 1 :])

    def pending(self) -> ServerSentEvent | None:
        """The event that still lacks its blank line, if its data is one whole JSON object.

        It counts only when nothing can follow any more (PROTOCOL 4).
        """
        event_type, data = self._type, list(self._data)
        last = b"".join(self._rest)
        if self._at_start:
            last = last.removeprefix(_BOM)
        name, _, value = last.partition(b":")
        if name == b"data":
            data.append(value.removeprefix(b" "))
        if not data:
            return None
        text = b"\n".join(data).decode("utf-8", "replace")
        return None if loads_object(text) is None else ServerSentEvent(event_type or "message", text)

    def pending_end(self) -> ServerSentEvent | None:
        """A terminal event that has arrived whole but for its blank line: it counts at once (PROTOCOL 4)."""
        is_small = self._data_size + self._rest_size <= _MAX_EARLY_END_BYTES
        return self.pending() if is_small and self._type in TERMINAL_TYPES else None

    def _normalise(self, chunk: bytes) -> bytes:
        """`chunk` with every line end as LF; a CR at its end swallows an LF at the start of the next."""
        if self._skip_lf and chunk:
            self._skip_lf = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" not in chunk:
            return chunk
        self._skip_lf = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _hold(self, piece: bytes) -> None:
        if piece:
            self._rest.append(piece)
            self._rest_size += len(piece)
            self._check_size(self._rest_size)

    def _take_line(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            value = value.removeprefix(b" ")
            self._data.append(value)
            self._data_size += len(line) + 1  # as on the wire: lines without content count, too
            self._check_size(0)
        elif name == b"event":
            self._type = value.removeprefix(b" ").decode("utf-8", "replace")

    def _check_size(self, held: int) -> None:
        if self._data_size + held > MAX_EVENT_BYTES:
            raise EventTooLargeError(f"event too large: more than {MAX_EVENT_BYTES // 1024 // 1024} MB")

    def _dispatch(self) -> ServerSentEvent:
        data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
        event = ServerSentEvent(self._type or "message", data.decode("utf-8", "replace"))
        self._type, self._data, self._data_size = "", [], 0
        return event


def encode_event(event_type: str, data: JsonObject) -> bytes:
    """One event as the bytes of a stream; the JSON stands on one line, so one `data:` line does."""
    return f"event: {event_type}\ndata: {dumps(data)}\n\n".encode()
