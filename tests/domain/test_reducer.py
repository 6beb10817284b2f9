"""A turn at work: what its watchers are told, and the turn as it stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from superserve_tui.domain import CallChanged, LiveTurn, StatusReported, TextAppended, Turn, TurnState
from superserve_tui.protocol import (
    CallState,
    Event,
    FinishReason,
    Heartbeat,
    MessageDelta,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    StatusUpdate,
    ToolEnd,
    ToolStart,
    UnknownEvent,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Clock:
    """Seconds that go on when a test says so."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(clock: Clock) -> LiveTurn:
    turn = Turn(id="t1", number=1, prompt="hello", created_at=NOW, state=TurnState.STREAMING)
    return LiveTurn("s1", turn, clock=clock)


def test_text_grows_by_what_each_event_brings(live: LiveTurn) -> None:
    assert live.fold(MessageDelta("one ")) == TextAppended("s1", "t1", "one ")
    assert live.fold(MessageDelta("two")) == TextAppended("s1", "t1", "two")
    assert live.snapshot().text == "one two"


def test_an_empty_piece_of_text_tells_nobody(live: LiveTurn) -> None:
    assert live.fold(MessageDelta("")) is None


def test_a_sign_that_was_cut_in_two_arrives_whole(live: LiveTurn) -> None:
    assert live.fold(MessageDelta("a\ud83d")) == TextAppended("s1", "t1", "a")
    assert live.fold(MessageDelta("\ude42b")) == TextAppended("s1", "t1", "🙂b")


def test_what_no_store_can_hold_is_replaced(live: LiveTurn) -> None:
    live.fold(MessageDelta("a\x00b\udc00c"))
    assert live.snapshot().text == "a\ufffdb\ufffdc"


def test_a_call_is_told_when_it_begins_and_ends(live: LiveTurn, clock: Clock) -> None:
    live.fold(MessageDelta("abc"))
    clock.seconds += 1
    begun = live.fold(ToolStart("bash", {"command": "ls"}))
    assert isinstance(begun, CallChanged)
    assert (begun.call.name, begun.call.text_offset, begun.call.started_ms) == ("bash", 3, 1000)
    assert begun.call.state is CallState.RUNNING
    ended = live.fold(ToolEnd(342))
    assert isinstance(ended, CallChanged)
    assert (ended.call.index, ended.call.state, ended.call.duration_ms) == (0, CallState.COMPLETED, 342)


def test_a_surplus_end_of_a_call_tells_nobody(live: LiveTurn) -> None:
    assert live.fold(ToolEnd(1)) is None
    assert live.snapshot().calls == ()


def test_a_status_is_told_and_leaves_the_turn_alone(live: LiveTurn) -> None:
    before = live.snapshot()
    assert live.fold(StatusUpdate("thinking")) == StatusReported("s1", "thinking")
    assert live.fold(StatusUpdate("")) is None
    assert live.snapshot() == replace(before, events_seen=2)


def test_every_event_counts_for_where_to_go_on(live: LiveTurn) -> None:
    events: list[Event] = [RunStarted(), Heartbeat(), UnknownEvent("odd"), MessageDelta("x"), ToolEnd(1)]
    for event in events:
        live.fold(event)
    assert (live.events_seen, live.snapshot().events_seen) == (5, 5)


@pytest.mark.parametrize(
    ("event", "state", "reason", "error"),
    [
        (RunCompleted(5432), TurnState.COMPLETED, FinishReason.COMPLETED, None),
        (RunFailed("broke", "E1"), TurnState.FAILED, FinishReason.FAILED, "broke"),
        (RunCancelled(), TurnState.CANCELLED, FinishReason.CANCELLED, None),
    ],
)
def test_a_terminal_event_ends_the_turn_and_nothing_after_it_counts(
    live: LiveTurn, event: Event, state: TurnState, reason: FinishReason, error: str | None
) -> None:
    live.fold(MessageDelta("before"))
    live.fold(event)
    assert live.is_over
    assert live.fold(MessageDelta("after")) is None
    assert live.fold(StatusUpdate("after")) is None
    assert live.fold(ToolStart("after", {})) is None
    assert live.fold(RunFailed("after")) is None
    turn = live.snapshot()
    assert (turn.state, turn.finish_reason, turn.error, turn.text, turn.calls) == (
        state,
        reason,
        error,
        "before",
        (),
    )


