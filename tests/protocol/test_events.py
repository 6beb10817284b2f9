"""Wire events: right ones become typed, wrong ones survive as unknown, none raises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from superserve_tui.protocol import (
    TERMINAL_TYPES,
    Heartbeat,
    MessageDelta,
    RunBuilder,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    StatusUpdate,
    ToolEnd,
    ToolStart,
    UnknownEvent,
    dumps,
    parse_event,
)

TYPES = ["run.started", "message.delta", "tool.start", "tool.end", "status", "heartbeat", *sorted(TERMINAL_TYPES)]


def parse(event_type: str, data: Any) -> Any:
    return parse_event(event_type, json.dumps(data))


def test_every_type_of_the_protocol_is_read() -> None:
    assert isinstance(parse("run.started", {}), RunStarted)
    assert parse("message.delta", {"content": "x"}).content == "x"
    start = parse("tool.start", {"tool": "bash", "input": {"a": [1]}, "id": "c1"})
    assert (start.tool, start.input, start.id) == ("bash", {"a": [1]}, "c1")
    end = parse("tool.end", {"duration_ms": 342, "tool": "bash", "id": "c1"})
    assert (end.duration_ms, end.tool, end.id) == (342, "bash", "c1")
    done = parse("run.completed", {"duration_ms": 5432, "max_turns_reached": True, "max_turns_message": "enough"})
    assert (done.duration_ms, done.max_turns_reached, done.max_turns_message) == (5432, True, "enough")
    failed = parse("run.failed", {"error": {"message": "no", "code": "e1"}})
    assert (failed.message, failed.code) == ("no", "e1")
    assert isinstance(parse("run.cancelled", {}), RunCancelled)
    assert isinstance(parse("heartbeat", {}), Heartbeat)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"status": "thinking"}, "thinking"),
        ({"content": "reading"}, "reading"),
        ({"message": "m"}, "m"),
        ({}, ""),
        ({"status": 4}, ""),
    ],
)
def test_a_status_shows_its_readable_part(data: dict[str, Any], text: str) -> None:
    assert parse("status", data) == StatusUpdate(text, data)


@pytest.mark.parametrize(
    ("data", "message", "code"),
    [
        ({"error": "no"}, "no", None),
        ({"message": "no", "code": 7}, "no", "7"),
        ({"error": {"message": "", "code": True}}, "the agent gave no reason", None),
        ({"error": {"message": ["no"]}}, "the agent gave no reason", None),
        ({}, "the agent gave no reason", None),
    ],
)
def test_a_failure_always_has_words(data: dict[str, Any], message: str, code: str | None) -> None:
    failed = parse("run.failed", data)
    assert (failed.message, failed.code) == (message, code)


def test_an_unknown_type_is_kept_whole() -> None:
    assert parse("metadata", {"data": [1]}) == UnknownEvent("metadata", {"data": [1]})


@pytest.mark.parametrize("data", [{}, {"content": None}, {"content": 7}, {"content": ["x"]}])
def test_a_delta_without_text_is_not_guessed_at(data: dict[str, Any]) -> None:
    event = parse("message.delta", data)
    assert isinstance(event, UnknownEvent)
    assert event.problem == "content is not a string"


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "",
        "[1]",
        "null",
        '"x"',
        '{"content": NaN}',
        '{"content": 1e999}',
        '{"content": Infinity}',
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"content": "x"',
        '{"n": ' + "9" * 5000 + "}",
    ],
)
@pytest.mark.parametrize("event_type", ["message.delta", "tool.start"])
def test_data_that_is_no_json_object_is_kept_raw(event_type: str, text: str) -> None:
    event = parse_event(event_type, text)
    assert isinstance(event, UnknownEvent)
    assert event.wire == {"raw": text}


@pytest.mark.parametrize(
    ("value", "duration_ms"),
    [(342, 342), (342.7, 342), (-5, 0), (True, None), ("5", None), (None, None), (10**400, 366 * 86_400_000)],
    ids=lambda value: str(value)[:9],
)
def test_durations_are_whole_and_sane(value: object, duration_ms: int | None) -> None:
    assert parse("tool.end", {"duration_ms": value}).duration_ms == duration_ms
    assert parse("run.completed", {"duration_ms": value}).duration_ms == duration_ms


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["content", "tool", "input", "id", "duration_ms", "status", "error", "message", "code", "max_turns_reached"]
)


@given(event_type=st.sampled_from(TYPES) | st.text(), data=st.dictionaries(KEYS, JSON, max_size=6) | JSON)
def test_nothing_that_can_be_sent_raises(event_type: str, data: object) -> None:
    event = parse_event(event_type, json.dumps(data))
    assert event.type == event_type
    builder = RunBuilder()
    builder.add(event)
    builder.result().text.encode()
    json.loads(dumps(event.wire))


@given(st.text(alphabet=st.characters()))
def test_any_text_of_a_delta_can_be_stored(content: str) -> None:
    builder = RunBuilder()
    builder.add(MessageDelta(content))
    text = builder.result().text
    text.encode()
    assert "\x00" not in text


def test_what_is_missing_in_a_tool_event_is_none() -> None:
    assert parse("tool.end", {}) == ToolEnd(None, None, None, {})
    assert parse("tool.start", {"tool": "t", "id": 5}) == ToolStart("t", None, None, {"tool": "t", "id": 5})
    assert parse("run.completed", {"max_turns_reached": 1}) == RunCompleted(
        None, False, None, {"max_turns_reached": 1}
    )
    assert isinstance(parse_event("run.failed", "boom"), RunFailed)
