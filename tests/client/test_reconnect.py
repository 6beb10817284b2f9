"""A cut stream is picked up again: nothing lost, nothing doubled, nothing sent twice (PROTOCOL 4)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from superserve_tui.client import Client, Session
from superserve_tui.protocol import (
    FinishReason,
    MethodNotAllowedError,
    NotFoundError,
    RunCompleted,
    ServerError,
    encode_event,
)
from tests.support.fault_server import (
    EVENT_STREAM_HEAD,
    Exchange,
    FaultServer,
    Handler,
    answer,
    completed,
    delta,
    wait_for,
)
from tests.support.manual_timing import ManualTiming
from tests.support.service_script import EVENTS, MESSAGES, SESSION_ID

TEN_WAITS = [0.2, 2, 4, 8, 16, 30, 30, 30, 30, 30]


def cut(*pieces: bytes) -> Handler:
    return lambda exchange: exchange.events(*pieces)


def reset_after(*pieces: bytes) -> Handler:
    def handle(exchange: Exchange) -> None:
        exchange.stream(*pieces)
        exchange.reset()

    return handle


def afters(server: FaultServer) -> list[str]:
    return [request.query["after"] for request in server.sent_to(EVENTS)]


def from_log(log: list[bytes]) -> Handler:
    """A server that sends the rest of the turn's log."""
    return lambda exchange: exchange.events(*log[int(exchange.request.query["after"]) :])


@pytest.mark.parametrize("how", [cut, reset_after])
def test_a_cut_turn_goes_on_where_it_was(
    server: FaultServer, session: Session, timing: ManualTiming, how: Callable[..., Handler]
) -> None:
    log = [delta("a"), encode_event("heartbeat", {}), encode_event("new", {}), delta("b"), delta("c"), completed(9)]
    server.on("POST", MESSAGES, how(*log[:3]))
    server.on("GET", EVENTS, from_log(log[:4]), from_log(log))
    told: list[object] = []
    stream = session.stream(
        "x",
        on_reconnect=lambda number, of: told.append((number, of)),
        on_connected=lambda: told.append("connected"),
    )
    assert stream.result.text == "abc"
    assert (stream.result.finish_reason, stream.result.duration_ms) == (FinishReason.COMPLETED, 9)
    assert stream.events_seen == len(log)
    assert len(server.sent_to(MESSAGES)) == 1
    if how is cut:
        assert afters(server) == ["3", "4"]
        assert timing.waits == [0.2, 0.2]
        assert told == [(1, 10), "connected", (1, 10), "connected"]


def test_half_an_event_is_neither_lost_nor_doubled(server: FaultServer, session: Session) -> None:
    log = [delta("a"), delta("b"), completed()]
    for cut_at in range(1, len(log[1])):
        server.on("POST", MESSAGES, cut(log[0] + log[1][:cut_at]))
        server.on("GET", EVENTS, from_log(log))
        assert session.run("x").text == "ab", cut_at
    assert set(afters(server)) == {"1"}


def test_after_ten_tries_the_turn_is_interrupted(
    server: FaultServer, session: Session, timing: ManualTiming
) -> None:
    server.on("POST", MESSAGES, cut(delta("so far")))
    server.on("GET", EVENTS, answer(502, {"detail": "bad gateway"}))
    tries: list[int] = []
    result = session.stream("x", on_reconnect=lambda number, of: tries.append(number)).result
    assert (result.text, result.finish_reason) == ("so far", FinishReason.INTERRUPTED)
    assert result.error is not None
    assert "bad gateway" in result.error.message
    assert tries == list(range(1, 11))
    assert timing.waits == TEN_WAITS
    assert afters(server) == ["1"] * 10


def test_connections_that_bring_no_event_use_up_the_tries(
    server: FaultServer, session: Session, timing: ManualTiming
) -> None:
    server.on("POST", MESSAGES, cut(delta("a")))
    server.on("GET", EVENTS, cut(b": nothing\n\n"))
    assert session.run("x").finish_reason is FinishReason.INTERRUPTED
    assert timing.waits == TEN_WAITS


