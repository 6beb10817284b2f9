"""Leaving: every server session of ours is ended exactly once, or written down."""

from __future__ import annotations

import threading
from time import monotonic

import pytest

from superserve_tui.domain import QuitFinished, QuitProgressed, SessionState, TurnState
from superserve_tui.engine import (
    DeleteSession,
    EndSession,
    KeepSessions,
    ListAgents,
    PinSession,
    Quit,
    Reconnect,
    ResumeQueue,
    SendPrompt,
    StopTurn,
)
from superserve_tui.engine.leaving import QUIT_DEADLINE_S
from superserve_tui.protocol import NotConnectedError, ServerError
from tests.support.engine_bench import EngineBench, calls_of, running_bench, saved_entry, saved_session
from tests.support.manual_clock import ManualClock
from tests.support.memory_store import MemoryStore
from tests.support.scripted_backend import ScriptedBackends, Step
from tests.support.waiting import wait_for


def ended(bench: EngineBench) -> list[str]:
    return sorted(server_id for (server_id,) in calls_of(bench, Step.END))


def quit_finished(bench: EngineBench) -> QuitFinished:
    bench.until(lambda: bench.watcher.of(QuitFinished))
    (finished,) = bench.watcher.of(QuitFinished)
    assert isinstance(finished, QuitFinished)
    return finished


def test_every_live_session_is_ended_exactly_once() -> None:
    with running_bench() as bench:
        ids = [bench.new_session() for _ in range(5)]
        for session_id in ids:
            bench.converse(session_id)
        bench.new_session()
        assert bench.engine.quit()
        assert bench.engine.quit()
        assert ended(bench) == sorted(bench.backends.sessions)
        assert quit_finished(bench).failed == 0
        assert all(entry.ended_at is not None for entry in bench.store.ledger.values())
        assert {bench.state(session_id) for session_id in ids} == {SessionState.ENDED}
        progress = [(each.done, each.total) for each in bench.watcher.of(QuitProgressed)]
        assert progress == [(number, 5) for number in range(6)]
        assert not bench.backends.is_kept


def test_ends_run_in_parallel() -> None:
    with running_bench() as bench:
        for _ in range(20):
            bench.converse(bench.new_session())
        holds = [bench.backends.hold(Step.END) for _ in range(20)]
        bench.do(Quit())
        for hold in holds:
            hold.wait_reached()
        for hold in holds:
            hold.release()
        assert quit_finished(bench).failed == 0


def test_plain_requests_that_hang_hold_no_end_up() -> None:
    with running_bench() as bench:
        bench.converse(bench.new_session())
        holds = [bench.backends.hold(Step.AGENTS) for _ in range(8)]
        for _ in range(12):
            bench.do(ListAgents("local"))
        for hold in holds:
            hold.wait_reached()
        assert bench.engine.quit()
        assert len(ended(bench)) == 1


def test_a_running_turn_is_stopped_and_its_session_ended() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        stream.say("text")
        bench.until_text(session_id, "text")
        bench.do(SendPrompt(session_id, "waits"))
        assert bench.engine.quit()
        quit_finished(bench)
        assert stream.aborted.is_set()
        assert bench.state(session_id) is SessionState.ENDED
        states = [turn.state for turn in bench.store.turns(session_id)]
        assert states == [TurnState.STOPPED, TurnState.QUEUED]
        assert bench.store.saved_sessions[session_id].state is SessionState.ENDED
        assert len(ended(bench)) == 1
        assert bench.backends.messages == ["hello"]


def test_an_end_that_fails_is_owed() -> None:
    with running_bench() as bench:
        first, second = bench.new_session(), bench.new_session()
        bench.converse(first)
        bench.converse(second)
        bench.backends.fail(Step.END, ServerError("fault"))
        assert bench.engine.quit()
        finished = quit_finished(bench)
        assert finished.failed == 1
        assert "fault" in finished.why
        owed = [entry for entry in bench.store.ledger.values() if entry.is_end_owed]
        assert [entry.ended_at for entry in owed] == [None]
        assert sum(entry.ended_at is not None for entry in bench.store.ledger.values()) == 1


