"""A connection that is lost: what was sent is never sent again by itself."""

from __future__ import annotations

import pytest

from superserve_tui.domain import LinkChanged, SessionState, TurnState
from superserve_tui.engine import Reconnect, SendPrompt
from superserve_tui.protocol import (
    CallState,
    ConnectionLostError,
    Heartbeat,
    MethodNotAllowedError,
    NotConnectedError,
    NotFoundError,
    RunStarted,
    ToolEnd,
    ToolStart,
)
from tests.support.engine_bench import EngineBench, calls_of, running_bench
from tests.support.scripted_backend import ScriptedStream, Step

LOST = ConnectionLostError("reset by peer")


def test_a_message_that_arrived_without_an_answer_is_followed() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.backends.fail(Step.HEADERS, LOST)
        bench.do(SendPrompt(session_id, "hello"))
        stream = bench.backends.next_stream()
        assert stream.after == 0
        stream.complete("hi")
        bench.until_state(session_id, SessionState.IDLE)
        assert (bench.last(session_id).text, bench.last(session_id).state) == ("hi", TurnState.COMPLETED)
        assert calls_of(bench, Step.ATTACH) == [(bench.session(session_id).server_id, 0)]
        assert bench.backends.messages == ["hello"]
        assert any("asking whether the message arrived" in words for words in bench.watcher.links[session_id])


def test_a_message_that_did_not_arrive_comes_back() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.backends.fail(Step.SEND, LOST)
        bench.do(SendPrompt(session_id, "hello"))
        bench.until(lambda: bench.watcher.problems)
        assert bench.watcher.returned == [(session_id, "hello")]
        assert bench.turns(session_id) == []
        assert not bench.backends.count(Step.ATTACH)
        bench.converse(session_id, "hello", "well")
        assert bench.backends.messages == ["hello"]


@pytest.mark.parametrize("count", [None, 2, 7])
def test_a_count_that_tells_nothing_is_unknown_and_nothing_is_attached(count: int | None) -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        hold = bench.backends.hold(Step.HEADERS, LOST)
        bench.do(SendPrompt(session_id, "hello"))
        hold.wait_reached()
        bench.backends.sessions[bench.session(session_id).server_id or ""].message_count = count
        hold.release()
        bench.until_turn(session_id, TurnState.UNKNOWN)
        assert bench.state(session_id) is SessionState.FAILED
        assert bench.last(session_id).prompt == "hello"
        assert not bench.backends.count(Step.ATTACH)
        assert bench.backends.count(Step.SEND) == 1


def test_a_server_that_can_not_be_asked_leaves_it_unknown() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.backends.fail(Step.HEADERS, LOST)
        bench.backends.fail(Step.GET, NotConnectedError("offline"))
        bench.do(SendPrompt(session_id, "hello"))
        bench.until_turn(session_id, TurnState.UNKNOWN)
        assert "reset by peer" in (bench.last(session_id).error or "")


@pytest.mark.parametrize("error", [NotFoundError("no such path"), MethodNotAllowedError("no")], ids=str)
def test_a_message_that_arrived_at_a_server_without_events_is_interrupted(error: Exception) -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.backends.fail(Step.HEADERS, LOST)
        bench.backends.fail(Step.ATTACH, error)
        bench.do(SendPrompt(session_id, "hello"))
        bench.until_state(session_id, SessionState.INTERRUPTED)
        assert bench.last(session_id).state is TurnState.INTERRUPTED
        assert bench.backends.messages == ["hello"]


def interrupted(bench: EngineBench) -> str:
    session_id = bench.new_session()
    stream = bench.ask(session_id, "hello")
    stream.emit(RunStarted(), ToolStart("bash", {}, "call-1"), Heartbeat())
    stream.say("one ")
    stream.cut()
    bench.until_state(session_id, SessionState.INTERRUPTED)
    assert [call.state for call in bench.last(session_id).calls] == [CallState.INTERRUPTED]
    return session_id


def test_reconnect_goes_on_where_the_turn_was_cut() -> None:
    with running_bench() as bench:
        session_id = interrupted(bench)
        bench.do(Reconnect(session_id))
        bench.do(Reconnect(session_id))
        stream = bench.backends.next_stream()
        assert stream.after == 4
        stream.emit(ToolEnd(9, None, "call-1"))
        stream.complete("two")
        bench.until_state(session_id, SessionState.IDLE)
        turn = bench.last(session_id)
        assert (turn.text, turn.state, turn.events_seen) == ("one two", TurnState.COMPLETED, 7)
        assert [(call.state, call.duration_ms) for call in turn.calls] == [(CallState.COMPLETED, 9)]
        assert turn.error is None
        assert bench.store.turns(session_id) == [turn]
        assert bench.backends.messages == ["hello"]
        assert bench.backends.count(Step.ATTACH) == 1


