"""The events of a turn, as PROTOCOL 4 has them: one frozen dataclass each.

Every event keeps the JSON object it came as (`wire`), so that `--json` and the debug log show what was sent.
Reading is liberal: an unknown type or a wrong shape becomes an `UnknownEvent`, never an exception.

May import: the standard library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any

from superserve_tui.protocol.json_text import JsonObject, loads_object
from superserve_tui.protocol.records import dataclass

__all__ = [
    "TERMINAL_TYPES",
    "Event",
    "Heartbeat",
    "MessageDelta",
    "RunCancelled",
    "RunCompleted",
    "RunFailed",
    "RunStarted",
    "StatusUpdate",
    "TerminalEvent",
    "ToolEnd",
    "ToolStart",
    "UnknownEvent",
    "parse_event",
]

MAX_DURATION_MS = 366 * 86_400_000
"""Durations beyond a year are noise: they are cut, so that no arithmetic on them can fail."""


def _no_object() -> JsonObject:
    return {}


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The turn began (`run.started`)."""

    type = "run.started"
    wire: JsonObject = field(default_factory=_no_object, repr=False)
    """The JSON object as it came over the wire."""


@dataclass(frozen=True, slots=True)
class MessageDelta:
    """More of the answer's text (`message.delta`)."""

    type = "message.delta"
    content: str
    """The text to append; may hold half a surrogate pair, which `RunBuilder` joins with the next."""
    wire: JsonObject = field(default_factory=_no_object, repr=False)
    """The JSON object as it came over the wire."""


@dataclass(frozen=True, slots=True)
class ToolStart:
    """A tool call began (`tool.start`)."""

    type = "tool.start"
    tool: str
    """The tool's name as the agent gave it."""
    input: Any
    """The call's input: any JSON value."""
    id: str | None = None
    """The call's id where the server sends one."""
    wire: JsonObject = field(default_factory=_no_object, repr=False)
    """The JSON object as it came over the wire."""


@dataclass(frozen=True, slots=True)
class ToolEnd:
    """A tool call returned (`tool.end`).

    The wire need not name the call; `RunBuilder` says how it is found.
    """

    type = "tool.end"
    duration_ms: int | None
    """Wall time of the call in milliseconds, >= 0; None where the server leaves it out."""
    tool: str | None = None
    """The tool's name where given."""
    id: str | None = None
    """The call's id where given."""
    wire: JsonObject = field(default_factory=_no_object, repr=False)
    """The JSON object as it came over the wire."""


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """What the agent is doing now (`status`); transient."""

    type = "status"
    text: str
    """The readable part: `status`, `content` or `message` of the object; empty where it has none."""
    wire: JsonObject = field(default_factory=_no_object, repr=False)
    """The JSON object as it came over the wire."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The link is alive (`heartbeat`)."""

    type = "heartbeat"
    wire: JsonObject = field(default_factory=_no_object, repr=False)
    """The JSON object as it came over the wire."""


@dataclass(frozen=True, slots=True)
class RunCompleted:
    """The turn is done (`run.completed`)."""

    type = "run.completed"
    duration_ms: int | None
    """The server's wall time of the turn in milliseconds, >= 0; None where it is left out."""
    max_turns_reached: bool = False
    """The agent stopped because its own limit of steps was reached."""
    max_turns_message: str | None = None
    """What the agent says about that."""
    wire: JsonObject = field(default_factory=_no_object, repr=False)
    """The JSON object as it came over the wire."""


@dataclass(frozen=True, slots=True)
class RunFailed:
    """The turn failed (`run.failed`)."""

    type = "run.failed"
    message: str
    """What went wrong, in the agent's words; never empty."""
    code: str | None = None
    """A short code where the server sends one."""
    wire: JsonObject = field(default_factory=_no_object, repr=False)
    """The JSON object as it came over the wire."""


@dataclass(frozen=True, slots=True)
class RunCancelled:
    """The turn was cancelled (`run.cancelled`)."""

    type = "run.cancelled"
    wire: JsonObject = field(default_factory=_no_object, repr=False)
    """The JSON object as it came over the wire."""


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """An event of a type that PROTOCOL does not have, or of a known type in a shape that it does not have."""

    type: str
    """The type as it came."""
    wire: JsonObject = field(default_factory=_no_object, repr=False)
    """The JSON object as it came over the wire."""
    problem: str | None = None
    """What is wrong with the shape; None for a type that is merely unknown."""


TerminalEvent = RunCompleted | RunFailed | RunCancelled
"""After one of these nothing of the turn counts."""

Event = RunStarted | MessageDelta | ToolStart | ToolEnd | StatusUpdate | Heartbeat | TerminalEvent | UnknownEvent

TERMINAL_TYPES = frozenset({"run.completed", "run.failed", "run.cancelled"})


def parse_event(event_type: str, data: str) -> Event:
    """One server-sent event as a typed event (PROTOCOL 4). Never raises.

    Args:
        event_type: The `event:` field.
        data: The joined `data:` lines. What is no JSON object becomes `{"raw": data}`.
    """
    wire = loads_object(data)
    if wire is None:
        wire = {"raw": data}
    reader = _READERS.get(event_type)
    if reader is None:
        return UnknownEvent(event_type, wire)
    return reader(wire)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _duration_ms(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return None
    return int(min(max(value, 0), MAX_DURATION_MS))  # no float of it: a giant int has none


def _read_delta(wire: JsonObject) -> Event:
    content = wire.get("content")
    if not isinstance(content, str):
        return UnknownEvent(MessageDelta.type, wire, "content is not a string")
    return MessageDelta(content, wire)


def _read_tool_start(wire: JsonObject) -> Event:
    tool = wire.get("tool")
    if not isinstance(tool, str):
        return UnknownEvent(ToolStart.type, wire, "tool is not a string")
    return ToolStart(tool, wire.get("input"), _text(wire.get("id")), wire)


def _read_tool_end(wire: JsonObject) -> Event:
    return ToolEnd(_duration_ms(wire.get("duration_ms")), _text(wire.get("tool")), _text(wire.get("id")), wire)


def _read_status(wire: JsonObject) -> Event:
    words = (_text(wire.get(key)) for key in ("status", "content", "message", "raw"))
    return StatusUpdate(next((word for word in words if word), ""), wire)


def _read_completed(wire: JsonObject) -> Event:
    return RunCompleted(
        _duration_ms(wire.get("duration_ms")),
        wire.get("max_turns_reached") is True,
        _text(wire.get("max_turns_message")),
        wire,
    )


def _read_failed(wire: JsonObject) -> Event:
    error = wire.get("error")
    if isinstance(error, dict):
        message, code = _text(error.get("message")), error.get("code")
    else:
        message, code = _text(error), wire.get("code")
    message = message or _text(wire.get("message")) or _text(wire.get("raw"))
    code = str(code) if isinstance(code, str | int) and not isinstance(code, bool) else None
    return RunFailed(message or "the agent gave no reason", code, wire)


_READERS: dict[str, Callable[[JsonObject], Event]] = {
    RunStarted.type: RunStarted,
    MessageDelta.type: _read_delta,
    ToolStart.type: _read_tool_start,
    ToolEnd.type: _read_tool_end,
    StatusUpdate.type: _read_status,
    Heartbeat.type: Heartbeat,
    RunCompleted.type: _read_completed,
    RunFailed.type: _read_failed,
    RunCancelled.type: RunCancelled,
}
