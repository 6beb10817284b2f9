"""The README's "Connect your agent in a minute": every block works as it is written there."""

from __future__ import annotations

import re
import secrets
import shlex
from pathlib import Path

import pytest

from superserve_tui.config import load
from superserve_tui.server.agents.base import AgentDefinition
from superserve_tui.server.agents.project import find_project
from superserve_tui.server.agents.registry import build_agents
from superserve_tui.server.options import ServerOptions
from tests.readme.tables import README
from tests.support.chat_endpoint import CHAT, DONE, chat_endpoint, finish, streams, text_delta
from tests.support.command_line import CommandLine
from tests.support.recording_sink import RecordedCall, RecordingSink
from tests.support.script_agents import ask, in_time, opened, script_agent

_SECTION = re.search(r"^## Connect your agent in a minute\n(.*?)^## ", README.read_text(), re.DOTALL | re.MULTILINE)
assert _SECTION is not None
TEXT = _SECTION[1]


def blocks(language: str) -> list[str]:
    """The blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def commands(start: str) -> list[list[str]]:
    """The indented command lines that begin so, word by word, without the program."""
    return [shlex.split(line)[1:] for line in re.findall(rf"^    ({start}.*)$", TEXT, re.MULTILINE)]


PLAIN, FRAMEWORK, FRAMED, SERVER = blocks("python")


def answers(folder: Path, script: str, *messages: str) -> list[RecordingSink]:
    """What the script, as the README has it, answers in one session."""
    agent = script_agent(folder, "python3 agent.py", files={"agent.py": script})

    async def talk() -> list[RecordingSink]:
        async with opened(agent) as session:
            return [await ask(session, message) for message in messages]

    return in_time(talk())


def test_there_is_a_block_for_every_kind_and_nothing_untested() -> None:
    assert sorted(re.findall(r"^```(\w+)$", TEXT, re.MULTILINE)) == ["python"] * 4 + ["toml", "yaml"]
    assert len(re.findall(r"^    superserve-tui ", TEXT, re.MULTILINE)) == 4


def test_the_plain_script_remembers(tmp_path: Path) -> None:
    assert [each.answer for each in answers(tmp_path, PLAIN, "red\nand more", "blue")] == [
        "You have said 1 things.\nThe first was: red\nand more\n",
        "You have said 2 things.\nThe first was: red\nand more\n",
    ]


def test_the_frameworks_loop_streams_pieces_and_keeps_both_sides(tmp_path: Path) -> None:
    assert [each.answer for each in answers(tmp_path, FRAMEWORK, "one", "two")] == [
        "1 messages so far; the last one was: one\n",
        "3 messages so far; the last one was: two\n",
    ]


def test_the_framed_script_shows_its_tool_call(tmp_path: Path) -> None:
    first, second = answers(tmp_path, FRAMED, "three little words", "two\nlines")
    assert (first.answer, second.answer) == ("That was 3 words.", "That was 2 words.")
    assert first.statuses == ["counting"]
    assert first.calls == [RecordedCall("1", "count_words", {"text": "three little words"}, is_ended=True)]


def configured(machine: CommandLine) -> AgentDefinition:
    """The one agent of the config file, as the server makes it."""
    loaded = load(machine.config_file)
    assert loaded.notices == ()
    environ = {**machine.environ, "OPENAI_API_KEY": "sk-test"}
    _, agent = build_agents(ServerOptions(machine.folder, agents=tuple(loaded.config.agents.values())), environ)
    assert agent.info.not_ready_reason is None
    return agent


@pytest.fixture
def machine(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


def test_the_http_agent_answers_from_its_table(machine: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(machine.home))
    folder = machine.home / "agents" / "web"
    folder.mkdir(parents=True)
    (folder / "server.py").write_text(SERVER)
    (table,) = blocks("toml")
    machine.write_config(table)
    agent = configured(machine)

    async def talk() -> str:
        session = agent.open(f"ses_{secrets.token_hex(16)}")
        try:
            sink = RecordingSink()
            await session.run("hello", sink)
            return sink.answer
        finally:
            await session.close()

    assert in_time(talk()) == "You said: hello"


def test_an_agent_that_is_kept_answers(machine: CommandLine) -> None:
    (machine.home / "agents" / "echo").mkdir(parents=True)
    (machine.home / "agents" / "echo" / "agent.py").write_text(PLAIN)
    (add,) = commands("superserve-tui agents add echo")
    assert machine.run(*add).status == 0
    assert machine.run("run", "echo", "hello").out == "You have said 1 things.\nThe first was: hello\n"


@pytest.mark.parametrize("name", ["llama", "gpt"])
def test_a_model_answers_as_it_was_added_but_for_the_address(machine: CommandLine, name: str) -> None:
    (add,) = commands(f"superserve-tui agents add {name}")
    with chat_endpoint() as endpoint:
        endpoint.on("POST", CHAT, streams(text_delta("Hi "), text_delta("there"), finish("stop"), DONE))
        place = add.index("--url") + 1
        add[place] = re.sub(r"https?://[^/]+", endpoint.url, add[place])
        assert machine.run(*add).status == 0
        done = machine.run("run", name, "hello", OPENAI_API_KEY="sk-test")
        assert done.out.strip() == "Hi there", done.err
        (sent,) = endpoint.sent_to(CHAT)
        assert sent.headers.get("authorization") == ("Bearer sk-test" if name == "gpt" else None)
        assert sent.json["model"] == add[add.index("--model") + 1]
    assert "sk-test" not in machine.config_file.read_text()


def test_both_sides_of_ollama_have_the_same_context() -> None:
    (add,) = commands("superserve-tui agents add llama")
    assert f"OLLAMA_CONTEXT_LENGTH={add[add.index('--context-tokens') + 1]} ollama serve" in TEXT


def test_the_folders_own_agent_is_read(machine: CommandLine) -> None:
    (yaml,) = blocks("yaml")
    (machine.folder / "superserve.yaml").write_text(yaml)
    machine.script("agent.py", PLAIN)
    project = find_project(machine.folder)
    assert project is not None
    assert (project.name, project.secrets) == ("helper", ())
    machine.run("run", "helper", "hello").failed(1, "not trusted yet")
    done = machine.run("run", "helper", "hello", "--trust")
    assert done.out == "You have said 1 things.\nThe first was: hello\n"


def test_the_folders_own_agent_may_need_a_variable_as_its_comment_shows(machine: CommandLine) -> None:
    (yaml,) = blocks("yaml")
    (machine.folder / "superserve.yaml").write_text(yaml.replace("# secrets", "secrets"))
    project = find_project(machine.folder)
    assert project is not None
    assert project.secrets == ("OPENAI_API_KEY",)
