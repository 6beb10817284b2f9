"""A message from the command to its answer."""

from __future__ import annotations

import pytest

from superserve_tui.domain import LinkChanged, SessionState, TextAppended, TurnState
from superserve_tui.engine import SendPrompt
from superserve_tui.protocol import (
    AgentNotReadyError,
    AuthenticationError,
    CallState,
    ConnectionLostError,
    CredentialError,
    EventTooLargeError,
    Heartbeat,
    InvalidInputError,
    InvalidResponseError,
    MessageDelta,
    NotConnectedError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RunCancelled,
    RunCompleted,
    RunError,
    RunFailed,
    RunStarted,
    ServerError,
    StatusUpdate,
    ToolEnd,
    ToolStart,
    UnknownEvent,
)
from tests.support.engine_bench import running_bench
from tests.support.scripted_backend import Step
from tests.support.waiting import wait_for


def test_an_answer_arrives_and_is_saved() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        stream.emit(RunStarted())
        stream.say("Hi ", "there")
        bench.until_text(session_id, "Hi there")
        assert bench.state(session_id) is SessionState.RUNNING
        stream.complete("!")
        bench.until_state(session_id, SessionState.IDLE)
        told, saved = bench.last(session_id), bench.store.turns(session_id)[-1]
        assert told == saved
        assert (told.text, told.state, told.events_seen) == ("Hi there!", TurnState.COMPLETED, 5)
        session = bench.session(session_id)
        assert session == bench.store.saved_sessions[session_id]
        assert (session.title, session.message_count, session.is_unread) == ("hello", 1, True)
        assert session.server_ids == (session.server_id,)


def test_a_message_is_on_disk_before_it_leaves() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        seen: list[tuple[TurnState, str | None, int | None]] = []

        def look(server_id: str, prompt: str) -> None:
            turn = bench.store.turns(session_id)[-1]
            assert server_id in bench.store.ledger
            seen.append((turn.state, turn.server_id, turn.count_before))

        bench.backends.on_taken = look
        bench.ask(session_id, "one").complete()
        bench.until_state(session_id, SessionState.IDLE)
        bench.store.hold()
        bench.do(SendPrompt(session_id, "two"))
        bench.until_state(session_id, SessionState.STARTING)
        bench.until(lambda: bench.clock.waits[-1:] == [2.0] and len(bench.clock.waits) == 2)
        assert bench.backends.messages == ["one"]
        bench.store.release()
        bench.backends.next_stream().complete()
        bench.until_state(session_id, SessionState.IDLE)
        server_id = bench.session(session_id).server_id
        assert seen == [(TurnState.SENT, server_id, 0), (TurnState.SENT, server_id, 1)]


def test_a_store_that_does_not_answer_holds_a_message_for_two_seconds_only() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.store.hold()
        bench.do(SendPrompt(session_id, "hello"))
        bench.until(lambda: bench.clock.waits == [2.0])
        assert not bench.backends.messages
        bench.clock.advance(2.0)
        bench.backends.next_stream().complete("hi")
        bench.until_state(session_id, SessionState.IDLE)


def test_a_store_that_fails_does_not_stop_the_chat() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.store.save_error = OSError("no space left on device")
        bench.converse(session_id, "one", "first")
        bench.converse(session_id, "two", "second")
        assert [turn.text for turn in bench.turns(session_id)] == ["first", "second"]


def test_text_and_calls_keep_their_order() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        stream.say("a", "b")
        stream.emit(ToolStart("bash", {"command": "ls"}), StatusUpdate("listing"), Heartbeat(), UnknownEvent("odd"))
        stream.say("c")
        stream.emit(ToolEnd(12))
        stream.say("d", "e")
        stream.emit(ToolStart("read", {}))
        stream.complete("f")
        bench.until_state(session_id, SessionState.IDLE)
        turn = bench.last(session_id)
        assert turn.text == "abcdef"
        assert [(call.name, call.text_offset, call.state) for call in turn.calls] == [
            ("bash", 2, CallState.COMPLETED),
            ("read", 5, CallState.INTERRUPTED),
        ]
        assert turn.events_seen == 13
        assert turn == bench.store.turns(session_id)[-1]


