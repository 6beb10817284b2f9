"""One answer of a model, put together from what a chat-completions endpoint sends.

Endpoints differ: deltas or a whole message, arguments split anywhere, calls with or without index and id, usage or
none. Everything that can be understood is; what can't is passed over.

May import: protocol, this package's calls and failures, the standard library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from superserve_tui.protocol import JsonObject, loads_object
from superserve_tui.server.agents.error_words import error_words
from superserve_tui.server.agents.model.calls import CallAssembler, CallRequest
from superserve_tui.server.agents.model.failures import EndpointError

__all__ = ["Completion", "CompletionReader", "Usage"]

_MAX_CHARACTERS = 16 * 1024 * 1024
"""Of text and arguments together; no model writes as much, a broken server may."""

_DONE = "[DONE]"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that the endpoint counted."""

    prompt: int = 0
    completion: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.prompt + other.prompt, self.completion + other.completion)


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model said, whole."""

    text: str
    calls: tuple[CallRequest, ...] = ()
    """The tools that it asks for, in order."""
    finish_reason: str | None = None
    """`stop`, `tool_calls`, `length`, `content_filter`, or whatever the endpoint says."""
    usage: Usage | None = None


class CompletionReader:
    """Takes the endpoint's data pieces in order; text is passed on as it comes."""

    def __init__(self, *, on_text: Callable[[str], None], on_reasoning: Callable[[], None]) -> None:
        """Args:
        on_text: Gets each piece of the answer.
        on_reasoning: Called for each piece of thinking, which is no part of the answer.
        """
        self._on_text = on_text
        self._on_reasoning = on_reasoning
        self._texts: list[str] = []
        self._high = ""
        self._calls = CallAssembler()
        self._size = 0
        self._has_deltas = False
        self._finish_reason: str | None = None
        self._usage: Usage | None = None
        self.is_done = False
        """Whether the endpoint said that nothing more follows."""

    @property
    def is_finished(self) -> bool:
        """Whether the answer is whole; usage may still follow."""
        return self.is_done or self._finish_reason is not None

    @property
    def text(self) -> str:
        """The answer's text so far."""
        return "".join(self._texts)

    def take(self, data: str) -> None:
        """One `data:` of an event stream.

        Raises:
            EndpointError: the endpoint told of an error, or sent too much.
        """
        if data.strip() == _DONE:
            self._flush()
            self.is_done = True
            return
        chunk = loads_object(data)
        if chunk is not None:
            self.take_object(chunk)

    def take_object(self, chunk: JsonObject) -> None:
        """A chunk of a stream, or the whole answer of an endpoint that does not stream.

        Raises:
            EndpointError: as `take`.
        """
        if chunk.get("error"):
            raise EndpointError("reported an error in its answer", words=error_words(chunk))
        if (usage := _usage(chunk.get("usage"))) is not None:
            self._usage = usage
        choices = chunk.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict) and choice.get("index", 0) in (0, None):
                self._take_choice(choice)

    def result(self) -> Completion:
        """The answer.

        Raises:
            EndpointError: it broke off before its end: nothing in it is to be acted on.
        """
        self._flush()
        if not self.is_finished:
            raise EndpointError("broke off in the middle of its answer", code="endpoint_cut")
        if self._finish_reason == "error":
            raise EndpointError("ended its answer with an error", code="endpoint_error")
        return Completion(self.text, self._calls.requests(), self._finish_reason, self._usage)

    def _take_choice(self, choice: JsonObject) -> None:
        message = choice.get("delta")
        if isinstance(message, dict):
            self._has_deltas = True
        elif not self._has_deltas:  # some servers repeat the whole message at the end of a stream
            message = choice.get("message")
        if isinstance(message, dict):
            self._take_text(_text(message.get("content")) + _text(message.get("refusal")))
            if message.get("reasoning_content") or message.get("reasoning") or message.get("thinking"):
                self._on_reasoning()
            self._size += self._calls.take(message)
        elif isinstance(choice.get("text"), str):
            self._take_text(choice["text"])
        if isinstance(reason := choice.get("finish_reason"), str) and reason:
            self._finish_reason = reason
        if self._size > _MAX_CHARACTERS:
            raise EndpointError(f"sent an answer of more than {_MAX_CHARACTERS // 2**20} million characters")

    def _take_text(self, text: str) -> None:
        """Pass text on; half of a character that was cut between two deltas waits for the other half."""
        if not text:
            return
        text, self._high = self._high + text, ""
        if "\ud800" <= text[-1] <= "\udbff":
            text, self._high = text[:-1], text[-1]
        self._show(text)

    def _flush(self) -> None:
        text, self._high = self._high, ""
        self._show(text)

    def _show(self, text: str) -> None:
        if not text:
            return
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        self._size += len(text)
        self._texts.append(text)
        self._on_text(text)


def _text(content: Any) -> str:
    """Text that is a string, or a list of parts of which some are text."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = (
        part for part in content if isinstance(part, dict) and part.get("type") in ("text", "output_text", None)
    )
    return "".join(text for part in parts if isinstance(text := part.get("text"), str))


def _usage(value: Any) -> Usage | None:
    if not isinstance(value, dict):
        return None
    prompt, completion = _count(value.get("prompt_tokens")), _count(value.get("completion_tokens"))
    return None if prompt is None and completion is None else Usage(prompt or 0, completion or 0)


def _count(value: Any) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
    return value if is_count else None
