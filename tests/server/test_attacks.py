"""What somebody without the token tries, and somebody with it who means no good (PROMISES 29)."""

from __future__ import annotations

import json
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.embedded import TOKEN, RunningServer
from tests.support.wire import connect, read_answer, request_bytes

PATHS = [
    "/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/sessions/../agents",
    "/sessions/%2e%2e/agents",
    "/sessions/..%2fagents",
    "/sessions/ses_%00",
    "/sessions/" + "a" * 7000,
    "//agents",
    "/agents/",
    "/agents;x",
    "/AGENTS",
    "/agents/%ff%fe",
    "/sessions/resolve?id_prefix=" + "%00" * 500,
    "/sessions?limit=99999999999999999999999",
    "/sessions?limit=1&limit=2&status=%0d%0aX:%20y",
    "\\agents",
    "/sessions/{id}/messages",
    "/sessions/*/end",
    "?",
]


def ask(server: RunningServer, data: bytes) -> tuple[int, bytes]:
    with connect(server) as connection:
        connection.sendall(data)
        return read_answer(connection)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:30])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_trick_with_a_path_gets_past_the_token_or_to_a_file(
    server: RunningServer, method: str, path: str
) -> None:
    status, body = ask(server, request_bytes(server, method, path, headers={"Authorization": ""}))
    assert status in (400, 401)
    status, body = ask(server, request_bytes(server, method, path))
    assert status in (400, 404, 405, 422, 414) or (status, path.partition("?")[0]) in {
        (200, "/sessions"),
        (200, "/sessions/resolve"),
    }
    assert status == 200 or list(json.loads(body)) == ["detail"]
    assert b"root:" not in body
    assert TOKEN.encode() not in body


@pytest.mark.parametrize(
    "target",
    ["http://evil.example/v1/agents", "*", "evil.example:443", "/v1/agents HTTP/1.1\r\nHost: evil.example"],
)
def test_no_form_of_a_request_line_gets_around_the_host(server: RunningServer, target: str) -> None:
    rest = request_bytes(server, "GET", "", headers={"Authorization": ""}).split(b"\r\n", 1)[1]
    status, _ = ask(server, f"GET {target} HTTP/1.1\r\n".encode() + rest)
    assert status in (400, 401, 403)


HEADS = st.lists(
    st.sampled_from(["GET", "POST", "/v1/sessions", "/v1/agents", " ", "\r\n", "HTTP/1.1", ":", "Host", "chunked"])
    | st.sampled_from(
        ["Content-Length: 5", "Transfer-Encoding: chunked", f"Authorization: Bearer {TOKEN}", "0\r\n"]
    )
    | st.text(max_size=5),
    max_size=14,
).map("".join)
BODIES = st.binary(max_size=60) | st.sampled_from(
    [b"[" * 50_000, b'{"a":' * 20_000, b'{"prompt": 5}', b"\xff" * 50]
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(head=HEADS, body=BODIES, path=st.sampled_from(["/sessions", "/sessions/ses_1/messages", "/nope"]))
def test_random_requests_get_an_answer_of_the_one_shape(
    server: RunningServer, head: str, body: bytes, path: str
) -> None:
    for data in (head.encode() + b"\r\n\r\n" + body, request_bytes(server, "POST", path, body)):
        with connect(server) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            status, answered = read_answer(connection)
        assert status in (0, 200, 201, 400, 401, 403, 404, 405, 408, 413, 422), status
        assert status in (0, 200, 201) or list(json.loads(answered)) == ["detail"]
    with connect(server) as connection:
        connection.sendall(request_bytes(server, "GET", "/agents"))
        assert read_answer(connection)[0] == 200
