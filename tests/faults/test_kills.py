"""Real processes, killed and left: several windows on one store, turns that go on, servers that stay."""

from __future__ import annotations

import os
import random
import signal
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from superserve_tui.domain import SessionState, Turn, TurnState
from tests.support.command_line import CommandLine
from tests.support.fault_server import FaultServer, completed, delta
from tests.support.faulty_service import FaultyService
from tests.support.growing_log import GrowingLog
from tests.support.processes import processes_of
from tests.support.puppet import PUPPET, Strings
from tests.support.terminal import Keys, Terminal
from tests.support.waiting import wait_for

KILLS = int(os.environ.get("FAULTS_KILLS", "3"))
WORDS = [f"{number} ünï 漢 \n" for number in range(250 + 170 * KILLS)]
EVENTS = [*map(delta, WORDS), completed(9)]

_RIGHT = "\x1b[C"


def _hosted(server: FaultServer, log: GrowingLog) -> tuple[FaultyService, dict[str, str]]:
    service = FaultyService(server)
    service.on_message = log.follow
    service.on_events = log.follow
    return service, {"SUPERSERVE_API_URL": server.url, "SUPERSERVE_API_KEY": "ss_test"}


def _only_turn(machine: CommandLine) -> Turn:
    (session,) = machine.saved()
    (turn,) = machine.transcript(session.id)
    return turn


def test_a_turn_whose_app_is_killed_again_and_again_is_whole(machine: CommandLine) -> None:
    seed = random.randrange(10_000)
    moments = random.Random(seed)
    with FaultServer() as server, GrowingLog(EVENTS) as log:
        service, environ = _hosted(server, log)
        with machine.terminal(environ=environ) as terminal:
            terminal.wait_for("Message my-agent")
            terminal.send("count")
            _kill(terminal, log, moments.randrange(1, 60))
        for _ in range(KILLS - 1):
            with machine.terminal("--continue", environ=environ) as terminal:
                attached = len(log.attached)
                wait_for(partial(_is_longer, log.attached, attached), 15)
                _kill(terminal, log, moments.randrange(1, 60))
        with machine.terminal("--continue", environ=environ) as terminal:
            terminal.wait_for("my-agent", "idle", f"{len(WORDS) - 1} ünï", deadline_s=30)
            terminal.type(Keys.CTRL_Q)
            assert terminal.wait_exit() == 0
        assert service.prompts == ["count"], seed
        assert service.ended == [f"ses_{1:032x}"], seed
        assert len(log.attached) == KILLS + 1, seed
    turn = _only_turn(machine)
    assert (turn.text, turn.state, turn.events_seen) == ("".join(WORDS), TurnState.COMPLETED, len(EVENTS)), seed
    assert machine.ledger() == ()


def _kill(terminal: Terminal, log: GrowingLog, events: int) -> None:
    """kill -9 once so many events went to the app."""
    wait_for(lambda: log.sent >= events, 15, what=f"{events} events are sent")
    terminal.signal(signal.SIGKILL)
    assert terminal.wait_exit() == -signal.SIGKILL


def test_two_windows_see_each_other_and_one_takes_over_when_the_other_is_killed(machine: CommandLine) -> None:
    words = [f"{number} ünï \n" for number in range(1000)]
    events = [*map(delta, words), completed(9)]
    with FaultServer() as server, GrowingLog(events, interval_s=0.001, limit=30) as log, ExitStack() as windows:
        service, environ = _hosted(server, log)
        first = windows.enter_context(machine.terminal(environ=environ))
        first.wait_for("Message my-agent")
        second = windows.enter_context(machine.terminal(environ=environ))
        second.wait_for("Message my-agent", "Talk to my-agent")
        first.send("count")
        first.wait_for("29 ünï")
        second.wait_for("count", "running", deadline_s=20)
        second.type(Keys.ALT_DOWN)
        second.wait_for("open in another window", "29 ünï")
        log.grow_to(60)
        second.wait_for("59 ünï", deadline_s=20)
        second.send("me too")
        second.wait_for("This session is open in", "❯ me too")
        assert len(log.attached) == 1

        first.signal(signal.SIGKILL)
        first.wait_exit()
        wait_for(lambda: len(log.attached) == 2, 8, what="the turn is picked up by the other window")
        log.grow_to(len(events))
        second.wait_for("my-agent", "idle", f"{len(words) - 1} ünï", deadline_s=30)
        second.wait_gone("open in another window")
        second.type(Keys.CTRL_Q)
        assert second.wait_exit() == 0
        assert service.prompts == ["count"]
        assert service.ended == [f"ses_{1:032x}"]
    turn = _only_turn(machine)
    assert (turn.text, turn.state) == ("".join(words), TurnState.COMPLETED)


def test_a_turn_that_is_left_running_is_found_again_and_new_sessions_get_a_server_of_their_own(
    machine: CommandLine,
) -> None:
    machine.script("puppet.py", PUPPET)
    with Strings(machine.folder, "one") as one:
        with machine.terminal("puppet.py") as terminal:
            terminal.wait_for("Message puppet")
            terminal.send("one")
            one.say("first\n")
            terminal.wait_for("first", "running")
            terminal.type(Keys.CTRL_Q)
            terminal.wait_for("Quit", "Leave running")
            terminal.type(_RIGHT, Keys.ENTER)
            assert terminal.wait_exit() == 0
        assert len(_servers(machine)) == 1
        one.say("second\n")

        with machine.terminal("puppet.py", "--continue") as terminal:
            terminal.wait_for("first", "second", "running")
            one.say("third\n")
            terminal.wait_for("third")
            with machine.terminal("puppet.py") as other, Strings(machine.folder, "two") as two:
                other.wait_for("Message puppet")
                other.send("two")
                two.say("elsewhere\n")
                other.wait_for("elsewhere")
                wait_for(lambda: len(_servers(machine)) >= 2)
                two.let_go()
                other.wait_for("puppet · idle")
                other.type(Keys.CTRL_Q)
                assert other.wait_exit() == 0
            one.let_go()
            terminal.wait_for("third", "✓")
            terminal.wait_gone("running")
            terminal.type(Keys.CTRL_Q)
            assert terminal.wait_exit() == 0

    texts = {turn.prompt: turn.text for each in machine.saved() for turn in machine.transcript(each.id)}
    assert texts == {"one": "first\nsecond\nthird\n", "two": "elsewhere\n"}
    kept = next(each for each in machine.saved() if each.title == "one")
    assert kept.state is SessionState.IDLE  # the person chose to leave it
    for pid in processes_of(machine.home):
        os.kill(pid, signal.SIGTERM)


def _is_longer(listed: list[int], than: int) -> bool:
    return len(listed) > than


def _servers(machine: CommandLine) -> list[Path]:
    """The address files of embedded servers."""
    return sorted((machine.data / "servers").glob("*.json"))
