"""What an HTTP agent may answer to `/run`."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from superserve_tui.protocol import encode_event
from superserve_tui.server.agents.base import AgentFailure, TurnOutcome
from tests.support.fault_server import Exchange, FaultServer, Handler, answer
from tests.support.http_agents import http_agent, opened_http
from tests.support.recording_sink import RecordingSink
from tests.support.script_agents import in_time


def turn(folder: Path, handler: Handler) -> tuple[RecordingSink, TurnOutcome]:
    """One turn with a running agent that answers so."""

    async def talk() -> tuple[RecordingSink, TurnOutcome]:
        with FaultServer() as server:
            server.on("POST", "/run", handler)
            async with opened_http(http_agent(folder, port=server.port)) as session:
                sink = RecordingSink()
                return sink, await session.run("hello", sink)

    return in_time(talk())


def failure(folder: Path, handler: Handler) -> tuple[AgentFailure, RecordingSink]:
    """One turn that fails."""
    sink = RecordingSink()

    async def talk() -> AgentFailure:
        with FaultServer() as server:
            server.on("POST", "/run", handler)
            async with opened_http(http_agent(folder, port=server.port)) as session:
                with pytest.raises(AgentFailure) as caught:
                    await session.run("hello", sink)
                return caught.value

    return in_time(talk()), sink


def body(content_type: str, *pieces: bytes) -> Handler:
    """An answer of a type in pieces, ended by the connection's end."""

    def handle(exchange: Exchange) -> None:
        exchange.send(f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nConnection: close\r\n\r\n".encode())
        for piece in pieces:
            exchange.send(piece)
        exchange.close()

    return handle


def events(*pieces: bytes) -> Handler:
    return body("text/event-stream; charset=utf-8", *pieces)


def test_the_request_is_the_protocols(tmp_path: Path) -> None:
    async def talk() -> Any:
        with FaultServer() as server:
            server.on("POST", "/run", answer(200, {"response": "hi"}))
            async with opened_http(http_agent(tmp_path, port=server.port)) as session:
                await session.run("line\u2028 ⚡", RecordingSink())
                return server.requests[0]

    request = in_time(talk())
    assert request.json == {"prompt": "line\u2028 ⚡"}
    assert request.headers["content-type"] == "application/json"
    assert request.headers["superserve-session-id"].startswith("ses_")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"response": "hi ⚡"}, "hi ⚡"),
        ({"response": ""}, ""),
        ({"response": {"a": 1}}, '{"a": 1}'),
        ({"response": "hi", "error": "ignored"}, "hi"),
        ({"output": "hi"}, "hi"),
        ("hi", "hi"),
    ],
)
def test_json(tmp_path: Path, value: Any, text: str) -> None:
    assert turn(tmp_path, answer(200, value))[0].answer == text


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (answer(200, {"error": "no model"}), "no model"),
        (answer(200, {"x": 1}), "response"),
        (answer(200, None), "response"),
        (body("application/json", b"{"), "not JSON"),
        (answer(500, {"detail": "broken"}), "500 Some: broken"),
        (answer(422, {"detail": [{"msg": "field required"}]}), "field required"),
        (lambda it: it.answer(404, b"<html>", reason="Not Found"), "404 Not Found."),
        (lambda it: it.answer(302, b"", {"Location": "http://127.0.0.1:1/"}), "302"),
        (Exchange.reset, "before its answer was whole"),
        (events(b"event: error\ndata: no model\n\n"), "no model"),
        (events(b'data: {"type": "error", "message": "no model"}\n\n'), "no model"),
        (events(b'data: {"error": "no model"}\n\n'), "no model"),
        (events(encode_event("run.failed", {"error": {"message": "no model"}})), "no model"),
        (events(encode_event("run.started", {}), encode_event("message.delta", {"content": "half"})), "broke off"),
        (body("application/x-ndjson", b'{"type": "error", "message": "no model"}'), "no model"),
    ],
)
def test_errors_fail_the_turn_in_the_agents_words(tmp_path: Path, handler: Handler, words: str) -> None:
    assert words in failure(tmp_path, handler)[0].message


