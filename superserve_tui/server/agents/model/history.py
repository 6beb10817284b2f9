"""What was said in a session, as messages for the endpoint, cut to what the model can take.

The endpoint wants every tool call answered right after it was made; whatever ends a turn, this keeps to that.

May import: protocol, this package's completion, the standard library.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from superserve_tui.protocol import JsonObject, dumps, scrub
from superserve_tui.server.agents.model.calls import CallRequest

__all__ = ["Gauge", "History"]

_BYTES_PER_TOKEN = 3.6
"""Of UTF-8; English and code have about 4, others less. `Gauge` corrects it by what the endpoint counts."""

_MESSAGE_TOKENS = 6
"""What each message costs beyond its text."""

_LEFT_OUT = "[left out: too long for the model's context]"
_MIN_SHORTENED = 400
"""Characters of a tool's result below which leaving it out gains nothing."""


class Gauge:
    """Estimates tokens, and learns from each count that the endpoint reports."""

    def __init__(self) -> None:
        self._factor = 1.0

    def tokens(self, *messages: JsonObject) -> int:
        """About how many tokens these messages (or other JSON objects) are."""
        size = sum(len(dumps(message).encode()) / _BYTES_PER_TOKEN + _MESSAGE_TOKENS for message in messages)
        return round(size * self._factor)

    def learn(self, estimated: int, counted: int) -> None:
        """The endpoint counted a request that was estimated so; 0 counts as no news."""
        if estimated > 0 and counted > 0:
            self._factor = min(4.0, max(0.5, self._factor * counted / estimated))


@dataclass(slots=True)
class _Turn:
    """A message of the person and what followed it."""

    messages: list[JsonObject] = field(default_factory=list)
    open_calls: list[str] = field(default_factory=list)
    """Ids of calls without a result."""


class History:
    """The messages of one session, oldest first, without the system prompt."""

    def __init__(self) -> None:
        self._turns: list[_Turn] = []

    @property
    def messages(self) -> list[JsonObject]:
        """All of them."""
        return [message for turn in self._turns for message in turn.messages]

    def begin(self, prompt: str) -> None:
        """The person says something."""
        self._turns.append(_Turn([{"role": "user", "content": scrub(prompt)}]))

    def add_answer(self, text: str, calls: tuple[CallRequest, ...] = ()) -> None:
        """The model answers; `add_result` follows for each call."""
        message: JsonObject = {"role": "assistant", "content": text or ("" if calls else "[no answer]")}
        if calls:
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": _arguments(call)}}
                for call in calls
            ]
        self._turns[-1].messages.append(message)
        self._turns[-1].open_calls = [call.id for call in calls]

    def add_result(self, call_id: str, content: str) -> None:
        """A tool answers."""
        turn = self._turns[-1]
        turn.messages.append({"role": "tool", "tool_call_id": call_id, "content": scrub(content)})
        turn.open_calls.remove(call_id)

    def close_calls(self, reason: str) -> None:
        """Answer every call that has no result yet."""
        for call_id in list(self._turns[-1].open_calls):
            self.add_result(call_id, reason)

    def break_off(self, text: str, note: str) -> None:
        """The turn ended early: keep what there was of it, or, where there was nothing, forget the turn.

        Args:
            text: The answer's text that is not in the history yet.
            note: What happened, for the model.
        """
        turn = self._turns[-1]
        if len(turn.messages) == 1 and not text.strip():
            self._turns.pop()
            return
        self.close_calls(note)
        turn.messages.append({"role": "assistant", "content": f"{text}\n\n{note}".strip()})

    def fit(self, tokens: int, gauge: Gauge) -> int:
        """Forget the oldest turns, then the oldest results of tools in this one, until it is about `tokens` long.

        Returns:
            How many messages were forgotten or shortened.
        """
        sizes = [gauge.tokens(*turn.messages) for turn in self._turns]
        total, cut = sum(sizes), 0
        while total > tokens and len(self._turns) > 1:
            cut += len(self._turns[0].messages)
            total -= sizes.pop(0)
            del self._turns[0]
        for message in self._turns[-1].messages[:-1]:
            if total <= tokens:
                break
            if message["role"] == "tool" and len(message["content"]) > _MIN_SHORTENED:
                before = gauge.tokens(message)
                message["content"] = _LEFT_OUT
                total -= before - gauge.tokens(message)
                cut += 1
        return cut


def _arguments(call: CallRequest) -> str:
    """The arguments as JSON: endpoints refuse a history with anything else in it."""
    try:
        return dumps(call.parse())
    except ValueError:
        return dumps({"invalid": call.arguments[:200]})
