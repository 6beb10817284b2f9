"""Framed scripts: JSON lines in both directions."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from superserve_tui.config.schema import AgentConfig
from superserve_tui.server.agents.base import AgentFailure
from tests.support.recording_sink import RecordedCall, RecordingSink
from tests.support.script_agents import ask, in_time, opened, script_agent

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")

FRAME = """
import json, os, sys, time
def out(kind, **rest): print(json.dumps({"type": kind, **rest}), flush=True)
out("ready")
for line in sys.stdin:
    content = json.loads(line)["content"]
"""


def agent_with(body: str) -> dict[str, str]:
    """A framed script that runs `body` for each message."""
    return {"agent.py": FRAME + "".join(f"    {line}\n" for line in body.strip().splitlines())}


def talk_to(folder: Path, body: str, prompts: list[str]) -> list[RecordingSink]:
    async def talk() -> list[RecordingSink]:
        async with opened(script_agent(folder, "python agent.py", files=agent_with(body))) as session:
            return [await ask(session, prompt) for prompt in prompts]

    return in_time(talk())


def test_text_status_metadata_and_tools_become_events(tmp_path: Path) -> None:
    body = """
out("status", content="looking")
out("tool_start", id="t1", tool="bash", input={"command": "ls"})
out("tool_start", id=2, tool="read", input=None)
out("tool_end", id="t1")
out("metadata", data={"tokens": 3})
out("text", content="you said ")
out("text", content=content)
out("turn_done")
"""
    first, second = talk_to(tmp_path, body, ["a", "b\nc\u2028d 🎈"])
    assert first.answer == "you said a"
    assert second.answer == "you said b\nc\u2028d 🎈"
    assert first.statuses == ["looking"]
    assert first.events == [("metadata", {"tokens": 3})]
    assert first.calls == [
        RecordedCall("t1", "bash", {"command": "ls"}, is_ended=True),
        RecordedCall("2", "read", None, is_ended=False),
    ]


def test_a_tool_end_without_an_id_ends_the_oldest_call(tmp_path: Path) -> None:
    body = """
out("tool_start", tool="one")
out("tool_start", tool="two")
out("tool_end")
out("turn_done")
"""
    (sink,) = talk_to(tmp_path, body, ["x"])
    assert [(call.tool, call.is_ended) for call in sink.calls] == [("one", True), ("two", False)]


def test_an_error_fails_the_turn_and_the_next_one_works(tmp_path: Path) -> None:
    body = """
if content == "bad":
    out("error", message="the model is down")
else:
    out("text", content="fine")
out("turn_done")
"""

    async def talk() -> tuple[AgentFailure, RecordingSink]:
        async with opened(script_agent(tmp_path, "python agent.py", files=agent_with(body))) as session:
            with pytest.raises(AgentFailure) as caught:
                await ask(session, "bad")
            return caught.value, await ask(session, "good")

    failure, sink = in_time(talk())
    assert (failure.message, failure.code) == ("the model is down", "agent_error")
    assert (sink.answer, sink.statuses) == ("fine", [])


def test_an_error_without_turn_done_ends_the_turn_too(tmp_path: Path) -> None:
    async def talk() -> str:
        files = agent_with('out("error", message="no")')
        async with opened(script_agent(tmp_path, "python agent.py", files=files)) as session:
            for _ in range(2):
                with pytest.raises(AgentFailure, match="no"):
                    await ask(session, "x")
            return "both failed"

    assert in_time(talk()) == "both failed"


def test_stray_prints_and_unknown_messages_do_no_harm(tmp_path: Path) -> None:
    body = """
print("loading model")
print('{"type": 5}')
print("[1, 2]")
print("")
out("dance", content="x")
out("run.completed")
out("text", content=None)
out("text", content="done")
out("turn_done")
"""
    (sink,) = talk_to(tmp_path, body, ["x"])
    assert sink.answer == 'loading model\n{"type": 5}\n[1, 2]\ndone'
    assert sink.events == []


def test_messages_after_turn_done_do_not_end_the_next_turn(tmp_path: Path) -> None:
    body = """