def test_an_end_that_hangs_is_owed_at_the_deadline_and_noted_if_it_comes_after_all() -> None:
    with running_bench() as bench:
        bench.converse(bench.new_session())
        hold = bench.backends.hold(Step.END)
        bench.do(Quit())
        hold.wait_reached()
        bench.settle()
        assert not bench.watcher.of(QuitFinished)
        bench.clock.advance(QUIT_DEADLINE_S)
        finished = quit_finished(bench)
        assert finished.failed == 1
        assert finished.why == "The server did not answer in time."
        (entry,) = bench.store.ledger.values()
        assert entry.is_end_owed
        hold.release()
        bench.until(lambda: next(iter(bench.store.ledger.values())).ended_at is not None)
        assert len(ended(bench)) == 1


def test_the_engine_is_gone_within_three_seconds_whatever_hangs() -> None:
    with running_bench() as bench:
        for _ in range(3):
            bench.converse(bench.new_session())
        stuck = bench.new_session()
        hold = bench.backends.hold(Step.CREATE)
        bench.do(SendPrompt(stuck, "hello"))
        hold.wait_reached()
        ends = [bench.backends.hold(Step.END) for _ in range(3)]
        began = monotonic()
        bench.do(Quit())
        for end in ends:
            end.wait_reached()
        bench.settle()
        bench.clock.advance(QUIT_DEADLINE_S)
        assert bench.engine.quit()
        assert quit_finished(bench).failed == 3
        assert bench.engine.stop()
        assert monotonic() - began < 10
        alive = [thread for thread in threading.enumerate() if thread.name.startswith(("farewell", "run:"))]
        assert alive
        assert all(thread.daemon for thread in alive)


def test_kept_sessions_are_not_ended_and_their_turns_go_on() -> None:
    with running_bench(keep_sessions=True) as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        stream = bench.ask(session_id, "long")
        stream.say("text")
        bench.until_text(session_id, "text")
        assert bench.session(session_id).is_kept
        assert bench.engine.quit()
        assert quit_finished(bench).failed == 0
        assert not ended(bench)
        assert not bench.backends.count(Step.CANCEL)
        assert bench.backends.is_kept
        assert bench.engine.stop()
        assert bench.store.turns(session_id)[-1].state.is_over is False
        assert bench.store.turns(session_id)[-1].text == "text"


def test_keeping_at_quit_marks_the_sessions() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        assert bench.engine.quit(keep=True)
        quit_finished(bench)
        assert not ended(bench)
        assert bench.backends.is_kept
        assert [entry.is_kept for entry in bench.store.ledger.values()] == [True]
        assert bench.store.saved_sessions[session_id].is_kept
    with running_bench(bench.store, bench.backends) as again:
        again.converse(session_id, "more", "well")
        assert again.engine.quit()
        assert not ended(again)
        assert again.store.saved_sessions[session_id].is_kept


def test_sessions_that_are_to_be_kept_from_now_on_outlive_any_end_of_the_app() -> None:
    with running_bench() as bench:
        before, after = bench.new_session(), bench.new_session()
        bench.converse(before)
        bench.do(KeepSessions(True))
        bench.converse(after)
        assert bench.session(before).is_kept
        assert bench.session(after).is_kept
        assert bench.engine.quit()
        assert not ended(bench)
        assert bench.backends.is_kept
        assert [entry.is_kept for entry in bench.store.ledger.values()] == [True, True]


def test_sessions_that_are_not_to_be_kept_after_all_are_ended_but_for_those_of_an_earlier_run() -> None:
    with running_bench() as bench:
        earlier = bench.new_session()
        bench.converse(earlier)
        assert bench.engine.quit(keep=True)
    with running_bench(bench.store, bench.backends, keep_sessions=True) as again:
        again.converse(earlier)
        session_id = again.new_session()
        again.converse(session_id)
        again.do(KeepSessions(False))
        again.converse(again.new_session())
        assert not again.session(session_id).is_kept
        assert again.engine.quit()
        kept = again.session(earlier).server_id
        assert ended(again) == sorted(set(again.backends.sessions) - {kept})


