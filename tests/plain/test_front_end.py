"""Plain mode as its users read it: what they type and what stands on the page."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from superserve_tui.config import Config
from superserve_tui.domain import SessionState, TurnState
from superserve_tui.protocol import (
    AuthenticationError,
    Heartbeat,
    MessageDelta,
    NotFoundError,
    RunCompleted,
    StatusUpdate,
    ToolEnd,
    ToolStart,
)
from tests.support.memory_store import MemoryStore
from tests.support.plain_bench import PlainBench, running_plain
from tests.support.scripted_backend import ScriptedBackends, Step
from tests.support.waiting import wait_for

NOT_FOUND = NotFoundError("no such session")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[PlainBench]:
    with running_plain(tmp_path) as bench:
        yield bench


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[PlainBench]:
    with running_plain(tmp_path, is_terminal=False) as bench:
        yield bench


def converse(bench: PlainBench, message: str = "hello", answer: str = "hi there") -> None:
    bench.ask(message)
    bench.backends.next_stream().complete(answer)
    bench.until(f"agent> {answer}\nstatus: completed")
    bench.until_prompt()


# -- a conversation


def test_a_conversation_reads_from_top_to_bottom(terminal: PlainBench) -> None:
    terminal.ask("What is here?")
    stream = terminal.backends.next_stream()
    stream.emit(ToolStart("ls", {"path": "."}), ToolEnd(340))
    stream.say("Two ", "files.\n")
    stream.complete("That is all.")
    page = terminal.until("status: completed")
    terminal.until_prompt()
    conversation = page[page.index("you> ") : page.index(" tool\n") + 6]
    assert re.sub(r"completed, \d+ ms", "completed, 5 ms", conversation) == (
        "you> What is here?\n"
        "status: session 1: a new one with echo on local\n"
        'tool: ls {"path":"."}\n'
        "tool: ls done, 340 ms\n"
        "agent> Two files.\n"
        "That is all.\n"
        "status: completed, 5 ms, 1 tool\n"
    )
    assert terminal.page.text.endswith(", 1 tool\nyou> ")


def test_a_sequence_split_over_two_deltas_leaves_nothing_on_the_page(terminal: PlainBench) -> None:
    terminal.ask("hello")
    stream = terminal.backends.next_stream()
    for piece in ("plain \x1b", "[3", "1mred\x1b]0;ti", "tle\x07 and", "\u202e more\x9b", "5m.\r"):
        stream.say(piece)
        wait_for(lambda: stream.events_taken)
    stream.complete("\nend\x1b[")
    page = terminal.until("status: completed")
    assert "agent> plain red and more.\nend[\nstatus: completed" in page


def test_no_text_of_anybody_writes_a_control_character(tmp_path: Path) -> None:
    evil = "\x1b[31m\x1b]0;x\x07\x9b1m\u202e\x7fbad"
    backends = ScriptedBackends()
    backends.answer = lambda prompt: [
        StatusUpdate(evil),
        ToolStart(evil, {"x": evil}),
        ToolEnd(1),
        MessageDelta(evil),
        RunCompleted(1, max_turns_reached=True, max_turns_message=evil),
    ]
    with running_plain(tmp_path, backends=backends, is_terminal=False) as bench:
        bench.type(evil)
        bench.until("status: completed")
        for line in (f"/rename {evil}", "/sessions", "/tools 1", "/search bad", "/show all", f"/{evil}"):
            bench.type(line)
        page = bench.until("there is no command")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", page)
    assert page.count("bad") > 6


def test_messages_sent_while_a_turn_runs_wait_their_turn(terminal: PlainBench) -> None:
    terminal.ask("first")
    stream = terminal.backends.next_stream()
    stream.say("one")
    terminal.until("agent> one")
    terminal.type("second")
    terminal.until("status: queued, 1 message waiting")
    terminal.type("/queue")
    terminal.until("status: 1 message waiting\n  1. second\n")
    stream.complete(" and done")
    terminal.backends.next_stream().complete("two")
    page = terminal.until("agent> two\nstatus: completed")
    assert "agent>  and done\nstatus: completed" in page
    assert page.index("status: completed") < page.index("you> second\n") < page.index("agent> two")
    assert terminal.backends.messages == ["first", "second"]


def test_a_queued_message_can_be_taken_out(terminal: PlainBench) -> None:
    terminal.ask("first")
    stream = terminal.backends.next_stream()
    terminal.type("second")
    terminal.until("queued")
    terminal.type("/queue drop 1")
    terminal.until("taken out: second")
    stream.complete("done")
    terminal.until("completed")
    assert terminal.backends.messages == ["first"]


def test_a_message_of_several_lines(terminal: PlainBench) -> None:
    for line in ("one \\", "two"):
        terminal.ask(line)
    terminal.backends.next_stream().complete("ok")
    terminal.until("status: completed")
    for line in ('"""', "  /quit", "", "last \\", '"""'):
        terminal.ask(line)
    assert terminal.backends.next_stream().prompt == "  /quit\n\nlast \\"
    assert terminal.backends.messages[0] == "one \ntwo"
    assert "...> " in terminal.page.text


def test_two_slashes_send_one(terminal: PlainBench) -> None:
    terminal.ask("//etc is what?")
    assert terminal.backends.next_stream().prompt == "/etc is what?"


def test_an_empty_line_sends_nothing(terminal: PlainBench) -> None:
    terminal.ask("")
    terminal.ask("   ")
    converse(terminal)
    assert terminal.backends.messages == ["hello"]


def test_a_typing_error_in_a_command_is_told_and_not_sent(terminal: PlainBench) -> None:
    terminal.ask("/swich 3")
    terminal.until("there is no command /swich; did you mean /switch?")
    terminal.ask("/help")
    page = terminal.until("/quit [keep]")
    assert all(f"  /{name}" in page for name in ("new", "switch", "search", "export", "undo", "reconnect"))
    assert terminal.backends.messages == []


# -- what is told besides


def test_ctrl_c_stops_the_turn_and_never_leaves(terminal: PlainBench) -> None:
    terminal.ask("hello")
    terminal.backends.next_stream().say("so far")
    terminal.until("so far")
    terminal.signal(signal.SIGINT)
    page = terminal.until("status: stopped")
    assert "so far\nstatus: stopped" in page
    terminal.until_prompt()
    terminal.signal(signal.SIGINT)
    terminal.until("nothing runs here; /quit or ctrl+d leaves")
    terminal.signal(signal.SIGINT)
    converse(terminal, "again", "still here")


def test_ctrl_c_drops_a_message_that_is_being_written(terminal: PlainBench) -> None:
    terminal.ask('"""')
    terminal.ask("never mind")
    terminal.signal(signal.SIGINT)
    terminal.until("the message is dropped")
    converse(terminal)
    assert terminal.backends.messages == ["hello"]


