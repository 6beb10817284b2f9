"""Escape twice: a turn is stopped at any moment, within half a second."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from time import monotonic

import pytest

from superserve_tui.domain import SessionState, TurnState
from superserve_tui.engine import SendPrompt, StopTurn
from superserve_tui.engine.feed import MAX_WEIGHT
from superserve_tui.engine.run import TurnRun
from superserve_tui.protocol import (
    CallState,
    ConflictError,
    Event,
    FinishReason,
    MessageDelta,
    NotConnectedError,
    RunCompleted,
    RunStarted,
    ToolStart,
)
from tests.support.engine_bench import SERVER_ID, EngineBench, running_bench, saved_session, saved_turn
from tests.support.manual_clock import ManualClock
from tests.support.scripted_backend import ScriptedBackends, Step
from tests.support.waiting import wait_for

LIMIT_S = 5.0
"""By our clock, on a busy machine; the engine's own says half a second."""
STARVED_S = 15.0
"""A starved turn would wait for ever; a busy machine may take a second for one."""


def stop(bench: EngineBench, session_id: str) -> None:
    """Stop the turn; it is marked, and the session is idle, within half a second by the engine's clock."""
    began = monotonic()
    bench.do(StopTurn(session_id))
    bench.until_turn(session_id, TurnState.STOPPED)
    if bench.state(session_id) is not SessionState.IDLE:
        bench.clock.advance(0.4)
    bench.until_state(session_id, SessionState.IDLE)
    assert monotonic() - began < LIMIT_S
    assert bench.store.turns(session_id)[-1].state is TurnState.STOPPED


@pytest.mark.parametrize("step", [Step.SERVICE, Step.CREATE])
def test_stopped_before_there_is_a_server_session(step: Step) -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        hold = bench.backends.hold(step)
        bench.do(SendPrompt(session_id, "first"))
        hold.wait_reached()
        stop(bench, session_id)
        hold.release()
        bench.converse(session_id, "second", "well")
        assert bench.backends.messages == ["second"]
        assert bench.backends.count(Step.CREATE) == 1
        assert bench.session(session_id).server_ids == tuple(bench.backends.sessions)
        assert not bench.backends.count(Step.CANCEL)
        assert [turn.state for turn in bench.turns(session_id)] == [TurnState.STOPPED, TurnState.COMPLETED]


def test_a_message_after_a_stop_waits_for_the_server_session_that_is_being_made() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        hold = bench.backends.hold(Step.CREATE)
        bench.do(SendPrompt(session_id, "first"))
        hold.wait_reached()
        stop(bench, session_id)
        bench.do(SendPrompt(session_id, "second"))
        bench.until_state(session_id, SessionState.STARTING)
        stop(bench, session_id)
        bench.do(SendPrompt(session_id, "third"))
        bench.until_state(session_id, SessionState.STARTING)
        hold.release()
        bench.backends.next_stream().complete("well")
        bench.until_state(session_id, SessionState.IDLE)
        assert bench.backends.count(Step.CREATE) == 1
        assert bench.backends.messages == ["third"]
        assert bench.session(session_id).server_ids == tuple(bench.backends.sessions)


def test_a_message_stopped_before_it_waited_lets_the_next_one_wait() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        creating = bench.backends.hold(Step.CREATE)
        bench.do(SendPrompt(session_id, "first"))
        creating.wait_reached()
        stop(bench, session_id)
        connecting = bench.backends.hold(Step.SERVICE)
        bench.do(SendPrompt(session_id, "second"))
        connecting.wait_reached()
        stop(bench, session_id)
        bench.do(SendPrompt(session_id, "third"))
        bench.until_state(session_id, SessionState.STARTING)
        connecting.release()
        bench.settle()
        creating.release()
        bench.backends.next_stream().complete("well")
        bench.until_state(session_id, SessionState.IDLE)
        assert bench.backends.count(Step.CREATE) == 1
        assert bench.session(session_id).server_ids == tuple(bench.backends.sessions)


