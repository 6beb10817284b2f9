"""Ended from outside: by a signal, by a closed window, by the machine."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest

from superserve_tui.domain import SessionState, TurnState
from tests.support.command_line import CommandLine
from tests.support.fault_server import FaultServer
from tests.support.processes import processes_of
from tests.support.puppet import PUPPET, Strings
from tests.support.session_service import SessionService
from tests.support.terminal import Keys, Terminal
from tests.support.waiting import wait_for

GONE_WITHIN_S = 3.0 + 4.0
"""The promise, and what a busy machine may add."""
ENDING = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT]


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_a_signal_in_mid_stream_leaves_nothing_behind(machine: CommandLine, number: signal.Signals) -> None:
    machine.script("puppet.py", PUPPET)

    with machine.terminal("puppet.py") as terminal, Strings(machine.folder, "one") as one:
        _stream(terminal, one)
        terminal.type("a draft")
        terminal.wait_for("❯ a draft")
        terminal.signal(number)
        assert terminal.wait_exit(GONE_WITHIN_S) == 128 + number
        assert terminal.differences() == []
        assert terminal.text().strip() == ""
        assert processes_of(machine.home) == {}

    assert machine.ledger() == ()
    (session,) = machine.saved()
    assert session.draft == "a draft"
    (turn,) = machine.transcript(session.id)
    assert (turn.text, turn.state) == ("first\n", TurnState.STOPPED)


def test_a_closed_window_ends_each_session_exactly_once(machine: CommandLine) -> None:
    with FaultServer() as server:
        service = SessionService(server)
        machine.write_config(service.config())

        with machine.terminal(environ=service.environ) as terminal:
            terminal.wait_for("Message my-agent")
            terminal.send("one")
            terminal.wait_for("heard: one", "my-agent · idle")
            terminal.close()
            assert terminal.wait_exit(GONE_WITHIN_S) == 128 + signal.SIGHUP

        assert service.ends() == dict.fromkeys(service.made, 1)
    assert machine.ledger() == ()


def test_a_window_closed_in_mid_stream_leaves_no_process(machine: CommandLine) -> None:
    machine.script("puppet.py", PUPPET)

    with machine.terminal("puppet.py") as terminal, Strings(machine.folder, "one") as one:
        _stream(terminal, one)
        terminal.close()
        assert terminal.wait_exit(GONE_WITHIN_S) == 128 + signal.SIGHUP
        assert processes_of(machine.home) == {}

    assert machine.ledger() == ()


def test_a_second_signal_does_not_cut_the_ending_short(machine: CommandLine) -> None:
    with FaultServer() as server:
        service = SessionService(server)
        machine.write_config(service.config())

        with machine.terminal(environ=service.environ) as terminal:
            terminal.wait_for("Message my-agent")
            terminal.send("one")
            terminal.wait_for("heard: one", "my-agent · idle")
            service.may_end.clear()
            terminal.signal(signal.SIGTERM)
            wait_for(service.ends, what="the session is being ended")
            for number in ENDING:
                terminal.signal(number)
            service.may_end.set()
            assert terminal.wait_exit(GONE_WITHIN_S) == 128 + signal.SIGTERM
            assert terminal.differences() == []

        assert service.ends() == dict.fromkeys(service.made, 1)
    assert machine.ledger() == ()


def test_a_turn_goes_on_where_the_app_was_killed(machine: CommandLine) -> None:
    machine.script("puppet.py", PUPPET)
    lines = [f"{number}: ünï → 漢 {'x' * number}\n" for number in range(90)]

    with Strings(machine.folder, "one") as one:
        with machine.terminal("puppet.py") as terminal:
            terminal.wait_for("Message puppet")
            terminal.send("one")
            one.say("".join(lines[:30]))
            terminal.wait_for("29: ")
            terminal.signal(signal.SIGKILL)
            assert terminal.wait_exit() == -signal.SIGKILL
        one.say("".join(lines[30:60]))

        with machine.terminal("puppet.py", "--continue") as terminal:
            terminal.wait_for("59: ", "running")
            one.say("".join(lines[60:]))
            one.let_go()
            terminal.wait_for("89: ", "puppet · idle")
            terminal.type(Keys.CTRL_Q)
            assert terminal.wait_exit() == 0

    (turn,) = _turns(machine)
    assert turn["text"] == "".join(lines)
    assert turn["finish_reason"] == "completed"
    assert machine.ledger() == ()


def test_a_turn_that_ended_while_the_app_was_dead_is_whole(machine: CommandLine) -> None:
    machine.script("puppet.py", PUPPET)

    with Strings(machine.folder, "one") as one:
        with machine.terminal("puppet.py") as terminal:
            _stream(terminal, one)
            terminal.signal(signal.SIGKILL)
            terminal.wait_exit()
        one.say("second\n")
    with machine.terminal("puppet.py", "--continue") as terminal:
        terminal.wait_for("second", "puppet · idle")

    (turn,) = _turns(machine)
    assert turn["text"] == "first\nsecond\n"


def test_drafts_and_queue_outlive_a_kill_and_nothing_is_sent_by_itself(machine: CommandLine) -> None:
    machine.script("puppet.py", PUPPET)

    with Strings(machine.folder, "one") as one:
        with machine.terminal("puppet.py") as terminal:
            _stream(terminal, one)
            terminal.send("two")
            terminal.wait_for("↳ 1. two")
            terminal.type("a draft")
            wait_for(lambda: [each.draft for each in machine.saved()] == ["a draft"], what="the draft is saved")
            terminal.signal(signal.SIGKILL)
            terminal.wait_exit()

        with machine.terminal("puppet.py", "--continue") as terminal:
            terminal.wait_for("first", "↳ 1. two", "❯ a draft", "running")
            one.let_go()
            terminal.wait_for("queue paused", "puppet · idle")

    assert [turn["state"] for turn in _turns(machine)] == ["completed", "queued"]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, None])
def test_what_was_typed_before_any_session_is_there_again(machine: CommandLine, end: signal.Signals | None) -> None:
    with machine.terminal() as terminal:
        terminal.wait_for("Message workspace")
        terminal.type("not yet sent")
        terminal.wait_for("❯ not yet sent")
        if end is None:
            terminal.type(Keys.CTRL_Q)
        else:
            if end is signal.SIGKILL:  # which gives no time to save
                wait_for(lambda: machine.stray_drafts() == ["not yet sent"], what="it is saved")
            terminal.signal(end)
        terminal.wait_exit()
    with machine.terminal() as terminal:
        terminal.wait_for("❯ not yet sent")
        terminal.type(Keys.ENTER)
        terminal.wait_for("workspace · idle")
    with machine.terminal() as terminal:
        assert "not yet sent" not in terminal.wait_for("❯ Message workspace").splitlines()[-4:]


def test_after_a_kill_of_app_and_server_the_turn_is_interrupted(machine: CommandLine) -> None:
    machine.script("puppet.py", PUPPET)

    with Strings(machine.folder, "one") as one:
        with machine.terminal("puppet.py") as terminal:
            _stream(terminal, one)
            wait_for(lambda: [turn["text"] for turn in _turns(machine)] == ["first\n"], what="the text is saved")
            for pid in processes_of(machine.home):
                os.kill(pid, signal.SIGKILL)
            terminal.wait_exit()
        with machine.terminal("puppet.py", "--continue") as terminal:
            terminal.wait_for("first", "interrupted")

    (session,) = machine.saved()
    assert session.state is not SessionState.RUNNING
    (turn,) = _turns(machine)
    assert (turn["text"], turn["finish_reason"]) == ("first\n", "interrupted")


def _stream(terminal: Terminal, strings: Strings) -> None:
    """Bring a turn to where its first line is on the screen."""
    terminal.wait_for("Message puppet")
    terminal.send(strings.name)
    strings.say("first\n")
    terminal.wait_for("first", "running")


def _turns(machine: CommandLine) -> list[dict[str, Any]]:
    (session,) = machine.saved()
    done = machine.run("sessions", "show", session.id, "--json")
    assert done.status == 0, done.err
    turns: list[dict[str, Any]] = json.loads(done.out)["turns"]
    return turns
