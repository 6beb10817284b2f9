"""Several app instances on one store: what one does shows in the others, and no two write to one session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from superserve_tui.domain import Session, SessionState, Turn, TurnState
from superserve_tui.engine import Engine, OpenSession, RenameSession, SendPrompt
from superserve_tui.engine.neighbours import LOOK_S
from superserve_tui.engine.world import HELD_ELSEWHERE
from superserve_tui.protocol import RunCompleted
from tests.support.engine_bench import (
    SERVER_ID,
    EngineBench,
    Watcher,
    calls_of,
    running_bench,
    saved_entry,
    saved_session,
    saved_turn,
)
from tests.support.manual_clock import ManualClock
from tests.support.memory_store import MemoryStore
from tests.support.saved import open_store
from tests.support.scripted_backend import ScriptedBackends, Step
from tests.support.waiting import wait_for


def _look(bench: EngineBench) -> None:
    """Something was written by another process, and the time has come to see it."""
    bench.store.is_changed_elsewhere = True
    bench.clock.advance(LOOK_S)
    bench.until(lambda: not bench.store.is_changed_elsewhere)
    bench.settle()


def _put(bench: EngineBench, session: Session, *turns: Turn) -> None:
    """Write to the store as another process does."""
    bench.store.saved_sessions[session.id] = session
    for turn in turns:
        bench.store.saved_turns.setdefault(session.id, {})[turn.id] = turn


@contextmanager
def _beside(*turns: Turn, state: SessionState = SessionState.RUNNING) -> Iterator[tuple[EngineBench, Session]]:
    """A bench beside an instance that is alive and has a turn running."""
    store, clock, backends = MemoryStore(), ManualClock(), ScriptedBackends()
    backends.alive.add("other")
    session = saved_session(clock, state=state, busy_in="other" if state.is_busy else None)
    store.saved_sessions[session.id] = session
    store.saved_turns[session.id] = {turn.id: turn for turn in turns}
    store.ledger[SERVER_ID] = saved_entry(session, owner="other")
    with running_bench(store, backends, clock) as bench:
        yield bench, session


def test_a_session_made_elsewhere_comes_into_the_list_within_two_seconds() -> None:
    assert LOOK_S < 2
    with running_bench() as bench:
        mine = bench.new_session()
        session = saved_session(bench.clock, title="from next door")
        _put(bench, session)
        _look(bench)
        assert bench.watcher.sessions[session.id].title == "from next door"
        assert mine in bench.watcher.sessions


def test_a_change_elsewhere_shows_and_can_be_built_upon_here() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        _put(bench, replace(bench.session(session_id), title="renamed next door", is_pinned=True))
        _look(bench)
        assert bench.session(session_id).title == "renamed next door"
        bench.converse(session_id)
        assert bench.store.saved_sessions[session_id].is_pinned


def test_a_session_deleted_elsewhere_leaves_the_list() -> None:
    with running_bench() as bench:
        kept, deleted = bench.new_session(), bench.new_session()
        del bench.store.saved_sessions[deleted]
        _look(bench)
        assert kept in bench.watcher.sessions
        assert deleted not in bench.watcher.sessions


def test_a_store_that_can_not_be_read_empties_no_list() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.store.saved_sessions.clear()
        _look(bench)
        assert session_id in bench.watcher.sessions


def test_nothing_is_read_while_nothing_changes() -> None:
    with running_bench() as bench:
        session = saved_session(bench.clock)
        _put(bench, session)
        bench.clock.advance(10 * LOOK_S)
        bench.settle()
        assert session.id not in bench.watcher.sessions


def test_a_session_at_work_here_is_not_changed_from_elsewhere() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        _put(bench, replace(bench.session(session_id), state=SessionState.IDLE, title="stale"))
        _look(bench)
        assert bench.session(session_id).title == "hello"
        stream.complete("well")
        bench.until_state(session_id, SessionState.IDLE)


def test_a_change_made_here_while_the_store_is_asked_is_not_undone() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        old = bench.session(session_id)
        bench.store.is_changed_elsewhere = True
        bench.store.hold()
        bench.clock.advance(LOOK_S)
        bench.settle()
        bench.do(RenameSession(session_id, "mine"))
        bench.until(lambda: bench.session(session_id).title == "mine")
        bench.store.release()
        bench.settle()
        assert bench.session(session_id).title == "mine"
        assert bench.store.saved_sessions[session_id] != old


# -- held elsewhere


def test_a_session_whose_turn_runs_elsewhere_says_so_and_is_not_written_to() -> None:
    turn = replace(saved_turn(ManualClock()), text="so far")
    with _beside(turn) as (bench, session):
        bench.until(lambda: bench.watcher.links.get(session.id) == [HELD_ELSEWHERE])
        bench.do(SendPrompt(session.id, "me too"))
        bench.until(lambda: bench.watcher.returned == [(session.id, "me too")])
        assert bench.watcher.problems[-1].what == "This session is open in another window."
        bench.do(RenameSession(session.id, "mine"))
        bench.settle()
        assert bench.store.saved_sessions[session.id] == session
        assert bench.store.turns(session.id) == [turn]
        assert not bench.backends.count(Step.ATTACH)


def test_one_whose_server_session_is_still_being_made_elsewhere_is_left_alone() -> None:
    store, clock, backends = MemoryStore(), ManualClock(), ScriptedBackends()
    backends.alive.add("other")
    session = saved_session(clock, state=SessionState.STARTING, server_id=None, busy_in="other")
    turn = saved_turn(clock, state=TurnState.SENT, server_id=None)
    store.saved_sessions[session.id], store.saved_turns[session.id] = session, {turn.id: turn}
    with running_bench(store, backends, clock) as bench:
        bench.settle()
        assert store.saved_sessions[session.id] == session
        assert store.turns(session.id) == [turn]
        assert bench.watcher.links[session.id] == [HELD_ELSEWHERE]


def test_an_open_transcript_follows_the_turn_that_runs_elsewhere() -> None:
    turn = replace(saved_turn(ManualClock()), text="so")
    with _beside(turn) as (bench, session):
        bench.do(OpenSession(session.id))
        bench.until_text(session.id, "so")
        _put(bench, session, replace(turn, text="so far", events_seen=2))
        _look(bench)
        bench.until_text(session.id, "so far")
        done = replace(turn, text="so far so good", state=TurnState.COMPLETED, duration_ms=5)
        following = replace(saved_turn(bench.clock), number=2, prompt="and", text="on")
        _put(bench, replace(session, message_count=2), done, following)
        _look(bench)
        bench.until_text(session.id, "on")
        assert bench.turns(session.id)[0] == done


def test_of_a_transcript_that_is_open_from_its_end_only_that_is_followed() -> None:
    clock = ManualClock()
    over = [saved_turn(clock, state=TurnState.COMPLETED, number=number, text="old") for number in (1, 2)]
    turn = saved_turn(clock, number=3, text="so")
    with _beside(turn) as (bench, session):
        _put(bench, session, *over)
        bench.do(OpenSession(session.id, last=1))
        bench.until_text(session.id, "so")
        _put(bench, session, replace(turn, text="so far", events_seen=2))
        _look(bench)
        bench.until_text(session.id, "so far")
        assert [each.number for each in bench.turns(session.id)] == [3]


def test_a_transcript_that_nobody_looks_at_is_not_read() -> None:
    with _beside(saved_turn(ManualClock())) as (bench, session):
        _look(bench)
        assert session.id not in bench.watcher.transcripts


def test_a_session_that_is_let_go_elsewhere_can_be_used_here() -> None:
    with _beside(saved_turn(ManualClock(), state=TurnState.COMPLETED), state=SessionState.IDLE) as (bench, session):
        _put(bench, replace(session, state=SessionState.ENDED))
        bench.store.ledger[SERVER_ID] = replace(bench.store.ledger[SERVER_ID], ended_at=bench.clock.now())
        _look(bench)
        assert bench.watcher.links[session.id] == [HELD_ELSEWHERE, ""]
        bench.do(RenameSession(session.id, "mine"))
        bench.until(lambda: bench.session(session.id).title == "mine")


# -- instances that are gone


def test_what_a_dead_instance_left_is_taken_over_and_its_turn_picked_up() -> None:
    turn = replace(saved_turn(ManualClock()), text="so", events_seen=1)
    with _beside(turn) as (bench, session):
        bench.do(OpenSession(session.id))
        bench.until_text(session.id, "so")
        bench.backends.add_session(SERVER_ID, message_count=1)
        _put(bench, session, replace(turn, text="so far", events_seen=2))
        bench.backends.alive.discard("other")
        bench.clock.advance(LOOK_S)
        stream = bench.backends.next_stream()
        stream.say(" so good")
        stream.emit(RunCompleted(5))
        bench.until_state(session.id, SessionState.IDLE)
        assert bench.last(session.id).text == "so far so good"
        assert calls_of(bench, Step.ATTACH) == [(SERVER_ID, 2)]
        assert bench.watcher.links[session.id][:2] == [HELD_ELSEWHERE, ""]
        assert bench.store.ledger[SERVER_ID].owner == bench.backends.owner


def test_a_look_while_a_session_is_being_taken_over_leaves_it_to_that() -> None:
    with _beside(saved_turn(ManualClock())) as (bench, session):
        owner = bench.backends.owner
        bench.backends.add_session(SERVER_ID, message_count=1)
        _put(bench, replace(session, busy_in=owner))
        bench.store.ledger[SERVER_ID] = replace(bench.store.ledger[SERVER_ID], owner=owner)
        _look(bench)
        assert bench.watcher.links[session.id] == [HELD_ELSEWHERE]
        bench.backends.alive.discard("other")
        bench.clock.advance(LOOK_S)
        bench.backends.next_stream().complete("well")
        bench.until_state(session.id, SessionState.IDLE)


def test_what_a_dead_instance_made_last_is_taken_over_though_it_was_never_seen_here() -> None:
    with _beside(saved_turn(ManualClock())) as (bench, session):
        bench.backends.add_session(SERVER_ID, message_count=1)
        unseen = saved_session(bench.clock, state=SessionState.RUNNING, server_id="ses_new", busy_in="other")
        bench.backends.add_session("ses_new", message_count=1)
        _put(bench, unseen, saved_turn(bench.clock, server_id="ses_new"))
        bench.store.ledger["ses_new"] = saved_entry(unseen, owner="other")
        bench.backends.alive.discard("other")
        bench.clock.advance(LOOK_S)
        for _ in range(2):
            bench.backends.next_stream().complete("well")
        bench.until_state(session.id, SessionState.IDLE)
        bench.until_state(unseen.id, SessionState.IDLE)


def test_turns_that_follow_a_take_over_come_after_those_of_the_other_instance() -> None:
    with _beside(saved_turn(ManualClock(), state=TurnState.COMPLETED), state=SessionState.IDLE) as (bench, session):
        bench.backends.add_session(SERVER_ID, message_count=2)
        _put(bench, session, replace(saved_turn(bench.clock, state=TurnState.COMPLETED), number=2))
        bench.backends.alive.discard("other")
        bench.do(SendPrompt(session.id, "mine"))
        bench.backends.next_stream().complete("well")
        bench.until_state(session.id, SessionState.IDLE)
        assert [turn.number for turn in bench.store.turns(session.id)] == [1, 2, 3]


@pytest.mark.parametrize("tries", range(5))
def test_of_two_that_find_a_dead_instance_one_picks_its_turn_up(tmp_path: Path, tries: int) -> None:
    clock = ManualClock()
    session = saved_session(clock, state=SessionState.RUNNING, busy_in="dead")
    path = tmp_path / "sessions.db"
    with open_store(path) as store:
        store.save_session(session)
        store.save_server_session(saved_entry(session, owner="dead"))
        store.save_turn(session.id, saved_turn(clock)).result()
    with _instance(path, "one") as (first, watched), _instance(path, "two") as (second, also_watched):

        def look() -> tuple[int, list[list[str]]]:
            for engine, watcher in watched, also_watched:
                for change in engine.drain():
                    watcher.see(change)
            links = [watcher.links.get(session.id, []) for _, watcher in (watched, also_watched)]
            return sum(each.count(Step.GET, SERVER_ID) for each in (first, second)), links

        wait_for(lambda: look()[0] and [HELD_ELSEWHERE] in look()[1])
        assert look()[0] == 1
        assert look()[1].count([HELD_ELSEWHERE]) == 1


@contextmanager
def _instance(path: Path, owner: str) -> Iterator[tuple[ScriptedBackends, tuple[Engine, Watcher]]]:
    """An engine over a store of its own on that file; the session is on its server."""
    backends = ScriptedBackends(owner=owner)
    backends.alive |= {"one", "two"}
    backends.add_session(SERVER_ID, message_count=1)
    with open_store(path) as store:
        engine = Engine(lambda: (store, backends), clock=ManualClock())
        engine.start(lambda: None)
        try:
            yield backends, (engine, Watcher())
        finally:
            backends.release_all()
            assert engine.stop(timeout_s=5.0)