def test_news_come_above_what_is_half_typed(terminal: PlainBench) -> None:
    terminal.ask("slow")
    stream = terminal.backends.next_stream()
    terminal.type("/new")
    terminal.until("session 2: a new one")
    terminal.until_prompt()
    terminal.lines.half = "half a lin"
    stream.complete("done")
    page = terminal.until('status: session 1, "slow": completed')
    assert "/switch 1 shows it\nyou> half a lin" in terminal.until("you> half a lin")
    assert "agent> done" not in page


def test_an_agents_status_is_told_once(terminal: PlainBench) -> None:
    terminal.ask("go")
    stream = terminal.backends.next_stream()
    stream.emit(StatusUpdate("reading"))
    terminal.until("status: reading")
    terminal.clock.advance(5)
    stream.emit(StatusUpdate("reading"), StatusUpdate("writing"))
    terminal.until("status: writing")
    stream.complete("done")
    assert terminal.until("completed").count("status: reading") == 1


def test_silence_is_spoken_of_less_and_less_often(terminal: PlainBench) -> None:
    terminal.ask("go")
    stream = terminal.backends.next_stream()
    terminal.until("a new one")
    stream.say("thinking")
    terminal.until("agent> thinking")
    terminal.pass_time(6)
    terminal.until("status: no data for 6 s")
    terminal.pass_time(4)
    stream.emit(Heartbeat(), Heartbeat())
    wait_for(lambda: stream.events_taken >= 3, what="the first heartbeat with the engine")
    terminal.type("later")
    terminal.until("queued, 1 message waiting")  # which the engine says after the heartbeat
    terminal.pass_time(6)
    terminal.until("status: waiting, 16 s")
    assert terminal.page.text.count("no data") == 1


