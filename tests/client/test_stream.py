"""A turn as it happens."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from superserve_tui.client import AgentStream, Session
from superserve_tui.protocol import (
    CallState,
    FinishReason,
    Heartbeat,
    InvalidResponseError,
    MessageDelta,
    NotFoundError,
    RunCompleted,
    RunError,
    RunResult,
    StreamConsumed,
    SuperserveError,
    ToolCall,
    ToolStart,
    UnknownEvent,
    encode_event,
)
from tests.support.fault_server import Exchange, FaultServer, answer, completed, delta, wait_for
from tests.support.manual_timing import ManualTiming
from tests.support.service_script import EVENTS, MESSAGES


def script(server: FaultServer, *pieces: bytes) -> None:
    server.on("POST", MESSAGES, lambda exchange: exchange.events(*pieces))


def test_a_turn_becomes_a_result(server: FaultServer, session: Session) -> None:
    script(
        server,
        encode_event("run.started", {}),
        delta("Two "),
        encode_event("tool.start", {"tool": "bash", "input": {"command": "ls"}}),
        encode_event("tool.end", {"duration_ms": 342}),
        delta("files."),
        encode_event(
            "run.completed", {"duration_ms": 5432, "max_turns_reached": True, "max_turns_message": "enough"}
        ),
    )
    result = session.run("What files?")
    assert (result.text, result.finish_reason, result.duration_ms) == ("Two files.", FinishReason.COMPLETED, 5432)
    assert (result.max_turns_reached, result.max_turns_message, result.error) == (True, "enough", None)
    (call,) = result.tool_calls
    assert (call.name, call.input, call.duration_ms) == ("bash", {"command": "ls"}, 342)
    (request,) = server.sent_to(MESSAGES)
    assert request.json == {"prompt": "What files?"}
    assert request.headers["authorization"] == "Bearer ss_secret"
    assert request.headers["user-agent"].startswith("superserve-tui/")


def test_the_text_comes_piece_by_piece(server: FaultServer, session: Session) -> None:
    halves = [b'event: message.delta\ndata: {"content": "%b"}\n\n' % half for half in (b"a\\ud83d", b"\\ude00")]
    script(server, halves[0], encode_event("heartbeat", {}), halves[1], delta(""), completed())
    stream = session.stream("x")
    assert list(stream.text_stream) == ["a", "\U0001f600"]
    assert stream.result.text == "a\U0001f600"


def test_every_event_on_the_wire_is_one_event_here(server: FaultServer, session: Session) -> None:
    script(
        server,
        encode_event("heartbeat", {}),
        encode_event("metadata", {"data": 1}),
        b"event: message.delta\ndata: no json\n\n",
        encode_event("message.delta", {"content": 5}),
        b"data: {}\n\n",
        b": a comment\n\n",
        delta("x"),
        completed(),
        delta("after the end"),
    )
    stream = session.stream("x")
    kinds = [type(event) for event in stream]
    assert kinds == [Heartbeat, UnknownEvent, UnknownEvent, UnknownEvent, UnknownEvent, MessageDelta, RunCompleted]
    assert stream.events_seen == 7
    assert stream.text == "x"


def test_nothing_is_sent_before_it_is_read(server: FaultServer, session: Session) -> None:
    script(server, completed())
    stream = session.stream("x")
    assert server.requests == []
    iterator = iter(stream)
    assert server.requests == []
    next(iterator)
    assert len(server.sent_to(MESSAGES)) == 1


def test_a_stream_is_read_once(server: FaultServer, session: Session) -> None:
    script(server, delta("x"), completed())
    stream = session.stream("x")
    assert len(list(stream)) == 2
    with pytest.raises(StreamConsumed):
        iter(stream)
    with pytest.raises(StreamConsumed):
        next(stream.text_stream)
    assert stream.result.text == "x"
    assert len(server.sent_to(MESSAGES)) == 1


def test_the_result_reads_what_nobody_has_read(server: FaultServer, session: Session) -> None:
    script(server, delta("a"), delta("b"), completed())
    stream = session.stream("x")
    for _ in stream:
        break
    assert stream.result.text == "ab"
    assert stream.result is stream.result
    with pytest.raises(StreamConsumed):
        iter(stream)


def test_the_result_waits_for_the_thread_that_reads(server: FaultServer, session: Session) -> None:
    gate = threading.Event()

    def slow(exchange: Exchange) -> None:
        exchange.stream(delta("a"))
        exchange.hold(gate)
        exchange.send(completed())

    server.on("POST", MESSAGES, slow)
    stream = session.stream("x")
    seen: list[object] = []
    first = threading.Event()

    def read() -> None:
        for event in stream:
            seen.append(event)
            first.set()

    thread = threading.Thread(target=read)
    thread.start()
    assert first.wait(5)
    threading.Timer(0.02, gate.set).start()
    assert stream.result.finish_reason is FinishReason.COMPLETED
    thread.join(5)
    assert len(seen) == 2


def test_callbacks_tell_what_happens(server: FaultServer, session: Session) -> None:
    script(
        server,
        delta("a"),
        encode_event("tool.start", {"tool": "t", "input": None}),
        encode_event("tool.end", {"duration_ms": 1}),
        encode_event("tool.end", {"duration_ms": 1}),
        completed(),
    )
    told: list[Any] = []
    stream = session.stream(
        "x",
        on_text=told.append,
        on_tool_start=lambda call: told.append(("start", call)),
        on_tool_end=lambda call: told.append(("end", call)),
        on_finish=told.append,
        on_error=lambda error: told.append("error"),
    )
    result = stream.result
    text, (start, begun), (end, ended), finished = told
    assert (text, start, end, finished) == ("a", "start", "end", result)
    assert isinstance(begun, ToolCall)
    assert (begun.state, ended.state) == (CallState.RUNNING, CallState.COMPLETED)


def test_on_finish_is_told_before_the_last_event_is_seen(server: FaultServer, session: Session) -> None:
    script(server, completed())
    told: list[RunResult] = []
    for event in session.stream("x", on_finish=told.append):
        assert isinstance(event, RunCompleted)
        assert len(told) == 1
        break
    assert len(told) == 1


def test_a_request_that_fails_raises_and_tells_once(server: FaultServer, session: Session) -> None:
    server.on("POST", MESSAGES, answer(404, {"detail": "session expired"}))
    told: list[SuperserveError] = []
    stream = session.stream("x", on_error=told.append, on_finish=lambda result: told.append(SuperserveError("no")))
    with pytest.raises(NotFoundError, match="session expired") as caught:
        list(stream)
    assert caught.value.status == 404
    assert told == [caught.value]
    with pytest.raises(NotFoundError):
        _ = stream.result
    assert len(told) == 1
    assert len(server.requests) == 1


def test_a_failed_turn_keeps_its_text_and_its_error(server: FaultServer, session: Session) -> None:
    script(server, delta("so far"), encode_event("run.failed", {"error": {"message": "no", "code": "e1"}}))
    result = session.run("x")
    assert (result.text, result.finish_reason) == ("so far", FinishReason.FAILED)
    assert result.error == RunError("no", "e1")


def test_a_cancelled_turn_is_a_result(server: FaultServer, session: Session) -> None:
    script(server, delta("so far"), encode_event("run.cancelled", {}))
    result = session.run("x")
    assert (result.text, result.finish_reason, result.error) == ("so far", FinishReason.CANCELLED, None)


def test_the_connection_is_closed_before_the_last_event_is_seen(server: FaultServer, session: Session) -> None:
    left = threading.Event()

    def stay_open(exchange: Exchange) -> None:
        exchange.stream(completed())
        if exchange.wait_until_left():
            left.set()

    server.on("POST", MESSAGES, stay_open)
    for _ in session.stream("x"):
        assert left.wait(5)


def test_a_terminal_event_without_its_blank_line_counts_at_once(server: FaultServer, session: Session) -> None:
    def stay_open(exchange: Exchange) -> None:
        exchange.stream(delta("x"), b'event: run.completed\ndata: {"duration_ms": 7}')
        assert exchange.wait_until_left()

    server.on("POST", MESSAGES, stay_open)
    result = session.run("x")
    assert (result.text, result.finish_reason, result.duration_ms) == ("x", FinishReason.COMPLETED, 7)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ({"Content-Type": "text/html"}, b"<html>log in to the wifi</html>"),
        ({"Content-Type": "application/json"}, b"{}"),
        ({}, b""),
        ({"Content-Type": "text/event-stream", "Content-Encoding": "gzip"}, b"\x1f\x8b"),
    ],
)
def test_a_200_that_is_no_event_stream_is_an_error(
    server: FaultServer, session: Session, head: dict[str, str], body: bytes
) -> None:
    server.on("POST", MESSAGES, lambda exchange: exchange.answer(200, body, head))
    with pytest.raises(InvalidResponseError, match="event stream"):
        session.run("x")
    assert len(server.sent_to(MESSAGES)) == 1


def test_a_stream_type_with_parameters_is_a_stream(server: FaultServer, session: Session) -> None:
    head = {"Content-Type": "Text/Event-Stream; charset=utf-8"}
    server.on("POST", MESSAGES, lambda exchange: exchange.answer(200, completed(), head))
    assert session.run("x").finish_reason is FinishReason.COMPLETED


def test_an_event_that_is_too_large_fails_the_turn(server: FaultServer, session: Session) -> None:
    def flood(exchange: Exchange) -> None:
        exchange.stream(delta("before"), b"data: ")
        for _ in range(18):
            exchange.send(b"x" * 1024 * 1024)
        exchange.wait_until_left()

    server.on("POST", MESSAGES, flood)
    result = session.run("x")
    assert (result.text, result.finish_reason) == ("before", FinishReason.FAILED)
    assert result.error is not None
    assert result.error.message == "event too large"
    assert server.sent_to(EVENTS) == []


def test_a_callback_that_raises_ends_the_stream(server: FaultServer, session: Session) -> None:
    script(server, delta("x"), completed())

    def raise_it(text: str) -> None:
        raise ZeroDivisionError(text)

    stream = session.stream("x", on_text=raise_it)
    with pytest.raises(ZeroDivisionError):
        list(stream)
    assert stream.result.finish_reason is FinishReason.INTERRUPTED


def test_a_callback_can_not_read_its_own_stream(server: FaultServer, session: Session) -> None:
    script(server, delta("x"), completed())
    streams: list[AgentStream] = []
    streams.append(session.stream("x", on_text=lambda text: streams[0].result))
    with pytest.raises(StreamConsumed, match="callback"):
        list(streams[0])


def test_many_streams_and_requests_run_at_once(server: FaultServer, session: Session, timing: ManualTiming) -> None:
    everyone = threading.Barrier(8)

    def together(exchange: Exchange) -> None:
        everyone.wait(10)
        exchange.events(delta(exchange.request.json["prompt"]), completed())

    server.on("POST", MESSAGES, together)
    texts: list[str] = []
    threads = [
        threading.Thread(target=lambda name: texts.append(session.run(name).text), args=(f"turn {number}",))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    assert session.refresh().id == session.id
    for thread in threads:
        thread.join(10)
    assert sorted(texts) == [f"turn {number}" for number in range(8)]


def test_what_the_prompt_holds_arrives(server: FaultServer, session: Session) -> None:
    script(server, completed())
    session.run("a\u2028b\n\U0001f600 \ud800 \x1b[0m")
    assert server.sent_to(MESSAGES)[0].json == {"prompt": "a\u2028b\n\U0001f600 \ufffd \x1b[0m"}


def test_an_event_stream_is_read_as_it_comes(server: FaultServer, session: Session) -> None:
    gate = threading.Event()

    def step(exchange: Exchange) -> None:
        exchange.stream(encode_event("tool.start", {"tool": "t", "input": 1}))
        exchange.hold(gate)
        exchange.send(completed())

    server.on("POST", MESSAGES, step)
    seen = []
    for event in session.stream("x"):
        seen.append(event)
        gate.set()
    assert isinstance(seen[0], ToolStart)
    wait_for(gate.is_set)
