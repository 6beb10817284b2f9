"""Plain mode by the real process: on a terminal, on a dumb one, and on pipes."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from superserve_tui.domain import SessionState, TurnState
from tests.support.command_line import ECHO, CommandLine
from tests.support.processes import processes_of
from tests.support.puppet import PUPPET, Strings
from tests.support.terminal import Keys, Terminal
from tests.support.waiting import wait_for

GONE_WITHIN_S = 3.0 + 4.0
"""The promise, and what a busy machine may add."""
QUEUED = "status: queued, 1 message waiting\n"
CTRL_D, CTRL_U = "\x04", "\x15"
CONVERSATION = "you> hello\nstatus: session 1: a new one with agent on local\nagent> echo: hello\nstatus: completed"


def page(terminal: Terminal) -> str:
    """All that was written, as lines."""
    return terminal.raw.decode().replace("\r\n", "\n")


def state_of(pid: int) -> str:
    """The process's state, as `ps` says it."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return done.stdout.strip()[:1]


def at_prompt(terminal: Terminal, count: int = 1) -> None:
    """Wait until a prompt waits for a line, for the `count`-th time at least."""
    wait_for(
        lambda: page(terminal).endswith("you> ") and page(terminal).count("you> ") >= count,
        15,
        what=f"a prompt below {page(terminal)!r}",
    )


@pytest.mark.parametrize("term", ["xterm-256color", "dumb", "linux", "vt100"])
def test_no_escape_sequence_on_any_terminal(machine: CommandLine, term: str) -> None:
    machine.script()
    with machine.terminal("--plain", "agent.py", environ={"TERM": term}) as terminal:
        at_prompt(terminal)
        terminal.send("hello")
        at_prompt(terminal, 2)
        terminal.send("/help")
        at_prompt(terminal, 3)
        terminal.send("/quit")
        assert terminal.wait_exit(GONE_WITHIN_S) == 0
        assert terminal.differences() == []
    assert b"\x1b" not in terminal.raw
    assert CONVERSATION in page(terminal)
    assert page(terminal).endswith("status: Ending 0 of 1 session\nstatus: Ending 1 of 1 session\n")
    assert machine.ledger() == ()


def test_a_line_can_be_edited_and_brought_back(machine: CommandLine) -> None:
    machine.script()
    with machine.terminal("--plain", "agent.py") as terminal:
        at_prompt(terminal)
        terminal.type("hellx", "\x7f", "o", Keys.ENTER)
        terminal.wait_for("echo: hello")
        at_prompt(terminal, 2)
        terminal.type(Keys.UP, " again", Keys.ENTER)
        terminal.wait_for("echo: hello again")
        at_prompt(terminal, 3)
        terminal.type("/unknown", CTRL_U, "/sess", Keys.TAB, Keys.ENTER)
        terminal.wait_for("status: 1 session")
    assert [turn.prompt for turn in machine.transcript(machine.saved()[0].id)] == ["hello", "hello again"]


def test_what_is_typed_while_an_answer_runs_is_kept(machine: CommandLine) -> None:
    machine.script("puppet.py", PUPPET)
    with (
        machine.terminal("--plain", "puppet.py") as terminal,
        Strings(machine.folder, "one") as one,
        Strings(machine.folder, "two") as two,
        Strings(machine.folder, "three") as three,
    ):
        at_prompt(terminal)
        terminal.send("one")
        one.say("first\n")
        terminal.wait_for("agent> first")
        terminal.send("two")
        terminal.wait_for("queued, 1 message waiting")
        terminal.type("thr")
        one.let_go()
        two.say("second\n")
        terminal.wait_for("agent> second")
        two.let_go()
        wait_for(lambda: page(terminal).endswith("you> thr"), 15, what="what was half typed at the prompt")
        terminal.send("ee")
        three.say("third\n")
        terminal.wait_for("agent> third")
        three.let_go()
        at_prompt(terminal)
    assert [turn.prompt for turn in machine.transcript(machine.saved()[0].id)] == ["one", "two", "three"]


def test_two_lines_in_one_burst_are_two_messages(machine: CommandLine) -> None:
    machine.script()
    with machine.terminal("--plain", "agent.py") as terminal:
        at_prompt(terminal)
        terminal.type("one\rtwo\r")
        terminal.wait_for("echo: one", "echo: two")
        at_prompt(terminal)
    assert [turn.prompt for turn in machine.transcript(machine.saved()[0].id)] == ["one", "two"]


def test_half_a_line_in_the_same_burst_goes_on_at_the_next_prompt(machine: CommandLine) -> None:
    machine.script()
    with machine.terminal("--plain", "agent.py") as terminal:
        at_prompt(terminal)
        terminal.type("one\rtw")
        terminal.wait_for("echo: one")
        wait_for(lambda: page(terminal).endswith("you> tw"), 15, what="what was half typed at the prompt")
        terminal.send("o")
        terminal.wait_for("echo: two")
        at_prompt(terminal)


def test_ctrl_c_stops_the_turn_and_ctrl_d_leaves(machine: CommandLine) -> None:
    machine.script("puppet.py", PUPPET)
    with machine.terminal("--plain", "puppet.py") as terminal, Strings(machine.folder, "one") as one:
        at_prompt(terminal)
        terminal.send("one")
        one.say("so far\n")
        terminal.wait_for("so far")
        terminal.type(Keys.CTRL_C)
        terminal.wait_for("status: stopped")
        at_prompt(terminal, 2)
        terminal.type(Keys.CTRL_C)
        terminal.wait_for("nothing runs here")
        at_prompt(terminal)
        terminal.type(Keys.CTRL_C, CTRL_D)
        assert terminal.wait_exit(GONE_WITHIN_S) == 0
        assert terminal.differences() == []
    (session,) = machine.saved()
    assert session.state is SessionState.ENDED
    (turn,) = machine.transcript(session.id)
    assert (turn.text, turn.state) == ("so far\n", TurnState.STOPPED)


