"""Sessions as rows: rename, pin, unread, draft, delete, restore, open; and the questions beside them."""

from __future__ import annotations

from queue import SimpleQueue

from superserve_tui.domain import (
    AgentsListed,
    EarlierLoaded,
    PromptsFound,
    SearchFinished,
    SessionState,
    TranscriptLoaded,
    TurnState,
)
from superserve_tui.engine import (
    CreateSession,
    DeleteSession,
    DropUntouched,
    FindPrompts,
    ListAgents,
    ListFarSessions,
    MarkUnread,
    OpenSession,
    PinSession,
    ReadEarlier,
    Reconnect,
    RenameSession,
    RestoreSession,
    ResumeQueue,
    SaveDraft,
    SearchTranscripts,
    SendPrompt,
)
from superserve_tui.engine.outbox import Outbox
from superserve_tui.engine.world import Work, World
from superserve_tui.protocol import AuthenticationError, NotConnectedError, NotFoundError
from tests.support.engine_bench import running_bench, saved_session
from tests.support.manual_clock import ManualClock
from tests.support.memory_store import MemoryStore
from tests.support.scripted_backend import ScriptedBackends, Step


def test_a_row_is_renamed_pinned_and_marked_in_any_state() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        for prompt in ("one", "two"):
            stream = bench.ask(session_id, prompt)
            bench.do(RenameSession(session_id, f"  title {prompt} "))
            bench.do(PinSession(session_id, True))
            bench.do(MarkUnread(session_id, True))
            bench.until(lambda: bench.session(session_id).is_unread)
            stream.complete()
            bench.until_state(session_id, SessionState.IDLE)
            assert bench.store.saved_sessions[session_id] == bench.session(session_id)
            assert (bench.session(session_id).title, bench.session(session_id).is_pinned) == (
                f"title {prompt}",
                True,
            )
        bench.do(MarkUnread(session_id, False))
        bench.until(lambda: not bench.session(session_id).is_unread)


def test_a_draft_is_kept_until_it_is_sent() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.do(SaveDraft(session_id, "hel"))
        bench.settle()
        assert bench.store.saved_sessions[session_id].draft == "hel"
        bench.converse(session_id, "hello", "well")
        assert bench.store.saved_sessions[session_id].draft == ""
        bench.do(SaveDraft(session_id, "half a thought"))
        bench.converse(session_id, "sent again from the log", "well")
        assert bench.store.saved_sessions[session_id].draft == "half a thought"


def test_a_message_comes_back_beside_a_draft_that_holds_its_words() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        hold = bench.backends.hold(Step.CREATE, AuthenticationError("bad key"))
        bench.do(SendPrompt(session_id, "ok"))
        hold.wait_reached()
        bench.do(SaveDraft(session_id, "I looked"))
        hold.release()
        bench.until(lambda: bench.watcher.returned)
        assert bench.store.saved_sessions[session_id].draft == "ok\n\nI looked"


def test_deleting_a_running_session_stops_it_and_ends_it_on_the_server() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        stream.say("text")
        bench.until_text(session_id, "text")
        bench.do(DeleteSession(session_id))
        bench.until(lambda: session_id not in bench.watcher.sessions)
        bench.until(lambda: bench.backends.count(Step.END) == 1)
        bench.clock.advance(5000)
        bench.settle()
        assert stream.aborted.is_set()
        assert session_id in bench.store.trash
        assert session_id not in bench.store.saved_sessions
        assert [turn.state for turn in bench.store.turns(session_id)] == [TurnState.STOPPED]
        writes = [write[0] for write in bench.store.writes]
        after = bench.store.writes[writes.index("delete_session") + 1 :]
        assert not [write for write in after if write[0] == "save_session" and write[1].id == session_id]
        assert session_id not in bench.watcher.sessions
        assert not bench.watcher.problems
        assert not bench.backends.count(Step.GET)
        bench.do(SendPrompt(session_id, "into the void"))
        bench.settle()
        assert bench.backends.messages == ["hello"]


def test_a_deleted_session_whose_end_fails_is_ended_at_quit() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        bench.backends.fail(Step.END, NotConnectedError("offline"))
        bench.do(DeleteSession(session_id))
        bench.until(lambda: bench.watcher.problems)
        assert bench.engine.quit()
        assert bench.backends.count(Step.END) == 2
        assert all(entry.ended_at is not None for entry in bench.store.ledger.values())


