"""What an HTTP agent answers to `/run`, as what the person sees: JSON, text, a stream of events or of JSON lines.

A stream may speak the events of the sessions API (PROTOCOL 4), the messages of framed scripts (PROTOCOL 6), or just
text, with or without JSON around it.

May import: protocol, the agents' base, agent_messages, error_words and text_writer, the standard library.
"""

from __future__ import annotations

from typing import Any, Protocol

from superserve_tui.protocol import (
    MAX_EVENT_BYTES,
    TERMINAL_TYPES,
    EventStreamDecoder,
    EventTooLargeError,
    JsonObject,
    loads,
    loads_object,
)
from superserve_tui.server.agents.agent_messages import AgentMessages, id_of, words_of
from superserve_tui.server.agents.base import AgentFailure, TurnOutcome, TurnSink
from superserve_tui.server.agents.error_words import error_words
from superserve_tui.server.agents.text_writer import TextWriter

__all__ = ["AnswerReader", "reader_for"]

_LINE_TYPES = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}
)
_TEXT_KEYS = ("response", "text", "content", "delta", "output", "answer", "message", "result")
"""Where frameworks put an answer or a piece of it; `response` is the protocol's."""

_MAX_JSON = MAX_EVENT_BYTES


class AnswerReader(Protocol):
    """Takes the bytes of one answer."""

    is_done: bool
    """Whether it said that nothing more follows."""

    def feed(self, data: bytes) -> None:
        """More of it.

        Raises:
            AgentFailure: the agent told of an error, or sent something too large.
        """

    def finish(self) -> TurnOutcome:
        """It has ended.

        Raises:
            AgentFailure: it makes no sense, told of an error, or ended before its end.
        """


