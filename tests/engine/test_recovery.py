"""What the next start makes of what a run left behind."""

from __future__ import annotations

import pytest

from superserve_tui.domain import Session, SessionsLoaded, SessionState, Turn, TurnState
from superserve_tui.engine import (
    ContinueSession,
    MarkUnread,
    OpenSession,
    PinSession,
    Reconnect,
    ResumeQueue,
    SaveDraft,
    SaveStrayDraft,
    SendPrompt,
)
from superserve_tui.protocol import (
    CallState,
    MessageDelta,
    NotConnectedError,
    RunStarted,
    ToolCall,
    ToolEnd,
    ToolStart,
)
from tests.support.engine_bench import (
    SERVER_ID,
    calls_of,
    running_bench,
    saved_entry,
    saved_session,
    saved_turn,
)
from tests.support.manual_clock import ManualClock
from tests.support.memory_store import MemoryStore
from tests.support.scripted_backend import URL, ScriptedBackends, Step


class Left:
    """What an earlier run left: one session, its turns, its line of the ledger."""

    def __init__(self, state: SessionState = SessionState.RUNNING, *, owner: str = "dead") -> None:
        self.clock = ManualClock()
        self.store = MemoryStore()
        self.backends = ScriptedBackends()
        self.server = self.backends.add_session(SERVER_ID)
        self.session = saved_session(self.clock, state=state)
        self.store.save_session(self.session)
        self.store.save_server_session(saved_entry(self.session, owner=owner))
        self.store.writes.clear()

    @property
    def id(self) -> str:
        return self.session.id

    def add(self, turn: Turn) -> Turn:
        self.store.save_turn(self.session.id, turn)
        self.store.writes.clear()
        return turn

    def put(self, session: Session) -> None:
        self.session = session
        self.store.save_session(session)
        self.store.writes.clear()


def test_a_turn_that_was_cut_by_a_kill_is_picked_up() -> None:
    store, backends, clock = MemoryStore(), ScriptedBackends(), ManualClock()
    with running_bench(store, backends, clock) as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        stream.emit(RunStarted(), MessageDelta("one "), ToolStart("bash", {}))
        bench.until(lambda: bench.turns(session_id) and bench.last(session_id).calls)
        clock.advance(0.3)
        bench.until(lambda: store.turns(session_id)[-1].events_seen == 3)
    assert store.saved_sessions[session_id].state is SessionState.RUNNING
    again = ScriptedBackends("second")
    again.sessions = backends.sessions
    with running_bench(store, again, clock) as bench:
        stream = again.next_stream()
        assert stream.after == 3
        bench.until_state(session_id, SessionState.RUNNING)
        stream.emit(ToolEnd(4))
        stream.complete("two")
        bench.until_state(session_id, SessionState.IDLE)
        assert bench.last(session_id).text == "one two"
        assert [call.state for call in bench.last(session_id).calls] == [CallState.COMPLETED]
        assert bench.last(session_id) == store.turns(session_id)[-1]
        assert again.messages == ["hello"]
        assert [entry.owner for entry in store.ledger.values()] == ["second"]
        bench.converse(session_id, "next", "well")
        assert bench.last(session_id).number == 2


def test_the_end_of_the_thread_leaves_a_running_turn_to_be_picked_up() -> None:
    store = MemoryStore()
    with running_bench(store) as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        stream.say("not a quarter second old")
        bench.until_text(session_id, "not a quarter second old")
    assert store.turns(session_id)[-1].text == "not a quarter second old"
    assert store.turns(session_id)[-1].events_seen == 1
    assert not bench.backends.count(Step.CANCEL)
    assert stream.aborted.is_set()


@pytest.mark.parametrize(
    ("count_before", "count", "state"),
    [
        (0, 1, SessionState.STARTING),
        (0, 0, SessionState.FAILED),
        (0, 2, SessionState.FAILED),
        (0, None, SessionState.FAILED),
        (None, 1, SessionState.FAILED),
    ],
)
def test_a_sent_turn_is_attached_only_where_the_count_says_that_it_is_ours(
    count_before: int | None, count: int | None, state: SessionState
) -> None:
    left = Left(SessionState.STARTING)
    left.add(saved_turn(left.clock, state=TurnState.SENT, count_before=count_before))
    left.server.message_count = count
    with running_bench(left.store, left.backends, left.clock) as bench:
        bench.until(lambda: bench.backends.count(Step.GET) == 1)
        bench.until_state(left.id, state)
        if state is SessionState.STARTING:
            assert left.backends.next_stream().after == 0
        else:
            assert not left.backends.count(Step.ATTACH)
            is_back = count == count_before
            bench.until(lambda: bool(bench.watcher.returned) is is_back)
            states = [turn.state for turn in left.store.turns(left.id)]
            assert states == ([] if is_back else [TurnState.UNKNOWN])
            assert left.store.saved_sessions[left.id].draft == ("hello" if is_back else "")
        assert not left.backends.messages


