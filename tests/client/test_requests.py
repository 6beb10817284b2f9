"""Plain requests and messages that are refused: what is tried again, what never is (PROMISES 1, 2, 4, 7)."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from superserve_tui.client import Client, Session
from superserve_tui.protocol import (
    APIError,
    AuthenticationError,
    ConflictError,
    ConnectionLostError,
    FinishReason,
    InvalidResponseError,
    NotConnectedError,
    RateLimitError,
    ServerError,
)
from tests.support.fault_server import Exchange, FaultServer, Handler, answer, completed, delta, wait_for
from tests.support.manual_timing import ManualTiming
from tests.support.service_script import MESSAGES, SESSION, SESSION_ID

AGENTS = "/v1/agents"
DONE: Handler = lambda exchange: exchange.events(delta("ok"), completed())  # noqa: E731


def busy(status: int = 429, **headers: str) -> Handler:
    return answer(status, {"detail": "too many"}, headers={k.replace("_", "-"): v for k, v in headers.items()})


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_three_times_more(
    server: FaultServer, session: Session, timing: ManualTiming, status: int
) -> None:
    server.on("POST", MESSAGES, busy(status), busy(status), busy(status), DONE)
    told: list[tuple[float, str]] = []
    stream = session.stream("x", on_wait=lambda seconds, reason: told.append((seconds, reason)))
    assert stream.result.text == "ok"
    assert timing.waits == [1, 2, 4]
    assert told == [(1, "too many"), (2, "too many"), (4, "too many")]


def test_after_three_times_the_refusal_is_an_error(
    server: FaultServer, session: Session, timing: ManualTiming
) -> None:
    server.on("POST", MESSAGES, busy())
    with pytest.raises(RateLimitError, match="too many"):
        session.run("x")
    assert len(server.sent_to(MESSAGES)) == 4
    assert timing.waits == [1, 2, 4]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("1.5", 1.5),
        ("120", 120),
        ("86400", 120),
        ("Fri, 02 Jan 2026 03:04:35 GMT", 30),
        ("Fri, 02 Jan 2026 03:00:00 GMT", 0),
        ("Fri, 02 Jan 2027 03:00:00 GMT", 120),
        ("soon", 1),
        ("-5", 1),
        ("", 1),
        ("nan", 1),
        ("9" * 5000, 1),
        ("Fri, 99 Foo 2026 99:99:99 GMT", 1),
    ],
    ids=lambda value: str(value)[:20],
)
def test_retry_after_is_honoured_as_far_as_it_makes_sense(
    server: FaultServer, session: Session, timing: ManualTiming, value: str, seconds: float
) -> None:
    server.on("POST", MESSAGES, busy(Retry_After=value), DONE)
    assert session.run("x").text == "ok"
    assert timing.waits == [seconds]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 500, 502, 504])
def test_a_message_is_not_sent_again_after_any_other_refusal(
    server: FaultServer, session: Session, timing: ManualTiming, status: int
) -> None:
    server.on("POST", MESSAGES, answer(status, {"detail": "no"}))
    with pytest.raises(APIError, match="no") as caught:
        session.run("x")
    assert caught.value.status == status
    assert len(server.requests) == 1
    assert timing.waits == []


def hang_up(exchange: Exchange) -> None:
    exchange.close()


def break_off(exchange: Exchange) -> None:
    exchange.reset()


def garbage(exchange: Exchange) -> None:
    exchange.send(b"\x00\x01 not http\r\n\r\n")
    exchange.close()


def half_headers(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-")
    exchange.close()


@pytest.mark.parametrize("fault", [hang_up, break_off, garbage, half_headers])
def test_a_message_without_an_answer_is_lost_and_not_sent_again(
    server: FaultServer, session: Session, timing: ManualTiming, fault: Handler
) -> None:
    server.on("POST", MESSAGES, fault)
    with pytest.raises(ConnectionLostError):
        session.run("x")
    assert len(server.requests) == 1
    assert timing.waits == []


@pytest.mark.parametrize("fault", [hang_up, break_off, garbage, half_headers, answer(500, {}), answer(503, {})])
def test_a_get_is_tried_twice_more(
    server: FaultServer, client: Client, timing: ManualTiming, fault: Handler
) -> None:
    server.on("GET", AGENTS, fault, fault, answer(200, {"agents": []}))
    assert client.agents.list() == []
    assert timing.waits == [0.3, 0.9]
    server.on("GET", AGENTS, fault)
    with pytest.raises((ConnectionLostError, ServerError)):
        client.agents.list()
    assert len(server.sent_to(AGENTS)) == 6


@pytest.mark.parametrize("status", [400, 401, 404, 429])
def test_a_get_that_is_refused_is_not_tried_again(
    server: FaultServer, client: Client, timing: ManualTiming, status: int
) -> None:
    server.on("GET", AGENTS, answer(status, {"detail": "no"}))
    with pytest.raises(APIError):
        client.agents.list()
    assert len(server.requests) == 1
    assert timing.waits == []


def test_a_post_is_sent_once(server: FaultServer, session: Session) -> None:
    server.on("POST", f"/v1/sessions/{SESSION_ID}/resume", answer(503, {"detail": "busy"}))
    with pytest.raises(ServerError):
        session.resume()
    assert len(server.requests) == 1


def test_nothing_listens(timing: ManualTiming) -> None:
    with FaultServer() as gone:
        url = gone.url
    with Client(api_key="k", base_url=url, timing=timing) as client:
        with pytest.raises(NotConnectedError, match=r"127\.0\.0\.1:\d+: Connection refused"):
            client.session(SESSION_ID).run("x")
        assert timing.waits == []
        with pytest.raises(NotConnectedError):
            client.agents.list()
        assert len(timing.waits) == 2


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b'{"detail": "in words"}', "in words"),
        (b'{"detail": "two\\nlines\\t here "}', "two lines here"),
        (b'{"message": "in a message"}', "in a message"),
        (b'{"detail": null, "message": "second"}', "second"),
        (
            b'{"detail": [{"loc": ["body", "prompt"], "msg": "needed"}, {"loc": ["body", 0], "msg": "bad"}]}',
            "body.prompt: needed; body.0: bad",
        ),
        (b'{"detail": {"msg": "inner", "code": 4}}', "inner"),
        (b'{"detail": {"reason": 4}}', '{"reason":4}'),
        (b'{"detail": ["a", "b", 7]}', "a; b"),
        (b'{"detail": []}', "422 Some"),
        (b'{"error": {"message": "deep"}}', "deep"),
        (b"<html><h1>Bad Gateway</h1></html>", "422 Some"),
        (b"", "422 Some"),
        (b"null", "422 Some"),
        (b"[" * 100_000, "422 Some"),
        (b'{"detail": "' + b"x" * 70_000 + b'"}', "422 Some"),
        (b'{"detail": "' + b"y" * 5_000 + b'"}', "y" * 1000),
        (b'{"detail": "\xff\x00"}', "422 Some"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_error_is_one_readable_line(server: FaultServer, session: Session, body: bytes, line: str) -> None:
    server.on("POST", MESSAGES, lambda exchange: exchange.answer(422, body))
    with pytest.raises(APIError) as caught:
        session.run("x")
    assert str(caught.value) == caught.value.message == line


def test_an_error_without_a_reason_phrase_gets_the_standard_one(server: FaultServer, session: Session) -> None:
    server.on("POST", MESSAGES, lambda exchange: exchange.answer(502, b"", reason=""))
    with pytest.raises(ServerError, match="502 Bad Gateway"):
        session.run("x")


def test_details_are_kept(server: FaultServer, session: Session) -> None:
    server.on("POST", MESSAGES, answer(409, {"detail": "no", "details": {"ids": ["a"]}}))
    with pytest.raises(ConflictError) as caught:
        session.run("x")
    assert caught.value.details == {"ids": ["a"]}


def test_the_body_of_an_error_is_read_to_a_limit(server: FaultServer, session: Session) -> None:
    left = threading.Event()

    def endless(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n")
        for _ in range(4000):
            try:
                exchange.connection.sendall(b"x" * 65536)
            except OSError:
                left.set()
                return

    server.on("POST", MESSAGES, endless)
    with pytest.raises(AuthenticationError, match="401 Unauthorized"):
        session.run("x")
    assert left.wait(5)


def test_the_body_of_an_error_is_read_for_a_limited_time(
    server: FaultServer, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("superserve_tui.client.api.ERROR_BODY_S", 0.05)

    def stall(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 50\r\n\r\n{")
        exchange.wait_until_left()

    server.on("POST", MESSAGES, stall)
    began = time.monotonic()
    with pytest.raises(AuthenticationError, match="401 Unauthorized"):
        session.run("x")
    assert time.monotonic() - began < 5


def test_a_request_ends_in_time_even_if_bytes_trickle(server: FaultServer, timing: ManualTiming) -> None:
    gate = threading.Event()

    def trickle(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
        for _ in range(5000):
            if gate.wait(0.005) or exchange.server.is_stopping:
                return
            exchange.send(b" ")

    server.on("GET", AGENTS, trickle)
    with (
        Client(api_key="k", base_url=server.url, timeout=0.1, timing=timing) as client,
        pytest.raises(ConnectionLostError),
    ):
        client.agents.list()
    gate.set()


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("https://evil.example/v1/agents?x=1", "https://evil.example"),
        ("http://127.0.0.1:1/v1/agents", "http://127.0.0.1:1"),
        ("//evil.example/", "http://evil.example"),
        ("/v2/agents", "another path"),
        ("http://[bad", "can't be read"),
        (None, "nowhere"),
    ],
)
def test_redirects_are_not_followed(
    server: FaultServer, client: Client, session: Session, location: str | None, words: str
) -> None:
    headers = {} if location is None else {"Location": location}
    server.on("GET", AGENTS, answer(307, {}, headers=headers))
    server.on("POST", MESSAGES, answer(302, {}, headers=headers))
    with pytest.raises(InvalidResponseError, match="redirects") as caught:
        client.agents.list()
    assert words in str(caught.value)
    with pytest.raises(InvalidResponseError, match="redirects"):
        session.run("x")
    assert len(server.requests) == 2


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"null", b'{"agents": {}}', b'{"other": []}', b"{" * 5000])
def test_an_answer_that_is_something_else_is_an_error(server: FaultServer, client: Client, body: bytes) -> None:
    server.on("GET", AGENTS, lambda exchange: exchange.answer(200, body))
    with pytest.raises(InvalidResponseError):
        client.agents.list()


def test_closing_the_client_ends_its_requests(server: FaultServer) -> None:
    server.on("GET", AGENTS, lambda exchange: exchange.hold(threading.Event()))
    client = Client(api_key="k", base_url=server.url)
    errors: list[Exception] = []

    def ask() -> None:
        try:
            client.agents.list()
        except ConnectionLostError as error:
            errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    wait_for(lambda: server.requests)
    client.close()
    thread.join(5)
    assert not thread.is_alive()
    assert len(errors) == 1
    with pytest.raises(ConnectionLostError, match="closed"):
        client.agents.list()


def test_streams_go_on_when_their_client_is_closed(server: FaultServer) -> None:
    gate = threading.Event()

    def step(exchange: Exchange) -> None:
        exchange.stream(delta("a"))
        exchange.hold(gate)
        exchange.send(completed())

    server.on("POST", MESSAGES, step)
    with Client(api_key="k", base_url=server.url) as client:
        stream = client.session(SESSION_ID).stream("x")
        events = iter(stream)
        next(events)
    gate.set()
    assert stream.result.finish_reason is FinishReason.COMPLETED


def test_plain_requests_share_a_connection(server: FaultServer, client: Client) -> None:
    for _ in range(5):
        client.agents.list()
    assert server.connections_made == 1


def test_the_key_is_shown_nowhere(server: FaultServer, client: Client, session: Session) -> None:
    server.on("POST", MESSAGES, answer(401, {"detail": "no"}))
    shown: list[Any] = [client, session, client.agents, session.stream("x")]
    with pytest.raises(AuthenticationError) as caught:
        session.run("x")
    shown += [caught.value, vars(caught.value)]
    assert "ss_secret" not in repr(shown)
    assert "ss_secret" not in repr(client._api.transport)


@pytest.mark.parametrize(
    ("session_id", "path"),
    [
        ("../../etc", "/v1/sessions/..%2F..%2Fetc"),
        ("..", "/v1/sessions/%2E%2E"),
        ("a b?c#d%/é", "/v1/sessions/a%20b%3Fc%23d%25%2F%C3%A9"),
        ("x\r\nHost: evil", "/v1/sessions/x%0D%0AHost%3A%20evil"),
    ],
)
def test_every_path_segment_is_encoded(server: FaultServer, client: Client, session_id: str, path: str) -> None:
    server.on("GET", r"/v1/sessions/.*", answer(200, SESSION))
    client.session(session_id).refresh()
    assert server.requests[0].target == path
