"""Connections: addresses side by side, TLS that verifies, paced reads."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from superserve_tui.client import Client
from superserve_tui.client.abort import Aborted, AbortSwitch
from superserve_tui.client.backend import Pacer
from superserve_tui.protocol import NotConnectedError
from tests.client.test_abort import full_backlog, silent_listener
from tests.support.fault_server import Exchange, FaultServer, completed, delta, wait_for
from tests.support.manual_timing import ManualTiming
from tests.support.service_script import MESSAGES, SESSION_ID, script_service
from tests.support.tls_certificate import server_context

Addresses = list[tuple[socket.AddressFamily, object]]


def client_for(*ports: int, timing: ManualTiming) -> Client:
    """A client whose host name resolves to these ports of this machine."""

    def resolver(host: str, port: int) -> Addresses:
        return [(socket.AF_INET, ("127.0.0.1", number)) for number in ports]

    return Client(api_key="k", base_url="http://api.example", allow_insecure=True, resolver=resolver, timing=timing)


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_the_next_address_is_tried_when_one_refuses(server: FaultServer, timing: ManualTiming) -> None:
    with client_for(unused_port(), server.port, timing=timing) as client:
        assert client.agents.list()[0].name == "my-agent"
    assert timing.waits == []


def test_the_next_address_is_tried_beside_one_that_does_not_answer(
    server: FaultServer, timing: ManualTiming
) -> None:
    with full_backlog() as hole, client_for(hole, server.port, timing=timing) as client:
        began = time.monotonic()
        assert client.agents.list()[0].name == "my-agent"
        assert 0.2 < time.monotonic() - began < 8
    assert timing.waits == []


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (UnicodeError("label too long"), "no valid host name"),
        (None, "the host name has no address"),
    ],
)
def test_a_name_that_does_not_resolve(timing: ManualTiming, failure: Exception | None, words: str) -> None:
    def resolver(host: str, port: int) -> Addresses:
        if failure is not None:
            raise failure
        return []

    with (
        Client(api_key="k", base_url="https://no.example", resolver=resolver, timing=timing) as client,
        pytest.raises(NotConnectedError, match=f"can't reach no.example: {words}"),
    ):
        client.session(SESSION_ID).run("x")


def test_a_connect_without_an_answer_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("superserve_tui.client.transport.CONNECT_TIMEOUT_S", 0.05)
    with (
        full_backlog() as port,
        Client(api_key="k", base_url=f"http://127.0.0.1:{port}") as client,
        pytest.raises(NotConnectedError, match="in time"),
    ):
        client.session(SESSION_ID).run("x")


def test_a_handshake_without_an_answer_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("superserve_tui.client.transport.CONNECT_TIMEOUT_S", 0.05)
    with (
        silent_listener() as (port, _),
        Client(api_key="k", base_url=f"https://127.0.0.1:{port}") as client,
        pytest.raises(NotConnectedError, match="handshake in time"),
    ):
        client.session(SESSION_ID).run("x")


def test_a_certificate_that_does_not_verify_is_refused(tmp_path: Path, timing: ManualTiming) -> None:
    with FaultServer(tls=server_context(tmp_path)) as server:
        script_service(server)
        with (
            Client(api_key="k", base_url=server.url, timing=timing) as client,
            pytest.raises(NotConnectedError, match=r"certificate refused: self.signed certificate"),
        ):
            client.agents.list()
        assert server.requests == []


def test_a_certificate_of_another_host_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(tls=server_context(tmp_path)) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))

        def resolver(host: str, port: int) -> Addresses:
            return [(socket.AF_INET, ("127.0.0.1", server.port))]

        with (
            Client(api_key="k", base_url="https://other.example", resolver=resolver) as client,
            pytest.raises(NotConnectedError, match="certificate refused: Hostname mismatch"),
        ):
            client.session(SESSION_ID).run("x")
        assert server.requests == []


def test_a_trusted_certificate_serves_requests_and_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    big = "x" * 3_000_000
    with FaultServer(tls=server_context(tmp_path)) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        script_service(server)
        server.on("POST", MESSAGES, lambda exchange: exchange.events(delta(big), completed()))
        with Client(api_key="k", base_url=server.url) as client:
            for _ in range(3):
                assert client.agents.list()[0].name == "my-agent"
            assert server.connections_made == 1
            assert client.session(SESSION_ID).run(big).text == big
        assert server.sent_to(MESSAGES)[0].json == {"prompt": big}


def test_a_server_that_speaks_no_tls_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_plainly() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer_plainly)
        thread.start()
        port = listener.getsockname()[1]
        with (
            Client(api_key="k", base_url=f"https://127.0.0.1:{port}") as client,
            pytest.raises(NotConnectedError, match="TLS failed"),
        ):
            client.session(SESSION_ID).run("x")
        thread.join(5)


def test_the_pacer_holds_up_nothing_but_a_trickle() -> None:
    pacer = Pacer(100.0)
    assert pacer.delay_s(100.0) <= 0
    pacer.took(50, 100.010)
    assert pacer.delay_s(100.010) <= 0, "not in the first 32 ms"
    pacer.took(50, 100.040)
    assert pacer.delay_s(100.040) == pytest.approx(0.016)
    assert pacer.delay_s(100.050) == pytest.approx(0.006)
    assert pacer.delay_s(100.200) <= 0, "what comes after a silence is read at once"
    pacer.took(5000, 100.200)
    assert pacer.delay_s(100.200) <= 0, "bulk is read at full speed"


@pytest.mark.parametrize("is_paced", [False, True])
def test_a_paced_stream_is_read_in_fewer_pieces(server: FaultServer, is_paced: bool) -> None:
    def trickle(exchange: Exchange) -> None:
        exchange.stream()
        tick = threading.Event()
        for _ in range(60):
            exchange.send(delta("x"))
            tick.wait(0.004)
        exchange.send(completed())

    server.on("POST", MESSAGES, trickle)
    with Client(api_key="k", base_url=server.url, paced=is_paced) as client:
        stream = client.session(SESSION_ID).stream("x")
        arrivals = [time.monotonic() for _ in stream]
    bursts = sum(later - earlier > 0.002 for earlier, later in pairwise(arrivals))
    assert stream.text == "x" * 60
    assert bursts < 32 if is_paced else bursts > 32


def test_a_switch_wakes_all_that_wait() -> None:
    switch = AbortSwitch()
    woken: list[int] = []

    def wait(number: int) -> None:
        with contextlib.suppress(Aborted), switch.hold():
            switch.wait(30)
        woken.append(number)

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    wait_for(lambda: switch._holders == 5)
    switch.abort()
    for thread in threads:
        thread.join(5)
    assert sorted(woken) == [0, 1, 2, 3, 4]
    switch.close()
    with pytest.raises(Aborted), switch.hold():
        pass


def test_a_switch_gives_its_descriptors_back_when_the_last_holder_leaves() -> None:
    switch = AbortSwitch()
    released: list[bool] = []
    with switch.hold():
        descriptor = switch.fileno()
        switch.close(lambda: released.append(True))
        assert released == []
        assert switch.fileno() == descriptor
    assert released == [True]
    switch.close()
    assert released == [True]


def test_a_wait_that_is_not_aborted_lasts(server: FaultServer) -> None:
    switch = AbortSwitch()
    with switch.hold():
        began = time.monotonic()
        switch.wait(0.03)
        assert time.monotonic() - began >= 0.03
    switch.close()


def test_ssl_contexts_always_verify(server: FaultServer) -> None:
    with Client(api_key="k", base_url="https://api.example") as client:
        context = client._api.transport._tls_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