def test_a_failed_creation_after_a_stop_is_made_up_for() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        hold = bench.backends.hold(Step.CREATE, NotConnectedError("refused"))
        bench.do(SendPrompt(session_id, "first"))
        hold.wait_reached()
        stop(bench, session_id)
        bench.do(SendPrompt(session_id, "second"))
        bench.until_state(session_id, SessionState.STARTING)
        hold.release()
        bench.backends.next_stream().complete("well")
        bench.until_state(session_id, SessionState.IDLE)
        assert bench.backends.count(Step.CREATE) == 2
        assert not bench.watcher.problems


def test_no_server_session_is_made_for_a_message_that_was_stopped() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        hold = bench.backends.hold(Step.CREATE, NotConnectedError("refused"))
        bench.do(SendPrompt(session_id, "first"))
        hold.wait_reached()
        stop(bench, session_id)
        bench.do(SendPrompt(session_id, "second"))
        bench.until_state(session_id, SessionState.STARTING)
        stop(bench, session_id)
        hold.release()
        wait_for(lambda: not [each for each in threading.enumerate() if each.name.startswith("run:")])
        assert bench.backends.count(Step.CREATE) == 1
        assert not bench.backends.sessions


def test_stopped_while_the_store_is_slow_nothing_leaves() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        bench.store.hold()
        bench.do(SendPrompt(session_id, "second"))
        bench.until(lambda: len(bench.clock.waits) == 2)
        bench.do(StopTurn(session_id))
        bench.until_turn(session_id, TurnState.STOPPED)
        bench.store.release()
        bench.clock.advance(5)
        bench.until_state(session_id, SessionState.IDLE)
        bench.converse(session_id, "third", "well")
        assert bench.backends.messages == ["hello", "third"]


@pytest.mark.parametrize("step", [Step.SEND, Step.HEADERS])
@pytest.mark.parametrize("offers_cancel", [True, False])
def test_stopped_before_headers(step: Step, offers_cancel: bool) -> None:
    with running_bench() as bench:
        bench.backends.offers_cancel = offers_cancel
        session_id = bench.new_session()
        hold = bench.backends.hold(step)
        bench.do(SendPrompt(session_id, "first"))
        hold.wait_reached()
        stop(bench, session_id)
        assert bench.backends.count(Step.CANCEL) == 1
        server_id = bench.session(session_id).server_id
        bench.converse(session_id, "second", "well")
        assert bench.session(session_id).server_id == server_id
        assert bench.session(session_id).server_ids == (server_id,)


def test_stop_keeps_what_came() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "first")
        stream.emit(RunStarted(), MessageDelta("some text"), ToolStart("bash", {}))
        bench.until(lambda: bench.turns(session_id) and bench.last(session_id).calls)
        stop(bench, session_id)
        turn = bench.last(session_id)
        assert (turn.text, turn.finish_reason) == ("some text", FinishReason.CANCELLED)
        assert [call.state for call in turn.calls] == [CallState.INTERRUPTED]
        assert stream.aborted.is_set()
        assert bench.store.turns(session_id)[-1] == turn
        stream.say("late")
        bench.settle()
        assert bench.last(session_id) == turn
        server_id = bench.session(session_id).server_id
        bench.converse(session_id, "second", "well")
        assert bench.session(session_id).server_id == server_id


@pytest.mark.parametrize("error", [None, NotConnectedError("offline")])
def test_a_server_that_does_not_answer_the_cancel_holds_nothing_up(error: Exception | None) -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "first")
        stream.say("text")
        bench.until_text(session_id, "text")
        hold = bench.backends.hold(Step.CANCEL, error)
        bench.do(StopTurn(session_id))
        bench.until_turn(session_id, TurnState.STOPPED)
        assert bench.state(session_id) is SessionState.STOPPING
        bench.clock.advance(0.4)
        bench.until_state(session_id, SessionState.IDLE)
        hold.release()
        bench.settle()
        bench.converse(session_id, "second", "well")