out("text", content=content)
out("turn_done")
out("turn_done")
"""
    sinks = talk_to(tmp_path, body, ["a", "b", "c"])
    assert [sink.answer for sink in sinks] == ["a", "b", "c"]


def test_a_first_line_that_is_not_ready_makes_a_plain_script(tmp_path: Path) -> None:
    script = 'print(\'{"type": "hello"}\')\nwhile True: print(input())'

    async def talk() -> list[str]:
        async with opened(script_agent(tmp_path, "python agent.py", files={"agent.py": script})) as session:
            return [(await ask(session, prompt)).answer for prompt in ("a", "b")]

    assert in_time(talk()) == ['{"type": "hello"}\n\na\n', "b\n"]


def test_ready_is_text_where_the_config_says_plain(tmp_path: Path) -> None:
    async def talk() -> str:
        config = AgentConfig(name="agent", framed=False)
        files = {"agent.py": 'print(\'{"type": "ready"}\')\nwhile True: print(input())'}
        async with opened(script_agent(tmp_path, "python agent.py", files=files, config=config)) as session:
            return (await ask(session, "x")).answer

    assert in_time(talk()) == '{"type": "ready"}\n\nx\n'


def test_a_script_that_is_framed_by_config_need_not_be_ready_first(tmp_path: Path) -> None:
    script = """
import json, sys
for line in sys.stdin:
    print(json.dumps({"type": "text", "content": json.loads(line)["content"]}))
    print('{"type": "turn_done"}')
"""

    async def talk() -> list[str]:
        config = AgentConfig(name="agent", framed=True)
        agent = script_agent(tmp_path, "python agent.py", files={"agent.py": script}, config=config)
        async with opened(agent) as session:
            return [(await ask(session, prompt)).answer for prompt in ("a", "b")]

    assert in_time(talk()) == ["a", "b"]


def test_an_exit_before_turn_done_is_a_failure(tmp_path: Path) -> None:
    body = """
out("text", content="half")
sys.exit(0)
"""

    async def talk() -> AgentFailure:
        async with opened(script_agent(tmp_path, "python agent.py", files=agent_with(body))) as session:
            with pytest.raises(AgentFailure) as caught:
                await ask(session, "x")
            return caught.value

    assert "exit code 0" in in_time(talk()).message


def test_a_line_of_17_megabytes_fails_the_turn(tmp_path: Path) -> None:
    async def talk() -> tuple[AgentFailure, RecordingSink]:
        body = """
out("text", content="x" * (17 * 2**20 if content == "long" else 15 * 2**20))
out("turn_done")
"""
        async with opened(script_agent(tmp_path, "python agent.py", files=agent_with(body))) as session:
            with pytest.raises(AgentFailure) as caught:
                await ask(session, "long")
            return caught.value, await ask(session, "not so long")

    failure, sink = in_time(talk())
    assert failure.code == "agent_line_too_long"
    assert len(sink.answer) == 15 * 2**20
    assert "restarted" in sink.statuses[0]


@needs_node
def test_node_is_framed_by_its_first_line(tmp_path: Path) -> None:
    script = """
const out = (message) => console.log(JSON.stringify(message));
out({type: "ready"});
require("readline").createInterface({input: process.stdin}).on("line", (line) => {
  out({type: "text", content: JSON.parse(line).content});
  setTimeout(() => out({type: "turn_done"}), 50);
});
"""

    async def talk() -> list[str]:
        async with opened(script_agent(tmp_path, "node agent.js", files={"agent.js": script})) as session:
            return [(await ask(session, prompt)).answer for prompt in ("a", "b\nc")]

    assert in_time(talk()) == ["a", "b\nc"]


def test_a_stopped_turn_is_discarded_up_to_its_turn_done(tmp_path: Path) -> None:
    body = """
out("text", content="begin " + content)
while content == "long" and not os.path.exists("go"): time.sleep(0.01)
out("text", content="end")
out("turn_done")
"""

    async def talk() -> RecordingSink:
        async with opened(script_agent(tmp_path, "python agent.py", files=agent_with(body))) as session:
            stopped = RecordingSink()
            turn = asyncio.create_task(session.run("long", stopped))
            await stopped.wait_until(lambda sink: sink.answer == "begin long")
            turn.cancel()
            await asyncio.wait([turn])
            (tmp_path / "go").touch()
            return await ask(session, "short")

    sink = in_time(talk())
    assert sink.answer == "begin shortend"
    assert not any("restarted" in status for status in sink.statuses)