@pytest.mark.parametrize("status", [404, 405])
def test_a_server_without_events_interrupts_the_turn(
    server: FaultServer, session: Session, timing: ManualTiming, status: int
) -> None:
    server.on("POST", MESSAGES, cut(delta("kept"), b'event: message.delta\ndata: {"content": "!"}'))
    server.on("GET", EVENTS, answer(status, {"detail": "no"}))
    stream = session.stream("x")
    events = list(stream)
    assert (stream.text, stream.finish_reason) == ("kept!", FinishReason.INTERRUPTED)
    assert (len(events), stream.events_seen) == (2, 2)
    assert timing.waits == [0.2]


def test_a_refusal_ends_the_tries(server: FaultServer, session: Session, timing: ManualTiming) -> None:
    server.on("POST", MESSAGES, cut(delta("kept")))
    server.on("GET", EVENTS, answer(503, {"detail": "busy"}), answer(401, {"detail": "who are you"}))
    result = session.run("x")
    assert (result.text, result.finish_reason) == ("kept", FinishReason.INTERRUPTED)
    assert result.error is not None
    assert "who are you" in result.error.message
    assert timing.waits == [0.2, 2]


def test_429_waits_as_told(server: FaultServer, session: Session, timing: ManualTiming) -> None:
    log = [delta("a"), completed()]
    server.on("POST", MESSAGES, cut(log[0]))
    busy = answer(429, {"detail": "slow down"}, headers={"Retry-After": "17"})
    server.on("GET", EVENTS, busy, answer(429, {}), from_log(log))
    assert session.run("x").finish_reason is FinishReason.COMPLETED
    assert timing.waits == [0.2, 17, 4]


def test_a_pending_terminal_event_counts_when_nothing_can_follow(server: FaultServer, session: Session) -> None:
    held = b'event: tool.end\ndata: {"duration_ms": 3}\n'
    start = encode_event("tool.start", {"tool": "t", "input": 1})
    server.on("POST", MESSAGES, cut(start, held))
    server.on("GET", EVENTS, cut())
    result = session.run("x")
    assert result.finish_reason is FinishReason.INTERRUPTED
    assert [call.duration_ms for call in result.tool_calls] == [3]


def test_silence_counts_as_a_lost_link(server: FaultServer, timing: ManualTiming) -> None:
    log = [delta("a"), completed()]

    def fall_silent(exchange: Exchange) -> None:
        exchange.stream(log[0])
        exchange.wait_until_left()

    with Client(api_key="k", base_url=server.url, timing=timing, silence_timeout=0.05) as client:
        server.on("POST", MESSAGES, fall_silent)
        server.on("GET", EVENTS, from_log(log))
        result = client.session(SESSION_ID).run("x")
    assert (result.text, result.finish_reason) == ("a", FinishReason.COMPLETED)


def test_a_chunked_answer_cut_in_a_chunk_goes_on(server: FaultServer, session: Session) -> None:
    log = [delta("a"), delta("b"), completed()]
    head = EVENT_STREAM_HEAD.replace(b"Connection: close", b"Transfer-Encoding: chunked")

    def chunked(exchange: Exchange) -> None:
        exchange.send(head + b"%x\r\n" % len(log[0]) + log[0] + b"\r\n" + b"ff\r\n" + log[1][:9])
        exchange.close()

    server.on("POST", MESSAGES, chunked)
    server.on("GET", EVENTS, from_log(log))
    assert session.run("x").text == "ab"


def test_attaching_starts_where_the_caller_left_off(server: FaultServer, session: Session) -> None:
    log = [delta("a"), delta("b"), delta("c"), completed()]
    server.on("GET", EVENTS, from_log(log[:3]), from_log(log))
    stream = session.attach(2)
    assert server.requests == []
    events = list(stream)
    assert (len(events), stream.events_seen, stream.text) == (2, 4, "c")
    assert isinstance(events[-1], RunCompleted)
    assert afters(server) == ["2", "3"]
    assert server.sent_to(MESSAGES) == []


@pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (405, MethodNotAllowedError)])
def test_attaching_where_nothing_runs_raises(
    server: FaultServer, session: Session, status: int, kind: type[Exception]
) -> None:
    server.on("GET", EVENTS, answer(status, {"detail": "no turn"}))
    with pytest.raises(kind, match="no turn"):
        list(session.attach())


