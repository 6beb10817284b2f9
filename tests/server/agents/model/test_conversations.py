"""The loop of a turn, its limit, a stop, and what the model remembers."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from superserve_tui.config.schema import AgentConfig
from superserve_tui.server.agents.base import AgentFailure, TurnOutcome
from superserve_tui.server.agents.model import MAX_MODEL_CALLS
from superserve_tui.server.agents.model.history import Gauge, History
from tests.support.chat_endpoint import (
    CHAT,
    DONE,
    ask_model,
    call_delta,
    chat_endpoint,
    finish,
    holding,
    model_agent,
    opened_model,
    says,
    sent_messages,
    streams,
    text_delta,
    tool_answer,
    usage,
)
from tests.support.recording_sink import RecordingSink
from tests.support.script_agents import in_time


def test_results_go_back_to_the_model_and_texts_are_paragraphs(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("inside\n")

    async def talk() -> tuple[RecordingSink, str]:
        first = tool_answer("read_file", {"path": "a.txt"}, text="I look.\n")
        with chat_endpoint(first, says("It says inside.")) as server:
            async with opened_model(model_agent(server, tmp_path)) as session:
                sink = await ask_model(session)
                return sink, sent_messages(server)[-1]["content"]

    sink, result = in_time(talk())
    assert sink.answer == "I look.\n\nIt says inside."
    assert result == "[a.txt, lines 1-1 of 1]\ninside"


def test_the_session_is_remembered(tmp_path: Path) -> None:
    async def talk() -> list[tuple[str, str]]:
        with chat_endpoint(says("one!"), says("two!"), says("three!")) as server:
            async with opened_model(model_agent(server, tmp_path)) as session:
                for prompt in ("one", "two", "three"):
                    await ask_model(session, prompt)
                return [(message["role"], message["content"]) for message in sent_messages(server)[1:]]

    assert in_time(talk()) == [
        ("user", "one"),
        ("assistant", "one!"),
        ("user", "two"),
        ("assistant", "two!"),
        ("user", "three"),
    ]


def test_a_model_that_never_comes_to_an_end_is_stopped_and_can_go_on(tmp_path: Path) -> None:
    async def talk() -> tuple[TurnOutcome, RecordingSink, int, list[str]]:
        endless = tool_answer("list_files", {})
        with chat_endpoint(*[endless] * MAX_MODEL_CALLS, says("ok")) as server:
            async with opened_model(model_agent(server, tmp_path)) as session:
                sink = RecordingSink()
                outcome = await session.run("go", sink)
                asked = len(server.sent_to(CHAT))
                await ask_model(session, "go on")
                return outcome, sink, asked, [message["role"] for message in sent_messages(server)[-4:]]

    outcome, sink, asked, roles = in_time(talk())
    assert outcome.max_turns_reached
    assert "25" in (outcome.max_turns_message or "")
    assert asked == MAX_MODEL_CALLS
    assert len(sink.calls) == MAX_MODEL_CALLS - 1
    assert roles == ["assistant", "tool", "assistant", "user"]


def test_what_a_turn_costs_is_summed_up(tmp_path: Path) -> None:
    async def talk() -> list[str]:
        first = streams(
            call_delta(0, "{}", call_id="c", name="list_files"), finish("tool_calls"), usage(100, 7), DONE
        )
        with chat_endpoint(first, streams(text_delta("x"), finish(), usage(1200, 3), DONE)) as server:
            async with opened_model(model_agent(server, tmp_path)) as session:
                return (await ask_model(session)).statuses

    assert in_time(talk()) == ["2 calls, 1,300 tokens in, 10 out"]


@pytest.mark.parametrize("arguments", ["{", "[1]", "5", '"x"', "{'a': 1}"])
def test_arguments_that_are_no_object_are_told_to_the_model(tmp_path: Path, arguments: str) -> None:
    async def talk() -> tuple[RecordingSink, str]:
        asking = streams(call_delta(0, arguments, call_id="c", name="read_file"), finish("tool_calls"), DONE)
        with chat_endpoint(asking, says("sorry")) as server:
            async with opened_model(model_agent(server, tmp_path)) as session:
                return await ask_model(session), sent_messages(server)[-1]["content"]

    sink, told = in_time(talk())
    assert told.startswith("Error: the arguments are not a JSON object")
    assert [(call.tool, call.input, call.is_ended) for call in sink.calls] == [("read_file", arguments, True)]


def test_too_many_calls_at_once_are_refused(tmp_path: Path) -> None:
    async def talk() -> tuple[int, list[str]]:
        calls = [call_delta(number, "{}", call_id=f"c{number}", name="list_files") for number in range(70)]
        with chat_endpoint(streams(*calls, finish("tool_calls"), DONE), says("ok")) as server:
            async with opened_model(model_agent(server, tmp_path)) as session:
                sink = await ask_model(session)
                return len(sink.calls), [message["content"] for message in sent_messages(server)[-70:]]

    made, results = in_time(talk())
    assert made == 64
    assert len(results) == 70
    assert [result for result in results if "too many" in result] == results[64:]


# Stops


def test_a_stop_in_mid_answer_closes_the_connection_and_keeps_what_was_said(tmp_path: Path) -> None:
    left = threading.Event()

    async def talk() -> list[tuple[str, str]]:
        first = holding(text_delta("half"), then=lambda it: left.set() if it.wait_until_left() else None)
        with chat_endpoint(first, says("hi")) as server:
            async with opened_model(model_agent(server, tmp_path)) as session:
                sink = RecordingSink()
                turn = asyncio.create_task(session.run("one", sink))
                await sink.wait_until(lambda sink: sink.answer == "half")
                turn.cancel()
                await asyncio.wait([turn])
                assert turn.cancelled()
                assert await asyncio.to_thread(left.wait, 5)
                await ask_model(session, "two")
                return [(message["role"], message["content"]) for message in sent_messages(server)[1:]]

    assert in_time(talk()) == [
        ("user", "one"),
        ("assistant", "half\n\n[The person stopped this answer.]"),
        ("user", "two"),
    ]


def test_a_stop_in_a_tool_leaves_a_history_that_endpoints_take(tmp_path: Path) -> None:
    async def talk() -> list[str]:
        config = AgentConfig(name="model", tools="run")
        asking = streams(
            call_delta(0, '{"command": "echo $$ > pid; sleep 60"}', call_id="a", name="run_command"),
            call_delta(1, "{}", call_id="b", name="list_files"),
            finish("tool_calls"),
            DONE,
        )
        with chat_endpoint(asking, says("hi")) as server:
            async with opened_model(model_agent(server, tmp_path, config=config)) as session:
                sink = RecordingSink()
                turn = asyncio.create_task(session.run("one", sink))
                await sink.wait_until(lambda sink: bool(sink.calls))
                turn.cancel()
                await asyncio.wait([turn])
                assert [call.is_ended for call in sink.calls] == [False]
                await ask_model(session, "two")
                return [message["role"] for message in sent_messages(server)[1:]]

    assert in_time(talk()) == ["user", "assistant", "tool", "tool", "assistant", "user"]


# The context


def test_the_oldest_turns_are_left_out_when_the_context_is_full(tmp_path: Path) -> None:
    async def talk() -> tuple[list[list[str]], list[str]]:
        config = AgentConfig(name="model", context_tokens=2000)
        with chat_endpoint(says("y" * 1500)) as server:
            async with opened_model(model_agent(server, tmp_path, config=config)) as session:
                statuses = [(await ask_model(session, f"{number} {'x' * 1000}")).statuses for number in range(4)]
                return statuses, [message["content"][:1] for message in sent_messages(server)[1:]]

    statuses, kept = in_time(talk())
    assert statuses[0] == []
    assert "left out" in statuses[-1][0]
    assert kept[-1] == "3"
    assert "0" not in kept
    assert kept[0] in "123"


def test_long_results_of_this_turn_go_before_the_question_does(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("z" * 4000)

    async def talk() -> list[str]:
        config = AgentConfig(name="model", context_tokens=2000)
        reading = tool_answer("read_file", {"path": "a.txt"})
        with chat_endpoint(reading, reading, reading, says("ok")) as server:
            async with opened_model(model_agent(server, tmp_path, config=config)) as session:
                await ask_model(session, "question")
                return [
                    message["content"] for message in sent_messages(server) if message["role"] in ("user", "tool")
                ]

    question, *results = in_time(talk())
    assert question == "question"
    assert "left out" in results[0]
    assert results[-1].startswith("[a.txt")


def test_a_history_is_cut_by_whole_turns() -> None:
    history = History()
    for number in range(3):
        history.begin(f"question {number}")
        history.add_answer("x" * 1000)
    gauge = Gauge()
    assert history.fit(gauge.tokens(*history.messages) + 3, gauge) == 0
    assert history.fit(500, gauge) == 4
    assert [message["content"][:10] for message in history.messages] == ["question 2", "x" * 10]
    assert history.fit(0, gauge) == 0


def test_a_gauge_learns_from_what_the_endpoint_counts() -> None:
    gauge = Gauge()
    message = {"role": "user", "content": "x" * 1000}
    before = gauge.tokens(message)
    gauge.learn(before, before * 2)
    assert gauge.tokens(message) == pytest.approx(before * 2, abs=1)
    gauge.learn(1, 10**9)
    assert gauge.tokens(message) < before * 5
    gauge.learn(0, 5)
    gauge.learn(5, 0)


# The system prompt


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (AgentConfig(name="model", tools="none"), None),
        (AgentConfig(name="model", system_prompt_file="prompt.md"), "Be brief.\n"),
        (AgentConfig(name="model", system_prompt_file="empty.md"), None),
    ],
)
def test_the_persons_own_words_are_the_system_prompt(
    tmp_path: Path, config: AgentConfig, expected: str | None
) -> None:
    (tmp_path / "prompt.md").write_text("Be brief.\n")
    (tmp_path / "empty.md").touch()

    async def talk() -> str | None:
        with chat_endpoint(says("hi")) as server:
            async with opened_model(model_agent(server, tmp_path, config=config)) as session:
                await ask_model(session)
                first = sent_messages(server)[0]
                return first["content"] if first["role"] == "system" else None

    assert in_time(talk()) == expected


def test_a_system_prompt_that_went_away_fails_the_session(tmp_path: Path) -> None:
    with chat_endpoint() as server:
        config = AgentConfig(name="model", system_prompt_file="prompt.md")
        agent = model_agent(server, tmp_path, config=config)
        with pytest.raises(AgentFailure, match=r"prompt\.md"):
            agent.open("ses_1")