def test_appended_text_is_on_disk_within_a_quarter_second() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        stream.emit(RunStarted(), MessageDelta("part"), ToolStart("bash", 1))
        bench.until(lambda: bench.turns(session_id) and bench.last(session_id).calls)
        assert bench.store.turns(session_id)[-1].text == ""
        bench.clock.advance(0.25)
        bench.until(lambda: bench.store.turns(session_id)[-1].text == "part")
        saved = bench.store.turns(session_id)[-1]
        assert (saved.events_seen, len(saved.calls)) == (3, 1)
        stream.say(" two")
        bench.until_text(session_id, "part two")
        bench.clock.advance(0.25)
        bench.until(lambda: bench.store.turns(session_id)[-1].text == "part two")
        stream.emit(RunCompleted(1))
        bench.until_state(session_id, SessionState.IDLE)
        assert bench.store.turns(session_id)[-1].text == "part two"


def test_twenty_thousand_deltas_cost_few_wake_ups() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.backends.answer = lambda prompt: [
            *(MessageDelta(f"{number} ") for number in range(20_000)),
            RunCompleted(1),
        ]
        before = bench.wake_ups
        bench.do(SendPrompt(session_id, "hello"))

        def is_on_disk() -> bool:
            turns = bench.store.turns(session_id)
            return bool(turns) and turns[-1].state is TurnState.COMPLETED

        wait_for(is_on_disk)
        bench.until_state(session_id, SessionState.IDLE)
        assert bench.wake_ups - before <= 3
        assert bench.last(session_id).text == "".join(f"{number} " for number in range(20_000))
        assert len(bench.watcher.of(TextAppended)) < 50


def test_several_turns_run_at_once() -> None:
    with running_bench() as bench:
        ids = [bench.new_session() for _ in range(5)]
        streams = {session_id: bench.ask(session_id, session_id) for session_id in ids}
        for number in range(20):
            for session_id in ids:
                streams[session_id].say(f"{session_id[:4]}-{number} ")
        for session_id in reversed(ids):
            streams[session_id].complete()
            bench.until_state(session_id, SessionState.IDLE)
        for session_id in ids:
            assert bench.last(session_id).text == "".join(f"{session_id[:4]}-{number} " for number in range(20))


@pytest.mark.parametrize(
    ("end", "turn_state", "session_state"),
    [
        (RunCompleted(7), TurnState.COMPLETED, SessionState.IDLE),
        (RunFailed("broken"), TurnState.FAILED, SessionState.FAILED),
        (RunCancelled(), TurnState.CANCELLED, SessionState.IDLE),
    ],
)
def test_a_terminal_event_ends_the_turn(
    end: RunCompleted | RunFailed | RunCancelled, turn_state: TurnState, session_state: SessionState
) -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        stream.say("text")
        stream.emit(end)
        bench.until_state(session_id, session_state)
        turn = bench.last(session_id)
        assert (turn.state, turn.text) == (turn_state, "text")
        assert bench.store.turns(session_id)[-1] == turn
        bench.converse(session_id, "again", "well")


def test_after_a_terminal_event_nothing_counts_and_the_connection_is_closed() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        stream.is_unruly = True
        stream.emit(MessageDelta("text"), RunCompleted(1), MessageDelta("more"), RunFailed("late"))
        bench.until_state(session_id, SessionState.IDLE)
        stream.say("still", "there")
        wait_for(stream.aborted.is_set)
        bench.settle()
        assert (bench.last(session_id).text, bench.last(session_id).state) == ("text", TurnState.COMPLETED)
        assert bench.last(session_id).events_seen == 2
        assert not bench.watcher.problems
        bench.converse(session_id, "again", "well")


def test_a_stream_without_a_terminal_event_is_interrupted() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        stream.say("text")
        stream.cut(RunError("the server can't pick the turn up again"))
        bench.until_state(session_id, SessionState.INTERRUPTED)
        turn = bench.last(session_id)
        assert (turn.state, turn.text) == (TurnState.INTERRUPTED, "text")
        assert turn.error == "the server can't pick the turn up again"


def test_an_event_too_large_fails_the_turn() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        stream.cut(RunError("event too large", "event_too_large"))
        bench.until_state(session_id, SessionState.FAILED)
        assert (bench.last(session_id).state, bench.last(session_id).error) == (
            TurnState.FAILED,
            "event too large",
        )
        stream = bench.ask(session_id, "again")
        stream.say("text")
        stream.fail(EventTooLargeError("event too large: more than 16 MB"))
        bench.until_state(session_id, SessionState.FAILED)
        assert (bench.last(session_id).text, bench.last(session_id).error) == ("text", "event too large")