def test_a_wait_for_the_next_try_is_cut_short_and_nothing_else_is_asked() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        stream.say("one")
        bench.until_text(session_id, "one")
        stream.hooks.on_reconnect(3, 10)
        lost = LinkChanged(session_id, "reconnecting 3/10", is_lost=True)
        bench.until(lambda: bench.watcher.of(LinkChanged)[-1:] == [lost])
        stream.is_backing_off = True
        bench.do(Reconnect(session_id))
        bench.until(lambda: stream.hurries == 1)
        bench.settle()
        assert (bench.backends.count(Step.CAN_ATTACH), stream.reconnects) == (0, 0)
        stream.hooks.on_connected()
        bench.until(lambda: bench.watcher.of(LinkChanged)[-1:] == [LinkChanged(session_id, "")])


@pytest.mark.parametrize("step", [Step.SERVICE, Step.GET, Step.ATTACH])
def test_a_reconnect_that_fails_can_be_tried_again(step: Step) -> None:
    with running_bench() as bench:
        session_id = interrupted(bench)
        bench.backends.fail(step, NotConnectedError("offline"))
        bench.do(Reconnect(session_id))
        bench.until(lambda: bench.last(session_id).error == "Offline: offline")
        assert bench.state(session_id) is SessionState.INTERRUPTED
        assert bench.last(session_id).text == "one "
        bench.do(Reconnect(session_id))
        bench.backends.next_stream().complete("two")
        bench.until_text(session_id, "one two")
        bench.until_state(session_id, SessionState.IDLE)


def test_a_reconnect_to_a_session_that_is_gone_expires_it_and_keeps_the_text() -> None:
    with running_bench() as bench:
        session_id = interrupted(bench)
        bench.backends.sessions.clear()
        bench.do(Reconnect(session_id))
        bench.until_state(session_id, SessionState.EXPIRED)
        assert (bench.last(session_id).text, bench.last(session_id).state) == ("one ", TurnState.INTERRUPTED)
        assert not bench.watcher.expired


def test_text_that_came_is_kept_whatever_the_server_counts() -> None:
    with running_bench() as bench:
        session_id = interrupted(bench)
        bench.backends.sessions[bench.session(session_id).server_id or ""].message_count = 0
        bench.do(Reconnect(session_id))
        bench.until(lambda: bench.backends.count(Step.GET) == 1)
        bench.until_state(session_id, SessionState.INTERRUPTED)
        bench.settle()
        assert (bench.last(session_id).text, bench.last(session_id).state) == ("one ", TurnState.INTERRUPTED)
        assert not bench.watcher.returned


def test_a_message_after_an_interruption_goes_to_the_same_session() -> None:
    with running_bench() as bench:
        session_id = interrupted(bench)
        bench.converse(session_id, "second", "well")
        assert len(bench.session(session_id).server_ids) == 1
        assert bench.last(session_id).count_before == 1
        bench.do(Reconnect(session_id))
        bench.settle()
        assert not bench.backends.count(Step.ATTACH)


def _silent_turn(bench: EngineBench) -> tuple[str, ScriptedStream]:
    """A turn that has begun and says nothing more."""
    session_id = bench.new_session()
    stream = bench.ask(session_id, "hello")
    stream.say("so far")
    bench.until_text(session_id, "so far")
    return session_id, stream


def test_a_silent_turn_gets_another_connection_once_the_server_is_known_to_hand_it_over() -> None:
    with running_bench() as bench:
        session_id, stream = _silent_turn(bench)
        hold = bench.backends.hold(Step.CAN_ATTACH)
        bench.do(Reconnect(session_id))
        hold.wait_reached()
        assert stream.reconnects == 0
        hold.release()
        bench.until(lambda: stream.reconnects == 1)
        assert calls_of(bench, Step.CAN_ATTACH) == [(bench.session(session_id).server_id, 1)]
        assert bench.watcher.links[session_id][-2:] == ["asking for another connection", ""]
        stream.complete(" and on")
        bench.until_text(session_id, "so far and on")


@pytest.mark.parametrize("error", [None, NotConnectedError("nothing listens")])
def test_a_silent_turn_keeps_its_connection_where_there_is_no_other(error: Exception | None) -> None:
    with running_bench() as bench:
        session_id, stream = _silent_turn(bench)
        bench.backends.hands_over = False
        bench.backends.fail(Step.CAN_ATTACH, error)
        bench.do(Reconnect(session_id))
        bench.until(lambda: bench.watcher.problems)
        assert "keeps the one that it has" in bench.watcher.problems[-1].hint
        assert stream.reconnects == 0
        stream.complete(" and on")
        bench.until_text(session_id, "so far and on")


def test_an_answer_that_comes_after_the_turn_has_ended_cuts_nothing() -> None:
    with running_bench() as bench:
        session_id, stream = _silent_turn(bench)
        hold = bench.backends.hold(Step.CAN_ATTACH)
        bench.do(Reconnect(session_id))
        hold.wait_reached()
        stream.complete()
        bench.until_state(session_id, SessionState.IDLE)
        following = bench.ask(session_id, "next")
        hold.release()
        bench.settle()
        assert (stream.reconnects, following.reconnects) == (0, 0)
        assert bench.watcher.problems == []