def test_a_message_that_never_left_comes_back() -> None:
    left = Left(SessionState.STARTING)
    left.put(saved_session(left.clock, state=SessionState.STARTING, server_id=None, message_count=1, draft="more"))
    left.add(saved_turn(left.clock, state=TurnState.SENT, server_id=None, count_before=None))
    with running_bench(left.store, left.backends, left.clock) as bench:
        bench.until(lambda: bench.watcher.returned == [(left.id, "hello")])
        assert bench.state(left.id) is SessionState.FAILED
        assert bench.session(left.id).draft == "hello\n\nmore"
        assert bench.session(left.id).message_count == 0
        assert not left.store.turns(left.id)
        assert not left.backends.count(Step.GET)


def test_a_message_killed_before_it_left_an_open_session_comes_back() -> None:
    store, backends = MemoryStore(), ScriptedBackends()
    with running_bench(store, backends) as bench:
        session_id = bench.new_session()
        bench.ask(session_id, "first").cut()
        bench.until_state(session_id, SessionState.INTERRUPTED)
        hold = backends.hold(Step.GET)
        bench.do(SendPrompt(session_id, "second"))
        hold.wait_reached()
    assert store.turns(session_id)[-1].state is TurnState.SENT
    with running_bench(store, backends) as bench:
        bench.until(lambda: bench.watcher.returned == [(session_id, "second")])
        assert [turn.prompt for turn in store.turns(session_id)] == ["first"]


def test_waiting_messages_wait_for_a_key_after_a_start() -> None:
    left = Left(SessionState.IDLE)
    left.add(saved_turn(left.clock, number=4, prompt="waits", state=TurnState.QUEUED, server_id=None))
    with running_bench(left.store, left.backends, left.clock) as bench:
        bench.until(lambda: bench.queued(left.id) == ["waits"])
        bench.until(lambda: bench.session(left.id).is_queue_paused)
        bench.settle()
        assert not left.backends.messages
        bench.do(ResumeQueue(left.id))
        left.backends.next_stream().complete("well")
        bench.until_state(left.id, SessionState.IDLE)
        bench.until_text(left.id, "well")
        bench.converse(left.id, "next", "well")
        assert [(turn.number, turn.prompt) for turn in bench.turns(left.id)] == [(4, "waits"), (5, "next")]


def test_a_queue_is_held_back_when_a_picked_up_turn_completes() -> None:
    left = Left(SessionState.RUNNING)
    left.add(saved_turn(left.clock))
    left.add(saved_turn(left.clock, number=2, prompt="waits", state=TurnState.QUEUED, server_id=None))
    left.server.message_count = 1
    with running_bench(left.store, left.backends, left.clock) as bench:
        left.backends.next_stream().complete("well")
        bench.until_state(left.id, SessionState.IDLE)
        bench.settle()
        assert bench.queued(left.id) == ["waits"]
        assert not left.backends.messages


def test_nothing_says_running_that_does_not() -> None:
    for state, becomes in (
        (SessionState.RUNNING, SessionState.INTERRUPTED),
        (SessionState.STARTING, SessionState.INTERRUPTED),
        (SessionState.STOPPING, SessionState.IDLE),
    ):
        left = Left(state)
        with running_bench(left.store, left.backends, left.clock) as bench:
            bench.until_state(left.id, becomes)
            assert left.store.saved_sessions[left.id].state is becomes


@pytest.mark.parametrize("events_seen", [0, 3])
def test_a_turn_whose_server_is_gone_is_over_and_its_text_kept(events_seen: int) -> None:
    left = Left(SessionState.RUNNING)
    left.add(saved_turn(left.clock, text="text" if events_seen else "", events_seen=events_seen))
    left.backends.gone_urls.add(URL)
    with running_bench(left.store, left.backends, left.clock) as bench:
        bench.until_state(left.id, SessionState.EXPIRED)
        turn = left.store.turns(left.id)[-1]
        assert turn.state is (TurnState.INTERRUPTED if events_seen else TurnState.UNKNOWN)
        assert (turn.prompt, turn.text) == ("hello", "text" if events_seen else "")
        assert left.store.ledger[SERVER_ID].ended_at is not None
        assert not bench.watcher.expired


