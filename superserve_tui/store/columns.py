"""Values as columns and back: times, whole numbers, lists, tool calls.

May import: protocol, the standard library.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from superserve_tui.protocol import CallState, ToolCall, dumps, loads, scrub

__all__ = [
    "LARGEST",
    "calls_from_json",
    "calls_to_json",
    "from_micros",
    "names_from_json",
    "optional_integer",
    "optional_text",
    "to_integer",
    "to_micros",
]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
LARGEST = 2**63 - 1
"""The largest number that a column holds."""


def to_micros(moment: datetime | None) -> int | None:
    """An aware time as whole microseconds since 1970 UTC, exactly; None stays None."""
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def from_micros(value: int | None) -> datetime | None:
    """The aware UTC time of `to_micros`; None for what no calendar has."""
    if value is None:
        return None
    try:
        return _EPOCH + timedelta(microseconds=value)
    except OverflowError:
        return None


def to_integer(value: int) -> int:
    """`value`, cut to what a column holds: a stranger's number may have any size."""
    return max(-LARGEST, min(LARGEST, value))


def optional_integer(value: int | None) -> int | None:
    """As `to_integer`; None stays None."""
    return None if value is None else to_integer(value)


def optional_text(text: str | None) -> str | None:
    """Text that can be encoded; None stays None."""
    return None if text is None else scrub(text)


def calls_to_json(calls: Iterable[ToolCall]) -> str | None:
    """Tool calls as one JSON list; None where there are none."""
    rows = [
        {
            "index": call.index,
            "name": call.name,
            "input": call.input,
            "state": call.state.value,
            "text_offset": call.text_offset,
            "started_ms": call.started_ms,
            "duration_ms": call.duration_ms,
            "id": call.id,
            "is_order_assumed": call.is_order_assumed,
        }
        for call in calls
    ]
    return dumps(rows) if rows else None


def calls_from_json(text: str | None) -> list[ToolCall]:
    """The list of `calls_to_json`; a row that can't be read is passed over."""
    if not text:
        return []
    try:
        rows = loads(text)
    except ValueError:
        return []
    calls = []
    for row in rows if isinstance(rows, list) else []:
        try:
            calls.append(_call(row))
        except (KeyError, TypeError, ValueError):
            continue
    return calls


def names_from_json(text: str) -> tuple[str, ...]:
    """A JSON list of strings; empty where it is anything else."""
    try:
        rows = loads(text)
    except ValueError:
        return ()
    return tuple(row for row in rows if isinstance(row, str)) if isinstance(rows, list) else ()


def _call(row: dict[str, Any]) -> ToolCall:
    return ToolCall(
        index=row["index"],
        name=row["name"],
        input=row["input"],
        state=CallState(row["state"]),
        text_offset=row["text_offset"],
        started_ms=row["started_ms"],
        duration_ms=row["duration_ms"],
        id=row["id"],
        is_order_assumed=row["is_order_assumed"],
    )
