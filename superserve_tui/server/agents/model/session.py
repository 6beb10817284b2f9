"""One conversation with a model: it is asked, it asks for tools, it gets their results, until it has answered.

Everything here runs on the server's loop. May import: the agents' base, protocol, this package.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from superserve_tui.protocol import JsonObject
from superserve_tui.server.agents.base import AgentFailure, TurnOutcome, TurnSink
from superserve_tui.server.agents.model.completion import Completion, CompletionReader, Usage
from superserve_tui.server.agents.model.endpoint import Endpoint
from superserve_tui.server.agents.model.failures import EndpointError, Trouble, failure, trouble_of
from superserve_tui.server.agents.model.history import Gauge, History
from superserve_tui.server.agents.model.toolbox import Toolbox

__all__ = ["MAX_MODEL_CALLS", "ModelIdentity", "ModelSession"]

MAX_MODEL_CALLS = 25
"""Calls of the model in one turn; then it stops and says so (`max_turns_reached`)."""

_MAX_TOOL_CALLS = 64
"""Tool calls in one answer of the model that are made."""

_BUSY_TRIES = 2
_BUSY_WAIT_S = 2.0
"""Seconds before an endpoint that is busy is asked again, where it does not say; doubled each time."""

_BUSY_LONGEST_S = 15.0
"""A longer wait is told to the person instead."""

_SHRINK = 0.6
"""How much of the conversation stays when the endpoint says that it is too long."""

_SHRINKS = 3


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which model, for requests and for words about it."""

    model: str
    endpoint_name: str
    context_tokens: int
    """What the model takes, its answer included."""
    system_prompt: str | None
    key_variable: str | None = None
    key: str | None = None