def test_a_message_never_overtakes_the_cancel_of_the_turn_before() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "first")
        stream.say("text")
        bench.until_text(session_id, "text")
        hold = bench.backends.hold(Step.CANCEL)
        bench.do(StopTurn(session_id))
        bench.do(SendPrompt(session_id, "second"))
        hold.wait_reached()
        bench.until(lambda: bench.session(session_id).state is SessionState.STARTING)
        bench.until(lambda: len(bench.clock.waits) == 2)
        bench.settle()
        assert bench.backends.messages == ["first"]
        hold.release()
        bench.backends.next_stream().complete("well")
        bench.until_state(session_id, SessionState.IDLE)
        assert [turn.text for turn in bench.turns(session_id)] == ["text", "well"]
        assert bench.queued(session_id) == []


def test_a_flood_is_stopped_at_once_and_waits_in_the_socket() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "flood")
        endless: Iterator[Event] = (MessageDelta(f"{number} ") for number in itertools.count())
        stream.flood = endless
        stream.say("go ")
        bench.until(lambda: bench.turns(session_id) and len(bench.last(session_id).text) > 100_000)
        stop(bench, session_id)
        taken = stream.events_taken
        text = bench.last(session_id).text
        expected = "go " + "".join(f"{number} " for number in range(taken))
        assert expected.startswith(text)
        bench.settle()
        assert stream.events_taken <= taken + 1
        bench.converse(session_id, "second", "well")


def test_a_flood_in_one_session_does_not_starve_another() -> None:
    with running_bench() as bench:
        loud, quiet = bench.new_session(), bench.new_session()
        stream = bench.ask(loud, "flood")
        stream.flood = (MessageDelta("x") for _ in itertools.count())
        stream.say("go ")
        bench.until(lambda: bench.turns(loud) and bench.last(loud).text)
        began = monotonic()
        bench.converse(quiet, "hello", "well")
        assert monotonic() - began < STARVED_S
        stop(bench, loud)


def test_stop_when_nothing_runs_does_nothing() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.do(StopTurn(session_id))
        bench.settle()
        assert bench.state(session_id) is SessionState.DRAFT
        bench.converse(session_id)
        bench.do(StopTurn(session_id))
        bench.do(StopTurn(session_id))
        bench.settle()
        assert bench.state(session_id) is SessionState.IDLE
        assert bench.last(session_id).state is TurnState.COMPLETED
        assert not bench.backends.count(Step.CANCEL)


def test_a_turn_that_ends_as_it_is_stopped_ends_once() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        for number in range(30):
            stream = bench.ask(session_id, f"turn {number}")
            stream.complete("text")
            bench.do(StopTurn(session_id))
            bench.until(lambda: bench.last(session_id).state.is_over)
            if bench.state(session_id) is SessionState.STOPPING:
                bench.clock.advance(0.4)
            bench.until_state(session_id, SessionState.IDLE)
            assert bench.last(session_id).state in (TurnState.STOPPED, TurnState.COMPLETED)
        assert len(bench.turns(session_id)) == 30
        assert bench.turns(session_id) == bench.store.turns(session_id)


def test_a_server_still_at_the_stopped_turn_is_asked_again_after_1_2_and_4_s() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.ask(session_id, "first").say("text")
        bench.until_text(session_id, "text")
        stop(bench, session_id)
        bench.backends.fail(Step.SEND, *[ConflictError("a turn runs")] * 3)
        waits = len(bench.clock.waits) + 1
        bench.do(SendPrompt(session_id, "second"))
        for number, delay_s in enumerate((1.0, 2.0, 4.0)):
            bench.until(lambda number=number: len(bench.clock.waits) == waits + number + 1)
            assert bench.clock.waits[-1] == delay_s
            words = f"the agent is still working on the stopped turn; trying again in {delay_s:g} s"
            bench.until(lambda words=words: words in bench.watcher.links[session_id])
            assert bench.state(session_id) is SessionState.STARTING
            bench.clock.advance(delay_s)
        bench.backends.next_stream().complete("well")
        bench.until_state(session_id, SessionState.IDLE)
        assert bench.backends.count(Step.SEND) == 5
        assert bench.backends.messages == ["first", "second"]