def test_a_refused_message_is_kept_and_sent_again(terminal: PlainBench) -> None:
    terminal.backends.fail(Step.SEND, AuthenticationError("bad key"))
    terminal.ask("precious")
    page = terminal.until("not sent; the text is kept, /retry sends it again: precious")
    assert "The server does not accept the key: bad key" in terminal.until("bad key")
    assert "agent>" not in page
    terminal.ask("/retry")
    terminal.backends.next_stream().complete("thanks")
    terminal.until("agent> thanks")
    assert terminal.backends.messages == ["precious"]


def test_a_kept_text_can_be_thrown_away(terminal: PlainBench) -> None:
    terminal.backends.fail(Step.SEND, AuthenticationError("bad key"))
    terminal.ask("precious")
    terminal.until("the text is kept")
    terminal.ask("/discard")
    terminal.until("the text is thrown away")
    terminal.ask("/retry")
    terminal.until("nothing has been sent here yet")


def test_retry_sends_the_last_message_again_and_notes_what_it_revises(terminal: PlainBench) -> None:
    converse(terminal)
    terminal.ask("/retry")
    terminal.backends.next_stream().complete("hi again")
    terminal.until("agent> hi again")
    assert terminal.backends.messages == ["hello", "hello"]
    first, second = terminal.store.transcript(next(iter(terminal.store.sessions().result())).id).result()
    assert second.revises == first.id


def expire(bench: PlainBench) -> None:
    converse(bench)
    next(iter(bench.backends.sessions.values())).status = "timeout"
    bench.backends.fail(Step.SEND, NOT_FOUND)
    bench.ask("late")
    bench.until("Session expired", "New session with that text? Type yes or no. The text: late")


def test_a_session_that_expired_asks_in_words(terminal: PlainBench) -> None:
    expire(terminal)
    terminal.ask("what?")
    terminal.until("type yes or no first; this line was not sent")
    terminal.ask("yes")
    terminal.backends.next_stream().complete("welcome back")
    terminal.until("agent> welcome back")
    assert terminal.backends.messages == ["hello", "late"]


def test_no_keeps_the_text_of_a_session_that_expired(terminal: PlainBench) -> None:
    expire(terminal)
    terminal.ask("no")
    terminal.until("the text is kept; /retry asks again")
    terminal.ask("/retry")
    wait_for(lambda: terminal.page.text.count("Type yes or no.") == 2)
    assert terminal.backends.messages == ["hello"]


def test_an_interrupted_turn_says_so_and_is_picked_up(terminal: PlainBench) -> None:
    terminal.ask("hello")
    stream = terminal.backends.next_stream()
    stream.say("first half, ")
    terminal.until("first half")
    stream.cut()
    terminal.until("status: interrupted", "/reconnect picks it up")
    terminal.ask("/reconnect")
    terminal.backends.next_stream().complete("second half")
    page = terminal.until("agent> second half\nstatus: completed")
    assert page.count("first half") == 1


def test_a_line_that_is_on_its_way_is_not_asked_for_again(terminal: PlainBench) -> None:
    terminal.until_prompt()
    is_at_prompt = terminal.lines.press_enter("/help")
    for count in (1, 2):  # something else comes first; the second time the first is done with
        terminal.signal(signal.SIGTSTP)
        wait_for(partial(_has_stopped, terminal, count))
    assert terminal.lines.offers == 1
    terminal.lines.hand_over("/help", is_at_prompt=is_at_prompt)
    terminal.until("/quit [keep]")
    terminal.until_prompt()
    assert terminal.lines.offers == 2


