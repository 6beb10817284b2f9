"""What an endpoint may send, and what becomes of it: text, calls in pieces, ends of every kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from superserve_tui.server.agents.base import AgentFailure
from tests.support.chat_endpoint import (
    CHAT,
    DONE,
    ask_model,
    call_delta,
    chat_endpoint,
    chunk,
    finish,
    holding,
    model_agent,
    opened_model,
    says,
    sent_messages,
    streams,
    text_delta,
    usage,
)
from tests.support.fault_server import Exchange, Handler
from tests.support.recording_sink import RecordingSink
from tests.support.script_agents import in_time


def turn(folder: Path, *handlers: Handler) -> RecordingSink:
    """One turn with an endpoint that answers so."""

    async def talk() -> RecordingSink:
        with chat_endpoint(*handlers) as server:
            async with opened_model(model_agent(server, folder)) as session:
                return await ask_model(session)

    return in_time(talk())


def failed_turn(folder: Path, *handlers: Handler) -> tuple[AgentFailure, RecordingSink]:
    """One turn that fails, and what was told before."""
    sink = RecordingSink()

    async def talk() -> AgentFailure:
        with chat_endpoint(*handlers) as server:
            async with opened_model(model_agent(server, folder)) as session:
                with pytest.raises(AgentFailure) as caught:
                    await session.run("hello", sink)
                return caught.value

    return in_time(talk()), sink


def split(stream: bytes, size: int) -> list[bytes]:
    return [stream[start : start + size] for start in range(0, len(stream), size)]


def test_text_is_passed_on_as_it_comes(tmp_path: Path) -> None:
    sink = turn(tmp_path, streams(text_delta("Hel"), text_delta("lo ⚡"), finish(), usage(1234, 5), DONE))
    assert sink.pieces == ["Hel", "lo ⚡"]
    assert sink.statuses == ["1,234 tokens in, 5 out"]
    assert sink.calls == []


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_bytes_may_be_split_anywhere(tmp_path: Path, size: int) -> None:
    (tmp_path / "é.txt").write_text("inside", encoding="utf-8")
    arguments = json.dumps({"path": "é.txt"}, ensure_ascii=False)
    asking = (
        text_delta("größer") + call_delta(0, arguments, call_id="c", name="read_file") + finish("tool_calls") + DONE
    )
    sink = turn(tmp_path, streams(*split(asking, size)), says("done"))
    assert sink.answer == "größer\n\ndone"
    assert [(call.tool, call.input, call.is_ended) for call in sink.calls] == [
        ("read_file", {"path": "é.txt"}, True)
    ]


def test_a_character_cut_into_two_escapes_is_one_character(tmp_path: Path) -> None:
    sink = turn(
        tmp_path, streams(text_delta("a\ud83d"), text_delta("\ude00b"), text_delta("\ud83d"), finish(), DONE)
    )
    assert sink.answer == "a😀b\ufffd"


INTERLEAVED = [
    call_delta(0, "", call_id="c0", name="list_files"),
    call_delta(1, '{"te', call_id="c1", name="search"),
    call_delta(0, '{"path"'),
    call_delta(1, 'xt": "x'),
    call_delta(0, ': "."}'),
    call_delta(1, '"}'),
]
NO_INDEX = [
    call_delta(None, '{"path"', call_id="c0", name="list_files"),
    call_delta(None, ': "."}'),
    call_delta(None, '{"text": "x"}', call_id="c1", name="search"),
]
ALL_INDEX_ZERO = [
    call_delta(0, '{"path": "."}', call_id="c0", name="list_files"),
    call_delta(0, '{"text": ', call_id="c1", name="search"),
    call_delta(0, '"x"}', call_id="c1"),
]
NO_IDS = [call_delta(0, '{"path": "."}', name="list_files"), call_delta(1, '{"text": "x"}', name="search")]
SAME_IDS = [
    call_delta(0, '{"path": "."}', call_id="c", name="list_files"),
    call_delta(1, '{"text": "x"}', call_id="c", name="search"),
]
NAME_AGAIN = [
    call_delta(0, '{"path"', call_id="c0", name="list_files"),
    call_delta(0, ': "."}', call_id="c0", name="list_files"),
    call_delta(1, "", call_id="c1", name="sea"),
    call_delta(1, '{"text": "x"}', name="rch"),
]
OBJECTS = [
    chunk(
        {
            "tool_calls": [
                {"index": 0, "id": "a", "function": {"name": "list_files", "arguments": {"path": "."}}},
                {"index": 1, "id": "b", "function": {"name": "search", "arguments": '"{\\"text\\": \\"x\\"}"'}},
            ]
        }
    )
]
NOISE = [
    chunk({"tool_calls": None}),
    chunk({"tool_calls": ["x", {"index": 5}, {"index": 6, "function": None}]}),
    *NO_IDS,
]


@pytest.mark.parametrize(
    "deltas", [INTERLEAVED, NO_INDEX, ALL_INDEX_ZERO, NO_IDS, SAME_IDS, NAME_AGAIN, OBJECTS, NOISE]
)
def test_parallel_calls_are_put_together_however_they_come(tmp_path: Path, deltas: list[bytes]) -> None:
    async def talk() -> tuple[RecordingSink, list[dict[str, Any]]]:
        with chat_endpoint(streams(*deltas, finish("tool_calls"), DONE), says("ok")) as server:
            async with opened_model(model_agent(server, tmp_path)) as session:
                return await ask_model(session), sent_messages(server)

    sink, messages = in_time(talk())
    assert [(call.tool, call.input, call.is_ended) for call in sink.calls] == [
        ("list_files", {"path": "."}, True),
        ("search", {"text": "x"}, True),
    ]
    asked, *results = messages[-3:]
    ids = [call["id"] for call in asked["tool_calls"]]
    assert len(set(ids)) == 2
    assert [result["tool_call_id"] for result in results] == ids
    assert [json.loads(call["function"]["arguments"]) for call in asked["tool_calls"]] == [
        {"path": "."},
        {"text": "x"},
    ]


def test_the_old_way_of_calling_a_function_is_understood(tmp_path: Path) -> None:
    old = [
        chunk({"function_call": {"name": "list_files", "arguments": '{"pa'}}),
        chunk({"function_call": {"arguments": 'th": "."}'}}),
    ]
    sink = turn(tmp_path, streams(*old, finish("function_call"), DONE), says("ok"))
    assert [(call.tool, call.input) for call in sink.calls] == [("list_files", {"path": "."})]


@pytest.mark.parametrize(
    "end",
    [[finish()], [DONE], [finish(), DONE], [finish("stop")[:-2]], [usage(1, 1), finish()], [b": x\n\n", DONE]],
)
def test_any_sign_of_the_end_will_do(tmp_path: Path, end: list[bytes]) -> None:
    assert turn(tmp_path, streams(text_delta("all"), *end)).answer == "all"


def test_a_stream_left_open_after_its_end_is_left(tmp_path: Path) -> None:
    left: list[bool] = []
    handler = holding(text_delta("all"), finish(), then=lambda exchange: left.append(exchange.wait_until_left()))
    assert turn(tmp_path, handler).answer == "all"
    assert left == [True]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_lines_end_as_the_standard_allows(tmp_path: Path, line_end: bytes) -> None:
    stream = (b"event: message\n" + text_delta("a") + finish() + DONE).replace(b"\n", line_end)
    assert turn(tmp_path, streams(stream)).answer == "a"


@pytest.mark.parametrize("pieces", [[], [text_delta("ha")], [text_delta("ha"), usage(1, 2)]])
def test_a_stream_cut_before_its_end_fails_and_what_came_stays(tmp_path: Path, pieces: list[bytes]) -> None:
    failure, sink = failed_turn(tmp_path, streams(*pieces))
    assert failure.code == "endpoint_cut"
    assert sink.answer == ("ha" if pieces else "")


def test_a_call_in_a_stream_that_was_cut_is_not_made(tmp_path: Path) -> None:
    failure, sink = failed_turn(tmp_path, streams(call_delta(0, '{"path": "."}', call_id="c", name="list_files")))
    assert "broke off" in failure.message
    assert sink.calls == []


def test_a_broken_connection_is_a_cut(tmp_path: Path) -> None:
    failure, sink = failed_turn(tmp_path, holding(text_delta("ha"), then=Exchange.reset))
    assert (failure.code, sink.answer) == ("endpoint_cut", "ha")


@pytest.mark.parametrize(
    "error",
    [
        chunk(None, error={"message": "out of memory", "code": 500}),
        b'data: {"error": "out of memory"}\n\n',
        b'event: error\ndata: {"message": "out of memory"}\n\n',
        b"event: error\ndata: out of\ndata: memory\n\n",
    ],
)
def test_an_error_in_mid_stream_fails_in_the_endpoints_words(tmp_path: Path, error: bytes) -> None:
    failure, sink = failed_turn(tmp_path, streams(text_delta("half"), error, text_delta("more"), DONE))
    assert sink.answer == "half"
    assert "out of memory" in failure.message
    assert "http://127.0.0.1:" in failure.message


def test_thinking_is_a_status_and_no_part_of_the_answer(tmp_path: Path) -> None:
    thoughts = [
        chunk({"reasoning_content": "hm"}),
        chunk({"reasoning": "hm"}),
        chunk({"content": "", "reasoning": "x"}),
    ]
    sink = turn(tmp_path, streams(*thoughts, text_delta("yes"), finish(), DONE))
    assert (sink.answer, sink.statuses) == ("yes", ["thinking"])


def test_content_may_be_parts(tmp_path: Path) -> None:
    parts = [{"type": "thinking", "thinking": "x"}, {"type": "text", "text": "yes"}, 3]
    assert turn(tmp_path, streams(chunk({"content": parts}), finish(), DONE)).answer == "yes"


def test_an_endpoint_that_does_not_stream_is_understood(tmp_path: Path) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "list_files", "arguments": "{}"}}
    first = {"choices": [{"index": 0, "message": {"content": "Look:", "tool_calls": [call]}, "finish_reason": "x"}]}
    second = {"choices": [{"message": {"content": "done"}}], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
    sink = turn(tmp_path, lambda it: it.json(200, first), lambda it: it.json(200, second))
    assert sink.answer == "Look:\n\ndone"
    assert [call.tool for call in sink.calls] == ["list_files"]
    assert sink.statuses == ["3 tokens in, 4 out"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>Welcome</html>", "web page"),
        (b"", "nothing"),
        (b"   \n ", "nothing"),
        (b'{"error": {"message": "no such thing"}}', "no such thing"),
        (b'{"hello": 1}', "base_url"),
        (b'{"choices": []}', "without a completion"),
        (b'{"model":"m","done":false}\n{"done":true}', "no chat completion"),
        (b"Hello!", "broke off"),
    ],
)
def test_a_200_that_is_no_completion_fails(tmp_path: Path, body: bytes, words: str) -> None:
    failure, _ = failed_turn(tmp_path, lambda it: it.answer(200, body))
    assert words in failure.message


@pytest.mark.parametrize(
    "junk",
    [
        b"data: not json\n\n",
        b"data: [1]\n\n",
        b'data: {"choices": "x"}\n\n',
        b'data: {"choices": [1, {"delta": 2}, {"index": 1, "delta": {"content": "other"}}]}\n\n',
        b'data: {"choices": [{"delta": {"content": 5, "tool_calls": {}}}], "usage": {"prompt_tokens": -1}}\n\n',
        b"data: " + b"[" * 100_000 + b"\n\n",
        chunk(None, prompt_filter_results=[]),
    ],
)
def test_what_makes_no_sense_is_passed_over(tmp_path: Path, junk: bytes) -> None:
    sink = turn(tmp_path, streams(junk, text_delta("a"), junk, finish(), junk, DONE))
    assert (sink.answer, sink.statuses) == ("a", [])


def test_a_whole_message_after_the_deltas_is_not_said_twice(tmp_path: Path) -> None:
    again = b'data: {"choices": [{"message": {"content": "all"}, "finish_reason": "stop"}]}\n\n'
    assert turn(tmp_path, streams(text_delta("all"), again, DONE)).answer == "all"


def test_an_empty_answer_is_a_failure_that_says_why(tmp_path: Path) -> None:
    failure, _ = failed_turn(tmp_path, streams(chunk({"reasoning_content": "hm"}), finish("length"), DONE))
    assert failure.code == "empty_answer"
    assert "length" in failure.message
    assert "thoughts" in failure.message


def test_a_cut_answer_is_said_to_be_cut(tmp_path: Path) -> None:
    assert "limit" in turn(tmp_path, streams(text_delta("a"), finish("length"), DONE)).statuses[0]
    assert "filter" in turn(tmp_path, streams(text_delta("a"), finish("content_filter"), DONE)).statuses[0]


def test_a_flood_is_ended(tmp_path: Path) -> None:
    piece = text_delta("x" * 1_000_000)

    def flood(exchange: Exchange) -> None:
        exchange.stream(*[piece] * 20)
        exchange.wait_until_left()

    failure, _ = failed_turn(tmp_path, flood)
    assert "more than 16 million" in failure.message


def test_the_request_is_what_endpoints_expect(tmp_path: Path) -> None:
    async def talk() -> Any:
        with chat_endpoint(says("hi")) as server:
            async with opened_model(model_agent(server, tmp_path)) as session:
                await ask_model(session, "line one\nline two \ud83d")
                return server.sent_to(CHAT)[0]

    request = in_time(talk())
    assert "authorization" not in request.headers
    body = request.json
    assert (body["model"], body["stream"], body["stream_options"]) == ("m", True, {"include_usage": True})
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["messages"][1]["content"] == "line one\nline two \ufffd"
    assert [tool["function"]["name"] for tool in body["tools"]] == ["list_files", "read_file", "search"]
