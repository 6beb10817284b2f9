"""A session that is being made is given up at once, unless the server may have made it."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from superserve_tui.client import Client
from superserve_tui.protocol import ConnectionLostError
from tests.client.test_abort import connecting, full_backlog, silent_listener
from tests.support.fault_server import Exchange, FaultServer, wait_for
from tests.support.service_script import SESSION, SESSION_ID

AT_ONCE_S = 1.0


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="looks for the connect in /proc")
def test_a_connect_without_an_answer_is_given_up() -> None:
    with (
        full_backlog() as port,
        Client(api_key="k", base_url=f"http://127.0.0.1:{port}") as client,
        ThreadPoolExecutor(1) as beside,
    ):
        before = connecting(port)
        opening = client.open_session("my-agent")
        making = beside.submit(opening.make)
        wait_for(lambda: connecting(port) > before)
        opening.abandon()
        with pytest.raises(ConnectionLostError):
            making.result(AT_ONCE_S)


def test_a_handshake_without_an_answer_is_given_up() -> None:
    with (
        silent_listener() as (port, came),
        Client(api_key="k", base_url=f"https://127.0.0.1:{port}") as client,
        ThreadPoolExecutor(1) as beside,
    ):
        opening = client.open_session("my-agent")
        making = beside.submit(opening.make)
        assert came.wait(5)
        opening.abandon()
        with pytest.raises(ConnectionLostError):
            making.result(AT_ONCE_S)


def test_what_is_given_up_while_the_agent_is_asked_for_makes_no_session(
    server: FaultServer, client: Client
) -> None:
    asked, release = threading.Event(), threading.Event()

    def slow(exchange: Exchange) -> None:
        asked.set()
        exchange.hold(release)

    server.on("GET", "/v1/agents", slow)
    opening = client.open_session("my-agent")
    with ThreadPoolExecutor(1) as beside:
        making = beside.submit(opening.make)
        assert asked.wait(5)
        opening.abandon()
        with pytest.raises(ConnectionLostError):
            making.result(AT_ONCE_S)
    release.set()
    assert [request.method for request in server.requests] == ["GET"]


def test_what_was_given_up_before_sends_nothing(server: FaultServer, client: Client) -> None:
    opening = client.open_session("my-agent")
    opening.abandon()
    with pytest.raises(ConnectionLostError):
        opening.make()
    assert not server.requests


def test_a_session_that_the_server_may_have_made_is_waited_for(server: FaultServer, client: Client) -> None:
    asked, release = threading.Event(), threading.Event()

    def slow(exchange: Exchange) -> None:
        asked.set()
        exchange.hold(release)
        exchange.json(201, SESSION)

    server.on("POST", "/v1/sessions", slow)
    opening = client.open_session("my-agent", title="T", idle_timeout=60)
    with ThreadPoolExecutor(1) as beside:
        making = beside.submit(opening.make)
        assert asked.wait(5)
        opening.abandon()
        release.set()
        assert making.result(5).id == SESSION_ID
    made = server.requests[-1].json
    assert made == {"agent_id": "agt_1", "idle_timeout_seconds": 60, "title": "T"}


def test_no_descriptor_is_left_behind(server: FaultServer, client: Client) -> None:
    client.open_session("my-agent").make()
    before = descriptors()
    for _ in range(5):
        client.open_session("my-agent").make()
    wait_for(lambda: descriptors() <= before)