def _has_stopped(bench: PlainBench, count: int) -> bool:
    return bench.page.text.count("(stopped)") == count


# -- sessions


def test_sessions_keep_their_numbers(terminal: PlainBench) -> None:
    converse(terminal, "alpha")
    terminal.ask("/new")
    converse(terminal, "beta", "from beta")
    terminal.ask("/sessions")
    page = terminal.until('  1. "alpha", idle')
    assert '  2. "beta", idle, echo, local, just now, this one' in page
    terminal.ask("/switch 1")
    page = terminal.until('status: session 1, "alpha", idle, echo on local\nyou> alpha\nagent> hi there\n')
    terminal.ask("/switch bet")
    terminal.until("you> beta\nagent> from beta\nstatus: completed")
    terminal.ask("/switch nothing of that kind")
    terminal.until("no session fits")
    terminal.ask("/switch")
    terminal.until("type /switch and a number")


def test_words_that_fit_several_sessions_list_them(terminal: PlainBench) -> None:
    converse(terminal, "same one")
    terminal.ask("/new")
    converse(terminal, "same two")
    terminal.ask("/switch same")
    terminal.until("2 sessions fit; type /switch and a number")


def test_search_finds_the_place_and_the_number_of_its_session(terminal: PlainBench) -> None:
    converse(terminal, "where is the needle?", "in the hay")
    terminal.ask("/new")
    terminal.ask("/search needle")
    terminal.until("place", 'session 1, "where is the needle?", turn 1')
    terminal.ask("/search nowhere")
    terminal.until("status: nothing found")


def test_saved_sessions_are_there_at_the_next_start(tmp_path: Path) -> None:
    store = MemoryStore()
    with running_plain(tmp_path, store=store) as bench:
        for number in range(5):
            converse(bench, f"message {number}", f"answer {number}")
            bench.clock.advance(1)
        bench.ask("/quit")
        assert bench.until_left() == 0
    with running_plain(tmp_path, store=store, is_continue=True) as bench:
        page = bench.until("agent> answer 4\nstatus: completed")
        assert "status: 2 earlier turns; /show all prints them" in page
        assert "answer 1" not in page
        bench.ask("/show all")
        bench.until("agent> answer 0")
        assert bench.lines.history[-1] == "message 4"


def test_rename_delete_undo_and_end(terminal: PlainBench) -> None:
    converse(terminal)
    terminal.ask("/rename another name")
    terminal.until('called "another name"')
    terminal.ask("/delete")
    terminal.until("is deleted; /undo brings it back")
    terminal.ask("/sessions")
    terminal.until("no sessions are saved yet")
    terminal.ask("/undo")
    terminal.until('session 1, "another name", is back')
    terminal.ask("/switch 1")
    terminal.until('session 1, "another name"')
    terminal.ask("/new")
    converse(terminal, "second", "answer two")
    terminal.ask("/end")
    terminal.until("status: ended; the transcript stays")


def test_a_running_session_is_deleted_only_when_that_is_said(terminal: PlainBench) -> None:
    terminal.ask("hello")
    terminal.backends.next_stream()
    terminal.type("/delete")
    terminal.until("its turn runs; /stop stops it, /delete now deletes it all the same")
    terminal.type("/delete now")
    terminal.until("is deleted")


def test_new_takes_an_agent_by_name_or_by_its_number(terminal: PlainBench) -> None:
    terminal.ask("/agents")
    terminal.until("local: 1 agent\n  1. echo")
    terminal.ask("/new 1")
    terminal.until("session 1: a new one with echo on local")
    terminal.ask("/new other")
    terminal.until("session 2: a new one with other on local")
    terminal.ask("/new 7")
    terminal.until("there is no agent with that number")
    terminal.ask("/new echo nowhere")
    terminal.until("there is no profile nowhere")


