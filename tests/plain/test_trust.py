"""Plain mode on a folder's own project: it says in words what would run, and runs it only after a yes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine


@pytest.fixture
def project(tmp_path: Path) -> CommandLine:
    """Opened in a folder that brings an agent along."""
    machine = CommandLine(tmp_path)
    machine.script("agent.py")
    (machine.folder / "superserve.yaml").write_text("name: helper\ncommand: python3 agent.py\n")
    return machine


class Talk:
    """Plain mode on a pipe, one line at a time."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._to, self._from = process.stdin, process.stdout

    def say(self, line: str) -> None:
        self._to.write(f"{line}\n".encode())
        self._to.flush()

    def hear(self, *words: str) -> None:
        """Read on to a line with all of these words; the test's own time limit ends a wait in vain."""
        heard = []
        while line := self._from.readline().decode():
            heard.append(line)
            if all(each in line for each in words):
                return
        raise AssertionError(f"{words} did not come:\n{''.join(heard)}")


@contextmanager
def talk(machine: CommandLine) -> Iterator[Talk]:
    with machine.start("--plain", stdin=subprocess.PIPE) as process:
        try:
            yield Talk(process)
        finally:
            process.terminate()


def test_nothing_runs_before_the_yes_which_is_then_remembered(project: CommandLine) -> None:
    with talk(project) as plain:
        plain.say("/trust helper")
        plain.hear("not trusted yet: it would run `python3 agent.py`", "all your rights", "/trust helper says yes")
        plain.say("/new helper")
        plain.hear("not trusted yet")
        plain.say("/trust helper")
        plain.hear("helper is trusted; /new helper begins a session")
        plain.say("/new helper")
        plain.hear("a new one with helper on local")
        plain.say("hello")
        plain.hear("echo: hello")
    done = project.run("--plain", "--agent", "helper", text="again\n")
    assert (done.status, "echo: again" in done.out) == (0, True)


def test_a_message_to_it_is_refused_in_words_that_help(project: CommandLine) -> None:
    done = project.run("--plain", "--agent", "helper", text="hello\n")
    assert done.status == 1
    assert "not trusted yet: it would run `python3 agent.py`" in done.out
    assert "/trust" in done.out
    assert "echo" not in done.out


def test_an_agent_that_needs_no_trust_says_so(project: CommandLine) -> None:
    done = project.run("--plain", text="/trust workspace\n/trust\n")
    assert "workspace asks for no trust" in done.out
    assert "type /trust and the name" in done.out


def test_a_project_that_changed_after_it_was_shown_is_shown_again(project: CommandLine) -> None:
    with talk(project) as plain:
        plain.say("/agents")
        plain.hear("not trusted yet: it would run `python3 agent.py`")
        (project.folder / "superserve.yaml").write_text("name: helper\ncommand: rm -r x\n")
        plain.say("/trust helper")
        plain.hear("not what was shown any more")
        plain.say("/trust helper")
        plain.hear("it would run `rm -r x`")