def test_a_server_that_stays_at_the_stopped_turn_leaves_the_text_with_the_person() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.ask(session_id, "first").say("text")
        bench.until_text(session_id, "text")
        stop(bench, session_id)
        bench.backends.fail_always(Step.SEND, ConflictError("a turn runs"))
        waits = len(bench.clock.waits) + 1
        bench.do(SendPrompt(session_id, "second"))
        for number in range(3):
            bench.until(lambda number=number: len(bench.clock.waits) == waits + number + 1)
            bench.clock.advance(4.0)
        bench.until(lambda: bench.watcher.problems)
        assert bench.watcher.returned == [(session_id, "second")]
        bench.backends.fail_always(Step.SEND, None)
        bench.converse(session_id, "second", "well")


def test_the_wait_for_a_stopped_turn_can_be_stopped() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.ask(session_id, "first").say("text")
        bench.until_text(session_id, "text")
        stop(bench, session_id)
        bench.backends.fail(Step.SEND, ConflictError("a turn runs"))
        bench.do(SendPrompt(session_id, "second"))
        bench.until(lambda: 1.0 in bench.clock.waits)
        stop(bench, session_id)
        bench.settle()
        assert bench.backends.messages == ["first"]
        bench.converse(session_id, "third", "well")


def test_a_conflict_without_a_stop_before_is_told_at_once() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        bench.backends.fail(Step.SEND, ConflictError("a turn runs"))
        bench.do(SendPrompt(session_id, "second"))
        bench.until(lambda: bench.watcher.problems)
        assert bench.watcher.returned == [(session_id, "second")]
        assert 1.0 not in bench.clock.waits


def test_a_late_answer_to_a_cancel_does_not_touch_the_next_turn() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.ask(session_id, "first").say("text")
        bench.until_text(session_id, "text")
        hold = bench.backends.hold(Step.CANCEL)
        stop(bench, session_id)
        bench.do(SendPrompt(session_id, "second"))
        bench.until(lambda: len(bench.clock.waits) == 2)
        bench.clock.advance(2.0)
        stream = bench.backends.next_stream()
        stream.emit(RunStarted())
        bench.until_state(session_id, SessionState.RUNNING)
        second = bench.backends.hold(Step.CANCEL)
        bench.do(StopTurn(session_id))
        second.wait_reached()
        hold.release()
        bench.settle()
        assert bench.session(session_id).state is SessionState.STOPPING
        second.release()
        bench.until_state(session_id, SessionState.IDLE)


def test_stopped_and_completed_turns_count_for_the_next_message() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        assert not bench.backends.count(Step.GET)
        stream = bench.ask(session_id, "second")
        stream.say("text")
        bench.until_text(session_id, "text")
        stop(bench, session_id)
        stream = bench.ask(session_id, "third")
        assert bench.backends.count(Step.GET) == 1
        assert bench.last(session_id).count_before == 2
        stream.emit(RunCompleted(1))
        bench.until_state(session_id, SessionState.IDLE)


def test_a_conflict_long_after_a_stop_is_told_at_once() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.ask(session_id, "first").say("text")
        bench.until_text(session_id, "text")
        stop(bench, session_id)
        bench.converse(session_id, "second", "well")
        bench.backends.fail(Step.SEND, ConflictError("a turn runs"))
        bench.do(SendPrompt(session_id, "third"))
        bench.until(lambda: bench.watcher.problems)
        assert bench.watcher.returned == [(session_id, "third")]
        assert 1.0 not in bench.clock.waits


def test_a_run_that_waits_for_the_engine_is_stopped_too() -> None:
    clock, backends = ManualClock(), ScriptedBackends()
    session = saved_session(clock)
    backends.add_session(SERVER_ID)
    turn = saved_turn(clock, state=TurnState.SENT)
    run = TurnRun(session, turn, backends=backends, inbox=SimpleQueue(), clock=clock)
    run.start()
    run.release()
    stream = backends.next_stream()
    stream.flood = (MessageDelta("x" * 1_000_000) for _ in itertools.count())
    stream.say("go")
    wait_for(lambda: stream.events_taken == 1 + MAX_WEIGHT // 1_000_000)
    assert not run.join(0)
    run.stop()
    assert run.join(5)