def test_status_and_tools_say_what_there_is(terminal: PlainBench) -> None:
    terminal.ask("/status")
    terminal.until("no session; a message begins one with echo on local")
    terminal.ask("go")
    stream = terminal.backends.next_stream()
    stream.emit(ToolStart("bash", {"command": "ls"}), ToolEnd(42))
    stream.complete("done")
    terminal.until("completed")
    terminal.ask("/status")
    terminal.until('session 1, "go", idle, echo on local, 1 message, expires in about')
    terminal.ask("/tools")
    terminal.until('  1. bash {"command":"ls"}; bash done, 42 ms')
    terminal.ask("/tools 1")
    terminal.until('{\n  "command": "ls"\n}')


def test_copy_takes_the_last_answer_or_everything(terminal: PlainBench) -> None:
    converse(terminal)
    terminal.ask("/copy")
    terminal.until("Copied 8 signs")
    terminal.ask("/copy all")
    wait_for(lambda: len(terminal.copied) == 2)
    assert terminal.copied[0] == "hi there"
    assert terminal.copied[1].startswith("# hello\n")


def test_export_writes_a_file_and_says_what_is_in_it(terminal: PlainBench, tmp_path: Path) -> None:
    converse(terminal, "mail a@b.cc", "done")
    terminal.ask("/export json talk.json")
    terminal.until(f"wrote {tmp_path / 'talk.json'}", "it holds mail address (email): 2 places")
    assert json.loads((tmp_path / "talk.json").read_text())["turns"][0]["prompt"] == "mail a@b.cc"
    terminal.ask("/export text --mask")
    terminal.until("masked mail address (email)")
    (masked,) = tmp_path.glob("session-*.txt")
    assert "[email-1]" in masked.read_text()
    assert masked.stat().st_mode & 0o777 == 0o600
    terminal.ask("/export html page.html")
    terminal.until(f"wrote {tmp_path / 'page.html'}")
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    terminal.ask("/export nonsense")
    terminal.until("type /export and one of md, json, text, html")
    terminal.ask("/export md no/such/folder.md")
    terminal.until("folder.md: there is no such folder")


def test_an_export_replaces_a_file_only_when_told_to(terminal: PlainBench, tmp_path: Path) -> None:
    (tmp_path / "my notes.md").write_text("mine")
    converse(terminal)
    terminal.ask("/export md my notes.md --no-tools")
    terminal.until("notes.md is there already; /export md my notes.md --no-tools --overwrite replaces it")
    assert (tmp_path / "my notes.md").read_text() == "mine"
    terminal.ask("/export md my notes.md --no-tools --overwrite")
    terminal.until("wrote ")
    assert "hi there" in (tmp_path / "my notes.md").read_text()


def test_the_end_of_an_agents_log_is_told_with_its_indentation(terminal: PlainBench) -> None:
    converse(terminal)
    (server_id,) = terminal.backends.sessions
    terminal.backends.logs[server_id] = ["Traceback", "  File a.py\x1b[2J", *(f"line {n}" for n in range(30))]
    terminal.ask("/log")
    terminal.until("status: its agent's log, 32 lines, the last 20:\n  line 10\n", "  line 29\n")
    terminal.ask("/log all")
    terminal.until("32 lines:\n  Traceback\n    File a.py\n  line 0\n")


def test_the_prompt_comes_back_once_what_was_asked_for_is_there(terminal: PlainBench) -> None:
    converse(terminal)
    for command in ("/log", "/agents", "/search hello", "/copy"):
        terminal.ask(command)
        terminal.until_prompt()
    assert "you> \nstatus" not in terminal.page.text


def test_a_log_that_is_not_there_is_told(terminal: PlainBench) -> None:
    terminal.ask("/log")
    terminal.until("no session is open")
    converse(terminal)
    terminal.ask("/log")
    terminal.until("The log is not offered here.")


