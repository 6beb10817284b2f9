"""Machines as they are: configs with faults, folders that can't be written, several instances at once."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from superserve_tui.domain import TurnState
from tests.support.command_line import CommandLine
from tests.support.fault_server import FaultServer
from tests.support.processes import processes_of
from tests.support.puppet import PUPPET, Strings
from tests.support.saved import make_session
from tests.support.session_service import SessionService
from tests.support.terminal import Keys, Terminal


def test_faults_of_the_config_are_named_and_the_app_is_up_with_the_rest(machine: CommandLine) -> None:
    text = 'idle_timeout = 600\ntheem = "dark"\non_quit = "perhaps"\n'
    machine.write_config(text)

    with machine.terminal() as terminal:
        terminal.wait_for("Message workspace", "Config")
        terminal.wait_for_notice(
            "config.toml:2: theem: unknown key, ignored; did you mean theme?",
            "config.toml:3: on_quit: must be end, keep or ask; ignored",
        )
        terminal.send("What files are in the project?")
        terminal.wait_for("1 tool", "expires in ~10 min")
        terminal.type(Keys.CTRL_Q)
        assert terminal.wait_exit() == 0

    assert machine.config_file.read_text() == text


def test_a_config_that_is_no_toml_is_named_and_never_overwritten(machine: CommandLine) -> None:
    text = "idle_timeout = = 3\n"
    machine.write_config(text)

    with machine.terminal() as terminal:
        terminal.wait_for("Message workspace", "Config")
        terminal.wait_for_notice("config.toml:1")
        terminal.send("hello")
        terminal.wait_for("workspace · idle")

    assert machine.config_file.read_text() == text


def test_without_a_folder_to_write_to_the_chat_works_with_one_notice(machine: CommandLine) -> None:
    machine.script("main.py", "pass\n")
    machine.data.parent.mkdir(exist_ok=True)
    machine.data.write_text("a file stands where the folder should be")  # holds for root too, unlike modes

    with machine.terminal() as terminal:
        terminal.wait_for("Message workspace", "Nothing can be saved in")
        terminal.send("What files are in the project?")
        screen = terminal.wait_for("main.py", "1 tool", "workspace · idle")
        assert screen.count("can be saved") == 1
        terminal.type(Keys.CTRL_Q)
        assert terminal.wait_exit(3) == 0
        assert processes_of(machine.home) == {}

    assert machine.data.read_text() == "a file stands where the folder should be"


@pytest.mark.parametrize("fault", ["broken", "newer"])
def test_a_database_that_can_not_be_used_is_told_of_and_kept(machine: CommandLine, fault: str) -> None:
    machine.save(make_session("saved before"))
    database = machine.data / "sessions.db"
    if fault == "broken":
        database.write_bytes(b"no database " * 1000)
    else:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA user_version = 9999")
            connection.execute("PRAGMA journal_mode = DELETE")
    before = database.read_bytes()

    with machine.terminal() as terminal:
        terminal.wait_for("Message workspace")
        terminal.wait_for("corrupt" if fault == "broken" else "newer")
        terminal.send("hello")
        terminal.wait_for("workspace · idle")
        terminal.type(Keys.CTRL_Q)
        assert terminal.wait_exit() == 0
        assert terminal.differences() == []
        assert processes_of(machine.home) == {}

    (kept,) = machine.data.glob("sessions.db.corrupt-*") if fault == "broken" else [database]
    assert kept.read_bytes() == before


def test_two_instances_on_one_store_harm_each_other_in_nothing(machine: CommandLine) -> None:
    machine.script("puppet.py", PUPPET)

    with (
        machine.terminal("puppet.py") as first,
        machine.terminal("puppet.py") as second,
        Strings(machine.folder, "one") as one,
        Strings(machine.folder, "two") as two,
    ):
        first.wait_for("Message puppet")
        second.wait_for("Message puppet")
        first.send("one")
        second.send("two")
        one.say("first of one\n")
        two.say("first of two\n")
        first.wait_for("first of one")
        second.wait_for("first of two")
        one.let_go()
        first.wait_for("puppet · idle")
        first.type(Keys.CTRL_Q)
        assert first.wait_exit(3) == 0
        two.say("second of two\n")
        two.let_go()
        second.wait_for("second of two")
        screen = second.wait_gone("running", "starting")
        second.type(Keys.CTRL_Q)
        assert second.wait_exit(3) == 0

    assert "locked" not in screen
    texts = {turn.prompt: turn.text for each in machine.saved() for turn in machine.transcript(each.id)}
    assert texts == {"one": "first of one\n", "two": "first of two\nsecond of two\n"}
    assert {turn.state for each in machine.saved() for turn in machine.transcript(each.id)} == {TurnState.COMPLETED}
    assert machine.ledger() == ()


def test_each_of_two_instances_ends_its_own_sessions_only(machine: CommandLine) -> None:
    with FaultServer() as server:
        service = SessionService(server)
        machine.write_config(service.config())

        with (
            machine.terminal(environ=service.environ) as first,
            machine.terminal(environ=service.environ) as second,
        ):
            _ask(first, "one")
            _ask(second, "two")
            first.type(Keys.CTRL_Q)
            assert first.wait_exit(3) == 0
            assert service.ends() == {service.made[0]: 1}
            second.type(Keys.CTRL_Q)
            assert second.wait_exit(3) == 0

        assert service.ends() == dict.fromkeys(service.made, 1)
    assert machine.ledger() == ()


def _ask(terminal: Terminal, message: str) -> None:
    terminal.wait_for("Message my-agent")
    terminal.send(message)
    terminal.wait_for(f"heard: {message}")
    terminal.wait_gone("· running", "starting")
