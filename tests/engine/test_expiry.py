"""Sessions that end on the server by themselves."""

from __future__ import annotations

import pytest

from superserve_tui.domain import SessionState, TurnState
from superserve_tui.engine import ContinueSession, EndSession, SendPrompt
from superserve_tui.protocol import ConnectionLostError, NotConnectedError, NotFoundError, ServerError
from tests.support.engine_bench import EngineBench, calls_of, running_bench
from tests.support.scripted_backend import Step


def expired(bench: EngineBench) -> str:
    """A session with one turn, whose second message found it gone."""
    session_id = bench.new_session()
    bench.converse(session_id)
    bench.backends.sessions[bench.session(session_id).server_id or ""].status = "timeout"
    bench.backends.fail(Step.SEND, NotFoundError("no such session"))
    bench.do(SendPrompt(session_id, "second"))
    bench.until_state(session_id, SessionState.EXPIRED)
    return session_id


def test_an_idle_session_is_resumed_once_and_the_message_sent_again() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        server_id = bench.session(session_id).server_id or ""
        bench.backends.sessions[server_id].status = "idle"
        bench.backends.fail(Step.SEND, NotFoundError("idle"))
        bench.converse(session_id, "second", "well")
        assert calls_of(bench, Step.RESUME) == [(server_id,)]
        assert bench.backends.messages == ["hello", "second"]
        assert not bench.watcher.problems


def test_a_second_404_is_expiry() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        bench.backends.sessions[bench.session(session_id).server_id or ""].status = "idle"
        bench.backends.resumed_status = "idle"
        bench.backends.fail_always(Step.SEND, NotFoundError("idle"))
        bench.do(SendPrompt(session_id, "second"))
        bench.until_state(session_id, SessionState.EXPIRED)
        assert bench.backends.count(Step.RESUME) == 1
        assert bench.backends.count(Step.SEND) == 3


def test_a_session_that_is_gone_keeps_the_text_and_asks() -> None:
    with running_bench() as bench:
        session_id = expired(bench)
        bench.settle()
        assert bench.watcher.expired == [(session_id, "second")]
        assert not bench.watcher.problems
        assert not bench.watcher.returned
        assert bench.store.saved_sessions[session_id].draft == "second"
        assert [turn.prompt for turn in bench.turns(session_id)] == ["hello"]
        assert [entry.ended_at is None for entry in bench.store.ledger.values()] == [False]
        assert bench.session(session_id).message_count == 1
        bench.do(SendPrompt(session_id, "third"))
        bench.until(lambda: len(bench.watcher.expired) == 2)
        assert bench.store.saved_sessions[session_id].draft == "third\n\nsecond"
        assert bench.backends.count(Step.SEND) == 2


def test_a_session_that_the_server_calls_over_gets_no_message() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "first")
        stream.cut()
        bench.until_state(session_id, SessionState.INTERRUPTED)
        bench.backends.sessions[bench.session(session_id).server_id or ""].status = "timeout"
        bench.do(SendPrompt(session_id, "second"))
        bench.until_state(session_id, SessionState.EXPIRED)
        assert bench.watcher.expired == [(session_id, "second")]
        assert bench.backends.count(Step.SEND) == 1


def test_an_expired_session_goes_on_under_the_same_row() -> None:
    with running_bench() as bench:
        session_id = expired(bench)
        first = bench.session(session_id).server_id
        bench.do(ContinueSession(session_id, "second"))
        bench.do(ContinueSession(session_id, "second"))
        bench.backends.next_stream().complete("well")
        bench.until_state(session_id, SessionState.IDLE)
        session = bench.session(session_id)
        assert session.server_ids == (first, session.server_id)
        assert session.server_id != first
        assert session.draft == ""
        turns = bench.turns(session_id)
        assert [(turn.number, turn.prompt, turn.server_id) for turn in turns] == [
            (1, "hello", first),
            (3, "second", session.server_id),
        ]
        assert turns[-1].count_before == 0
        assert bench.backends.messages == ["hello", "second"]
        live = [entry.server_id for entry in bench.store.ledger.values() if entry.ended_at is None]
        assert live == [session.server_id]


def test_a_recap_goes_ahead_of_the_kept_message_and_is_part_of_the_turn() -> None:
    with running_bench() as bench:
        session_id = expired(bench)
        bench.do(ContinueSession(session_id, "second", recap="what was said\n"))
        bench.backends.next_stream().complete("well")
        bench.until_state(session_id, SessionState.IDLE)
        assert bench.backends.messages == ["hello", "what was said\n\nsecond"]
        assert [turn.prompt for turn in bench.turns(session_id)] == ["hello", "what was said\n\nsecond"]
        assert bench.session(session_id).draft == ""


def test_a_session_that_was_ended_asks_before_it_goes_on() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        bench.do(EndSession(session_id))
        bench.until_state(session_id, SessionState.ENDED)
        bench.do(SendPrompt(session_id, "second"))
        bench.until(lambda: bench.watcher.expired == [(session_id, "second")])
        assert bench.store.saved_sessions[session_id].draft == "second"
        assert bench.backends.messages == ["hello"]


