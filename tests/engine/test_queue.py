"""Messages that wait while a turn runs."""

from __future__ import annotations

import pytest

from superserve_tui.domain import SessionState, TranscriptRead, TurnState
from superserve_tui.engine import (
    MoveQueued,
    OpenSession,
    ReadTranscript,
    RemoveQueued,
    ResumeQueue,
    SaveDraft,
    SendPrompt,
    StopTurn,
    TakeBackQueued,
)
from superserve_tui.protocol import AuthenticationError, Event, NotFoundError, RunCancelled, RunFailed
from tests.support.engine_bench import EngineBench, running_bench
from tests.support.scripted_backend import ScriptedStream, Step


def busy_with_two_waiting(bench: EngineBench) -> tuple[str, ScriptedStream]:
    session_id = bench.new_session()
    stream = bench.ask(session_id, "first")
    bench.do(SendPrompt(session_id, "second"))
    bench.do(SendPrompt(session_id, "third"))
    bench.until(lambda: bench.queued(session_id) == ["second", "third"])
    return session_id, stream


def test_messages_queue_and_go_out_in_order() -> None:
    with running_bench() as bench:
        session_id, stream = busy_with_two_waiting(bench)
        saved = [(turn.number, turn.state) for turn in bench.store.turns(session_id)]
        assert saved == [(1, TurnState.SENT), (2, TurnState.QUEUED), (3, TurnState.QUEUED)]
        stream.complete("1")
        stream = bench.backends.next_stream()
        bench.until(lambda: bench.queued(session_id) == ["third"])
        stream.complete("2")
        bench.backends.next_stream().complete("3")
        bench.until_state(session_id, SessionState.IDLE)
        bench.until(lambda: not bench.queued(session_id))
        assert [(turn.prompt, turn.text) for turn in bench.turns(session_id)] == [
            ("first", "1"),
            ("second", "2"),
            ("third", "3"),
        ]
        assert bench.turns(session_id) == bench.store.turns(session_id)
        assert bench.session(session_id).message_count == 3


@pytest.mark.parametrize("end", [RunFailed("broken"), RunCancelled(), None], ids=["failed", "cancelled", "cut"])
def test_the_queue_waits_for_a_key_after_an_end_that_is_not_well(end: Event | None) -> None:
    with running_bench() as bench:
        session_id, stream = busy_with_two_waiting(bench)
        if end is None:
            stream.cut()
        else:
            stream.emit(end)
        bench.until(lambda: not bench.session(session_id).state.is_busy)
        bench.settle()
        assert bench.session(session_id).is_queue_paused
        assert bench.queued(session_id) == ["second", "third"]
        assert bench.backends.messages == ["first"]
        bench.do(ResumeQueue(session_id))
        bench.backends.next_stream().complete()
        bench.backends.next_stream().complete()
        bench.until_state(session_id, SessionState.IDLE)
        assert bench.backends.messages == ["first", "second", "third"]
        assert not bench.session(session_id).is_queue_paused


def test_a_stop_holds_the_queue_back() -> None:
    with running_bench() as bench:
        session_id, _ = busy_with_two_waiting(bench)
        bench.do(StopTurn(session_id))
        bench.until_turn(session_id, TurnState.STOPPED)
        bench.clock.advance(0.4)
        bench.until_state(session_id, SessionState.IDLE)
        assert bench.queued(session_id) == ["second", "third"]
        assert bench.session(session_id).is_queue_paused
        bench.converse(session_id, "now", "well")
        assert bench.backends.messages == ["first", "now"]
        assert bench.queued(session_id) == ["second", "third"]
        bench.do(ResumeQueue(session_id))
        bench.backends.next_stream().complete()
        bench.backends.next_stream().complete()
        bench.until_state(session_id, SessionState.IDLE)
        assert bench.backends.messages == ["first", "now", "second", "third"]
        assert [turn.prompt for turn in bench.turns(session_id)] == ["first", "now", "second", "third"]
        assert bench.turns(session_id) == bench.store.turns(session_id)


def test_a_queue_that_is_resumed_while_a_stop_takes_effect_goes_out() -> None:
    with running_bench() as bench:
        session_id, _ = busy_with_two_waiting(bench)
        hold = bench.backends.hold(Step.CANCEL)
        bench.do(StopTurn(session_id))
        hold.wait_reached()
        bench.until_state(session_id, SessionState.STOPPING)
        bench.do(ResumeQueue(session_id))
        bench.settle()
        hold.release()
        bench.backends.next_stream().complete()
        bench.backends.next_stream().complete()
        bench.until_state(session_id, SessionState.IDLE)
        assert bench.backends.messages == ["first", "second", "third"]


def test_a_refused_message_holds_the_queue_back() -> None:
    with running_bench() as bench:
        session_id, stream = busy_with_two_waiting(bench)
        bench.backends.fail(Step.SEND, AuthenticationError("bad key"))
        stream.complete()
        bench.until(lambda: bench.watcher.returned)
        assert bench.watcher.returned == [(session_id, "second")]
        assert bench.queued(session_id) == ["third"]
        assert bench.session(session_id).is_queue_paused


def test_a_waiting_message_can_be_taken_out() -> None:
    with running_bench() as bench:
        session_id, stream = busy_with_two_waiting(bench)
        bench.do(RemoveQueued(session_id, bench.watcher.queues[session_id][0].id))
        bench.do(RemoveQueued(session_id, "no such turn"))
        bench.until(lambda: bench.queued(session_id) == ["third"])
        stream.complete()
        bench.backends.next_stream().complete()
        bench.until_state(session_id, SessionState.IDLE)
        assert bench.backends.messages == ["first", "third"]
        assert [turn.prompt for turn in bench.store.turns(session_id)] == ["first", "third"]