def reader_for(content_type: str, sink: TurnSink) -> AnswerReader:
    """The reader for an answer of this `Content-Type`."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "text/event-stream":
        return _EventReader(sink)
    if media_type in _LINE_TYPES:
        return _LineReader(sink)
    if media_type == "application/json" or media_type.endswith("+json"):
        return _JsonReader(sink)
    return _TextReader(sink)


def _too_large() -> AgentFailure:
    return AgentFailure(f"The agent sent more than {_MAX_JSON // 2**20} MB in one piece.", code="agent_too_large")


class _TextReader:
    """Text, shown as it comes."""

    def __init__(self, sink: TurnSink) -> None:
        self.is_done = False
        self._writer = TextWriter(sink)

    def feed(self, data: bytes) -> None:
        self._writer.write(data)

    def finish(self) -> TurnOutcome:
        self._writer.finish()
        return TurnOutcome()


class _JsonReader:
    """One JSON value."""

    def __init__(self, sink: TurnSink) -> None:
        self.is_done = False
        self._sink = sink
        self._body = bytearray()

    def feed(self, data: bytes) -> None:
        self._body += data
        if len(self._body) > _MAX_JSON:
            raise _too_large()

    def finish(self) -> TurnOutcome:
        try:
            answer: Any = loads(self._body.decode("utf-8", "replace"))
        except ValueError:
            raise AgentFailure("The agent's answer is not JSON, though it says so.", code="agent_answer") from None
        match answer:
            case str():
                self._sink.text(answer)
            case dict() if "response" not in answer and answer.get("error"):
                raise AgentFailure(error_words(answer) or "The agent reported an error.", code="agent_error")
            case dict() if any(key in answer for key in _TEXT_KEYS):
                key = next(key for key in _TEXT_KEYS if key in answer)
                self._sink.text(words_of(answer[key]))
            case _:
                raise AgentFailure(
                    'The agent\'s answer has no `response`; it should be {"response": "..."}.', code="agent_answer"
                )
        return TurnOutcome()


class _Pieces:
    """The pieces of a stream, whatever frames them."""

    def __init__(self, sink: TurnSink) -> None:
        self.is_done = False
        self._sink = sink
        self._messages = AgentMessages()
        self._outcome = TurnOutcome()
        self._awaits_end = False

    def take(self, data: str) -> None:
        """A piece that says itself what it is."""
        message = loads_object(data)
        if message is None:
            if data.strip() == "[DONE]":
                self.is_done = True
            else:
                self._sink.text(_plain(data))
            return
        match message.get("type"):
            case "turn_done" | "done":
                self.is_done = True
            case "error":
                raise AgentFailure(error_words(message) or "The agent reported an error.", code="agent_error")
            case str(kind) if "." in kind and isinstance(message.get("data"), dict):
                self.take_event(kind, message["data"])
            case _ if not self._messages.show(message, self._sink):
                self._take_object(message)

    def take_event(self, event_type: str, data: JsonObject) -> None:
        """An event of the sessions API, or one that nobody knows."""
        match event_type:
            case "run.started" | "heartbeat":
                self._awaits_end = self._awaits_end or event_type == "run.started"
            case "message.delta":
                self._sink.text(words_of(data.get("content")))
            case "status":
                self._sink.status(words_of(data.get("status", data.get("content"))))
            case "tool.start":
                call = {**data, "type": "tool_start"}
                self._messages.show(call, self._sink)
            case "tool.end":
                self._messages.show({"type": "tool_end", "id": id_of(data.get("id"))}, self._sink)
            case "run.completed":
                self._end(data)
            case "run.failed" | "run.cancelled" | "error":
                raise AgentFailure(error_words(data) or f"The agent ended with {event_type}.", code="agent_error")
            case "done" | "end":
                self.is_done = True
            case _ if not self._take_text(data):
                self._sink.event(event_type, data)

    def finish(self) -> TurnOutcome:
        """See `AnswerReader.finish`."""
        if self._awaits_end and not self.is_done:
            raise AgentFailure("The agent's answer broke off before its end.", code="agent_cut")
        return self._outcome

    def _end(self, data: JsonObject) -> None:
        self.is_done = True
        words = data.get("max_turns_message")
        self._outcome = TurnOutcome(
            data.get("max_turns_reached") is True, words if isinstance(words, str) else None
        )

    def _take_object(self, message: JsonObject) -> None:
        if message.get("error"):
            raise AgentFailure(error_words(message) or "The agent reported an error.", code="agent_error")
        self._take_text(message)

    def _take_text(self, data: JsonObject) -> bool:
        text = next((data[key] for key in _TEXT_KEYS if isinstance(data.get(key), str)), None)
        if text is not None:
            self._sink.text(text)
        return text is not None


class _EventReader(_Pieces):
    """Server-sent events."""

    def __init__(self, sink: TurnSink) -> None:
        super().__init__(sink)
        self._decoder = EventStreamDecoder()

    def feed(self, data: bytes) -> None:
        try:
            for event in self._decoder.feed(data):
                self._take(event.type, event.data)
        except EventTooLargeError:
            raise _too_large() from None

    def finish(self) -> TurnOutcome:
        if not self.is_done and (last := self._decoder.pending()) is not None:
            self._take(last.type, last.data)
        return super().finish()

    def _take(self, event_type: str, data: str) -> None:
        if self.is_done:
            return
        content = loads_object(data)
        if event_type == "message" or (
            content is None and event_type not in TERMINAL_TYPES | {"error", "done", "end"}
        ):
            self.take(data)
        else:
            self.take_event(event_type, {"message": data} if content is None else content)


class _LineReader(_Pieces):
    """One JSON value a line."""

    def __init__(self, sink: TurnSink) -> None:
        super().__init__(sink)
        self._line = bytearray()

    def feed(self, data: bytes) -> None:
        head, line_break, rest = data.rpartition(b"\n")
        lines: list[bytes] = []
        if line_break:
            lines = (bytes(self._line) + head).split(b"\n")
            self._line.clear()
        self._line += rest
        if len(self._line) > _MAX_JSON:
            raise _too_large()
        for line in lines:
            self._take_line(line)

    def finish(self) -> TurnOutcome:
        self._take_line(bytes(self._line))
        return super().finish()

    def _take_line(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").strip("\r")
        if text.strip() and not self.is_done:
            self.take(text)


def _plain(data: str) -> str:
    """A JSON string as its text, anything else as it is."""
    if data[:1] == '"':
        try:
            value = loads(data)
        except ValueError:
            return data
        return value if isinstance(value, str) else data
    return data