def test_the_servers_duration_counts_and_the_clocks_where_it_gives_none(live: LiveTurn, clock: Clock) -> None:
    clock.seconds += 2
    live.fold(RunCompleted(5432))
    assert live.snapshot().duration_ms == 5432
    other = LiveTurn("s1", Turn(id="t2", number=2, prompt="", created_at=NOW), clock=clock)
    clock.seconds += 3
    other.fold(RunCompleted(None))
    assert other.snapshot().duration_ms == 3000


def test_the_agents_limit_of_steps_is_kept(live: LiveTurn) -> None:
    live.fold(RunCompleted(1, max_turns_reached=True, max_turns_message="enough"))
    turn = live.snapshot()
    assert (turn.max_turns_reached, turn.max_turns_message) == (True, "enough")


def test_a_stop_keeps_what_came_and_closes_calls(live: LiveTurn, clock: Clock) -> None:
    live.fold(MessageDelta("some"))
    live.fold(ToolStart("bash", {}))
    clock.seconds += 2
    live.stop()
    turn = live.snapshot()
    assert (turn.state, turn.finish_reason, turn.text) == (TurnState.STOPPED, FinishReason.CANCELLED, "some")
    assert (turn.calls[0].state, turn.calls[0].duration_ms) == (CallState.INTERRUPTED, 2000)
    assert live.fold(RunCompleted(1)) is None
    assert live.snapshot().state is TurnState.STOPPED


def test_a_stop_that_comes_too_late_changes_nothing(live: LiveTurn) -> None:
    live.fold(RunCompleted(1))
    live.stop()
    assert live.snapshot().state is TurnState.COMPLETED


def test_a_lost_link_is_told_apart_from_a_failure(live: LiveTurn) -> None:
    live.interrupt("the link was lost")
    live.fail("too late")
    turn = live.snapshot()
    assert (turn.state, turn.error) == (TurnState.INTERRUPTED, "the link was lost")


def test_a_refusal_fails_the_turn(live: LiveTurn) -> None:
    live.fail("refused")
    assert (live.snapshot().state, live.snapshot().error) == (TurnState.FAILED, "refused")


def test_a_turn_of_unknown_fate_stays_unknown(live: LiveTurn) -> None:
    live.update(state=TurnState.UNKNOWN)
    live.interrupt("nobody knows")
    turn = live.snapshot()
    assert (turn.state, turn.finish_reason) == (TurnState.UNKNOWN, None)


def test_a_turn_that_was_written_down_is_gone_on_with(clock: Clock, live: LiveTurn) -> None:
    live.fold(RunStarted())
    live.fold(MessageDelta("first "))
    live.fold(ToolStart("bash", {}))
    again = LiveTurn("s1", live.snapshot(), clock=clock)
    again.fold(ToolEnd(10))
    again.fold(MessageDelta("second"))
    turn = again.snapshot()
    assert (turn.text, turn.events_seen) == ("first second", 5)
    assert [call.state for call in turn.calls] == [CallState.COMPLETED]


def test_the_ledger_is_updated_without_touching_the_rest(live: LiveTurn) -> None:
    live.fold(MessageDelta("x"))
    live.update(state=TurnState.SENT, server_id="ses_1", count_before=4)
    turn = live.snapshot(now=NOW)
    assert (turn.state, turn.server_id, turn.count_before, turn.started_at) == (TurnState.SENT, "ses_1", 4, NOW)
    assert turn.text == "x"