def test_a_turn_that_can_not_be_picked_up_offline_is_interrupted_and_can_be_later() -> None:
    left = Left(SessionState.RUNNING)
    left.add(saved_turn(left.clock, text="one ", events_seen=3))
    left.server.message_count = 1
    left.backends.fail(Step.GET, NotConnectedError("offline"))
    with running_bench(left.store, left.backends, left.clock) as bench:
        bench.until_state(left.id, SessionState.INTERRUPTED)
        bench.do(OpenSession(left.id))
        bench.until_text(left.id, "one ")
        bench.do(Reconnect(left.id))
        left.backends.next_stream().complete("two")
        bench.until_text(left.id, "one two")


def test_a_session_that_should_be_live_is_asked_about_once() -> None:
    left = Left(SessionState.IDLE)
    with running_bench(left.store, left.backends, left.clock) as bench:
        bench.until(lambda: left.backends.count(Step.GET) == 1)
        bench.settle()
        left.clock.advance(600)
        bench.settle()
        assert left.backends.count(Step.GET) == 1
        assert bench.state(left.id) is SessionState.IDLE
    left.server.status = "timeout"
    with running_bench(left.store, left.backends, left.clock) as bench:
        bench.until_state(left.id, SessionState.EXPIRED)


def test_owed_ends_are_settled() -> None:
    left = Left(SessionState.ENDED)
    left.store.save_server_session(saved_entry(left.session, is_end_owed=True))
    left.store.save_server_session(saved_entry(left.session, server_id="ses_kept", is_kept=True))
    with running_bench(left.store, left.backends, left.clock) as bench:
        bench.until(lambda: left.store.ledger[SERVER_ID].ended_at is not None)
        bench.settle()
        assert calls_of(bench, Step.END) == [(SERVER_ID,)]
        assert left.store.ledger["ses_kept"].ended_at is None
        assert bench.engine.quit()
        assert calls_of(bench, Step.END) == [(SERVER_ID,)]


def test_an_owed_end_that_is_settled_late_does_not_end_the_session_that_came_after() -> None:
    left = Left(SessionState.ENDED)
    left.store.save_server_session(saved_entry(left.session, is_end_owed=True))
    hold = left.backends.hold(Step.END)
    with running_bench(left.store, left.backends, left.clock) as bench:
        hold.wait_reached()
        bench.do(ContinueSession(left.id, "go on"))
        left.backends.next_stream().complete("well")
        bench.until_state(left.id, SessionState.IDLE)
        hold.release()
        bench.until(lambda: left.store.ledger[SERVER_ID].ended_at is not None)
        bench.settle()
        assert bench.state(left.id) is SessionState.IDLE
        bench.converse(left.id, "and on", "well")


def test_an_owed_end_that_fails_again_stays_owed() -> None:
    left = Left(SessionState.ENDED)
    left.store.save_server_session(saved_entry(left.session, is_end_owed=True))
    left.backends.fail_always(Step.END, NotConnectedError("offline"))
    with running_bench(left.store, left.backends, left.clock) as bench:
        bench.until(lambda: left.backends.count(Step.END) == 1)
        bench.settle()
        assert bench.engine.quit()
        assert left.store.ledger[SERVER_ID].is_end_owed
        assert left.store.ledger[SERVER_ID].ended_at is None


def test_an_owed_end_whose_server_is_gone_is_settled() -> None:
    left = Left(SessionState.ENDED)
    left.store.save_server_session(saved_entry(left.session, is_end_owed=True))
    left.backends.gone_urls.add(URL)
    with running_bench(left.store, left.backends, left.clock) as bench:
        bench.until(lambda: left.store.ledger[SERVER_ID].ended_at is not None)
        assert not bench.backends.count(Step.END)


def foreign() -> Left:
    left = Left(SessionState.RUNNING, owner="other")
    left.backends.alive.add("other")
    left.add(saved_turn(left.clock, text="theirs", events_seen=3))
    left.add(saved_turn(left.clock, number=2, prompt="waits", state=TurnState.QUEUED, server_id=None))
    left.server.message_count = 1
    return left