def test_a_deleted_session_comes_back_with_all_it_had() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        stream = bench.ask(session_id, "second")
        stream.say("text")
        bench.until_text(session_id, "text")
        bench.do(SendPrompt(session_id, "waits"))
        bench.do(DeleteSession(session_id))
        bench.until(lambda: session_id not in bench.watcher.sessions)
        bench.until(lambda: all(entry.ended_at is not None for entry in bench.store.ledger.values()))
        bench.settle()
        bench.do(RestoreSession(session_id))
        bench.do(RestoreSession(session_id))
        bench.until(lambda: session_id in bench.watcher.sessions)
        bench.do(OpenSession(session_id))
        bench.until(lambda: bench.queued(session_id) == ["waits"])
        assert bench.state(session_id) is SessionState.ENDED
        assert bench.session(session_id).is_queue_paused
        assert [turn.prompt for turn in bench.turns(session_id)] == ["hello", "second"]
        bench.do(ResumeQueue(session_id))
        bench.until(lambda: bench.watcher.expired == [(session_id, "waits")])
        assert session_id not in bench.store.trash


def test_rows_that_could_not_be_read_are_counted_once() -> None:
    with running_bench() as bench:
        bench.backends.skipped = 2
        for count in (1, 2):
            bench.do(ListAgents("local"))
            bench.until(lambda count=count: len(bench.watcher.of(AgentsListed)) == count)
        bench.settle()
        assert [each.what for each in bench.watcher.problems] == [
            "local: 2 agents are left out: their rows can't be read."
        ]
        bench.backends.skipped = 1
        bench.do(ListFarSessions("local"))
        bench.until(lambda: len(bench.watcher.problems) == 2)
        assert bench.watcher.problems[1].what == "local: 1 session is left out: its row can't be read."


def test_a_transcript_is_told_from_its_end_and_the_rest_when_it_is_asked_for() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        for number in range(1, 6):
            bench.converse(session_id, f"ask {number}", f"answer {number}")
        stream = bench.ask(session_id, "ask 6")
        stream.say("so far")
        bench.until_text(session_id, "so far")
        bench.do(OpenSession(session_id, last=2))
        bench.until(lambda: bench.watcher.of(TranscriptLoaded)[-1].turns)
        loaded = bench.watcher.of(TranscriptLoaded)[-1]
        assert [(turn.number, turn.text) for turn in loaded.turns] == [(5, "answer 5"), (6, "so far")]
        assert loaded.earlier == 4
        bench.do(ReadEarlier(session_id, 5, 3))
        bench.until(lambda: bench.watcher.of(EarlierLoaded))
        (earlier,) = bench.watcher.of(EarlierLoaded)
        assert [turn.prompt for turn in earlier.turns] == ["ask 2", "ask 3", "ask 4"]
        assert (earlier.before, earlier.earlier) == (5, 1)
        stream.complete(" and done")
        bench.until_state(session_id, SessionState.IDLE)


def test_earlier_turns_of_a_session_that_was_deleted_are_not_told() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        bench.converse(session_id)
        hold = bench.store.block_saves()
        bench.do(RenameSession(session_id, "held"))
        bench.do(ReadEarlier(session_id, 2, 5))
        bench.do(DeleteSession(session_id))
        hold.release()
        bench.until(lambda: session_id not in bench.watcher.sessions)
        bench.settle()
        assert bench.watcher.of(EarlierLoaded) == []


def test_a_session_that_nothing_was_put_into_goes_when_it_is_left() -> None:
    with running_bench() as bench:
        bare, named, drafted, asked = (bench.new_session() for _ in range(4))
        bench.do(RenameSession(named, "a name"))
        bench.do(SaveDraft(drafted, "half a"))
        stream = bench.ask(asked, "hello")
        for session_id in (bare, named, drafted, asked):
            bench.do(DropUntouched(session_id))
        bench.until(lambda: bare not in bench.watcher.sessions)
        stream.complete("hi")
        bench.until_state(asked, SessionState.IDLE)
        bench.do(DropUntouched(asked))
        bench.settle()
        assert set(bench.watcher.sessions) == {named, drafted, asked}


def test_a_message_that_is_on_its_way_keeps_its_session() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.do(SendPrompt(session_id, "hello"))
        bench.do(DropUntouched(session_id))
        bench.backends.next_stream().complete("hi")
        bench.until_state(session_id, SessionState.IDLE)


