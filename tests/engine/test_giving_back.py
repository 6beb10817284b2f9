"""A turn that is stopped before anything of its answer came: its message goes back to the composer."""

from __future__ import annotations

import pytest

from superserve_tui.domain import MessageReturned, SessionState, TurnState
from superserve_tui.engine import SaveDraft, SendPrompt, StopTurn
from superserve_tui.protocol import Event, MessageDelta, RunStarted, StatusUpdate, ToolStart
from tests.support.engine_bench import EngineBench, running_bench
from tests.support.scripted_backend import Step


def _stop(bench: EngineBench, session_id: str) -> None:
    bench.do(StopTurn(session_id, gives_back=True))
    bench.settle()
    if bench.state(session_id) is SessionState.STOPPING:
        bench.clock.advance(0.4)
    bench.until_state(session_id, SessionState.IDLE)


@pytest.mark.parametrize("step", [Step.SERVICE, Step.CREATE])
def test_a_message_that_did_not_leave_is_out_of_the_transcript_and_back(step: Step) -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        hold = bench.backends.hold(step)
        bench.do(SendPrompt(session_id, "first"))
        hold.wait_reached()
        _stop(bench, session_id)
        assert bench.watcher.returned == [(session_id, "first")]
        assert bench.turns(session_id) == []
        assert bench.store.turns(session_id) == []
        assert (bench.session(session_id).draft, bench.session(session_id).message_count) == ("first", 0)
        hold.release()
        bench.converse(session_id, "first, better", "well")
        assert bench.backends.messages == ["first, better"]


@pytest.mark.parametrize("step", [Step.SEND, Step.HEADERS])
def test_a_message_that_may_have_left_stays_in_the_transcript_and_is_back(step: Step) -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        hold = bench.backends.hold(step)
        bench.do(SendPrompt(session_id, "first"))
        hold.wait_reached()
        _stop(bench, session_id)
        assert bench.watcher.returned == [(session_id, "first")]
        assert "The agent may have seen it" in bench.watcher.of(MessageReturned)[0].note
        assert [turn.state for turn in bench.turns(session_id)] == [TurnState.STOPPED]
        assert bench.session(session_id).draft == "first"
        assert bench.store.saved_sessions[session_id].draft == "first"
        hold.release()


@pytest.mark.parametrize("event", [RunStarted(), StatusUpdate("thinking")])
def test_news_that_are_no_answer_keep_nothing_from_coming_back(event: Event) -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.ask(session_id, "first").emit(event)
        bench.until_state(session_id, SessionState.RUNNING)
        _stop(bench, session_id)
        assert bench.watcher.returned == [(session_id, "first")]


@pytest.mark.parametrize("event", [MessageDelta("a"), ToolStart("bash", {})])
def test_once_something_of_the_answer_came_the_message_stays_where_it_is(event: Event) -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.ask(session_id, "first").emit(event)
        bench.until(
            lambda: bench.turns(session_id) and (bench.last(session_id).text or bench.last(session_id).calls)
        )
        _stop(bench, session_id)
        assert bench.watcher.returned == []
        assert bench.session(session_id).draft == ""


def test_a_message_that_comes_back_keeps_the_note_of_what_it_revises() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id, "first", "well")
        first = bench.last(session_id).id
        hold = bench.backends.hold(Step.SEND)
        bench.do(SendPrompt(session_id, "first, better", revises=first))
        hold.wait_reached()
        _stop(bench, session_id)
        hold.release()
        assert bench.watcher.of(MessageReturned)[0].revises == first
        assert (bench.session(session_id).draft, bench.session(session_id).draft_revises) == (
            "first, better",
            first,
        )
        bench.do(SendPrompt(session_id, "first, better", revises=first))
        bench.backends.next_stream().complete("fine")
        bench.until_state(session_id, SessionState.IDLE)
        assert bench.last(session_id).revises == first
        session = bench.session(session_id)
        assert (session.draft, session.draft_revises) == ("", None)


def test_a_message_comes_back_only_where_that_is_asked_for() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.ask(session_id, "first")
        bench.do(StopTurn(session_id))
        bench.until_turn(session_id, TurnState.STOPPED)
        assert bench.watcher.returned == []


def test_it_stands_before_a_draft_and_is_sent_from_there_once() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.ask(session_id, "first")
        bench.do(SaveDraft(session_id, "next"))
        _stop(bench, session_id)
        assert bench.session(session_id).draft == "first\n\nnext"
        bench.converse(session_id, "first", "well")
        assert bench.session(session_id).draft == "next"
