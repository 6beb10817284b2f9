"""A bug of our own, on the screen or on a thread: said in words, sessions ended once, the terminal as found."""

from __future__ import annotations

import sys

import pytest

from tests.support.command_line import CommandLine
from tests.support.fault_server import FaultServer
from tests.support.session_service import SessionService
from tests.support.terminal import Keys, Terminal

_PROGRAM = """
import sys
def bug(*args, **kwargs):
    raise ZeroDivisionError("a bug of ours")
{plant}
from superserve_tui.cli import main
sys.exit(main())
"""

_ACTION = "from superserve_tui.ui.screens.main import MainScreen; MainScreen.action_view_help = bug"
_DRAWING = "from superserve_tui.ui.modals.help import HelpDialog; HelpDialog.render = bug"
_THREADS = """
from superserve_tui.engine.recovery import Recovery
from superserve_tui.store.storage import Storage
from superserve_tui.wiring.service import ClientService
Recovery.load = ClientService.open_session = Storage.run = bug
"""

_F1 = "\x1bOP"


def _start(machine: CommandLine, service: SessionService, plant: str) -> Terminal:
    machine.write_config(service.config())
    command = [sys.executable, "-P", "-c", _PROGRAM.format(plant=plant)]
    return Terminal(command, environ={**machine.environ, **service.environ}, folder=machine.folder)


@pytest.mark.parametrize("plant", [_ACTION, _DRAWING], ids=["action", "drawing"])
def test_a_bug_on_the_screen_closes_the_app_in_good_order(machine: CommandLine, plant: str) -> None:
    with FaultServer() as server:
        service = SessionService(server)
        with _start(machine, service, plant) as terminal:
            terminal.wait_for("Message my-agent")
            terminal.send("one")
            terminal.wait_for("heard: one", "my-agent · idle")
            terminal.type(_F1)
            assert terminal.wait_exit() == 1
            assert terminal.differences() == []
            assert "an error of its own (ZeroDivisionError) closed the app" in terminal.text()
            assert b"Traceback" not in terminal.raw
        assert service.ends() == dict.fromkeys(service.made, 1)
    assert machine.ledger() == ()
    (log,) = machine.root.rglob("*.log")
    assert "a bug of ours" in log.read_text()


def test_bugs_on_the_threads_are_told_and_the_app_lives(machine: CommandLine) -> None:
    with FaultServer() as server:
        service = SessionService(server)
        with _start(machine, service, _THREADS) as terminal:
            terminal.wait_for("Message", "a bug of ours")
            terminal.send("hello")
            terminal.wait_for_notice("Something went wrong: a bug of ours")
            terminal.wait_for("❯ hello")
            terminal.type(" and on")
            terminal.wait_for("❯ hello and on")
            terminal.type(Keys.CTRL_Q)
            assert terminal.wait_exit() == 0
            assert terminal.differences() == []
            assert b"Traceback" not in terminal.raw
