"""What a command starts, and whether that is Python."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from superserve_tui.server.agents.command import CommandError, CommandLine, python_target


@pytest.mark.parametrize(
    ("command", "target"),
    [
        ("python agent.py", "script agent.py"),
        ("python3.12 -u src/agent.py --flag x.py", "script agent.py"),
        (".venv/bin/python agent.py", "script agent.py"),
        ("pypy3 agent.py", "script agent.py"),
        ("python -W ignore -X dev agent.py", "script agent.py"),
        ("python -Werror -Xdev agent.py", "script agent.py"),
        ("python -m package.agent", "-m"),
        ("python -um package.agent", "-m"),
        ("python -c 'print(input())'", "-c"),
        ("python folder", "script folder"),
        ("python --check-hash-based-pycs always agent.py", "script agent.py"),
        ("uv run agent.py", "script agent.py"),
        ("uv run --with httpx python -m agent", "-m"),
        ("poetry run python agent.py", "script agent.py"),
        ("env A=1 python agent.py", "script agent.py"),
        ("python", None),
        ("python -", None),
        ("python -V", None),
        ("uv run my-agent", None),
        ("node agent.js", None),
        ("sh -c 'python agent.py'", None),
        ("cat python agent.py", None),
        ("pythonic agent.py", None),
    ],
)
def test_python_is_found_in_a_command(command: str, target: str | None) -> None:
    assert python_target(shlex.split(command)) == target


@pytest.mark.parametrize(
    ("first_line", "is_python"),
    [
        ("#!/usr/bin/env python3", True),
        ("#!/opt/venv/bin/python3.12 -u", True),
        ("#!/usr/bin/env -S uv run --script", True),
        ("#!/bin/sh", False),
        ("#!/usr/bin/env node", False),
        ("", False),
    ],
)
def test_an_executable_script_is_python_by_its_first_line(tmp_path: Path, first_line: str, is_python: bool) -> None:
    (tmp_path / "agent").write_text(f"{first_line}\n")
    (tmp_path / "agent").chmod(0o755)
    found = CommandLine.parse("./agent --x", cwd=tmp_path, environ={}).python_target
    assert found == ("script agent" if is_python else None)


def test_words_are_split_as_a_shell_does(tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("")
    (tmp_path / "tool").chmod(0o755)
    line = CommandLine.parse("tool 'a b' c\\ d \"e'f\"", cwd=tmp_path, environ={"PATH": str(tmp_path)})
    assert line.argv == (str(tmp_path / "tool"), "a b", "c d", "e'f")


@pytest.mark.parametrize("command", ["", "   ", "''", "'open", "no-such-program", "./none", "/", "x\0y"])
def test_what_can_not_be_started_is_an_error(tmp_path: Path, command: str) -> None:
    with pytest.raises(CommandError):
        CommandLine.parse(command, cwd=tmp_path, environ={"PATH": "/usr/bin:/bin"})