def test_attached_and_foreign_sessions_are_not_ended_and_those_of_the_dead_are() -> None:
    clock, store, backends = ManualClock(), MemoryStore(), ScriptedBackends()
    backends.alive.add("other")
    for server_id, owner, is_attached in (
        ("ses_attached", "dead", True),
        ("ses_foreign", "other", False),
        ("ses_left", "dead", False),
    ):
        session = saved_session(clock, server_id=server_id, is_attached=is_attached)
        backends.add_session(server_id)
        store.save_session(session)
        store.save_server_session(saved_entry(session, owner=owner, is_attached=is_attached))
    with running_bench(store, backends, clock) as bench:
        assert bench.engine.quit()
        assert ended(bench) == ["ses_left"]


def test_an_attached_session_is_ended_by_its_key_only() -> None:
    clock, store, backends = ManualClock(), MemoryStore(), ScriptedBackends()
    session = saved_session(clock, is_attached=True)
    backends.add_session(session.server_id or "")
    store.save_session(session)
    store.save_server_session(saved_entry(session, is_attached=True))
    with running_bench(store, backends, clock) as bench:
        bench.do(EndSession(session.id))
        bench.until_state(session.id, SessionState.ENDED)
        assert ended(bench) == [session.server_id]
        assert bench.engine.quit()
        assert ended(bench) == [session.server_id]


def test_a_session_that_expired_is_not_ended_again() -> None:
    with running_bench() as bench:
        session_id = bench.new_session(idle_timeout_s=60)
        bench.converse(session_id)
        bench.backends.sessions.clear()
        bench.clock.advance(61)
        bench.until_state(session_id, SessionState.EXPIRED)
        assert bench.engine.quit()
        assert not ended(bench)


@pytest.mark.parametrize("first", [StopTurn, DeleteSession, EndSession, None])
def test_a_server_session_made_too_late_is_ended_at_quit(first: type[StopTurn] | None) -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        hold = bench.backends.hold(Step.CREATE)
        bench.do(SendPrompt(session_id, "hello"))
        hold.wait_reached()
        if first is not None:
            bench.do(first(session_id))
            bench.settle()
        bench.do(Quit())
        bench.settle()
        assert not bench.watcher.of(QuitFinished)
        hold.release()
        assert quit_finished(bench).failed == 0
        (server_id,) = bench.backends.sessions
        assert ended(bench) == [server_id]
        assert bench.store.ledger[server_id].ended_at is not None
        assert not bench.backends.messages


@pytest.mark.parametrize("first", [DeleteSession, EndSession])
def test_a_server_session_made_for_a_row_that_is_over_is_ended_at_once(
    first: type[DeleteSession] | type[EndSession],
) -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        hold = bench.backends.hold(Step.CREATE)
        bench.do(SendPrompt(session_id, "hello"))
        hold.wait_reached()
        bench.do(first(session_id))
        bench.settle()
        hold.release()
        bench.until(lambda: len(ended(bench)) == 1)
        bench.until(lambda: all(entry.ended_at is not None for entry in bench.store.ledger.values()))
        assert not bench.backends.messages
        if first is EndSession:
            assert bench.session(session_id).server_id is None
            assert bench.state(session_id) is SessionState.ENDED


def test_a_server_session_made_after_the_quit_is_owed() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        hold = bench.backends.hold(Step.CREATE)
        bench.do(SendPrompt(session_id, "hello"))
        hold.wait_reached()
        bench.do(Quit())
        bench.settle()
        bench.clock.advance(QUIT_DEADLINE_S)
        quit_finished(bench)
        hold.release()
        bench.until(lambda: bench.store.ledger)
        (entry,) = bench.store.ledger.values()
        assert entry.is_end_owed
        assert not ended(bench)


def test_a_connect_that_hangs_does_not_hold_the_quit_up() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        hold = bench.backends.hold(Step.CONNECT)
        bench.do(SendPrompt(session_id, "hello"))
        hold.wait_reached()
        bench.do(Quit())
        assert quit_finished(bench).failed == 0
        assert not bench.backends.sessions
        assert [(turn.prompt, turn.state) for turn in bench.store.turns(session_id)] == [
            ("hello", TurnState.STOPPED)
        ]


