"""Several sessions in one app: streaming side by side, expiring, and there again after a restart."""

from __future__ import annotations

import json
from typing import Any

from superserve_tui.domain import Session, SessionState
from tests.support.command_line import CommandLine
from tests.support.puppet import PUPPET, Strings
from tests.support.terminal import Keys


def test_two_sessions_stream_at_once_and_switching_loses_nothing(machine: CommandLine) -> None:
    machine.script("puppet.py", PUPPET)
    left = [f"left {number}: ünï → 漢\n" for number in range(60)]
    right = [f"right {number}\n" for number in range(60)]

    with (
        machine.terminal("puppet.py") as terminal,
        Strings(machine.folder, "one") as one,
        Strings(machine.folder, "two") as two,
    ):
        terminal.wait_for("Message puppet")
        terminal.send("one")
        one.say("".join(left[:20]))
        terminal.wait_for("left 19")
        terminal.type(Keys.CTRL_N)
        terminal.wait_for("New session")
        terminal.type(Keys.ENTER)
        terminal.wait_for("session 1 of 2", "Talk to puppet")
        terminal.send("two")
        two.say("".join(right[:20]))
        terminal.wait_for("right 19")
        one.say("".join(left[20:40]))
        terminal.type(Keys.ALT_DOWN)
        terminal.wait_for("left 39")
        two.say("".join(right[20:]))
        one.say("".join(left[40:]))
        terminal.wait_for("left 59")
        terminal.type(Keys.ALT_UP)
        terminal.wait_for("right 59")
        two.let_go()
        one.let_go()
        terminal.wait_for("puppet · idle")
        terminal.wait_gone("running")

    texts = {turn["prompt"]: turn["text"] for each in machine.saved() for turn in _turns(machine, each.id)}
    assert texts == {"one": "".join(left), "two": "".join(right)}


def test_a_message_to_an_expired_session_goes_on_in_a_new_one_in_the_same_place(machine: CommandLine) -> None:
    machine.script("main.py", "pass\n")

    with machine.terminal("--idle-timeout", "2") as terminal:
        terminal.wait_for("Message workspace")
        terminal.send("What files are in the project?")
        terminal.wait_for("expired")
        terminal.send("how many lines has main.py?")
        terminal.wait_for("Session expired", "New session", "how many lines has main.py?")
        terminal.type(Keys.ENTER)
        screen = terminal.wait_for("session 1 of 1", "new session", "1 line", "workspace · idle")

    assert screen.index("What files are in the project?") < screen.index("new session") < screen.index("1 line")
    (session,) = machine.saved()
    shown = _shown(machine, session.id)
    assert [turn["finish_reason"] for turn in shown["turns"]] == ["completed", "completed"]
    assert len(set(shown["server_ids"])) == 2
    assert shown["server_ids"][-1] == shown["server_id"]


def test_sessions_transcripts_drafts_and_queues_are_there_after_a_restart(machine: CommandLine) -> None:
    machine.script("puppet.py", PUPPET)
    with machine.terminal("puppet.py") as terminal, Strings(machine.folder, "one") as one:
        terminal.wait_for("Message puppet")
        terminal.send("one")
        one.say("the answer\n")
        terminal.wait_for("the answer", "running")
        terminal.send("queued words")
        terminal.wait_for("↳ 1. queued words")
        terminal.type("a draft")
        terminal.type(Keys.CTRL_Q)
        terminal.wait_for("Quit", "Leave running")
        terminal.type(Keys.ENTER)
        assert terminal.wait_exit() == 0
    (before,) = machine.saved()
    assert before.state is not SessionState.RUNNING

    with machine.terminal("puppet.py", "--continue") as terminal:
        screen = terminal.wait_for("the answer", "stopped", "↳ 1. queued words", "queue paused", "❯ a draft")
        assert "running" not in screen
        terminal.type(Keys.CTRL_Q)
        assert terminal.wait_exit() == 0

    (after,) = machine.saved()
    assert _identity(after) == _identity(before)


def _identity(session: Session) -> tuple[str, str | None, str]:
    return session.id, session.title, session.draft


def _shown(machine: CommandLine, session_id: str) -> dict[str, Any]:
    done = machine.run("sessions", "show", session_id, "--json")
    assert done.status == 0, done.err
    shown: dict[str, Any] = json.loads(done.out)
    return shown


def _turns(machine: CommandLine, session_id: str) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = _shown(machine, session_id)["turns"]
    return turns


def test_a_session_is_exported_into_the_folder_that_the_app_was_opened_in(machine: CommandLine) -> None:
    machine.script()

    with machine.terminal("agent.py") as terminal:
        terminal.wait_for("Message agent")
        terminal.send("mail ada@example.org")
        terminal.wait_for("echo: mail ada@example.org", "idle")
        terminal.type("\x1b[Zx")
        terminal.wait_for("Export", "mail address", "bytes, in")
        terminal.type(Keys.ENTER)
        terminal.wait_for("Saved")

    (path,) = machine.folder.glob("session-*.md")
    text = path.read_text()
    assert "echo: mail [email-1]" in text
    assert "ada@example.org" not in text
    assert path.stat().st_mode & 0o777 == 0o600
