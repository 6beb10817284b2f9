"""Who the server answers: the token's bearer, under its own loopback address, and no web page (PROMISES 29)."""

from __future__ import annotations

import json

import pytest

from tests.support.embedded import TOKEN, RunningServer
from tests.support.wire import connect, read_answer, request_bytes


def ask(server: RunningServer, headers: dict[str, str], *, path: str = "/agents", method: str = "GET") -> int:
    """The status of the answer; its body must be of the one shape."""
    with connect(server) as connection:
        connection.sendall(request_bytes(server, method, path, headers=headers))
        status, body = read_answer(connection)
    content = json.loads(body)
    assert status == 200 or list(content) == ["detail"]
    assert TOKEN not in body.decode()
    return status


@pytest.mark.parametrize("path", ["/agents", "/sessions", "/auth/validate", "/auth/me", "/nope"])
def test_every_path_needs_the_token(server: RunningServer, path: str) -> None:
    assert ask(server, {"Authorization": ""}, path=path) == 401


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        (f"Bearer {TOKEN}x", 401),
        (f"Bearer {TOKEN[:-1]}", 401),
        ("Bearer", 401),
        ("Bearer \xe9", 401),
        (f"Basic {TOKEN}", 401),
        (TOKEN, 401),
    ],
)
def test_token_must_be_the_whole_one(server: RunningServer, value: str, status: int) -> None:
    assert ask(server, {"Authorization": value}) == status


def test_two_authorizations_are_none(server: RunningServer) -> None:
    assert ask(server, {"authorization": "Bearer other"}) == 401


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost", "[::1]"])
def test_own_names_are_answered(server: RunningServer, host: str) -> None:
    assert ask(server, {"Host": f"{host}:{server.port}"}) == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "localhost", "127.0.0.1.evil.example", "0.0.0.0", "evil@127.0.0.1"]
)
def test_foreign_host_is_refused(server: RunningServer, host: str) -> None:
    for name in {host, f"{host}:{server.port + 1}"} | (
        {f"{host}:{server.port}"} - {f"127.0.0.1:{server.port}", f"localhost:{server.port}"}
    ):
        assert ask(server, {"Host": name}) == 403


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1", "http://localhost:1"]
)
def test_foreign_origin_is_refused(server: RunningServer, origin: str) -> None:
    assert ask(server, {"Origin": origin.format(port=server.port)}) == 403


def test_own_origin_is_answered_without_cors(server: RunningServer) -> None:
    with connect(server) as connection:
        origin = f"http://localhost:{server.port}"
        connection.sendall(request_bytes(server, "GET", "/agents", headers={"Origin": origin}))
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"access-control" not in answer.lower()


def test_preflight_gets_nothing(server: RunningServer) -> None:
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST", "Authorization": ""}
    assert ask(server, headers, method="OPTIONS", path="/sessions") == 403