REFUSED = [
    AuthenticationError("bad key"),
    PermissionDeniedError("not you"),
    InvalidInputError("bad prompt"),
    RateLimitError("slow down"),
    ServerError("busy", status=503),
    NotConnectedError("refused"),
    CredentialError("no key"),
]


@pytest.mark.parametrize("error", REFUSED, ids=lambda error: type(error).__name__)
def test_a_refused_message_goes_back_to_the_composer(error: Exception) -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.converse(session_id)
        bench.backends.fail(Step.SEND, error)
        bench.do(SendPrompt(session_id, "second"))
        bench.until(lambda: bench.watcher.problems)
        assert bench.state(session_id) is SessionState.FAILED
        assert [turn.prompt for turn in bench.turns(session_id)] == ["hello"]
        assert bench.watcher.returned == [(session_id, "second")]
        assert str(error) in bench.watcher.problems[0].what
        assert bench.store.saved_sessions[session_id].draft == "second"
        assert bench.session(session_id).message_count == 1
        assert [turn.prompt for turn in bench.store.turns(session_id)] == ["hello"]
        assert bench.backends.count(Step.SEND) == 2
        bench.converse(session_id, "second", "well")
        assert bench.store.saved_sessions[session_id].draft == ""
        assert bench.backends.messages == ["hello", "second"]


@pytest.mark.parametrize("step", [Step.SERVICE, Step.CREATE])
@pytest.mark.parametrize(
    "error",
    [*REFUSED, ServerError("fault"), AgentNotReadyError("missing secrets"), NotFoundError("no such agent")],
    ids=lambda error: type(error).__name__,
)
def test_what_fails_before_a_message_leaves_returns_it(step: Step, error: Exception) -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.backends.fail(step, error)
        bench.do(SendPrompt(session_id, "first"))
        bench.until(lambda: bench.watcher.problems)
        assert bench.state(session_id) is SessionState.FAILED
        assert bench.watcher.returned == [(session_id, "first")]
        assert bench.turns(session_id) == []
        assert not bench.backends.messages
        bench.converse(session_id, "first", "well")


@pytest.mark.parametrize(
    "error",
    [ServerError("fault", status=500), ServerError("gateway", status=502), InvalidResponseError("HTML")],
    ids=str,
)
def test_an_unclear_refusal_is_unknown_and_never_sent_again(error: Exception) -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        bench.backends.fail(Step.SEND, error)
        bench.do(SendPrompt(session_id, "hello"))
        bench.until_turn(session_id, TurnState.UNKNOWN)
        assert bench.state(session_id) is SessionState.FAILED
        turn = bench.last(session_id)
        assert turn.prompt == "hello"
        assert str(error) in (turn.error or "")
        assert bench.store.turns(session_id)[-1] == turn
        bench.clock.advance(600)
        bench.settle()
        assert bench.backends.count(Step.SEND) == 1
        stream = bench.ask(session_id, "hello")
        stream.complete("well")
        bench.until_state(session_id, SessionState.IDLE)


def test_errors_after_events_interrupt_and_never_send_again() -> None:
    for error in (
        NotFoundError("gone"),
        NotConnectedError("refused"),
        ConnectionLostError("lost"),
        RuntimeError("bug"),
    ):
        with running_bench() as bench:
            session_id = bench.new_session()
            stream = bench.ask(session_id, "hello")
            stream.say("text")
            stream.fail(error)
            bench.until_state(session_id, SessionState.INTERRUPTED)
            assert (bench.last(session_id).text, bench.last(session_id).state) == ("text", TurnState.INTERRUPTED)
            assert bench.backends.messages == ["hello"]
            assert bench.backends.count(Step.SEND) == 1
            assert not bench.watcher.returned


def test_the_link_is_told() -> None:
    with running_bench() as bench:
        session_id = bench.new_session()
        stream = bench.ask(session_id, "hello")
        stream.hooks.on_wait(4.0, "busy\x1b]52;c;aGFja2Vk\x07\nreally")
        stream.hooks.on_reconnect(2, 10)
        stream.hooks.on_connected()
        stream.complete()
        bench.until_state(session_id, SessionState.IDLE)
        wait, *others = bench.watcher.of(LinkChanged)
        assert [wait.words(bench.clock.monotonic() + after) for after in (0, 2.5, 9)] == [
            f"busy really; sending again in {left} s" for left in (4, 2, 0)
        ]
        assert [each.text for each in others[:2]] == ["reconnecting 2/10", ""]