def test_restoring_what_is_not_in_the_trash_does_nothing_and_says_so() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        bench.do(RestoreSession(session_id))
        bench.settle()
        assert bench.state(session_id) is SessionState.IDLE
        assert not bench.watcher.problems
        bench.do(RestoreSession("nothing"))
        bench.until(lambda: bench.watcher.problems)
        assert bench.watcher.problems[0].what == "That session is not in the trash any more."


def test_a_transcript_read_before_a_turn_ended_is_read_again() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id, "first", "well")
        stream = bench.ask(session_id, "second")
        stream.say("part")
        bench.until_text(session_id, "part")
        bench.clock.advance(0.3)
        bench.until(lambda: bench.store.turns(session_id)[-1].text == "part")
        bench.store.hold()
        bench.do(OpenSession(session_id))
        bench.do(SaveDraft(session_id, "x"))
        stream.complete(" and whole")
        bench.until_state(session_id, SessionState.IDLE)
        bench.store.release()
        bench.settle()
        assert [turn.text for turn in bench.turns(session_id)] == ["well", "part and whole"]
        assert bench.last(session_id).state is TurnState.COMPLETED


def test_opening_a_running_session_shows_what_came_so_far() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        stream.say("one ")
        bench.until_text(session_id, "one ")
        bench.do(OpenSession(session_id))
        bench.settle()
        assert [turn.text for turn in bench.turns(session_id)] == ["one "]
        stream.complete("two")
        bench.until_state(session_id, SessionState.IDLE)
        assert [turn.text for turn in bench.turns(session_id)] == ["one two"]


def test_making_a_session_twice_changes_nothing() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        bench.do(CreateSession(session_id, "local", "other", 5))
        bench.settle()
        assert bench.session(session_id).agent == "echo"
        stream.complete("well")
        bench.until_text(session_id, "well")


def test_agents_search_and_prompts_are_answered() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id, "find me", "well")
        bench.do(ListAgents("local"))
        bench.do(SearchTranscripts("find"))
        bench.do(FindPrompts())
        bench.until(lambda: bench.watcher.of(AgentsListed) and bench.watcher.of(PromptsFound))
        bench.until(lambda: bench.watcher.of(SearchFinished))
        assert [agent.name for agent in bench.watcher.of(AgentsListed)[0].agents] == ["echo"]
        assert [hit.session_id for hit in bench.watcher.of(SearchFinished)[0].hits] == [session_id]
        assert bench.watcher.of(PromptsFound)[0].prompts == ("find me",)
        bench.backends.fail(Step.AGENTS, NotFoundError("nothing here"), NotConnectedError("offline"))
        bench.do(ListAgents("superserve"))
        bench.until(lambda: len(bench.watcher.of(AgentsListed)) == 2)
        assert bench.watcher.of(AgentsListed)[1].problem.what == "serves no sessions here"
        bench.do(ListAgents("superserve"))
        bench.until(lambda: len(bench.watcher.of(AgentsListed)) == 3)
        assert bench.watcher.of(AgentsListed)[2].problem.what == "Offline: offline"


def test_a_session_deleted_while_it_is_asked_to_reconnect_stays_deleted() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        stream.say("text")
        stream.cut()
        bench.until_state(session_id, SessionState.INTERRUPTED)
        bench.store.hold()
        bench.do(Reconnect(session_id))
        bench.do(DeleteSession(session_id))
        bench.until(lambda: session_id not in bench.watcher.sessions)
        bench.store.release()
        bench.settle()
        assert bench.store.turns(session_id)[-1].state is TurnState.INTERRUPTED
        assert not bench.backends.count(Step.ATTACH)
        assert session_id not in bench.watcher.sessions


def test_what_happens_to_a_deleted_row_is_not_written() -> None:
    store = MemoryStore()
    world = World(
        store=store,
        backends=ScriptedBackends(),
        outbox=Outbox(lambda: None),
        clock=ManualClock(),
        inbox=SimpleQueue(),
    )
    work = Work(saved_session(ManualClock()))
    world.put(work, title="late")
    assert not store.writes
    assert world.outbox.drain() == []
    world.works[work.session.id] = work
    world.put(work, title="in time")
    assert [write[0] for write in store.writes] == ["save_session"]


def test_a_row_that_is_there_is_not_replaced_by_its_restored_self() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        stream = bench.ask(session_id, "second")
        bench.store.trash[session_id] = bench.store.saved_sessions[session_id]
        bench.do(RestoreSession(session_id))
        bench.settle()
        stream.complete("well")
        bench.until_text(session_id, "well")
        bench.until_state(session_id, SessionState.IDLE)
