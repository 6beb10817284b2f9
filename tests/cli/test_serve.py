"""The embedded server in the foreground."""

from __future__ import annotations

import re
import signal
import subprocess

import pytest

from superserve_tui.client import AuthenticationError, Client
from tests.support.command_line import CommandLine


def line_of(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode()


def end(process: subprocess.Popen[bytes], number: signal.Signals) -> tuple[int, bytes]:
    process.send_signal(number)
    _, err = process.communicate(timeout=50)
    return process.returncode, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_scripts_to_the_bearer_of_the_printed_token(cli: CommandLine, number: signal.Signals) -> None:
    cli.script("1st Agent.py")
    process = cli.start("serve", "1st Agent.py")
    url = re.fullmatch(r"listening on (http://127\.0\.0\.1:[0-9]+)\n", line_of(process))
    token = re.fullmatch(r"token (\S+)\n", line_of(process))
    assert url is not None
    assert token is not None
    with Client(token[1], url[1]) as client:
        assert [agent.name for agent in client.agents.list()] == ["workspace", "agent-1st-agent"]
        assert client.run("agent-1st-agent", "hello").text == "echo: hello\n"
    assert end(process, number) == (128 + number, b"")


def test_a_token_from_the_environment_is_not_printed(cli: CommandLine) -> None:
    process = cli.start("serve", SUPERSERVE_SERVE_TOKEN="my_token")
    url = line_of(process).split()[-1]
    with Client("my_token", url) as client:
        assert [agent.name for agent in client.agents.list()] == ["workspace"]
    with Client("other", url) as client, pytest.raises(AuthenticationError):
        client.agents.list()
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=50)
    assert out == b""


def test_a_token_from_a_file_counts(cli: CommandLine) -> None:
    (cli.folder / "token").write_text("from_file\n")
    process = cli.start("serve", "--token-file", "token")
    with Client("from_file", line_of(process).split()[-1]) as client:
        assert client.agents.list()
    assert end(process, signal.SIGTERM)[0] == 128 + signal.SIGTERM


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("--host", "0.0.0.0"), 2, "no loopback address"),
        (("--host", "example.com"), 2, "no loopback address"),
        (("--port", "70000"), 2, "--port"),
        (("missing.py",), 2, "no file missing.py"),
        (("--token-file", "missing"), 1, "missing: No such file"),
    ],
)
def test_wrong_arguments_are_explained(
    cli: CommandLine, arguments: tuple[str, ...], status: int, words: str
) -> None:
    cli.run("serve", *arguments).failed(status, words)


def test_a_token_that_no_header_may_carry_is_refused_unshown(cli: CommandLine) -> None:
    done = cli.run("serve", SUPERSERVE_SERVE_TOKEN="very bad token")
    done.failed(1, "SUPERSERVE_SERVE_TOKEN")
    assert "very bad" not in done.err
