"""Garbage, slowness, size and numbers: what strangers on loopback can send, the server survives (PROMISES 29)."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from superserve_tui.server.agents.base import TurnSink
from superserve_tui.server.limits import Limits
from superserve_tui.server.listener import bind
from tests.support.api import Api
from tests.support.embedded import Hold, RunningServer, ScriptedAgent, running_server
from tests.support.wire import connect, read_answer, request_bytes

MB = 1024 * 1024
IMPATIENT = Limits(body_timeout_s=0.2, header_timeout_s=0.2, discard_s=0.2)


@pytest.fixture
def impatient() -> Iterator[RunningServer]:
    with running_server(ScriptedAgent(), limits=IMPATIENT) as server:
        yield server


def is_alive(server: RunningServer) -> bool:
    with Api(server) as api:
        return api.turn(api.new_session())[-1][0] == "run.completed"


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff\xfe" * 100 + b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n" * 20,
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET /v1/agents HTTP/1.1\r\n\r\n",
    ],
    ids=["binary", "no target", "tls", "header", "many headers", "length", "lengths", "no host"],
)
def test_garbage_gets_400_in_the_shape_of_every_error(server: RunningServer, garbage: bytes) -> None:
    with connect(server) as connection:
        connection.sendall(garbage)
        status, body = read_answer(connection)
    assert status == 400
    assert list(json.loads(body)) == ["detail"]
    assert is_alive(server)


def test_garbage_in_the_middle_of_a_body_harms_no_other(server: RunningServer) -> None:
    head = request_bytes(
        server,
        "POST",
        "/sessions",
        headers={"Content-Length": "", "Transfer-Encoding": "chunked", "Connection": ""},
    )
    with connect(server) as connection:
        connection.sendall(head + b'5\r\n{"a":\r\nzz\r\n')
        assert read_answer(connection)[0] in (0, 400)
    assert is_alive(server)


def test_body_of_the_limit_is_taken_and_a_larger_one_refused(api: Api) -> None:
    session = api.new_session()
    around = len('{"prompt": ""}')
    url = f"/sessions/{session}/messages"
    fits = b'{"prompt": "' + b"x" * (4 * MB - around) + b'"}'
    assert api.http.post(url, content=fits).status_code == 200
    answer = api.http.post(url, content=fits + b" ")
    assert answer.status_code == 413
    assert list(answer.json()) == ["detail"]
    assert api.session(session)["message_count"] == 1


def test_body_is_counted_where_its_size_is_not_announced(api: Api) -> None:
    pieces = (b" " * MB for _ in range(6))
    answer = api.http.post(f"/sessions/{api.new_session()}/messages", content=pieces)
    assert answer.status_code == 413


def test_enormous_announced_body_is_refused_at_once(server: RunningServer) -> None:
    with connect(server) as connection:
        headers = {"Content-Length": str(10**15), "Connection": ""}
        connection.sendall(request_bytes(server, "POST", "/sessions", headers=headers))
        assert read_answer(connection)[0] == 413


def test_refused_request_with_a_body_gets_its_answer_and_its_connection_goes_on(api: Api) -> None:
    for _ in range(3):
        answer = api.http.post("/sessions", content=b"x" * MB, headers={"authorization": "Bearer no"})
        assert answer.status_code == 401
        assert answer.headers.get("connection") != "close"
    assert api.http.get("/agents").status_code == 200


def test_refused_client_that_sends_all_before_it_reads_gets_its_answer(server: RunningServer) -> None:
    with connect(server) as connection:
        headers = {"Authorization": "", "Connection": "close"}
        connection.sendall(request_bytes(server, "POST", "/sessions", b"x" * 20 * MB, headers=headers))
        assert read_answer(connection)[0] == 401


def test_client_that_waits_for_permission_to_send_is_refused_without_it(server: RunningServer) -> None:
    headers = {"Content-Length": str(5 * MB), "Expect": "100-continue", "Connection": ""}
    with connect(server) as connection:
        connection.sendall(request_bytes(server, "POST", "/sessions", headers=headers))
        assert read_answer(connection)[0] == 413


def test_slow_body_times_out(impatient: RunningServer) -> None:
    with connect(impatient) as connection:
        connection.sendall(request_bytes(impatient, "POST", "/sessions", headers={"Content-Length": "100"}) + b"{")
        status, body = read_answer(connection)
    assert status == 408
    assert list(json.loads(body)) == ["detail"]


def test_connection_that_never_asks_is_closed(impatient: RunningServer) -> None:
    with connect(impatient) as connection:
        assert read_answer(connection) == (0, b"")


def test_head_that_never_ends_is_cut_also_on_a_kept_connection(impatient: RunningServer) -> None:
    whole = request_bytes(impatient, "GET", "/agents", headers={"Connection": "", "Content-Length": ""})
    with connect(impatient) as connection:
        connection.sendall(whole)
        received = b""
        while not received.endswith(b"]}"):
            received += connection.recv(65536)
        connection.sendall(whole[:40])
        assert connection.recv(65536) == b""


def test_long_answer_on_a_kept_connection_is_not_taken_for_a_slow_head() -> None:
    hold = Hold()

    async def script(prompt: str, sink: TurnSink) -> None:
        await hold.here()

    limits = replace(IMPATIENT, heartbeat_s=0.05)
    with (
        running_server(ScriptedAgent(script=script), limits=limits) as server,
        Api(server) as api,
        api.send(api.new_session()) as stream,
    ):
        while sum(event_type == "heartbeat" for event_type, _ in stream.seen) < 6:
            assert stream.next() is not None
        hold.release()
        assert stream.types()[-1] == "run.completed"


def test_client_that_leaves_in_the_middle_of_its_body_is_forgotten(server: RunningServer) -> None:
    with connect(server) as connection:
        connection.sendall(request_bytes(server, "POST", "/sessions", headers={"Content-Length": "100"}) + b"{")
    assert is_alive(server)


def test_a_thousand_connections_are_survived(server: RunningServer) -> None:
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(server)) for _ in range(1000)]
        ask = request_bytes(server, "GET", "/agents")
        for connection in connections[::10]:
            connection.sendall(ask)
        assert {read_answer(connection)[0] for connection in connections[::10]} == {200}
        assert is_alive(server)


def test_short_answers_do_not_wait_for_acknowledgements(api: Api) -> None:
    session = api.new_session()
    api.turn(session)
    times = []
    for _ in range(20):
        began = time.monotonic()
        api.turn(session)
        times.append(time.monotonic() - began)
    assert min(times) < 0.035  # with Nagle's delay every turn waits 40 ms for the client's delayed ACK


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.1", "example.com", ""])
def test_only_loopback_is_bound(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        bind(host, 0)


def test_taken_port_is_an_error_of_the_system() -> None:
    with bind("localhost", 0) as first, pytest.raises(OSError, match="in use"):
        bind("127.0.0.1", first.getsockname()[1])


def test_v6_loopback_is_bound_where_the_machine_has_it() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        listening = bind("::1", 0)
    except OSError:
        pytest.skip("no IPv6 loopback here")
    with listening:
        assert listening.getsockname()[0] == "::1"
