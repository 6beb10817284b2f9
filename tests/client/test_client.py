"""The public API: agents, sessions, one-time turns."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from superserve_tui.client import Client, Session
from superserve_tui.protocol import (
    AgentNotReadyError,
    ConflictError,
    FinishReason,
    InvalidResponseError,
    NotFoundError,
    ServerError,
    encode_event,
)
from tests.support.fault_server import Exchange, FaultServer, Handler, answer, completed, delta, wait_for
from tests.support.service_script import AGENT, EVENTS, MESSAGES, SESSION, SESSION_ID

END = f"/v1/sessions/{SESSION_ID}/end"
HI: Handler = lambda exchange: exchange.events(delta("hi"), completed())  # noqa: E731


def made(server: FaultServer) -> list[Any]:
    return [request.json for request in server.sent_to("/v1/sessions", method="POST")]


def test_a_session_is_made_used_and_ended(server: FaultServer, client: Client) -> None:
    server.on("POST", MESSAGES, HI)
    with client.create_session("my-agent", title="Debug Session", idle_timeout=1800) as session:
        assert (session.id, session.agent_id, session.info.title) == (SESSION_ID, "agt_1", "Debug Session")
        assert session.info.message_count == 0
        assert session.run("x").text == "hi"
        assert session.info.message_count == 1
    assert made(server) == [{"agent_id": "agt_1", "title": "Debug Session", "idle_timeout_seconds": 1800}]
    assert len(server.sent_to(END)) == 1
    assert (session.info.status, session.info.message_count) == ("ended", 9)


def test_the_defaults_of_a_session(server: FaultServer, client: Client) -> None:
    client.create_session("agt_1")
    assert made(server) == [{"agent_id": "agt_1", "idle_timeout_seconds": 1740}]
    assert [request.path for request in server.requests] == ["/v1/agents/agt_1", "/v1/sessions"]


def test_an_ended_session_is_not_ended_again(server: FaultServer, client: Client) -> None:
    with client.create_session("my-agent") as session:
        session.end()
    assert len(server.sent_to(END)) == 1


def test_a_resumed_session_is_ended_after_all(server: FaultServer, client: Client) -> None:
    with client.create_session("my-agent") as session:
        session.end()
        assert session.resume().message_count == 5
        assert session.info.message_count == 5
    assert len(server.sent_to(END)) == 2


@pytest.mark.parametrize("status", [404, 409, 410])
def test_ending_what_is_over_is_no_error(server: FaultServer, client: Client, status: int) -> None:
    server.on("POST", END, answer(status, {"detail": "gone"}))
    with client.create_session("my-agent") as session:
        pass
    assert session.info.status == "ended"
    assert client.sessions.end(SESSION_ID) is None


def test_an_end_that_fails_does_not_hide_the_error_before(server: FaultServer, client: Client) -> None:
    server.on("POST", END, answer(500, {"detail": "broken"}))
    with pytest.raises(ZeroDivisionError), client.create_session("my-agent"):
        raise ZeroDivisionError
    with pytest.raises(ServerError, match="broken"), client.create_session("my-agent"):
        pass


def test_a_handle_asks_nothing_until_it_must(server: FaultServer, client: Client) -> None:
    session = client.session(SESSION_ID)
    assert (session.id, session.known_info, server.requests) == (SESSION_ID, None, [])
    assert session.agent_id == "agt_1"
    assert session.info.status == "active"
    assert len(server.requests) == 1


def test_a_message_counts_once_it_is_taken(server: FaultServer, session: Session) -> None:
    session.refresh()
    server.on("POST", MESSAGES, answer(500, {}), HI)
    with pytest.raises(ServerError):
        session.run("x")
    assert session.info.message_count == 0
    stream = session.stream("x")
    next(iter(stream))
    assert stream.info is not None
    assert stream.info.message_count == 1


@pytest.mark.parametrize(
    ("reply", "lines"),
    [
        (answer(200, {"lines": ["a", 5, "b"], "more": 1}), ["a", "b"]),
        (answer(200, {"lines": []}), []),
        (answer(404, {"detail": "no such path"}), None),
        (answer(405, {"detail": "no"}), None),
    ],
)
def test_an_agents_log_is_told_where_the_server_offers_it(
    server: FaultServer, session: Session, reply: Handler, lines: list[str] | None
) -> None:
    server.on("GET", f"/v1/sessions/{SESSION_ID}/log", reply)
    assert session.log_lines() == lines


def test_an_answer_that_is_no_log_is_an_error(server: FaultServer, session: Session) -> None:
    server.on("GET", f"/v1/sessions/{SESSION_ID}/log", answer(200, {"lines": "a"}))
    with pytest.raises(InvalidResponseError, match="no list of lines"):
        session.log_lines()


def test_cancel_tells_the_server(server: FaultServer, session: Session) -> None:
    cancel = f"/v1/sessions/{SESSION_ID}/cancel"
    server.on("POST", cancel, answer(200, {**SESSION, "message_count": 3}), answer(404, {}), answer(405, {}))
    assert session.cancel()
    assert session.info.message_count == 3
    assert not session.cancel()
    assert not session.cancel()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"deps_status": "installing"}, "not ready yet"),
        ({"deps_status": "failed", "deps_error": "pip broke"}, "pip broke"),
        ({"required_secrets": ["A", "B"], "environment_keys": ["B"]}, "my-agent needs A, which is not set"),
    ],
)
def test_an_agent_that_is_not_ready_gets_no_session(
    server: FaultServer, client: Client, fields: dict[str, Any], words: str
) -> None:
    server.on("GET", "/v1/agents", answer(200, {"agents": [{**AGENT, **fields}]}))
    server.on("GET", "/v1/agents/agt_1", answer(200, {**AGENT, **fields}))
    with pytest.raises(AgentNotReadyError, match=words):
        client.create_session("my-agent")
    with pytest.raises(AgentNotReadyError, match="my-agent"):
        client.run("my-agent", message="x")
    assert made(server) == []


def test_an_unknown_agent_is_a_404(server: FaultServer, client: Client) -> None:
    with pytest.raises(NotFoundError, match="no-such") as caught:
        client.create_session("no-such")
    assert caught.value.status == 404
    assert made(server) == []


def test_names_are_listed_once(server: FaultServer, client: Client) -> None:
    for _ in range(3):
        client.create_session("my-agent")
    assert len(server.sent_to("/v1/agents")) == 1


def test_a_name_that_moved_to_another_agent_is_found_again(server: FaultServer, client: Client) -> None:
    assert client.agents.get("my-agent").id == "agt_1"
    server.on("GET", "/v1/agents/agt_1", answer(404, {"detail": "gone"}))
    server.on("GET", "/v1/agents", answer(200, {"agents": [{**AGENT, "id": "agt_2"}]}))
    assert client.agents.get("my-agent").id == "agt_2"


def agents(count: int) -> list[dict[str, Any]]:
    return [{"id": f"agt_{number}", "name": f"a{number}"} for number in range(count)]


def paged(count: int, largest: int) -> Handler:
    def handle(exchange: Exchange) -> None:
        limit = int(exchange.request.query["limit"])
        if limit > largest:
            exchange.json(422, {"detail": f"limit is at most {largest}"})
        else:
            exchange.json(200, {"agents": agents(count)[:limit]})

    return handle


@pytest.mark.parametrize(
    ("count", "largest", "found", "requests"),
    [(99, 100, 99, 1), (100, 100, 100, 2), (150, 100, 100, 2), (150, 1000, 150, 2), (2500, 10_000, 2500, 3)],
)
def test_more_agents_than_a_page_are_asked_for(
    server: FaultServer, client: Client, count: int, largest: int, found: int, requests: int
) -> None:
    server.on("GET", "/v1/agents", paged(count, largest))
    assert len(client.agents.list()) == found
    assert len(server.requests) == requests
    assert server.requests[0].query == {"limit": "100"}
    assert client.agents.list()[-1].name == f"a{found - 1}"


def test_bad_rows_are_passed_over_and_counted(server: FaultServer, client: Client) -> None:
    server.on("GET", "/v1/agents", answer(200, {"agents": [AGENT, {"id": 5}, None, "x"]}))
    listed = client.agents.list()
    assert ([agent.name for agent in listed], listed.skipped) == (["my-agent"], 3)


def test_sessions_are_listed_by_agent_and_status(server: FaultServer, client: Client) -> None:
    server.on("GET", "/v1/sessions", answer(200, {"sessions": [SESSION, {}]}))
    listed = client.sessions.list()
    assert ([info.id for info in listed], listed.skipped) == ([SESSION_ID], 1)
    client.sessions.list(agent="my-agent", status="idle", limit=5)
    client.sessions.list("agt_7")
    assert [request.query for request in server.sent_to("/v1/sessions")] == [
        {"limit": "20"},
        {"limit": "5", "agent_id": "agt_1", "status": "idle"},
        {"limit": "20", "agent_id": "agt_7"},
    ]


def test_a_full_id_is_not_resolved(server: FaultServer, client: Client) -> None:
    assert client.sessions.get(SESSION_ID).id == SESSION_ID
    dashed = "ses_01234567-89ab-cdef-0123-456789abcdef"
    server.on("GET", f"/v1/sessions/{dashed}", answer(200, {**SESSION, "id": dashed}))
    assert client.sessions.get(dashed).id == dashed
    assert server.sent_to("/v1/sessions/resolve") == []


@pytest.mark.parametrize("prefix", ["ses_01234567-89ab", "0123456789ab"])
def test_a_prefix_is_resolved(server: FaultServer, client: Client, prefix: str) -> None:
    server.on("GET", "/v1/sessions/resolve", answer(200, {"ids": [SESSION_ID]}))
    assert client.sessions.get(prefix).id == SESSION_ID
    assert client.sessions.resume(prefix).message_count == 5
    ended = client.sessions.end(prefix)
    assert ended is not None
    assert ended.status == "ended"
    assert {request.query["id_prefix"] for request in server.sent_to("/v1/sessions/resolve")} == {"0123456789ab"}


@pytest.mark.parametrize(
    ("resolved", "kind"),
    [
        (answer(200, {"ids": []}), NotFoundError),
        (answer(404, {"detail": "none"}), NotFoundError),
        (answer(200, {"ids": ["ses_1", "ses_2"]}), ConflictError),
        (answer(409, {"detail": "ambiguous"}), ConflictError),
        (answer(200, {"ids": "ses_1"}), InvalidResponseError),
        (answer(200, {"ids": [1]}), InvalidResponseError),
    ],
)
def test_a_prefix_that_names_no_one_session(
    server: FaultServer, client: Client, resolved: Handler, kind: type[Exception]
) -> None:
    server.on("GET", "/v1/sessions/resolve", resolved)
    with pytest.raises(kind):
        client.sessions.get("0123")


def test_an_empty_id_asks_nobody(server: FaultServer, client: Client) -> None:
    with pytest.raises(NotFoundError):
        client.sessions.get("ses_")
    assert server.requests == []


def test_a_server_that_resolves_nothing_is_asked_for_the_id_itself(server: FaultServer, client: Client) -> None:
    server.on("GET", "/v1/sessions/mine", answer(200, {**SESSION, "id": "mine"}))
    assert client.sessions.get("mine").id == "mine"


def test_a_one_time_turn_ends_its_session(server: FaultServer, client: Client) -> None:
    server.on("POST", MESSAGES, HI)
    assert client.run("my-agent", message="x", idle_timeout=60).text == "hi"
    assert made(server) == [{"agent_id": "agt_1", "idle_timeout_seconds": 60}]
    assert len(server.sent_to(END)) == 1


@pytest.mark.parametrize(
    "handler",
    [
        answer(500, {}),
        answer(404, {}),
        lambda exchange: exchange.reset(),
        lambda exchange: exchange.answer(200, b"<html>"),
    ],
)
def test_a_one_time_turn_that_fails_ends_its_session(server: FaultServer, client: Client, handler: Handler) -> None:
    server.on("POST", MESSAGES, handler)
    with pytest.raises(Exception, match=r"."):
        client.run("my-agent", message="x")
    assert len(server.sent_to(END)) == 1


def test_a_one_time_turn_whose_session_can_not_be_ended_has_its_result(server: FaultServer, client: Client) -> None:
    server.on("POST", MESSAGES, HI)
    server.on("POST", END, answer(500, {}))
    assert client.run("my-agent", message="x").text == "hi"


def test_a_given_session_is_not_ended(server: FaultServer, client: Client) -> None:
    server.on("POST", MESSAGES, HI)
    server.on("GET", "/v1/sessions/resolve", answer(200, {"ids": [SESSION_ID]}))
    assert client.run("my-agent", message="x", session_id="0123").text == "hi"
    assert list(client.stream("my-agent", message="x", session_id=SESSION_ID).text_stream) == ["hi"]
    assert (made(server), server.sent_to(END)) == ([], [])


def test_a_one_time_stream_does_nothing_before_it_is_read(server: FaultServer, client: Client) -> None:
    server.on("POST", MESSAGES, HI)
    stream = client.stream("my-agent", message="x")
    assert server.requests == []
    assert list(stream.text_stream) == ["hi"]
    assert len(server.sent_to(END)) == 1
    client.stream("my-agent", message="x").abort()
    assert len(made(server)) == 1


def test_a_one_time_stream_that_is_cut_ends_its_session(server: FaultServer, client: Client) -> None:
    server.on("POST", MESSAGES, lambda exchange: exchange.events(delta("a")))
    server.on("GET", EVENTS, answer(404, {}))
    assert client.stream("my-agent", message="x").result.finish_reason is FinishReason.INTERRUPTED
    assert len(server.sent_to(END)) == 1


def test_a_one_time_stream_that_is_left_ends_its_session(server: FaultServer, client: Client) -> None:
    server.on("POST", MESSAGES, lambda exchange: exchange.stream(encode_event("run.started", {}), delta("a")))
    with client.stream("my-agent", message="x") as stream:
        for _ in stream:
            break
    assert len(server.sent_to(END)) == 1
    stream = client.stream("my-agent", message="x")
    for _ in stream:
        stream.abort()
    assert len(server.sent_to(END)) == 2


def test_a_session_that_is_made_too_late_is_ended_all_the_same(server: FaultServer, client: Client) -> None:
    asked, gate = threading.Event(), threading.Event()

    def slow(exchange: Exchange) -> None:
        asked.set()
        exchange.hold(gate)
        exchange.json(201, SESSION)

    server.on("POST", "/v1/sessions", slow)
    stream = client.stream("my-agent", message="x")
    thread = threading.Thread(target=lambda: stream.result)
    thread.start()
    assert asked.wait(5)
    stream.abort()
    thread.join(5)
    assert not thread.is_alive()
    assert stream.result.finish_reason is FinishReason.CANCELLED
    gate.set()
    wait_for(lambda: server.sent_to(END))
    assert server.sent_to(MESSAGES) == []


def test_whose_key_it_is(server: FaultServer, client: Client) -> None:
    server.on("GET", "/v1/auth/validate", answer(200, {"valid": True, "user": None}), answer(200, {"valid": 1}))
    server.on("GET", "/v1/auth/me", answer(200, {"id": "u1", "email": "a@b.c"}), answer(200, {}))
    assert client.validate()
    assert not client.validate()
    assert client.me().email == "a@b.c"
    with pytest.raises(InvalidResponseError):
        client.me()


def test_a_client_that_is_never_closed_leaves_nothing_open(server: FaultServer) -> None:
    client = Client(api_key="k", base_url=server.url)
    client.agents.list()
    del client
    wait_for(lambda: not server._connections)


def test_five_thousand_rows_are_listed_soon(server: FaultServer, client: Client) -> None:
    rows: list[Any] = [{**SESSION, "id": f"ses_{number:032x}", "title": f"talk {number}"} for number in range(5000)]
    rows[2500:2500] = [None, {"id": 7}]
    server.on("GET", "/v1/sessions", answer(200, {"sessions": rows}))
    began = time.process_time()
    listed = client.sessions.list()
    assert time.process_time() - began < 4
    assert (len(listed), listed.skipped, listed[4999].title) == (5000, 2, "talk 4999")