def test_ctrl_z_gives_the_terminal_back_until_it_goes_on(machine: CommandLine) -> None:
    machine.script()
    with machine.terminal("--plain", "agent.py") as terminal:
        at_prompt(terminal)
        terminal.type("half")
        terminal.wait_for("you> half")
        terminal.type(Keys.CTRL_Z)
        wait_for(lambda: state_of(terminal.pid) == "T", 15, what="it stands still")
        assert terminal.differences() == []
        terminal.signal(signal.SIGCONT)
        wait_for(
            lambda: page(terminal).endswith("status: back\nyou> half"), 15, what=f"the prompt: {page(terminal)!r}"
        )
        terminal.send(" a line")
        terminal.wait_for("echo: half a line")
        at_prompt(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT], ids=lambda each: each.name)
@pytest.mark.parametrize("is_running", [True, False], ids=["in mid-stream", "at the prompt"])
def test_a_signal_leaves_nothing_behind(machine: CommandLine, number: signal.Signals, is_running: bool) -> None:
    machine.script("puppet.py", PUPPET)
    with machine.terminal("--plain", "puppet.py") as terminal, Strings(machine.folder, "one") as one:
        at_prompt(terminal)
        terminal.send("one")
        one.say("first\n")
        terminal.wait_for("agent> first")
        if not is_running:
            one.let_go()
            at_prompt(terminal, 2)
        terminal.signal(number)
        assert terminal.wait_exit(GONE_WITHIN_S) == 128 + number
        assert terminal.differences() == []
        assert processes_of(machine.home) == {}
    assert machine.ledger() == ()


def test_a_closed_window_leaves_nothing_behind(machine: CommandLine) -> None:
    machine.script()
    with machine.terminal("--plain", "agent.py") as terminal:
        at_prompt(terminal)
        terminal.send("hello")
        at_prompt(terminal, 2)
        terminal.close()
        terminal.wait_exit(GONE_WITHIN_S)
        assert processes_of(machine.home) == {}
    assert machine.ledger() == ()


def test_a_terminal_that_stands_still_holds_up_no_signal(machine: CommandLine) -> None:
    flood = 'while True:\n    input()\n    for n in range(200000): print("x" * 70, flush=True)\n'
    machine.script("flood.py", flood)
    main, child = os.openpty()
    try:
        process = subprocess.Popen(
            machine.argv("--plain", "flood.py"),
            stdin=subprocess.PIPE,
            stdout=child,
            stderr=child,
            cwd=machine.folder,
            env=machine.environ,
        )
        with process:
            assert process.stdin is not None
            process.stdin.write(b"go\n")
            process.stdin.flush()
            assert b"status" in os.read(main, 100)  # it writes, and nobody reads on
            wait_for(lambda: machine.data.exists() and machine.ledger(), 15, what="the session is there")
            process.terminate()
            assert process.wait(GONE_WITHIN_S + 1) == 128 + signal.SIGTERM
    finally:
        os.close(main)
        os.close(child)
    assert machine.ledger() == ()


def test_a_pipe_is_a_conversation(machine: CommandLine) -> None:
    machine.script()
    done = machine.run("--plain", "agent.py", text='hello\n"""\none\ntwo\n"""\n/export text talk.txt\n/status')
    assert (done.status, done.err) == (0, "")
    assert "you> hello\nagent> echo: hello\nstatus: completed" in done.out.replace(QUEUED, "")
    assert "you> one\ntwo\nagent> echo: one\ntwo\nstatus: completed" in done.out
    assert "echo: one\ntwo" in (machine.folder / "talk.txt").read_text()
    assert '"hello", idle' in done.out
    assert "\x1b" not in done.out


def test_a_reader_that_goes_ends_it_quietly(machine: CommandLine) -> None:
    machine.script(text="while True:\n    input()\n    for n in range(100000): print(n)\n")
    with machine.start("--plain", "agent.py", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
        assert process.stdout.readline().startswith(b"status: ")
        process.stdout.close()
        assert process.wait(15) == 0
        assert process.stderr.read() == b""
    assert machine.ledger() == ()


def test_input_that_is_closed_from_the_start_is_no_fault(machine: CommandLine) -> None:
    machine.script(text=ECHO)
    with machine.start("--plain", "agent.py") as process:
        out, err = process.communicate(timeout=50)
    assert process.returncode == 0
    assert err == b""
    assert out.startswith(b"status: superserve-tui")


def test_plain_needs_no_terminal_that_can_draw(machine: CommandLine) -> None:
    machine.script()
    with machine.terminal("--plain", "agent.py", "--title", "my talk", environ={"TERM": ""}) as terminal:
        at_prompt(terminal)
        terminal.send("hello")
        at_prompt(terminal, 2)
        terminal.send("/quit keep")
        assert terminal.wait_exit(GONE_WITHIN_S) == 0
    (session,) = machine.saved()
    assert (session.title, session.is_kept) == ("my talk", True)
    machine.run("sessions", "end", session.id)
