"""Stopping a stream: from any thread, at any moment, within 50 ms."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from superserve_tui.client import AgentStream, Client, Session
from superserve_tui.protocol import FinishReason, MessageDelta, RunResult
from tests.support.fault_server import Exchange, FaultServer, answer, completed, delta, wait_for
from tests.support.manual_timing import ManualTiming
from tests.support.service_script import EVENTS, MESSAGES, SESSION_ID
from tests.support.tls_certificate import server_context

WAKES_WITHIN_S = 0.5
"""PROMISES 11, in seconds; a reader that is not woken sits out a time-out that is longer by far."""


class Reading:
    """A stream that another thread reads."""

    def __init__(self, stream: AgentStream) -> None:
        self.stream = stream
        self.events: list[object] = []
        self.error: BaseException | None = None
        self._ended_at = 0.0
        self._thread = threading.Thread(target=self._read, name="reading")
        self._thread.start()

    def _read(self) -> None:
        try:
            self.events.extend(self.stream)
        except BaseException as error:  # noqa: BLE001 - shown by `abort`
            self.error = error
        self._ended_at = time.monotonic()

    def abort(self) -> float:
        """Abort and return the seconds until the reader was awake."""
        aborted_at = time.monotonic()
        self.stream.abort()
        self._thread.join(10)
        assert not self._thread.is_alive()
        assert self.error is None
        return self._ended_at - aborted_at


@contextlib.contextmanager
def full_backlog() -> Iterator[int]:
    """The port of a listener whose queue is full: connects to it get no answer."""
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = sockets.enter_context(socket.socket())
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(listener.getsockname())
        yield listener.getsockname()[1]


@contextlib.contextmanager
def silent_listener() -> Iterator[tuple[int, threading.Event]]:
    """The port of a server that accepts and says nothing, and whether somebody came."""
    came = threading.Event()
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.create_server(("127.0.0.1", 0)))

        def accept() -> None:
            connection, _ = listener.accept()
            sockets.enter_context(connection)
            connection.recv(1)
            came.set()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1], came
        thread.join(5)


def check_cancelled(reading: Reading, text: str = "") -> None:
    latency_s = reading.abort()
    assert latency_s < WAKES_WITHIN_S
    result = reading.stream.result
    assert (result.finish_reason, result.text, result.error) == (FinishReason.CANCELLED, text, None)


def test_abort_before_headers(server: FaultServer, session: Session) -> None:
    left = threading.Event()
    server.on("POST", MESSAGES, lambda exchange: left.set() if exchange.wait_until_left() else None)
    reading = Reading(session.stream("x"))
    wait_for(lambda: server.sent_to(MESSAGES))
    check_cancelled(reading)
    assert left.wait(5)


def test_abort_in_silence_keeps_the_text(server: FaultServer, session: Session) -> None:
    left = threading.Event()

    def fall_silent(exchange: Exchange) -> None:
        exchange.stream(delta("so far"))
        if exchange.wait_until_left():
            left.set()

    server.on("POST", MESSAGES, fall_silent)
    reading = Reading(session.stream("x"))
    wait_for(lambda: reading.events)
    check_cancelled(reading, "so far")
    assert left.wait(5)


def test_abort_in_a_flood(server: FaultServer, session: Session) -> None:
    def flood(exchange: Exchange) -> None:
        exchange.stream()
        block = delta("x" * 100) * 200
        while exchange.connection.fileno() >= 0 and not exchange.server.is_stopping:
            try:
                exchange.connection.sendall(block)
            except OSError:
                return

    server.on("POST", MESSAGES, flood)
    reading = Reading(session.stream("x"))
    wait_for(lambda: len(reading.events) > 500 or reading.stream.events_seen > 500)
    latency_s = reading.abort()
    assert latency_s < 0.25  # two cores are shared with the flood itself
    assert reading.stream.result.finish_reason is FinishReason.CANCELLED


def connecting(port: int) -> int:
    """How many connects to that port of this machine wait for their answer (state SYN_SENT)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[2].endswith(f":{port:04X}") and row[3] == "02" for row in rows)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="looks for the connect in /proc")
def test_abort_while_connecting() -> None:
    with full_backlog() as port, Client(api_key="k", base_url=f"http://127.0.0.1:{port}") as client:
        before = connecting(port)
        reading = Reading(client.session(SESSION_ID).stream("x"))
        wait_for(lambda: connecting(port) > before)
        check_cancelled(reading)


def test_abort_in_the_tls_handshake() -> None:
    with silent_listener() as (port, came), Client(api_key="k", base_url=f"https://127.0.0.1:{port}") as client:
        reading = Reading(client.session(SESSION_ID).stream("x"))
        assert came.wait(5)
        check_cancelled(reading)


def test_abort_while_resolving() -> None:
    asked, gate = threading.Event(), threading.Event()

    def never(host: str, port: int) -> list[tuple[socket.AddressFamily, object]]:
        asked.set()
        gate.wait(10)
        return []

    with Client(api_key="k", base_url="https://no.example", resolver=never) as client:
        reading = Reading(client.session(SESSION_ID).stream("x"))
        assert asked.wait(5)
        check_cancelled(reading)
        gate.set()


def test_abort_within_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(tls=server_context(tmp_path)) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))

        def fall_silent(exchange: Exchange) -> None:
            exchange.stream(delta("so far"))
            exchange.wait_until_left()

        server.on("POST", MESSAGES, fall_silent)
        with Client(api_key="k", base_url=server.url) as client:
            reading = Reading(client.session(SESSION_ID).stream("x"))
            wait_for(lambda: reading.events)
            check_cancelled(reading, "so far")