def test_a_waiting_message_comes_back_to_be_edited() -> None:
    with running_bench() as bench:
        session_id, stream = busy_with_two_waiting(bench)
        bench.do(SaveDraft(session_id, "half a thought"))
        turn_id = bench.watcher.queues[session_id][0].id
        bench.do(TakeBackQueued(session_id, turn_id))
        bench.do(TakeBackQueued(session_id, turn_id))
        bench.until(lambda: bench.queued(session_id) == ["third"])
        bench.settle()
        assert bench.watcher.returned == [(session_id, "second")]
        assert bench.store.saved_sessions[session_id].draft == "second\n\nhalf a thought"
        assert [turn.prompt for turn in bench.store.turns(session_id)] == ["first", "third"]
        stream.complete()
        bench.backends.next_stream().complete()
        bench.until_state(session_id, SessionState.IDLE)
        assert bench.backends.messages == ["first", "third"]


def test_a_message_that_has_gone_out_meanwhile_is_not_taken_back() -> None:
    with running_bench() as bench:
        session_id, stream = busy_with_two_waiting(bench)
        turn_id = bench.watcher.queues[session_id][0].id
        stream.complete()
        stream = bench.backends.next_stream()
        bench.do(TakeBackQueued(session_id, turn_id))
        bench.do(MoveQueued(session_id, turn_id, 1))
        bench.settle()
        assert not bench.watcher.returned
        stream.complete()
        bench.backends.next_stream().complete()
        bench.until_state(session_id, SessionState.IDLE)
        assert bench.backends.messages == ["first", "second", "third"]


@pytest.mark.parametrize(
    ("place", "places", "order"),
    [
        (2, -1, ["second", "fourth", "third"]),
        (2, -9, ["fourth", "second", "third"]),
        (0, 1, ["third", "second", "fourth"]),
        (0, 9, ["third", "fourth", "second"]),
        (0, -1, ["second", "third", "fourth"]),
    ],
)
def test_waiting_messages_can_be_moved_and_a_restart_has_them_in_that_order(
    place: int, places: int, order: list[str]
) -> None:
    with running_bench() as bench:
        session_id, _ = busy_with_two_waiting(bench)
        bench.do(SendPrompt(session_id, "fourth"))
        bench.until(lambda: len(bench.queued(session_id)) == 3)
        bench.do(MoveQueued(session_id, bench.watcher.queues[session_id][place].id, places))
        bench.settle()
        assert bench.queued(session_id) == order
        store, clock = bench.store, bench.clock
    with running_bench(store, clock=clock) as again:
        assert again.queued(session_id) == order


def test_a_message_from_the_queue_leaves_the_draft_alone() -> None:
    with running_bench() as bench:
        session_id, stream = busy_with_two_waiting(bench)
        bench.do(SaveDraft(session_id, "half a thought"))
        stream.complete()
        bench.backends.next_stream().complete()
        bench.backends.next_stream().complete()
        bench.until_state(session_id, SessionState.IDLE)
        assert bench.store.saved_sessions[session_id].draft == "half a thought"


def test_queued_messages_of_a_session_that_is_gone_are_asked_about() -> None:
    with running_bench() as bench:
        session_id, stream = busy_with_two_waiting(bench)
        bench.backends.fail(Step.SEND, NotFoundError("no such session"))
        bench.backends.sessions[bench.session(session_id).server_id or ""].status = "timeout"
        stream.complete()
        bench.until_state(session_id, SessionState.EXPIRED)
        assert bench.watcher.expired == [(session_id, "second")]
        assert bench.queued(session_id) == ["third"]
        bench.do(ResumeQueue(session_id))
        bench.until(lambda: len(bench.watcher.expired) == 2)
        assert bench.watcher.expired[1] == (session_id, "third")
        assert bench.queued(session_id) == []
        assert bench.store.saved_sessions[session_id].draft == "third\n\nsecond"


def test_an_opened_transcript_has_the_queue_beside_it() -> None:
    with running_bench() as bench:
        session_id, stream = busy_with_two_waiting(bench)
        stream.say("text")
        bench.until_text(session_id, "text")
        bench.watcher.transcripts.clear()
        bench.watcher.queues.clear()
        bench.do(OpenSession(session_id))
        bench.until(lambda: session_id in bench.watcher.queues)
        assert [(turn.prompt, turn.text) for turn in bench.turns(session_id)] == [("first", "text")]
        assert bench.queued(session_id) == ["second", "third"]


def test_a_transcript_is_read_for_elsewhere_with_what_runs_and_without_opening_it() -> None:
    with running_bench() as bench:
        session_id, stream = busy_with_two_waiting(bench)
        stream.say("text")
        bench.until_text(session_id, "text")
        bench.watcher.transcripts.clear()
        bench.do(ReadTranscript(session_id))
        bench.until(lambda: bench.watcher.of(TranscriptRead))
        (read,) = bench.watcher.of(TranscriptRead)
        assert [(turn.prompt, turn.text) for turn in read.turns] == [("first", "text")]
        assert bench.watcher.transcripts == {}


def test_a_draft_keeps_whose_revision_it_is_until_it_is_sent() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        first = bench.last(session_id).id
        bench.do(SaveDraft(session_id, "hello again", first))
        bench.settle()
        assert bench.store.saved_sessions[session_id].draft_revises == first
        bench.converse(session_id, "something else")
        assert bench.store.saved_sessions[session_id].draft_revises == first
        bench.converse(session_id, "hello again")

        saved = bench.store.saved_sessions[session_id]
        assert (saved.draft, saved.draft_revises) == ("", None)
