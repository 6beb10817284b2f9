"""Leaving the app: sessions ended exactly once, no process left, the terminal as it was found."""

from __future__ import annotations

import sys
from time import monotonic

from tests.support.command_line import CommandLine
from tests.support.fault_server import FaultServer
from tests.support.processes import processes_of
from tests.support.puppet import PUPPET, Strings
from tests.support.session_service import SessionService
from tests.support.terminal import Keys, Terminal
from tests.support.waiting import wait_for

GONE_WITHIN_S = 3.0 + 4.0
"""The promise, and what a busy machine may add."""


def test_quit_ends_each_session_exactly_once(machine: CommandLine) -> None:
    with FaultServer() as server:
        service = SessionService(server)
        machine.write_config(service.config())

        with machine.terminal(environ=service.environ) as terminal:
            _two_sessions(terminal)
            terminal.type(Keys.CTRL_Q)
            assert terminal.wait_exit(GONE_WITHIN_S) == 0

        assert len(service.made) == 2
        assert service.ends() == dict.fromkeys(service.made, 1)
    assert machine.ledger() == ()


def test_quit_leaves_no_process_and_the_terminal_as_it_was(machine: CommandLine) -> None:
    machine.script("puppet.py", PUPPET)

    with machine.terminal("puppet.py") as terminal, Strings(machine.folder, "one") as one:
        terminal.wait_for("Message puppet")
        terminal.send("one")
        one.say("the answer\n")
        one.let_go()
        terminal.wait_for("the answer", "puppet · idle")
        commands = " ".join(processes_of(machine.home).values())
        assert "superserve_tui.server.child" in commands
        assert "puppet.py" in commands
        assert "mode ?1049 is on" in terminal.differences()
        terminal.type(Keys.CTRL_Q)
        assert terminal.wait_exit(GONE_WITHIN_S) == 0
        assert processes_of(machine.home) == {}
        assert terminal.differences() == []
        assert terminal.text().strip() == ""
    assert machine.ledger() == ()


def test_quit_asks_while_a_turn_runs(machine: CommandLine) -> None:
    machine.script("puppet.py", PUPPET)

    with machine.terminal("puppet.py") as terminal, Strings(machine.folder, "one") as one:
        terminal.wait_for("Message puppet")
        terminal.send("one")
        one.say("first\n")
        terminal.wait_for("first")
        terminal.type(Keys.CTRL_Q)
        terminal.wait_for("Quit", "1 running turn", "Stay")
        terminal.type(Keys.ESCAPE)
        terminal.wait_gone("Stay")
        one.say("second\n")
        terminal.wait_for("second", "running")
        terminal.type(Keys.CTRL_Q)
        terminal.wait_for("Leave running")
        terminal.type(Keys.ENTER)
        assert terminal.wait_exit(GONE_WITHIN_S) == 0
        assert processes_of(machine.home) == {}

    (session,) = machine.saved()
    (turn,) = machine.transcript(session.id)
    assert (turn.text, str(turn.state)) == ("first\nsecond\n", "stopped")


def test_quit_shows_how_many_sessions_are_ended_and_does_not_wait_for_ever(machine: CommandLine) -> None:
    with FaultServer() as server:
        service = SessionService(server)
        service.may_end.clear()
        machine.write_config(service.config())

        with machine.terminal(environ=service.environ) as terminal:
            _two_sessions(terminal)
            asked_at = monotonic()
            terminal.type(Keys.CTRL_Q)
            terminal.wait_for("Quit", "Ending 0 of 2")
            assert terminal.wait_exit() == 0
            took_s = monotonic() - asked_at
            screen = terminal.text()

        assert took_s < GONE_WITHIN_S
        assert "2 sessions could not be ended. The server did not answer in time." in screen
        assert "The next start ends them." in screen
        assert {entry.server_id for entry in machine.ledger() if entry.is_end_owed} == set(service.made)
        assert "Traceback" not in screen


def test_what_could_not_be_ended_is_ended_at_the_next_start(machine: CommandLine) -> None:
    with FaultServer() as server:
        service = SessionService(server)
        service.may_end.clear()
        machine.write_config(service.config())
        with machine.terminal(environ=service.environ) as terminal:
            _two_sessions(terminal)
            terminal.type(Keys.CTRL_Q)
            assert terminal.wait_exit() == 0
        service.may_end.set()

        with machine.terminal(environ=service.environ) as terminal:
            terminal.wait_for("Message my-agent", "ended")
            terminal.type(Keys.CTRL_Q)
            assert terminal.wait_exit(GONE_WITHIN_S) == 0

        assert service.ends() == dict.fromkeys(service.made, 2)
    assert machine.ledger() == ()


def test_keep_leaves_the_sessions_alone(machine: CommandLine) -> None:
    with FaultServer() as server:
        service = SessionService(server)
        machine.write_config(service.config())

        with machine.terminal("--keep", environ=service.environ) as terminal:
            _two_sessions(terminal)
            terminal.type(Keys.CTRL_Q)
            assert terminal.wait_exit(GONE_WITHIN_S) == 0

        assert service.ends() == {}
    assert [entry.is_kept for entry in machine.ledger()] == [True, True]


def test_ctrl_c_twice_does_not_end_the_app(machine: CommandLine) -> None:
    machine.script("puppet.py", PUPPET)

    with machine.terminal("puppet.py") as terminal, Strings(machine.folder, "one") as one:
        terminal.wait_for("Message puppet")
        terminal.send("one")
        one.say("first\n")
        one.let_go()
        terminal.wait_for("first", "puppet · idle")
        terminal.type("a draft")
        terminal.wait_for("❯ a draft")
        terminal.type(Keys.CTRL_C)
        terminal.wait_gone("❯ a draft")
        terminal.type(Keys.CTRL_C, Keys.CTRL_C)
        terminal.type("still here")
        terminal.wait_for("❯ still here")


def test_ctrl_z_suspends_to_the_shell_and_fg_comes_back(machine: CommandLine) -> None:
    shell = ["bash", "--norc", "--noprofile", "--noediting", "-i"]
    environ = {**machine.environ, "PS1": "shell> ", "PYTHON": sys.executable}

    with Terminal(shell, environ=environ, folder=machine.folder) as terminal:
        terminal.wait_for("shell>")
        terminal.send('"$PYTHON" -P -m superserve_tui')
        terminal.wait_for("Message workspace")
        terminal.type("a draft")
        terminal.wait_for("❯ a draft")
        terminal.type(Keys.CTRL_Z)
        terminal.wait_for("Stopped")
        assert terminal.differences() == []
        terminal.send("echo $((6 * 7))")
        terminal.wait_for("\n42\n")
        terminal.send("fg")
        terminal.wait_for("❯ a draft")
        wait_for(lambda: "the title is 1 deep" in terminal.differences(), what="the title is the app's again")
        terminal.type(" goes on")
        terminal.wait_for("❯ a draft goes on")
        terminal.type(Keys.CTRL_Q)
        terminal.wait_until(lambda text: text.rstrip().endswith("shell>"), "the prompt again")
        terminal.send("exit $?")
        assert terminal.wait_exit() == 0


def _two_sessions(terminal: Terminal) -> None:
    """Send a message in each of two new sessions."""
    terminal.wait_for("Message my-agent")
    terminal.send("one")
    terminal.wait_for("heard: one", "my-agent · idle")
    terminal.type(Keys.CTRL_N)
    terminal.wait_for("New session")
    terminal.type(Keys.ENTER)
    terminal.wait_for("session 1 of 2", "Talk to my-agent")
    terminal.send("two")
    terminal.wait_for("heard: two")
    terminal.wait_gone("running", "starting")
