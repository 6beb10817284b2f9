"""What nobody foresaw: it is told, and the engine lives."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from superserve_tui.domain import Change, LiveTurn, SessionState, TurnState
from superserve_tui.engine import OpenSession, PinSession, SendPrompt
from superserve_tui.protocol import Event, MessageDelta
from tests.support.engine_bench import running_bench
from tests.support.scripted_backend import Step
from tests.support.waiting import wait_for


def test_a_fault_in_a_step_is_told_and_the_thread_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_bench() as bench:
        session_id = bench.new_session()

        def broken(*_: object) -> None:
            raise RuntimeError("a bug of ours")

        monkeypatch.setattr(bench.store, "save_session", broken)
        bench.do(PinSession(session_id, True))
        bench.until(lambda: bench.watcher.problems)
        assert bench.watcher.problems[0].what == "Something went wrong: a bug of ours"
        monkeypatch.undo()
        bench.converse(session_id, "hello", "well")


def test_a_fault_in_the_fold_costs_one_event(monkeypatch: pytest.MonkeyPatch) -> None:
    fold: Callable[[LiveTurn, Event], object] = LiveTurn.fold

    def fold_or_fail(live: LiveTurn, event: Event) -> object:
        if isinstance(event, MessageDelta) and event.content == "poison":
            live.events_seen += 1
            raise RecursionError("too deep")
        return fold(live, event)

    monkeypatch.setattr(LiveTurn, "fold", fold_or_fail)
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        stream.say("a", "poison", "b", "c")
        stream.complete("d")
        bench.until_state(session_id, SessionState.IDLE)
        assert bench.last(session_id).text == "abcd"
        assert bench.last(session_id).events_seen == 6
        assert len(bench.watcher.problems) == 1


def test_events_that_gathered_while_the_engine_stood_still_all_arrive() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        stream.say("0 ")
        bench.until_text(session_id, "0 ")
        standing = bench.store.block_saves()
        bench.do(PinSession(session_id, True))
        standing.wait_reached()
        stream.say(*(f"{number} " for number in range(1, 1801)))
        wait_for(lambda: stream.events_taken == 1801)
        standing.release()
        bench.until_text(session_id, "".join(f"{number} " for number in range(1801)))


@pytest.mark.parametrize("step", [Step.SERVICE, Step.CREATE, Step.SEND, Step.HEADERS])
def test_a_fault_on_a_runs_thread_ends_the_turn(step: Step) -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.backends.fail(step, RuntimeError("a bug of theirs"))
        bench.do(SendPrompt(session_id, "hello"))
        bench.until_state(session_id, SessionState.FAILED)
        bench.settle()
        if step in (Step.SERVICE, Step.CREATE):
            assert bench.watcher.returned == [(session_id, "hello")]
        else:
            assert bench.last(session_id).state is TurnState.UNKNOWN
            assert "a bug of theirs" in (bench.last(session_id).error or "")
        assert bench.backends.count(Step.SEND) <= 1
        bench.converse(session_id, "again", "well")


def test_a_transcript_that_can_not_be_read_is_told() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.store.read_error = OSError("unreadable")
        bench.do(OpenSession(session_id))
        bench.until(lambda: bench.watcher.problems)
        assert "unreadable" in bench.watcher.problems[0].what


def test_a_wake_that_fails_loses_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_bench() as bench:
        session_id = bench.new_session()

        def broken() -> None:
            seen.extend(bench.engine.drain())  # so that each change wakes, and each wake fails
            raise RuntimeError("the watcher is gone")

        seen: list[Change] = []
        monkeypatch.setattr(bench.engine, "_on_wake", broken)
        bench.do(PinSession(session_id, True))
        bench.settle()
        monkeypatch.undo()
        for change in seen:
            bench.watcher.see(change)
        assert bench.session(session_id).is_pinned
        assert not bench.watcher.problems
        bench.converse(session_id, "hello", "well")