@pytest.mark.parametrize(
    ("lines", "said", "unsaid"),
    [
        (("/delete", "/undo"), 'session 1, "hello", is back', "nothing was deleted"),
        (("/delete", "/undo", "/switch 1"), 'session 1, "hello", ended, echo on local', "no session fits"),
        (("/rename better", "/sessions"), '1. "better", ', '1. "hello"'),
    ],
)
def test_what_follows_a_change_of_a_session_waits_for_it(
    pipe: PlainBench, lines: tuple[str, ...], said: str, unsaid: str
) -> None:
    pipe.backends.answer = lambda _prompt: [MessageDelta("hi"), RunCompleted(1)]
    for line in ("hello", *lines):
        pipe.type(line)
    assert unsaid not in pipe.until(said)


def test_an_undo_that_finds_nothing_holds_nothing_up(pipe: PlainBench) -> None:
    pipe.backends.answer = lambda _prompt: [MessageDelta("hi"), RunCompleted(1)]
    for line in ("hello", "/delete"):
        pipe.type(line)
    pipe.until("is deleted; /undo brings it back")
    pipe.store.trash.clear()
    for line in ("/undo", "/help"):
        pipe.type(line)
    pipe.until("That session is not in the trash any more.", "/quit")


# -- leaving


def test_quit_ends_the_sessions_and_counts_them(terminal: PlainBench) -> None:
    converse(terminal)
    terminal.ask("/quit")
    assert terminal.until_left() == 0
    assert terminal.page.text.endswith("status: Ending 0 of 1 session\nstatus: Ending 1 of 1 session\n")
    assert terminal.backends.count(Step.END) == 1


def test_quit_keep_leaves_them_running(terminal: PlainBench) -> None:
    converse(terminal)
    terminal.ask("/quit keep")
    assert terminal.until_left() == 0
    assert terminal.backends.count(Step.END) == 0
    assert terminal.backends.is_kept


def test_quit_asks_where_the_config_says_so(tmp_path: Path) -> None:
    with running_plain(tmp_path, config=Config(on_quit="ask")) as bench:
        converse(bench)
        bench.ask("/quit")
        bench.until("/quit end ends all sessions; /quit keep leaves them running")
        bench.ask("/quit end")
        bench.until_left()
        assert bench.backends.count(Step.END) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_ends_the_sessions_and_the_process(terminal: PlainBench, number: int) -> None:
    terminal.ask("hello")
    terminal.backends.next_stream().say("half")
    terminal.until("half")
    terminal.signal(number)
    assert terminal.until_left() == 128 + number
    assert terminal.backends.count(Step.END) == 1


def test_ctrl_d_leaves_in_the_midst_of_a_turn(terminal: PlainBench) -> None:
    terminal.ask("hello")
    terminal.backends.next_stream()
    terminal.end_input()
    assert terminal.until_left() == 0
    assert terminal.backends.count(Step.END) == 1


def test_a_message_that_is_half_written_at_the_end_is_kept(terminal: PlainBench) -> None:
    converse(terminal)
    terminal.ask("precious \\")
    terminal.until_prompt()
    terminal.end_input()
    terminal.until_left()
    assert terminal.store.sessions().result()[0].draft == "precious "


def test_output_that_nobody_reads_any_more_ends_it_quietly(terminal: PlainBench) -> None:
    converse(terminal)
    terminal.close_output()
    assert terminal.until_left() == 0
    assert terminal.backends.count(Step.END) == 1


def test_an_end_that_does_not_get_through_is_told_and_holds_nobody_up(terminal: PlainBench) -> None:
    converse(terminal)
    hold = terminal.backends.hold(Step.END)
    terminal.ask("/quit")
    hold.wait_reached()
    terminal.pass_time(2.5)
    assert terminal.until_left() == 0
    assert "1 session could not be ended; the next start tries again" in terminal.page.text


def test_ctrl_z_stops_and_comes_back_to_the_prompt(terminal: PlainBench) -> None:
    terminal.until_prompt()
    terminal.lines.half = "half"
    terminal.signal(signal.SIGTSTP)
    terminal.until("(stopped)\nstatus: back\nyou> half")


# -- a pipe