def test_text_is_passed_on_as_it_comes(tmp_path: Path) -> None:
    sink, _ = turn(tmp_path, body("text/plain", "wört".encode()[:2], "wört".encode()[2:], b" two\n"))
    assert sink.answer == "wört two\n"


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_a_stream_may_speak_the_sessions_api(tmp_path: Path, size: int) -> None:
    stream = b"".join(
        [
            encode_event("run.started", {}),
            encode_event("status", {"status": "thinking"}),
            encode_event("message.delta", {"content": "a ⚡"}),
            encode_event("tool.start", {"tool": "bash", "input": {"command": "ls"}, "id": "t1"}),
            encode_event("heartbeat", {}),
            encode_event("tool.end", {"duration_ms": 3, "id": "t1"}),
            encode_event("custom", {"x": 1}),
            encode_event("message.delta", {"content": "b"}),
            encode_event("run.completed", {"max_turns_reached": True, "max_turns_message": "enough"}),
            encode_event("message.delta", {"content": "too late"}),
        ]
    )
    pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
    sink, outcome = turn(tmp_path, events(*pieces))
    assert (sink.answer, sink.statuses, sink.events) == ("a ⚡b", ["thinking"], [("custom", {"x": 1})])
    assert [(call.tool, call.input, call.is_ended) for call in sink.calls] == [("bash", {"command": "ls"}, True)]
    assert outcome == TurnOutcome(max_turns_reached=True, max_turns_message="enough")


def test_a_stream_may_speak_like_framed_scripts(tmp_path: Path) -> None:
    rows = [
        {"type": "status", "content": "thinking"},
        {"type": "text", "content": "a"},
        {"type": "tool_start", "id": 1, "tool": "bash", "input": {}},
        {"type": "tool_end", "id": 1},
        {"type": "metadata", "data": {"x": 1}},
        {"type": "text", "content": "b"},
        {"type": "turn_done"},
        {"type": "text", "content": "too late"},
    ]
    lines = [json.dumps(row).encode() for row in rows]
    as_events = events(*[b"data: " + line + b"\n\n" for line in lines])
    as_lines = body("application/x-ndjson", b"\r\n".join(lines)[:30], b"\r\n".join(lines)[30:])
    for handler in (as_events, as_lines):
        sink, _ = turn(tmp_path, handler)
        assert (sink.answer, sink.statuses, sink.events) == ("ab", ["thinking"], [("metadata", {"x": 1})])
        assert [(call.tool, call.is_ended) for call in sink.calls] == [("bash", True)]


@pytest.mark.parametrize(
    ("stream", "text"),
    [
        (b"data: Hello\n\ndata:  world\n\n", "Hello world"),
        (b"data: one\ndata: two\n\n", "one\ntwo"),
        (b'data: "quoted\\n"\n\ndata: "odd\n\n', 'quoted\n"odd'),
        (b'data: {"delta": "a"}\n\ndata: {"text": "b"}\n\ndata: [DONE]\n\ndata: late\n\n', "ab"),
        (b'event: token\ndata: a\n\nevent: token\ndata: {"content": "b"}\n\nevent: done\ndata: x\n\n', "ab"),
        (b'data: {"content": "no blank line"}', "no blank line"),
    ],
)
def test_a_stream_may_be_just_text(tmp_path: Path, stream: bytes, text: str) -> None:
    assert turn(tmp_path, events(stream))[0].answer == text


def test_a_stream_that_is_left_open_after_its_end_is_left(tmp_path: Path) -> None:
    left = threading.Event()

    def handle(exchange: Exchange) -> None:
        exchange.stream(encode_event("message.delta", {"content": "a"}), encode_event("run.completed", {}))
        if exchange.wait_until_left():
            left.set()

    assert turn(tmp_path, handle)[0].answer == "a"
    assert left.is_set()


def test_a_stop_closes_the_connection_and_the_next_message_goes_through(tmp_path: Path) -> None:
    left = threading.Event()

    def hang(exchange: Exchange) -> None:
        exchange.stream(encode_event("message.delta", {"content": "a"}))
        if exchange.wait_until_left():
            left.set()

    async def talk() -> str:
        with FaultServer() as server:
            server.on("POST", "/run", hang, answer(200, {"response": "hi"}))
            async with opened_http(http_agent(tmp_path, port=server.port)) as session:
                sink = RecordingSink()
                work = asyncio.create_task(session.run("one", sink))
                await sink.wait_until(lambda sink: sink.answer == "a")
                work.cancel()
                await asyncio.wait([work])
                assert work.cancelled()
                assert await asyncio.to_thread(left.wait, 5)
                after = RecordingSink()
                await session.run("two", after)
                return after.answer

    assert in_time(talk()) == "hi"


def test_too_much_in_one_piece_is_refused(tmp_path: Path) -> None:
    def flood(exchange: Exchange) -> None:
        exchange.stream(*[b"x" * 1_000_000] * 20)
        exchange.wait_until_left()

    assert "16 MB" in failure(tmp_path, flood)[0].message
