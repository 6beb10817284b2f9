"""The fold of a turn's events into its text, its tool calls and its end; client and domain both use it.

May import: the standard library.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

from superserve_tui.protocol.events import (
    Event,
    MessageDelta,
    RunCancelled,
    RunCompleted,
    RunFailed,
    ToolEnd,
    ToolStart,
)
from superserve_tui.protocol.json_text import scrub
from superserve_tui.protocol.records import dataclass

__all__ = ["CallState", "FinishReason", "RunBuilder", "RunError", "RunResult", "ToolCall"]

_SURROGATE = re.compile("[\ud800-\udfff]")


class FinishReason(StrEnum):
    """How a turn ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """The person stopped it, or the server cancelled it."""
    INTERRUPTED = "interrupted"
    """The stream ended without a terminal event and could not be picked up again."""


class CallState(StrEnum):
    """Where a tool call stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    INTERRUPTED = "interrupted"
    """The turn ended before the call did."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool within a turn."""

    index: int
    """Position among the turn's calls, from 0; its key within the turn."""
    name: str
    """The tool's name as the agent gave it."""
    input: Any
    """The call's input: any JSON value."""
    state: CallState
    text_offset: int
    """Characters of answer text that stood before the call began."""
    started_ms: int
    """When it began, in milliseconds since the turn did, by the client's clock."""
    duration_ms: int | None = None
    """Wall time in milliseconds, >= 0: the server's figure, else the client's; None while it runs."""
    id: str | None = None
    """The call's id where the server sends one."""
    is_order_assumed: bool = False
    """Its end named neither id nor tool while several ran: the oldest was taken to have ended."""


@dataclass(frozen=True, slots=True)
class RunError:
    """Why a turn failed."""

    message: str
    """The agent's or the link's words, uncleaned."""
    code: str | None = None
    """A short code where the server sends one."""

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a turn came to."""

    text: str
    """The whole answer, as sent."""
    tool_calls: tuple[ToolCall, ...]
    finish_reason: FinishReason
    duration_ms: int
    """Wall time in milliseconds: the server's figure, else the client's."""
    max_turns_reached: bool = False
    """The agent stopped because its own limit of steps was reached."""
    max_turns_message: str | None = None
    """What the agent says about that."""
    error: RunError | None = None
    """Why it failed or was interrupted; None otherwise."""


class RunBuilder:
    """Folds events, in order, into text, calls and an end. After a terminal event nothing counts.

    Which call a `tool.end` ends (PROTOCOL 4): the running one with its `id`, when both have one; else the
    oldest running one of its `tool`, where given; else the oldest running one. No match: it is surplus.

    Not thread-safe: one thread folds.

    Args:
        clock: Monotonic seconds.
        text: Answer text that an earlier connection, or an earlier process, folded already.
        calls: The tool calls that go with it.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        text: str = "",
        calls: Sequence[ToolCall] = (),
    ) -> None:
        self._clock = clock
        self._began = clock()
        self._pieces: list[str] = [text] if text else []
        self._length = len(text)
        self._half_pair = ""
        self._calls: list[ToolCall] = list(calls)
        self._running = {call.index: None for call in calls if call.state is CallState.RUNNING}
        self._finish: FinishReason | None = None
        self._duration_ms = 0
        self._error: RunError | None = None
        self._max_turns_reached = False
        self._max_turns_message: str | None = None

    def add(self, event: Event) -> str | ToolCall | None:
        """Fold one event; returns the text it added or the call it began or ended, None for anything else."""
        if self._finish is not None:
            return None
        match event:
            case MessageDelta():
                return self._add_text(event.content) or None
            case ToolStart():
                return self._start_call(event)
            case ToolEnd():
                return self._end_call(event)
            case RunCompleted():
                self._max_turns_reached = event.max_turns_reached
                self._max_turns_message = event.max_turns_message
                self._close(FinishReason.COMPLETED, event.duration_ms)
            case RunFailed():
                self._error = RunError(scrub(event.message), event.code)
                self._close(FinishReason.FAILED, None)
            case RunCancelled():
                self._close(FinishReason.CANCELLED, None)
            case _:
                pass
        return None

    def finish(self, reason: FinishReason, error: RunError | None = None) -> None:
        """End the turn without a terminal event: a stop, a cut, a failure of the link. Once ended, no-op."""
        if self._finish is None:
            self._error = error
            self._close(reason, None)

    @property
    def finish_reason(self) -> FinishReason | None:
        """How the turn ended; None while it runs."""
        return self._finish

    @property
    def text(self) -> str:
        """The answer so far."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The tool calls so far, in the order they began."""
        return tuple(self._calls)

    @property
    def elapsed_ms(self) -> int:
        """Milliseconds since the turn began, never negative."""
        return max(0, round((self._clock() - self._began) * 1000))

    def result(self) -> RunResult:
        """What the turn came to; a turn without an end counts as interrupted."""
        self.finish(FinishReason.INTERRUPTED)
        assert self._finish is not None
        return RunResult(
            text=self.text,
            tool_calls=self.calls,
            finish_reason=self._finish,
            duration_ms=self._duration_ms,
            max_turns_reached=self._max_turns_reached,
            max_turns_message=self._max_turns_message,
            error=self._error,
        )

    def _add_text(self, content: str) -> str:
        """Append, joining a surrogate pair that was cut in two; returns what was appended."""
        if self._half_pair or not content.isascii():
            content = self._half_pair + content
            self._half_pair = ""
            if content and "\ud800" <= content[-1] <= "\udbff":
                content, self._half_pair = content[:-1], content[-1]
            if _SURROGATE.search(content):
                content = content.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        content = scrub(content)
        if content:
            self._pieces.append(content)
            self._length += len(content)
        return content

    def _start_call(self, event: ToolStart) -> ToolCall:
        call = ToolCall(
            index=len(self._calls),
            name=scrub(event.tool),
            input=event.input,
            state=CallState.RUNNING,
            text_offset=self._length,
            started_ms=self.elapsed_ms,
            id=event.id,
        )
        self._calls.append(call)
        self._running[call.index] = None
        return call

    def _end_call(self, event: ToolEnd) -> ToolCall | None:
        index, is_assumed = self._find_running(event)
        if index is None:
            return None
        call = self._calls[index]
        duration_ms = event.duration_ms
        if duration_ms is None:
            duration_ms = max(0, self.elapsed_ms - call.started_ms)
        call = replace(call, state=CallState.COMPLETED, duration_ms=duration_ms, is_order_assumed=is_assumed)
        self._calls[index] = call
        del self._running[index]
        return call

    def _find_running(self, event: ToolEnd) -> tuple[int | None, bool]:
        if event.id is not None:
            for index in self._running:
                if self._calls[index].id == event.id:
                    return index, False
        found: int | None = None
        for index in self._running:
            call = self._calls[index]
            if event.id is not None and call.id is not None:
                continue
            if event.tool is not None and call.name != event.tool:
                continue
            if found is not None:
                return found, True
            found = index
        return found, False

    def _close(self, reason: FinishReason, duration_ms: int | None) -> None:
        if self._half_pair:
            self._half_pair = ""
            self._add_text("\ufffd")
        self._finish = reason
        now_ms = self.elapsed_ms
        self._duration_ms = now_ms if duration_ms is None else duration_ms
        for index in self._running:
            call = self._calls[index]
            self._calls[index] = replace(
                call, state=CallState.INTERRUPTED, duration_ms=max(0, now_ms - call.started_ms)
            )
        self._running.clear()