def test_a_pipe_has_no_prompt_and_its_end_waits_for_the_answer(pipe: PlainBench) -> None:
    pipe.type("hello")
    stream = pipe.backends.next_stream()
    pipe.end_input()
    stream.complete("hi")
    assert pipe.until_left() == 0
    assert "you> hello\nagent> hi\nstatus: completed" in pipe.page.text
    assert "you> \n" not in pipe.page.text


def test_a_pipe_fails_where_an_answer_does(pipe: PlainBench) -> None:
    pipe.backends.fail(Step.SEND, AuthenticationError("bad key"))
    pipe.type("hello")
    pipe.end_input()
    assert pipe.until_left() == 1


def test_a_failed_turn_leaves_the_messages_of_a_pipe_that_wait_unsent(pipe: PlainBench) -> None:
    pipe.type("first")
    stream = pipe.backends.next_stream()
    pipe.type("second")
    pipe.until("queued")
    pipe.end_input()
    stream.cut()
    assert pipe.until_left() == 1
    assert "1 message not sent; kept for the next start" in pipe.page.text
    assert pipe.backends.messages == ["first"]


def test_a_command_about_the_whole_answer_waits_for_it_in_a_pipe(pipe: PlainBench, tmp_path: Path) -> None:
    pipe.type("hello")
    stream = pipe.backends.next_stream()
    pipe.type("/export text out.txt")
    pipe.type("/status")
    pipe.end_input()
    stream.complete("the whole answer")
    assert pipe.until_left() == 0
    assert "the whole answer" in (tmp_path / "out.txt").read_text()


def test_stop_does_not_wait_in_a_pipe(pipe: PlainBench) -> None:
    pipe.type("hello")
    pipe.backends.next_stream().say("half")
    pipe.until("half")
    pipe.type("/stop")
    pipe.until("status: stopped")


def test_the_end_of_a_pipe_ends_a_message_of_several_lines(pipe: PlainBench) -> None:
    pipe.type('"""')
    pipe.type("one")
    pipe.type("two")
    pipe.end_input()
    pipe.backends.next_stream().complete("ok")
    assert pipe.until_left() == 0
    assert pipe.backends.messages == ["one\ntwo"]


def test_a_long_pipe_does_not_pile_up_in_the_queue(pipe: PlainBench) -> None:
    pipe.type("first")
    stream = pipe.backends.next_stream()
    for number in range(80):
        pipe.type(f"line {number}")
    pipe.until("queued, 50 messages waiting")
    pipe.backends.answer = lambda _prompt: [RunCompleted(1)]
    stream.complete("go on")
    pipe.end_input()
    assert pipe.until_left() == 0, pipe.page.text
    assert pipe.backends.messages[-1] == "line 79"
    assert "queued, 55 messages" not in pipe.page.text


def test_ctrl_c_ends_a_pipe(pipe: PlainBench) -> None:
    pipe.type("hello")
    pipe.backends.next_stream()
    pipe.signal(signal.SIGINT)
    assert pipe.until_left() == 130
    assert pipe.backends.count(Step.END) == 1


def test_a_message_waits_until_it_is_known_who_there_is(tmp_path: Path) -> None:
    backends = ScriptedBackends()
    hold = backends.hold(Step.AGENTS)
    with running_plain(tmp_path, backends=backends, agent=None, profiles=("hosted",), is_terminal=False) as bench:
        bench.type("hello")
        hold.wait_reached()
        hold.release()
        backends.next_stream().complete("hi")
        bench.until("session 1: a new one with echo on hosted", "agent> hi")


def test_states_of_a_saved_session_are_words(tmp_path: Path) -> None:
    store = MemoryStore()
    with running_plain(tmp_path, store=store) as bench:
        bench.ask("hello")
        bench.backends.next_stream().say("so far")
        bench.until("so far")
        bench.ask("/quit") if bench.lines.is_prompting else bench.type("/quit")
        bench.until_left()
    (session,) = store.sessions().result()
    (turn,) = store.transcript(session.id).result()
    assert (session.state, turn.state) == (SessionState.ENDED, TurnState.STOPPED)