def test_a_connect_that_was_stopped_is_over_at_once_and_the_next_one_waits_for_nothing() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        hold = bench.backends.hold(Step.CONNECT)
        bench.do(SendPrompt(session_id, "hello"))
        hold.wait_reached()
        bench.do(StopTurn(session_id))
        bench.converse(session_id, "again")
        assert len(bench.backends.sessions) == 1


def test_a_creation_that_fails_does_not_hold_the_quit_up() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        hold = bench.backends.hold(Step.CREATE, NotConnectedError("offline"))
        bench.do(SendPrompt(session_id, "hello"))
        hold.wait_reached()
        bench.do(Quit())
        bench.settle()
        hold.release()
        assert quit_finished(bench).failed == 0
        assert [turn.prompt for turn in bench.store.turns(session_id)] == ["hello"]


def test_an_end_under_way_is_not_sent_twice_by_a_quit() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        hold = bench.backends.hold(Step.END)
        bench.do(EndSession(session_id))
        hold.wait_reached()
        bench.do(EndSession(session_id))
        bench.do(Quit())
        bench.settle()
        assert not bench.watcher.of(QuitFinished)
        hold.release()
        assert quit_finished(bench).failed == 0
        assert len(ended(bench)) == 1


def test_nothing_is_sent_any_more_and_the_text_is_kept() -> None:
    with running_bench() as bench:
        first, second = bench.new_session(), bench.new_session()
        stream = bench.ask(first, "hello")
        stream.say("text")
        bench.until_text(first, "text")
        stream.cut()
        bench.until_state(first, SessionState.INTERRUPTED)
        hold = bench.backends.hold(Step.END)
        bench.do(Quit())
        hold.wait_reached()
        bench.do(SendPrompt(second, "too late"))
        bench.do(ResumeQueue(first))
        bench.do(Reconnect(first))
        bench.settle()
        hold.release()
        quit_finished(bench)
        assert bench.backends.messages == ["hello"]
        assert bench.store.saved_sessions[second].draft == "too late"
        assert not bench.backends.count(Step.ATTACH)


def test_the_end_of_a_running_session_ends_the_turn_too() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.ask(session_id, "hello").say("text")
        bench.until_text(session_id, "text")
        bench.do(EndSession(session_id))
        bench.until_state(session_id, SessionState.ENDED)
        assert (bench.last(session_id).text, bench.last(session_id).state) == ("text", TurnState.STOPPED)
        bench.clock.advance(10)
        bench.settle()
        assert bench.state(session_id) is SessionState.ENDED
        assert len(ended(bench)) == 1


def test_an_end_by_key_that_fails_is_told_and_tried_again_at_quit() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        bench.backends.fail(Step.END, NotConnectedError("offline"))
        bench.do(EndSession(session_id))
        bench.until(lambda: bench.watcher.problems)
        assert bench.state(session_id) is SessionState.IDLE
        assert bench.engine.quit()
        assert len(ended(bench)) == 2
        assert bench.store.saved_sessions[session_id].state is SessionState.ENDED


def test_a_kept_turn_that_completes_while_the_app_leaves_sends_nothing_more() -> None:
    with running_bench(keep_sessions=True) as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        bench.do(SendPrompt(session_id, "waits"))
        assert bench.engine.quit()
        stream.complete("well")
        bench.until_text(session_id, "well")
        bench.settle()
        assert bench.backends.messages == ["hello"]
        assert [turn.state for turn in bench.store.turns(session_id)] == [TurnState.COMPLETED, TurnState.QUEUED]


def test_a_server_session_made_as_the_thread_ends_is_owed() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        hold = bench.backends.hold(Step.CREATE)
        bench.do(SendPrompt(session_id, "hello"))
        hold.wait_reached()
        bench.do(Quit())
        bench.settle()
        bench.clock.advance(QUIT_DEADLINE_S)
        quit_finished(bench)
        standing = bench.store.block_saves()
        bench.do(PinSession(session_id, True))
        standing.wait_reached()
        assert not bench.engine.stop(timeout_s=0.0)
        hold.release()
        wait_for(lambda: not [each for each in threading.enumerate() if each.name.startswith("run:")])
        assert not bench.store.ledger
        standing.release()
        assert bench.engine.stop(timeout_s=5.0)
        assert [entry.is_end_owed for entry in bench.store.ledger.values()] == [True]