def test_abort_while_waiting_to_reconnect(server: FaultServer, session: Session, timing: ManualTiming) -> None:
    timing.is_holding = True
    server.on("POST", MESSAGES, lambda exchange: exchange.events(delta("so far")))
    reading = Reading(session.stream("x"))
    assert timing.is_waiting.wait(5)
    check_cancelled(reading, "so far")
    assert server.sent_to(EVENTS) == []


def test_abort_while_waiting_for_a_busy_server(server: FaultServer, session: Session, timing: ManualTiming) -> None:
    timing.is_holding = True
    server.on("POST", MESSAGES, answer(429, {"detail": "busy"}))
    reading = Reading(session.stream("x"))
    assert timing.is_waiting.wait(5)
    check_cancelled(reading)
    assert len(server.sent_to(MESSAGES)) == 1


def test_a_stream_aborted_before_it_is_read_sends_nothing(server: FaultServer, session: Session) -> None:
    told: list[RunResult] = []
    stream = session.stream("x", on_finish=told.append)
    stream.abort()
    stream.abort()
    assert list(stream) == []
    assert stream.result.finish_reason is FinishReason.CANCELLED
    assert server.requests == []
    assert told == [stream.result]


def test_abort_from_the_loop_itself(server: FaultServer, session: Session) -> None:
    server.on("POST", MESSAGES, lambda exchange: exchange.stream(delta("a") * 3))
    stream = session.stream("x")
    events = []
    for event in stream:
        events.append(event)
        stream.abort()
    assert len(events) == 1
    assert (stream.finish_reason, stream.text) == (FinishReason.CANCELLED, "a")


def test_abort_from_a_callback(server: FaultServer, session: Session) -> None:
    server.on("POST", MESSAGES, lambda exchange: exchange.stream(delta("a"), delta("b")))
    streams: list[AgentStream] = []
    streams.append(session.stream("x", on_text=lambda text: streams[0].abort()))
    assert streams[0].result.finish_reason is FinishReason.CANCELLED
    assert streams[0].text == "a"


def test_abort_closes_the_connection_while_the_reader_is_busy_elsewhere(
    server: FaultServer, session: Session
) -> None:
    left = threading.Event()

    def stay(exchange: Exchange) -> None:
        exchange.stream(delta("a"))
        if exchange.wait_until_left():
            left.set()

    server.on("POST", MESSAGES, stay)
    stream = session.stream("x")
    for _ in stream:
        stream.abort()
        assert left.wait(5)


def test_abort_after_the_end_changes_nothing(server: FaultServer, session: Session) -> None:
    server.on("POST", MESSAGES, lambda exchange: exchange.events(delta("a"), completed()))
    stream = session.stream("x")
    result = stream.result
    stream.abort()
    assert stream.result is result
    assert result.finish_reason is FinishReason.COMPLETED


def test_an_abandoned_stream_is_cleaned_up_by_abort(server: FaultServer, session: Session) -> None:
    left = threading.Event()

    def stay(exchange: Exchange) -> None:
        exchange.stream(delta("a"))
        if exchange.wait_until_left():
            left.set()

    server.on("POST", MESSAGES, stay)
    stream = session.stream("x")
    for _ in stream:
        break
    stream.abort()
    assert left.wait(5)
    assert stream.finish_reason is FinishReason.CANCELLED


def test_leaving_the_stream_early_aborts_it(server: FaultServer, session: Session) -> None:
    left = threading.Event()

    def stay(exchange: Exchange) -> None:
        exchange.stream(delta("a"))
        if exchange.wait_until_left():
            left.set()

    server.on("POST", MESSAGES, stay)
    with session.stream("x") as stream:
        for event in stream:
            assert isinstance(event, MessageDelta)
            break
    assert left.wait(5)
    assert (stream.result.finish_reason, stream.result.text) == (FinishReason.CANCELLED, "a")


def test_leaving_an_unread_stream_sends_nothing(server: FaultServer, session: Session) -> None:
    with session.stream("x") as stream:
        pass
    assert server.requests == []
    assert stream.result.finish_reason is FinishReason.CANCELLED


@pytest.mark.parametrize("moment", range(12))
def test_whenever_it_comes_abort_ends_the_stream_without_an_exception(
    server: FaultServer, session: Session, moment: int
) -> None:
    server.on("POST", MESSAGES, lambda exchange: exchange.stream(*[delta("a")] * 50))
    reading = Reading(session.stream("x"))
    ends = time.monotonic() + moment * 0.0007
    wait_for(lambda: time.monotonic() >= ends)
    assert reading.abort() < 0.25
    assert reading.stream.result.finish_reason is FinishReason.CANCELLED


def test_no_descriptor_is_left_behind(server: FaultServer, session: Session) -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    if not Path("/proc/self/fd").exists():
        pytest.skip("counts descriptors in /proc")
    server.on("POST", MESSAGES, lambda exchange: exchange.events(delta("a"), completed()))
    session.run("x")
    wait_for(lambda: len(server._connections) == 0)
    before = count()
    for _ in range(20):
        session.run("x")
        stream = session.stream("x")
        for _ in stream:
            stream.abort()
    wait_for(lambda: len(server._connections) == 0)
    assert count() <= before
