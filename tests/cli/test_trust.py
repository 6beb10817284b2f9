"""`--trust`: the command line's yes to the agent of a folder's superserve.yaml."""

from __future__ import annotations

import signal

import pytest

from superserve_tui.client import AgentNotTrustedError, Client
from tests.support.command_line import CommandLine


@pytest.fixture
def project(cli: CommandLine) -> CommandLine:
    """Opened in a folder that brings an agent along."""
    cli.script("agent.py")
    (cli.folder / "superserve.yaml").write_text("name: helper\ncommand: python3 agent.py\n")
    return cli


def test_run_starts_it_only_after_a_yes_which_holds_until_the_file_changes(
    project: CommandLine,
) -> None:
    ask = ("run", "helper", "hello")
    project.run(*ask).failed(
        1, "not trusted yet: it would run `python3 agent.py` in", str(project.folder), "--trust"
    )
    assert project.run(*ask, "--trust").out == "echo: hello\n"
    assert project.run(*ask).out == "echo: hello\n"
    (project.folder / "superserve.yaml").write_text("name: helper\ncommand: python3 ./agent.py\n")
    project.run(*ask).failed(1, "python3 ./agent.py")


def test_serve_serves_it_after_a_yes(project: CommandLine) -> None:
    for option, is_trusted in ((), False), (("--trust",), True), ((), True):
        process = project.start("serve", *option, SUPERSERVE_SERVE_TOKEN="my_token")
        assert process.stdout is not None
        url = process.stdout.readline().decode().split()[-1]
        with Client("my_token", url) as client:
            if is_trusted:
                assert client.run("helper", "hello").text == "echo: hello\n"
            else:
                with pytest.raises(AgentNotTrustedError):
                    client.run("helper", "hello")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=50)


def test_the_app_takes_it_too(project: CommandLine) -> None:
    done = project.run("--plain", "--trust", "--agent", "helper", text="hello\n")
    assert "echo: hello" in done.out
    assert done.status == 0


@pytest.mark.parametrize("arguments", [("run", "workspace", "hi"), ("serve",), ("--plain",)])
@pytest.mark.parametrize(("content", "words"), [(None, "no superserve.yaml in"), ("name: [", "no valid YAML")])
def test_a_yes_to_nothing_is_wrong_usage(
    cli: CommandLine, arguments: tuple[str, ...], content: str | None, words: str
) -> None:
    if content is not None:
        (cli.folder / "superserve.yaml").write_text(content)
    cli.run(*arguments, "--trust").failed(2, words)


def test_a_yes_that_cannot_be_remembered_counts_and_is_said(project: CommandLine) -> None:
    project.data.mkdir()
    (project.data / "trusted").write_text("in the way")
    done = project.run("run", "helper", "hello", "--trust")
    assert done.out == "echo: hello\n"
    assert "can't be remembered" in done.err