class ModelSession:
    """An `AgentSession` with a model behind an endpoint."""

    def __init__(
        self,
        identity: ModelIdentity,
        endpoint: Endpoint,
        toolbox: Toolbox,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._identity = identity
        self._endpoint = endpoint
        self._schemas = toolbox.schemas
        self._toolbox = toolbox
        self._sleep = sleep
        self._history = History()
        self._gauge = Gauge()
        self._limit = identity.context_tokens - min(4096, identity.context_tokens // 4)
        self._wants_usage = True

    async def run(self, prompt: str, sink: TurnSink) -> TurnOutcome:
        """Answer one message; see `AgentSession.run`. What was said of a stopped answer stays in the history."""
        turn = _Turn(sink)
        self._history.begin(prompt)
        note: str | None = "[This answer broke off.]"
        try:
            outcome = await self._answer(turn)
            note = None
        except asyncio.CancelledError:
            note = "[The person stopped this answer.]"
            raise
        except EndpointError as error:
            raise self._failure(error) from error
        finally:
            if note is not None:
                self._history.break_off(turn.open_text, note)
            turn.tell_usage()
        return outcome

    async def close(self) -> None:
        """Close the connections; commands end with their turn."""
        await self._endpoint.close()

    def log_lines(self) -> list[str]:
        """It keeps no log: what happens is in the turn."""
        return []

    async def _answer(self, turn: _Turn) -> TurnOutcome:
        for step in range(1, MAX_MODEL_CALLS + 1):
            completion = await self._complete(turn)
            if not completion.calls:
                self._check_answer(completion, turn)
                self._history.add_answer(completion.text)
                return TurnOutcome()
            self._history.add_answer(completion.text, completion.calls)
            turn.open_text = ""
            turn.has_used_tools = True
            if step == MAX_MODEL_CALLS:
                break
            for call in completion.calls[:_MAX_TOOL_CALLS]:
                self._history.add_result(call.id, await self._toolbox.use(call, turn.sink))
            self._history.close_calls("Error: not done, too many calls at once")
        self._history.break_off("", "[Not done: the limit of steps was reached. The person decides how to go on.]")
        return TurnOutcome(
            max_turns_reached=True,
            max_turns_message=f"Stopped after {MAX_MODEL_CALLS} calls of the model; send `go on` to continue.",
        )

    def _check_answer(self, completion: Completion, turn: _Turn) -> None:
        """Say what the text alone does not.

        Raises:
            EndpointError: the model said nothing at all.
        """
        if not turn.has_text and not turn.has_used_tools:
            thought = " but its thoughts" if turn.has_thought else ""
            reason = f" (finish_reason {completion.finish_reason[:50]})" if completion.finish_reason else ""
            raise EndpointError(f"answered with nothing{thought}{reason}", code="empty_answer")
        match completion.finish_reason:
            case "length":
                turn.sink.status("The answer was cut: the model's limit of output was reached.")
            case "content_filter":
                turn.sink.status("The endpoint's content filter ended the answer.")
            case _ if not completion.text.strip():
                turn.sink.status("The model ended without a last word.")

    async def _complete(self, turn: _Turn) -> Completion:
        """One answer of the model, asked for again where a refusal says how."""
        waits = shrinks = 0
        while True:
            try:
                return await self._ask(turn)
            except EndpointError as error:
                match trouble_of(error):
                    case Trouble.TOOLS if self._schemas:
                        self._schemas = []
                        turn.sink.status(f"{self._identity.model} takes no tools here: it answers without them.")
                    case Trouble.OPTIONS if self._wants_usage:
                        self._wants_usage = False
                    case Trouble.LENGTH if shrinks < _SHRINKS:
                        shrinks += 1
                        self._limit = round(self._gauge.tokens(*self._history.messages) * _SHRINK)
                    case Trouble.BUSY if waits < _BUSY_TRIES:
                        waits += 1
                        wait_s = error.retry_after_s
                        wait_s = _BUSY_WAIT_S * 2 ** (waits - 1) if wait_s is None else wait_s
                        if wait_s > _BUSY_LONGEST_S:
                            raise
                        turn.sink.status(f"The endpoint is busy ({error.status}): asking again in {wait_s:g} s.")
                        await self._sleep(wait_s)
                    case _:
                        raise

    async def _ask(self, turn: _Turn) -> Completion:
        base = self._base_tokens()
        if cut := self._history.fit(self._limit - base, self._gauge):
            turn.sink.status(
                f"The conversation is longer than the model's context: the oldest {cut} messages were left out."
            )
        estimated = base + self._gauge.tokens(*self._history.messages)
        reader = turn.reader()
        await self._endpoint.complete(self._request(), reader)
        completion = reader.result()
        if completion.usage is not None:
            turn.add_usage(completion.usage)
            self._gauge.learn(estimated, completion.usage.prompt)
        return completion

    def _request(self) -> JsonObject:
        request: JsonObject = {
            "model": self._identity.model,
            "messages": [*self._system(), *self._history.messages],
            "stream": True,
        }
        if self._wants_usage:
            request["stream_options"] = {"include_usage": True}
        if self._schemas:
            request["tools"] = self._schemas
        return request

    def _system(self) -> list[JsonObject]:
        prompt = self._identity.system_prompt
        return [{"role": "system", "content": prompt}] if prompt else []

    def _base_tokens(self) -> int:
        return self._gauge.tokens(*self._system(), *self._schemas)

    def _failure(self, error: EndpointError) -> AgentFailure:
        identity = self._identity
        return failure(
            error,
            endpoint=identity.endpoint_name,
            model=identity.model,
            key_variable=identity.key_variable,
            key=identity.key,
        )


class _Turn:
    """What one turn has shown so far."""

    def __init__(self, sink: TurnSink) -> None:
        self.sink = sink
        self.open_text = ""
        """Text of the answer that runs, which is not in the history yet."""
        self.has_text = False
        self.has_thought = False
        self.has_used_tools = False
        self._usage = Usage()
        self._calls = 0
        self._tail = ""
        self._starts_paragraph = False

    def reader(self) -> CompletionReader:
        """For the next answer of the model, which begins a paragraph of its own."""
        self.open_text = ""
        self._starts_paragraph = self.has_text
        is_told = False

        def think() -> None:
            nonlocal is_told
            self.has_thought = True
            if not is_told:
                is_told = True
                self.sink.status("thinking")

        return CompletionReader(on_text=self._show, on_reasoning=think)

    def add_usage(self, usage: Usage) -> None:
        """One more answer of the model was counted."""
        self._calls += 1
        self._usage += usage

    def tell_usage(self) -> None:
        """Say what the turn has cost, where the endpoint told."""
        if self._calls:
            calls = f"{self._calls} calls, " if self._calls > 1 else ""
            self.sink.status(f"{calls}{self._usage.prompt:,} tokens in, {self._usage.completion:,} out")

    def _show(self, text: str) -> None:
        self.open_text += text
        if self._starts_paragraph:
            self._starts_paragraph = False
            text = "\n" * (2 - (len(self._tail) - len(self._tail.rstrip("\n")))) + text
        self._tail = (self._tail + text)[-2:]
        self.has_text = self.has_text or not text.isspace()
        self.sink.text(text)