def test_attaching_tries_again_from_the_start(server: FaultServer, client: Client, timing: ManualTiming) -> None:
    server.on("GET", EVENTS, answer(503, {}), from_log([delta("a"), completed()]))
    tries: list[int] = []
    stream = client.attach(SESSION_ID, on_reconnect=lambda number, of: tries.append(number))
    assert stream.result.text == "a"
    assert (tries, timing.waits) == ([1], [0.2])


def test_a_silent_connection_can_be_given_up_for_another(
    server: FaultServer, session: Session, timing: ManualTiming
) -> None:
    log = [delta("a"), delta("b"), completed()]
    server.on("POST", MESSAGES, lambda exchange: exchange.stream(log[0]))  # and then nothing, for ever
    server.on("GET", EVENTS, from_log(log))
    stream = session.stream("x")
    events = iter(stream)
    next(events)
    reader = threading.Thread(target=lambda: list(events))
    reader.start()
    stream.reconnect()
    reader.join(5)
    assert not reader.is_alive()
    assert (stream.text, stream.finish_reason) == ("ab", FinishReason.COMPLETED)
    assert afters(server) == ["1"]
    assert timing.waits == [0.2]
    assert len(server.sent_to(MESSAGES)) == 1


@pytest.mark.parametrize(("status", "is_possible"), [(200, True), (404, False), (405, False)])
def test_a_server_is_asked_whether_it_hands_a_turn_over(
    server: FaultServer, session: Session, status: int, is_possible: bool
) -> None:
    open_stream: Handler = lambda exchange: exchange.stream(delta("a"))  # noqa: E731
    server.on("GET", EVENTS, open_stream if status == 200 else answer(status, {"detail": "no"}))
    assert session.can_attach(3) is is_possible
    assert afters(server) == ["3"]


def test_a_server_that_can_not_be_asked_is_an_error(server: FaultServer, session: Session) -> None:
    server.on("GET", EVENTS, answer(500, {"detail": "broken"}))
    with pytest.raises(ServerError, match="broken"):
        session.can_attach()


def test_heartbeats_keep_a_silent_turn_alive_beyond_the_limit(server: FaultServer, timing: ManualTiming) -> None:
    beats = 18

    def beat(exchange: Exchange) -> None:
        exchange.stream()
        pause = threading.Event()
        for _ in range(beats):
            pause.wait(0.1)
            exchange.send(encode_event("heartbeat", {}))
        exchange.send(completed())

    with Client(api_key="k", base_url=server.url, timing=timing, silence_timeout=1.5) as client:
        server.on("POST", MESSAGES, beat)
        stream = client.session(SESSION_ID).stream("x")
        assert stream.result.finish_reason is FinishReason.COMPLETED
    assert stream.events_seen == beats + 1
    assert server.sent_to(EVENTS) == []


def test_a_wait_for_the_next_try_is_cut_short(server: FaultServer, session: Session, timing: ManualTiming) -> None:
    log = [delta("a"), delta("b"), completed()]
    server.on("POST", MESSAGES, cut(log[0]))
    server.on("GET", EVENTS, from_log(log))
    timing.is_holding = True
    tries: list[int] = []
    stream = session.stream("x", on_reconnect=lambda number, _: tries.append(number))
    with ThreadPoolExecutor(1) as beside:
        result = beside.submit(lambda: stream.result)
        assert timing.is_waiting.wait(5)
        wait_for(stream.hurry)
        assert result.result(5).text == "ab"
    assert not stream.hurry()
    assert (tries, afters(server)) == ([1], ["1"])


def test_impatience_costs_no_tries(server: FaultServer, session: Session, timing: ManualTiming) -> None:
    log = [delta("a"), completed()]
    server.on("POST", MESSAGES, cut(log[0]))
    server.on("GET", EVENTS, *[Exchange.reset] * 15, from_log(log))
    timing.is_holding = True
    tries: list[int] = []
    stream = session.stream("x", on_reconnect=lambda number, _: tries.append(number))
    with ThreadPoolExecutor(1) as beside:
        result = beside.submit(lambda: stream.result)
        while not result.done():
            wait_for(lambda: stream.hurry() or result.done())
        assert result.result(5).finish_reason is FinishReason.COMPLETED
    assert tries == [1] * 16
