"""What a new user does first: opens the app, asks, connects a script, and uses it in a pipe."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from tests.support.command_line import CommandLine
from tests.support.terminal import Keys

_README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_first_question_is_answered_with_tool_calls_without_any_configuration(machine: CommandLine) -> None:
    machine.script("main.py", "print('hello')\n")

    with machine.terminal() as terminal:
        terminal.wait_for("Message workspace")
        terminal.send("What files are in the project?")
        screen = terminal.wait_for("main.py", "1 tool", "idle")

    tool_pane = [row[87:].strip() for row in screen.splitlines()]
    assert any(re.fullmatch(r"✓ list_files +\d+ ms", row) for row in tool_pane), screen
    assert not machine.config_file.exists()


def test_a_script_remembers_three_turns_in_one_process(machine: CommandLine) -> None:
    machine.script("agent.py", _six_lines_of_the_readme())

    with machine.terminal("agent.py") as terminal:
        terminal.wait_for("Message agent")
        for number, message in enumerate(("red", "green", "blue"), 1):
            terminal.send(message)
            terminal.wait_for(f"You have said {number} things.")
        terminal.wait_for("idle")
        terminal.type(Keys.CTRL_Q)
        assert terminal.wait_exit() == 0

    (saved,) = machine.saved()
    turns = _shown(machine, saved.id)["turns"]
    assert [turn["text"] for turn in turns] == [
        f"You have said {number} things.\nThe first was: red\n" for number in (1, 2, 3)
    ]


def test_run_prints_every_event_as_a_line_of_json(machine: CommandLine) -> None:
    machine.script("main.py", "pass  # TODO: everything\n")

    done = machine.run("run", "workspace", "find TODO", "--json")

    assert done.status == 0, done.err
    events = [json.loads(line) for line in done.out.splitlines()]
    types = [event["type"] for event in events]
    assert types[0] == "run.started"
    assert types[-1] == "run.completed"
    assert {"tool.start", "tool.end", "message.delta"} <= set(types)
    text = "".join(event["data"]["content"] for event in events if event["type"] == "message.delta")
    assert "everything" in text


def test_run_ends_quietly_when_its_reader_has_enough(machine: CommandLine) -> None:
    machine.script("main.py", "pass  # TODO: everything\n")

    with machine.start("run", "workspace", "find TODO", "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        head = subprocess.run(["head", "-1"], stdin=process.stdout, capture_output=True, timeout=20, check=True)
        process.stdout.close()
        errors = process.stderr.read()

    assert json.loads(head.stdout)["type"] == "run.started"
    assert errors == b""
    assert process.returncode == 0


def _six_lines_of_the_readme() -> str:
    found = re.search(r"^```python\n(history = .*?)^```$", _README.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None
    assert len(found[1].splitlines()) == 6
    return found[1]


def _shown(machine: CommandLine, session_id: str) -> dict[str, list[dict[str, str]]]:
    done = machine.run("sessions", "show", session_id, "--json")
    assert done.status == 0, done.err
    shown: dict[str, list[dict[str, str]]] = json.loads(done.out)
    return shown