def test_a_continuation_that_fails_can_be_tried_again() -> None:
    with running_bench() as bench:
        session_id = expired(bench)
        bench.backends.fail(Step.CREATE, NotConnectedError("refused"))
        bench.do(ContinueSession(session_id, "second"))
        bench.until(lambda: bench.watcher.returned == [(session_id, "second")])
        assert bench.state(session_id) is SessionState.FAILED
        bench.do(ContinueSession(session_id, "second"))
        bench.backends.next_stream().complete("well")
        bench.until_state(session_id, SessionState.IDLE)
        assert len(bench.session(session_id).server_ids) == 2


@pytest.mark.parametrize("error", [NotConnectedError("refused"), ConnectionLostError("lost")], ids=str)
def test_a_404_that_can_not_be_asked_about_is_no_expiry(error: Exception) -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        bench.backends.fail(Step.SEND, NotFoundError("no such session"))
        bench.backends.fail(Step.GET, error)
        bench.do(SendPrompt(session_id, "second"))
        bench.until(lambda: bench.watcher.returned == [(session_id, "second")])
        assert bench.state(session_id) is SessionState.FAILED
        assert not bench.watcher.expired


def test_a_session_whose_server_is_gone_is_expired() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        bench.backends.gone_urls.add(bench.session(session_id).server_url or "")
        bench.do(SendPrompt(session_id, "second"))
        bench.until_state(session_id, SessionState.EXPIRED)
        assert bench.watcher.expired == [(session_id, "second")]


def test_our_clock_only_asks_and_the_server_decides() -> None:
    with running_bench() as bench:
        session_id = bench.new_session(idle_timeout_s=60)
        bench.converse(session_id)
        server = bench.backends.sessions[bench.session(session_id).server_id or ""]
        bench.clock.advance(59)
        bench.settle()
        assert not bench.backends.count(Step.GET)
        bench.clock.advance(2)
        bench.until(lambda: bench.backends.count(Step.GET) == 1)
        bench.settle()
        assert bench.state(session_id) is SessionState.IDLE
        bench.clock.advance(29)
        bench.settle()
        assert bench.backends.count(Step.GET) == 1
        server.status = "timeout"
        bench.clock.advance(2)
        bench.until_state(session_id, SessionState.EXPIRED)
        assert bench.backends.count(Step.GET) == 2
        assert [entry.ended_at is None for entry in bench.store.ledger.values()] == [False]
        assert not bench.watcher.expired
        bench.clock.advance(1000)
        bench.settle()
        assert bench.backends.count(Step.GET) == 2


@pytest.mark.parametrize("error", [NotConnectedError("offline"), ServerError("fault")], ids=str)
def test_a_question_without_an_answer_expires_nothing(error: Exception) -> None:
    with running_bench() as bench:
        session_id = bench.new_session(idle_timeout_s=60)
        bench.converse(session_id)
        bench.backends.fail(Step.GET, error)
        bench.clock.advance(61)
        bench.until(lambda: bench.backends.count(Step.GET) == 1)
        bench.settle()
        assert bench.state(session_id) is SessionState.IDLE
        bench.backends.sessions.clear()
        bench.clock.advance(31)
        bench.until_state(session_id, SessionState.EXPIRED)


def test_a_running_turn_never_expires() -> None:
    with running_bench() as bench:
        session_id = bench.new_session(idle_timeout_s=60)
        bench.converse(session_id)
        stream = bench.ask(session_id, "long")
        stream.say("text")
        bench.until_text(session_id, "text")
        bench.clock.advance(10_000)
        bench.settle()
        assert bench.state(session_id) is SessionState.RUNNING
        assert not bench.backends.count(Step.GET)
        stream.complete()
        bench.until_state(session_id, SessionState.IDLE)


def test_an_answer_that_comes_after_the_next_message_began_expires_nothing() -> None:
    with running_bench() as bench:
        session_id = bench.new_session(idle_timeout_s=60)
        bench.converse(session_id)
        hold = bench.backends.hold(Step.GET, NotFoundError("gone"))
        bench.clock.advance(61)
        hold.wait_reached()
        stream = bench.ask(session_id, "second")
        hold.release()
        bench.settle()
        assert bench.state(session_id) is SessionState.STARTING
        stream.complete("well")
        bench.until_state(session_id, SessionState.IDLE)


def test_an_answer_from_before_the_last_message_expires_nothing() -> None:
    with running_bench() as bench:
        session_id = bench.new_session(idle_timeout_s=60)
        bench.converse(session_id)
        hold = bench.backends.hold(Step.GET, NotFoundError("gone"))
        bench.clock.advance(61)
        hold.wait_reached()
        bench.converse(session_id, "second", "well")
        hold.release()
        bench.settle()
        bench.clock.advance(61)
        bench.until(lambda: bench.backends.count(Step.GET) == 2, what="the clock runs anew")
        assert bench.state(session_id) is SessionState.IDLE


@pytest.mark.parametrize("seconds", [-86_400, 86_400])
def test_a_jump_of_the_wall_clock_kills_no_session(seconds: float) -> None:
    with running_bench() as bench:
        session_id = bench.new_session(idle_timeout_s=60)
        bench.converse(session_id)
        bench.clock.jump(seconds)
        bench.settle()
        assert bench.state(session_id) is SessionState.IDLE
        bench.converse(session_id, "second", "well")
        assert bench.last(session_id).state is TurnState.COMPLETED
