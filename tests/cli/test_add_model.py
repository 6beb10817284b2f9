"""Adding a model: by name, or from what its endpoint lists; and a turn with it."""

from __future__ import annotations

import json
import tomllib

import pytest

from tests.support.chat_endpoint import CHAT, chat_endpoint, says, tool_answer
from tests.support.command_line import CommandLine
from tests.support.fault_server import FaultServer, answer

KEY = "sk-secret-0123456789"


def add(cli: CommandLine, server: FaultServer, *arguments: str) -> tuple[str, ...]:
    return ("agents", "add", "helper", "--url", f"{server.url}/v1", "--api-key-env", "MY_KEY", *arguments)


def test_the_models_of_the_endpoint_are_listed_where_none_was_named(cli: CommandLine) -> None:
    with FaultServer() as server:
        server.on("GET", "/v1/models", answer(200, {"data": [{"id": "big"}, {"id": "small"}]}))
        done = cli.run(*add(cli, server), MY_KEY=KEY)
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    done.failed(2, "2 models", "--model big")
    assert done.out == "big\nsmall\n"
    assert not cli.config_file.exists()


def test_the_only_model_is_taken(cli: CommandLine) -> None:
    with FaultServer() as server:
        server.on("GET", "/v1/models", answer(200, {"data": [{"id": "big"}]}))
        done = cli.run(*add(cli, server), MY_KEY=KEY)
        assert (done.status, "big" in done.err) == (0, True)
        saved = tomllib.loads(cli.config_file.read_text())["agents"]["helper"]
        assert saved == {"model": "big", "base_url": f"{server.url}/v1", "api_key_env": "MY_KEY"}


@pytest.mark.parametrize(
    ("status", "body", "words"), [(401, {"error": f"bad {KEY}"}, "MY_KEY"), (200, {"data": []}, "no models")]
)
def test_an_endpoint_that_lists_nothing_adds_nothing(
    cli: CommandLine, status: int, body: object, words: str
) -> None:
    with FaultServer() as server:
        server.on("GET", "/v1/models", answer(status, body))
        done = cli.run(*add(cli, server), MY_KEY=KEY)
    done.failed(1, words)
    assert KEY not in done.out + done.err
    assert not cli.config_file.exists()


def test_an_endpoint_where_nothing_listens_is_told_in_two_lines_at_once_and_in_a_turn(cli: CommandLine) -> None:
    with FaultServer() as server:
        url = f"{server.url}/v1"
    added = cli.run("agents", "add", "helper", "--url", url)
    added.failed(1, f"Nothing answers at {url}.\nStart it, then try again. Or name the model with --model.\n")
    cli.run("agents", "add", "helper", "--url", url, "--model", "big")
    done = cli.run("run", "helper", "hello")
    assert done.status == 1
    assert done.err.splitlines()[1:] == [
        f"The turn failed: Nothing answers at {url}.",
        "Start it, then try again.",
    ]


@pytest.mark.parametrize(("tools", "words"), [("run", "all your rights"), ("edit", "without asking"), ("read", "")])
def test_what_a_model_may_do_unasked_is_said(cli: CommandLine, tools: str, words: str) -> None:
    with FaultServer() as server:
        done = cli.run(*add(cli, server, "--model", "big", "--tools", tools, "--context-tokens", "8000"))
    assert (done.status, words in done.err, bool(done.err)) == (0, True, bool(words))
    assert tomllib.loads(cli.config_file.read_text())["agents"]["helper"]["context_tokens"] == 8000


def test_a_model_answers_from_the_command_line_and_its_key_stays_unseen(cli: CommandLine) -> None:
    (cli.folder / "notes.txt").write_text("remember the milk\n")
    reading = tool_answer("read_file", {"path": "notes.txt"})
    with chat_endpoint(reading, says("The milk.")) as server:
        cli.run(*add(cli, server, "--model", "big"))
        assert "missing secret: MY_KEY" in cli.run("agents", "list").out
        cli.run("run", "helper", "hello").failed(1, "helper needs MY_KEY, which is not set.\nSet it in your shell")
        done = cli.run("run", "helper", "what is in my notes?", MY_KEY=KEY)
        assert (done.status, done.out) == (0, "The milk.")
        assert "read_file" in done.err
        assert server.sent_to(CHAT)[0].headers["authorization"] == f"Bearer {KEY}"
        assert "remember the milk" in json.dumps(server.sent_to(CHAT)[1].json)
        assert KEY not in done.out + done.err
