"""Agents of every profile, and the person's own in the config file."""

from __future__ import annotations

import json
import tomllib

import pytest

from tests.support.command_line import CommandLine
from tests.support.embedded import ScriptedAgent, running_server
from tests.support.fault_server import FaultServer, answer


def test_the_embedded_servers_agents_are_always_there(cli: CommandLine) -> None:
    done = cli.run("agents", "list")
    assert done.status == 0
    assert done.out.splitlines()[1].split() == ["workspace", "local", "ready"]


def test_agents_of_every_profile_are_listed(cli: CommandLine) -> None:
    hosted = ScriptedAgent("hosted", required_secrets=("SOME_KEY",))
    with running_server(hosted) as server:
        cli.environ |= {"SUPERSERVE_API_URL": server.url, "SUPERSERVE_API_KEY": server.token}
        rows = json.loads(cli.run("agents", "list", "--json").out)
        assert [(row["name"], row["profile"]) for row in rows] == [("hosted", "superserve"), ("workspace", "local")]
        assert rows[0]["missing_secrets"] == ["SOME_KEY"]
        shown = cli.run("agents", "show", "hosted")
        assert "missing secret: SOME_KEY" in shown.out
        assert json.loads(cli.run("agents", "show", "workspace", "--json").out)["profile"] == "local"
        cli.run("agents", "show", "workspace", "--profile", "superserve").failed(1, "no agent workspace")


def test_a_profile_out_of_reach_does_not_hide_the_others(cli: CommandLine) -> None:
    cli.environ |= {"SUPERSERVE_API_URL": "http://127.0.0.1:9", "SUPERSERVE_API_KEY": "ss_secret_key"}
    done = cli.run("agents", "list")
    assert done.status == 0
    assert "workspace" in done.out
    assert done.err.startswith("superserve: No connection")
    only = cli.run("agents", "list", "--profile", "superserve", "--json")
    assert (only.status, only.out) == (1, "[]\n")
    assert "ss_secret_key" not in done.err + only.err


def test_a_profile_without_its_key_is_told_which_variable_once(cli: CommandLine) -> None:
    cli.write_config('[profiles.staging]\nbase_url = "http://127.0.0.1:9"\napi_key_env = "STAGING_KEY"\n')
    done = cli.run("agents", "list")
    assert done.err == "staging: no key: STAGING_KEY is not set\nSet STAGING_KEY to the key of staging.\n"
    cli.write_config('[profiles.staging]\nbase_url = "http://127.0.0.1:9"\n')
    assert "config set profiles.staging.api_key_env VARIABLE" in cli.run("agents", "list").err


def test_a_profile_without_sessions_is_called_so(cli: CommandLine) -> None:
    with FaultServer() as faults:
        faults.on("GET", "/v1/agents", answer(404, {"detail": "no"}))
        cli.environ |= {"SUPERSERVE_API_URL": faults.url, "SUPERSERVE_API_KEY": "ss_x"}
        assert "superserve: serves no sessions here" in cli.run("agents", "list").err


def test_foreign_names_reach_a_terminal_cleaned(cli: CommandLine) -> None:
    row = {
        "id": "agt_1",
        "name": "na\x1b[2Jme",
        "command": "x\x07\ny",
        "deps_status": "failed",
        "deps_error": "\x9bH",
    }
    with FaultServer() as faults:
        faults.on("GET", "/v1/agents", answer(200, {"agents": [row]}))
        cli.environ |= {"SUPERSERVE_API_URL": faults.url, "SUPERSERVE_API_KEY": "ss_x"}
        for arguments in (("list",), ("show", "agt_1"), ("list", "--json")):
            out = cli.run_in_terminal("agents", *arguments).out
            assert "me" in out
            assert "\x1b" not in out
            assert "\x9b" not in out
            assert "\x07" not in out


def test_an_agent_is_added_as_it_was_described(cli: CommandLine) -> None:
    done = cli.run(
        *("agents", "add", "coder", "--command", "python agent.py", "--cwd", "."),
        *("--secret", "ONE", "--secret", "TWO", "--no-framed"),
    )
    assert (done.status, done.out) == (0, f"Added coder to {cli.config_file}\n")
    assert tomllib.loads(cli.config_file.read_text()) == {
        "agents": {
            "coder": {
                "command": "python agent.py",
                "cwd": str(cli.folder),
                "secrets": ["ONE", "TWO"],
                "framed": False,
            }
        }
    }
    assert "missing secrets: ONE, TWO" in cli.run("agents", "list").out


def test_a_program_that_is_not_there_is_warned_of_and_added(cli: CommandLine) -> None:
    done = cli.run("agents", "add", "wrong", "--command", "pyhton3 x.py")
    assert (done.status, done.out) == (0, f"Added wrong to {cli.config_file}\n")
    assert done.err.startswith("wrong can't be started yet: pyhton3 was not found on PATH")
    assert cli.run("agents", "add", "right", "--command", "python3 x.py").err == ""


def test_an_agent_is_replaced_only_when_asked(cli: CommandLine) -> None:
    cli.run("agents", "add", "a", "--command", "x")
    cli.run("agents", "add", "a", "--command", "y").failed(2, "an agent a already", "--replace")
    assert cli.run("agents", "add", "a", "--port", "8000", "--replace").status == 0
    assert tomllib.loads(cli.config_file.read_text()) == {"agents": {"a": {"port": 8000}}}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("Big", "--command", "x"), "lowercase"),
        (("workspace", "--command", "x"), "built in"),
        (("a",), "--command, --port and --model"),
        (("a", "--command", "x", "--model", "y"), "one kind each"),
        (("a", "--command", "x", "--cwd", "nowhere"), "no folder"),
        (("a", "--command", "x", "--secret", "A=B"), "environment variable"),
        (("a", "--model", "m", "--url", "http://127.0.0.1:1/v1", "--tools", "all"), "none, read, edit or run"),
        (("a", "--model", "m", "--url", "http://127.0.0.1:1/v1", "--context-tokens", "5"), "from 1000"),
        (("a", "--model", "m"), "--url"),
        (("a", "--model", "m", "--url", "nonsense"), "https://"),
        (("a", "--port", "0"), "from 1 to 65535"),
    ],
)
def test_a_wrong_agent_is_refused_and_nothing_written(
    cli: CommandLine, arguments: tuple[str, ...], words: str
) -> None:
    cli.run("agents", "add", *arguments).failed(2, words)
    assert not cli.config_file.exists()


def test_an_agent_is_removed(cli: CommandLine) -> None:
    cli.run("agents", "add", "a", "--command", "x")
    assert cli.run("agents", "remove", "a").status == 0
    assert "a " not in cli.run("agents", "list").out.splitlines()[-1]
    cli.run("agents", "remove", "a").failed(2, "agents.a is not in")


def test_a_config_that_cannot_be_read_is_left_alone(cli: CommandLine) -> None:
    cli.write_config("theme = \n")
    cli.run("agents", "add", "a", "--command", "x").failed(2, "config.toml:1: is not TOML")
    cli.run("agents", "remove", "a").failed(2, "config.toml:1: is not TOML")
    assert cli.config_file.read_text() == "theme = \n"
    listed = cli.run("agents", "list")
    assert listed.status == 0
    assert "config.toml:1: is not TOML" in listed.err