def test_a_session_that_another_instance_holds_is_read_and_not_touched() -> None:
    left = foreign()
    with running_bench(left.store, left.backends, left.clock) as bench:
        bench.do(OpenSession(left.id))
        bench.until_text(left.id, "theirs")
        bench.do(MarkUnread(left.id, True))
        bench.until(lambda: bench.session(left.id).is_unread)
        bench.do(SaveDraft(left.id, "draft"))
        bench.do(PinSession(left.id, True))
        bench.until(lambda: len(bench.watcher.problems) == 1)
        bench.do(SendPrompt(left.id, "mine"))
        bench.until(lambda: bench.watcher.returned == [(left.id, "mine")])
        bench.until(lambda: len(bench.watcher.problems) == 2)
        assert "another window" in bench.watcher.problems[0].what
        bench.clock.advance(5000)
        bench.settle()
        assert bench.engine.quit()
        mine = [write for write in left.store.writes if left.id in str(write) or SERVER_ID in str(write)]
        assert mine == []
        assert {call[0] for call in left.backends.calls} <= {Step.SERVICE}


def test_a_session_is_taken_over_once_the_instance_that_held_it_is_gone() -> None:
    left = foreign()
    with running_bench(left.store, left.backends, left.clock) as bench:
        bench.settle()
        left.backends.alive.clear()
        left.put(saved_session(left.clock, state=SessionState.IDLE, id=left.id, title="renamed there"))
        for turn in left.store.turns(left.id):
            left.store.remove_turn(turn.id)
        left.add(saved_turn(left.clock, number=7, state=TurnState.COMPLETED, text="their last"))
        left.add(saved_turn(left.clock, number=8, prompt="waits", state=TurnState.QUEUED, server_id=None))
        for prompt in ("a", "b", "c"):
            bench.do(SendPrompt(left.id, prompt))
        left.backends.next_stream().complete("1")
        bench.until(lambda: bench.session(left.id).title == "renamed there")
        bench.until_state(left.id, SessionState.IDLE)
        assert left.backends.messages == ["a"]
        assert bench.queued(left.id) == ["waits", "b", "c"]
        assert bench.last(left.id).number == 9
        assert left.store.ledger[SERVER_ID].owner == "me"


def test_a_store_that_can_not_be_read_leaves_an_app_that_works() -> None:
    store = MemoryStore()
    store.read_error = OSError("unreadable")
    with running_bench(store) as bench:
        bench.until(lambda: bench.watcher.problems)
        assert not bench.watcher.sessions
        bench.converse(bench.new_session(), "hello", "well")


def test_a_call_that_ran_at_the_kill_is_closed_when_the_turn_can_not_be_picked_up() -> None:
    left = Left(SessionState.RUNNING)
    call = ToolCall(0, "bash", {}, CallState.RUNNING, 0, 0)
    left.add(saved_turn(left.clock, text="one", events_seen=3, calls=(call,)))
    left.backends.gone_urls.add(URL)
    with running_bench(left.store, left.backends, left.clock) as bench:
        bench.until_state(left.id, SessionState.EXPIRED)
        assert [each.state for each in left.store.turns(left.id)[-1].calls] == [CallState.INTERRUPTED]


def test_unfinished_turns_in_many_sessions_are_picked_up_together() -> None:
    clock, store, backends = ManualClock(), MemoryStore(), ScriptedBackends()
    ids = []
    for number in range(10):
        server_id = f"ses_{number:032x}"
        session = saved_session(clock, state=SessionState.RUNNING, server_id=server_id)
        backends.add_session(server_id, message_count=1)
        store.save_session(session)
        store.save_server_session(saved_entry(session))
        store.save_turn(session.id, saved_turn(clock, server_id=server_id, text=f"{number} ", events_seen=1))
        ids.append(session.id)
    with running_bench(store, backends, clock) as bench:
        streams = [backends.next_stream() for _ in ids]
        for stream in streams:
            stream.complete("done")
        for session_id in ids:
            bench.until_state(session_id, SessionState.IDLE)
        assert [store.turns(session_id)[-1].text for session_id in ids] == [
            f"{number} done" for number in range(10)
        ]


def test_what_was_typed_in_instances_that_are_gone_is_brought_back_and_what_others_type_is_theirs() -> None:
    store, clock, backends = MemoryStore(), ManualClock(), ScriptedBackends()
    backends.alive.add("other")
    store.stray = {"dead": "left behind", "other": "being typed"}
    with running_bench(store, backends, clock) as bench:
        assert bench.watcher.of(SessionsLoaded)[0].stray_draft == "left behind"
        bench.settle()
        assert store.stray == {backends.owner: "left behind", "other": "being typed"}
        bench.do(SaveStrayDraft(""))
        bench.settle()
        assert store.stray == {"other": "being typed"}
