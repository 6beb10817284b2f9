"""HTTP agents that are started for a session: their port, their start, their ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from superserve_tui.config.schema import AgentConfig
from superserve_tui.server.agents.base import AgentFailure
from superserve_tui.server.agents.http import HttpAgent, HttpSession, is_http
from superserve_tui.server.agents.http_process import HttpTimes, free_port
from tests.support.fault_server import FaultServer, answer
from tests.support.http_agents import http_agent, opened_http, server_command
from tests.support.recording_sink import RecordingSink
from tests.support.script_agents import in_time, is_running


async def ask(session: HttpSession, prompt: str) -> RecordingSink:
    sink = RecordingSink()
    await session.run(prompt, sink)
    return sink


def test_a_table_with_a_port_or_a_place_for_one_is_an_http_agent() -> None:
    assert is_http(AgentConfig(name="a", port=1))
    assert is_http(AgentConfig(name="a", command="serve --port {port}"))
    assert not is_http(AgentConfig(name="a", command="serve"))
    assert not is_http(AgentConfig(name="a", model="m"))


@pytest.mark.parametrize(("port", "words"), [("sys.argv[1]", "{port}"), ("os.environ['PORT']", "")])
def test_it_is_started_on_a_free_port_and_ended_with_its_session(tmp_path: Path, port: str, words: str) -> None:
    async def talk() -> tuple[list[str], dict[str, object]]:
        agent = http_agent(tmp_path, command=server_command(tmp_path, port, words=words), port=1)
        assert agent.info.not_ready_reason is None
        async with opened_http(agent) as session, opened_http(agent) as other:
            answers = [(await ask(each, "x")).answer for each in (session, session, other)]
            return answers, json.loads((await ask(session, "tell")).answer)

    answers, told = in_time(talk())
    assert answers == ["1: x", "2: x", "1: x"]
    assert told["cwd"] == str(tmp_path)
    assert told["argv"] == ([told["PORT"]] if words else [])
    assert not is_running(int(str(told["pid"])))


def test_one_with_a_port_of_its_own_is_found_there(tmp_path: Path) -> None:
    async def talk() -> str:
        port = free_port()
        async with opened_http(
            http_agent(tmp_path, command=server_command(tmp_path, str(port)), port=port)
        ) as session:
            return (await ask(session, "x")).answer

    assert in_time(talk()) == "1: x"


def test_a_stranger_on_that_port_is_not_taken_for_it(tmp_path: Path) -> None:
    async def talk() -> str:
        with FaultServer() as stranger:
            stranger.on("POST", "/run", answer(200, {"response": "stranger"}))
            agent = http_agent(tmp_path, command=server_command(tmp_path, str(stranger.port)), port=stranger.port)
            async with opened_http(agent) as session:
                with pytest.raises(AgentFailure) as caught:
                    await ask(session, "x")
                return caught.value.message

    message = in_time(talk())
    assert "exit code 1" in message
    assert "Address already in use" in message


def test_a_start_that_fails_is_told_with_the_last_words(tmp_path: Path) -> None:
    async def talk() -> AgentFailure:
        command = f'"{sys.executable}" -c "import sys; sys.exit(\'no model found\')"'
        async with opened_http(http_agent(tmp_path, command=command, port=1)) as session:
            with pytest.raises(AgentFailure) as caught:
                await ask(session, "x")
            assert session.log_lines() == ["no model found"]
            return caught.value

    failure = in_time(talk())
    assert failure.message == "The agent ended with exit code 1 before it listened: no model found"


def test_a_start_that_never_listens_is_given_up_and_said_before(tmp_path: Path) -> None:
    async def talk() -> tuple[str, list[str], int]:
        command = (
            f"\"{sys.executable}\" -c \"import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)\""
        )
        times = HttpTimes(start_s=0.5, told_s=0.1, look_s=0.02)
        async with opened_http(http_agent(tmp_path, command=command, port=1, times=times)) as session:
            sink = RecordingSink()
            with pytest.raises(AgentFailure) as caught:
                await session.run("x", sink)
            return caught.value.message, sink.statuses, int((tmp_path / "pid").read_text())

    message, statuses, pid = in_time(talk())
    assert "within 0.5 s" in message
    assert "{port}" in message
    assert len(statuses) == 1
    assert "waiting for the agent" in statuses[0]
    assert not is_running(pid)


def test_a_crash_is_told_and_the_next_message_starts_it_again_and_says_so(tmp_path: Path) -> None:
    async def talk() -> tuple[str, list[RecordingSink]]:
        agent = http_agent(tmp_path, command=server_command(tmp_path, "sys.argv[1]", words="{port}"))
        async with opened_http(agent) as session:
            await ask(session, "x")
            with pytest.raises(AgentFailure) as caught:
                await ask(session, "crash")
            return caught.value.message, [await ask(session, "y"), await ask(session, "z")]

    message, sinks = in_time(talk())
    assert "exit code 7" in message
    assert message.endswith("about to crash")
    assert [sink.answer for sink in sinks] == ["1: y", "2: z"]
    assert [len(sink.statuses) for sink in sinks] == [1, 0]
    assert "restarted, since it ended with exit code 7" in sinks[0].statuses[0]


def test_one_that_ended_between_two_messages_is_started_again(tmp_path: Path) -> None:
    async def talk() -> RecordingSink:
        agent = http_agent(tmp_path, command=server_command(tmp_path, "sys.argv[1]", words="{port}"))
        async with opened_http(agent) as session:
            pid = json.loads((await ask(session, "tell")).answer)["pid"]
            process = session._process
            assert process is not None
            os.kill(pid, signal.SIGTERM)
            async with asyncio.timeout(5):
                while process.exit_status is None:
                    await asyncio.sleep(0.01)
            return await ask(session, "x")

    sink = in_time(talk())
    assert sink.answer == "1: x"
    assert "SIGTERM" in sink.statuses[0]


def test_one_that_floods_its_output_does_not_come_to_stand(tmp_path: Path) -> None:
    async def talk() -> tuple[str, int]:
        agent = http_agent(tmp_path, command=server_command(tmp_path, "sys.argv[1]", words="{port}"))
        async with opened_http(agent) as session:
            return (await ask(session, "flood")).answer, len(session.log_lines())

    text, lines = in_time(talk())
    assert text == "1: flood"
    assert 0 < lines <= 200


def test_a_stop_while_it_starts_keeps_it_starting(tmp_path: Path) -> None:
    async def talk() -> str:
        command = server_command(tmp_path, "(__import__('time').sleep(0.3), sys.argv[1])[1]", words="{port}")
        async with opened_http(http_agent(tmp_path, command=command)) as session:
            work = asyncio.create_task(session.run("lost", RecordingSink()))
            async with asyncio.timeout(5):
                while session._process is None:
                    await asyncio.sleep(0.01)
            work.cancel()
            await asyncio.wait([work])
            return (await ask(session, "x")).answer

    assert in_time(talk()) == "1: x"


def test_what_can_not_be_started_is_listed_with_the_reason(tmp_path: Path) -> None:
    assert "not found" in (http_agent(tmp_path, command="no-such-program {port}").info.not_ready_reason or "")


def test_one_without_a_command_must_be_running(tmp_path: Path) -> None:
    async def talk() -> AgentFailure:
        agent: HttpAgent = http_agent(tmp_path, port=free_port())
        assert agent.info.not_ready_reason is None
        async with opened_http(agent) as session:
            with pytest.raises(AgentFailure) as caught:
                await ask(session, "x")
            return caught.value

    failure = in_time(talk())
    assert failure.code == "unreachable"
    assert "Nothing listens on port" in failure.message


def test_a_free_port_is_free() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_port()))
