"""The fold of a turn: text, calls, and which call an end belongs to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from superserve_tui.protocol import (
    CallState,
    Event,
    FinishReason,
    Heartbeat,
    MessageDelta,
    RunBuilder,
    RunCancelled,
    RunCompleted,
    RunError,
    RunFailed,
    ToolCall,
    ToolEnd,
    ToolStart,
    UnknownEvent,
)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def fold(*events: Event) -> RunBuilder:
    builder = RunBuilder()
    for event in events:
        builder.add(event)
    return builder


def states(builder: RunBuilder) -> list[tuple[str, CallState, int | None]]:
    return [(call.name, call.state, call.duration_ms) for call in builder.calls]


def test_text_is_joined_in_order() -> None:
    builder = fold(MessageDelta("Hello "), Heartbeat(), MessageDelta("there"), RunCompleted(7))
    result = builder.result()
    assert (result.text, result.finish_reason, result.duration_ms) == ("Hello there", FinishReason.COMPLETED, 7)
    assert result.error is None


def test_nothing_counts_after_a_terminal_event() -> None:
    builder = fold(
        MessageDelta("a"), RunCancelled(), MessageDelta("b"), RunCompleted(5), RunFailed("x"), ToolStart("t", None)
    )
    result = builder.result()
    assert (result.text, result.finish_reason, result.tool_calls) == ("a", FinishReason.CANCELLED, ())


def test_a_failed_turn_keeps_text_and_error() -> None:
    result = fold(MessageDelta("so far"), RunFailed("no", "e")).result()
    assert (result.text, result.error) == ("so far", RunError("no", "e"))
    assert str(result.error) == "no"


def test_a_turn_without_an_end_is_interrupted() -> None:
    assert fold(MessageDelta("a")).result().finish_reason is FinishReason.INTERRUPTED


def test_the_first_end_wins() -> None:
    builder = fold(MessageDelta("a"))
    builder.finish(FinishReason.CANCELLED)
    builder.finish(FinishReason.FAILED, RunError("late"))
    assert builder.result().finish_reason is FinishReason.CANCELLED
    assert builder.result().error is None


def test_an_id_finds_its_call() -> None:
    builder = fold(ToolStart("a", None, "1"), ToolStart("a", None, "2"), ToolEnd(9, "a", "2"))
    assert states(builder) == [("a", CallState.RUNNING, None), ("a", CallState.COMPLETED, 9)]
    assert not builder.calls[1].is_order_assumed


def test_an_unknown_id_takes_no_call_that_has_another() -> None:
    builder = fold(ToolStart("a", None, "1"), ToolEnd(9, "a", "2"))
    assert states(builder) == [("a", CallState.RUNNING, None)]


def test_without_id_the_tool_finds_its_oldest_call() -> None:
    builder = fold(ToolStart("a", None), ToolStart("b", None), ToolStart("b", None), ToolEnd(9, "b"))
    assert [call.state for call in builder.calls] == [CallState.RUNNING, CallState.COMPLETED, CallState.RUNNING]
    assert builder.calls[1].is_order_assumed


def test_without_any_name_the_oldest_call_ends() -> None:
    builder = fold(ToolStart("a", None), ToolStart("b", None), ToolEnd(3), ToolEnd(4))
    assert states(builder) == [("a", CallState.COMPLETED, 3), ("b", CallState.COMPLETED, 4)]
    assert [call.is_order_assumed for call in builder.calls] == [True, False]


@pytest.mark.parametrize("end", [ToolEnd(1), ToolEnd(1, "a"), ToolEnd(1, None, "x")])
def test_a_surplus_end_changes_nothing(end: ToolEnd) -> None:
    builder = fold(end, ToolStart("a", None), ToolEnd(2), end)
    assert builder.add(end) is None
    assert states(builder) == [("a", CallState.COMPLETED, 2)]


def test_an_end_of_another_tool_ends_nothing() -> None:
    assert states(fold(ToolStart("a", None), ToolEnd(2, "b"))) == [("a", CallState.RUNNING, None)]


def test_calls_still_running_at_the_end_are_interrupted_with_the_time_they_had() -> None:
    clock = Clock()
    builder = RunBuilder(clock=clock)
    clock.now += 1
    builder.add(ToolStart("a", None))
    clock.now += 2.5
    builder.add(RunCompleted(None))
    assert states(builder) == [("a", CallState.INTERRUPTED, 2500)]
    assert builder.calls[0].started_ms == 1000
    assert builder.result().duration_ms == 3500


def test_the_clients_clock_stands_in_for_a_missing_duration() -> None:
    clock = Clock()
    builder = RunBuilder(clock=clock)
    builder.add(ToolStart("a", None))
    clock.now += 0.25
    builder.add(ToolEnd(None))
    assert states(builder) == [("a", CallState.COMPLETED, 250)]


def test_a_clock_that_goes_back_makes_no_negative_time() -> None:
    clock = Clock()
    builder = RunBuilder(clock=clock)
    clock.now += 5
    builder.add(ToolStart("a", None))
    clock.now -= 50
    builder.add(ToolEnd(None))
    assert builder.calls[0].duration_ms == 0
    assert builder.result().duration_ms == 0


def test_adding_tells_what_changed() -> None:
    builder = RunBuilder()
    assert builder.add(MessageDelta("x")) == "x"
    assert builder.add(MessageDelta("")) is None
    begun = builder.add(ToolStart("a", {"k": 1}))
    assert isinstance(begun, ToolCall)
    assert (begun.state, begun.input, begun.text_offset) == (CallState.RUNNING, {"k": 1}, 1)
    ended = builder.add(ToolEnd(4))
    assert isinstance(ended, ToolCall)
    assert ended.state is CallState.COMPLETED
    assert builder.add(UnknownEvent("x")) is None


def test_a_surrogate_pair_cut_in_two_is_joined() -> None:
    builder = RunBuilder()
    assert builder.add(MessageDelta("a\ud83d")) == "a"
    assert builder.add(MessageDelta("\ude00b")) == "\U0001f600b"
    assert builder.text == "a\U0001f600b"


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["a\ud83d"], "a\ufffd"),
        (["\ud83d", "x"], "\ufffdx"),
        (["\ude00x"], "\ufffdx"),
        (["\ud83d", "\ud83d", "\ude00"], "\ufffd\U0001f600"),
        (["a\x00b"], "a\ufffdb"),
    ],
)
def test_half_a_pair_and_nul_become_replacement_characters(pieces: list[str], text: str) -> None:
    assert fold(*map(MessageDelta, pieces)).result().text == text


@given(st.text(), st.data())
def test_however_text_is_cut_into_utf16_units_it_comes_out_whole(text: str, data: st.DataObject) -> None:
    text = text.replace("\x00", "")
    raw = text.encode("utf-16-le")
    units = [raw[at : at + 2].decode("utf-16-le", "surrogatepass") for at in range(0, len(raw), 2)]
    size = data.draw(st.integers(1, 4))
    pieces = ["".join(units[at : at + size]) for at in range(0, len(units), size)]
    assert fold(*map(MessageDelta, pieces)).result().text == text


def test_a_megabyte_of_emoji_is_folded_quickly() -> None:
    clock = Clock()
    content = "\U0001f600" * 1_000_000
    assert RunBuilder(clock=clock).add(MessageDelta(content)) == content
