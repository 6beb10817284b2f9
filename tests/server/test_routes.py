"""Every endpoint: shapes and codes (PROTOCOL 2, 3, 5)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from superserve_tui.protocol import Agent, SessionInfo
from tests.support.api import Api
from tests.support.embedded import Hold, RunningServer, ScriptedAgent, running_server
from tests.support.waiting import wait_for

SESSION_FIELDS = {
    "id",
    "agent_id",
    "agent_name",
    "status",
    "title",
    "message_count",
    "created_at",
    "last_activity_at",
}


def detail(answer: Any) -> str:
    """The error's words; fails where the body is anything but `{"detail": "..."}`."""
    body = answer.json()
    assert list(body) == ["detail"]
    assert isinstance(body["detail"], str)
    return body["detail"]


def test_agents_are_listed_in_order_with_stable_ids() -> None:
    ids = []
    for _ in range(2):
        with running_server(ScriptedAgent("b"), ScriptedAgent("a")) as server, Api(server) as api:
            rows = api.http.get("/agents", params={"limit": 100}).json()["agents"]
            assert [row["name"] for row in rows] == ["b", "a"]
            assert all(re.fullmatch(r"agt_[0-9a-f]{32}", row["id"]) for row in rows)
            assert set(rows[0]) == set(Agent("agt_1", "x").to_json())
            ids.append([row["id"] for row in rows])
            assert len(api.http.get("/agents?limit=1").json()["agents"]) == 1
    assert ids[0] == ids[1]


def test_one_agent_is_found_by_id_only(api: Api) -> None:
    agent_id = api.agent_id()
    assert api.http.get(f"/agents/{agent_id}").json()["id"] == agent_id
    for unknown in ("agt_00000000000000000000000000000000", "scripted"):
        answer = api.http.get(f"/agents/{unknown}")
        assert answer.status_code == 404
        assert detail(answer)


def test_new_session_has_exactly_the_fields_of_the_protocol(api: Api) -> None:
    answer = api.http.post("/sessions", json={"agent_id": api.agent_id(), "title": "Mine", "extra": 1})
    session = answer.json()
    assert answer.status_code == 201
    assert set(session) == SESSION_FIELDS
    assert re.fullmatch(r"ses_[0-9a-f]{32}", session["id"])
    assert (session["status"], session["title"], session["message_count"]) == ("active", "Mine", 0)
    assert session["created_at"].endswith("Z")
    assert SessionInfo.from_json(session).to_json() == session
    assert api.session(session["id"]) == session


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"agent_id": None},
        {"agent_id": 7},
        {"agent_id": ""},
        {"title": 5},
        {"title": "x" * 1001},
        {"idle_timeout_seconds": 0},
        {"idle_timeout_seconds": -1},
        {"idle_timeout_seconds": 10**12},
        {"idle_timeout_seconds": 1.5},
        {"idle_timeout_seconds": True},
        {"idle_timeout_seconds": "60"},
    ],
)
def test_session_with_bad_fields_is_refused(api: Api, fields: dict[str, object]) -> None:
    body = fields if not fields or "agent_id" in fields else {"agent_id": api.agent_id(), **fields}
    answer = api.http.post("/sessions", json=body)
    assert answer.status_code == 422
    assert detail(answer)
    assert api.http.get("/sessions").json() == {"sessions": []}


def test_agent_is_not_found_by_name_when_a_session_is_made(api: Api) -> None:
    assert api.http.post("/sessions", json={"agent_id": "scripted"}).status_code == 404


def test_agent_that_is_not_ready_takes_no_session() -> None:
    agent = ScriptedAgent(deps_status="failed", deps_error="no such program: foo")
    with running_server(agent) as server, Api(server) as api:
        answer = api.http.post("/sessions", json={"agent_id": api.agent_id()})
    assert answer.status_code == 409
    assert "no such program: foo" in detail(answer)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b'{"prompt": NaN}',
        b"[" * 100000,
        b"{}",
        b'{"prompt": 1}',
        b'{"prompt": " "}',
        b'{"prompt": "x", "deep": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"n": ' + b"9" * 5000 + b"}",
    ],
)
def test_message_with_a_bad_body_is_refused(api: Api, body: bytes) -> None:
    session = api.new_session()
    answer = api.http.post(f"/sessions/{session}/messages", content=body)
    assert answer.status_code == 422
    assert detail(answer)
    assert api.session(session)["message_count"] == 0


def test_sessions_are_listed_newest_first_by_agent_and_status() -> None:
    with running_server(ScriptedAgent("one"), ScriptedAgent("two")) as server, Api(server) as api:
        made = [api.new_session(name) for name in ("one", "two", "one")]
        api.http.post(f"/sessions/{made[2]}/end")

        def listed(**params: str) -> list[str]:
            return [row["id"] for row in api.http.get("/sessions", params=params).json()["sessions"]]

        assert listed() == made[::-1]
        assert listed(limit="1") == [made[2]]
        assert listed(agent_id=api.agent_id("one")) == [made[2], made[0]]
        assert listed(status="ended") == [made[2]]
        assert listed(status="active", agent_id=api.agent_id("one")) == [made[0]]
        assert listed(status="nonsense") == []


def test_list_shows_twenty_sessions_unless_told(api: Api) -> None:
    for _ in range(21):
        api.new_session()
    assert len(api.http.get("/sessions").json()["sessions"]) == 20
    assert len(api.http.get("/sessions?limit=100").json()["sessions"]) == 21


@pytest.mark.parametrize("limit", ["0", "-1", "x", "", "1.0", "99999", "9" * 5000, "٣"])
@pytest.mark.parametrize("path", ["/sessions", "/agents"])
def test_bad_limit_is_refused(api: Api, path: str, limit: str) -> None:
    answer = api.http.get(path, params={"limit": limit})
    assert answer.status_code == 422
    assert detail(answer)


def test_prefix_resolves_to_every_id_that_begins_with_it(api: Api) -> None:
    made = [api.new_session() for _ in range(20)]

    def resolve(prefix: str) -> list[str]:
        ids: list[str] = api.http.get("/sessions/resolve", params={"id_prefix": prefix}).json()["ids"]
        return ids

    assert resolve(made[3][4:16]) == [made[3]]
    assert resolve(made[3]) == [made[3]]
    assert resolve(made[3][4:16].upper()) == [made[3]]
    digit = made[3][4]
    assert resolve(digit) == [each for each in reversed(made) if each[4] == digit]
    assert resolve("xyz") == []
    assert api.http.get("/sessions/resolve").status_code == 422


def test_session_id_may_have_dashes(api: Api) -> None:
    session = api.new_session()
    digits = session[4:]
    dashed = f"ses_{digits[:8]}-{digits[8:12]}-{digits[12:]}"
    assert api.session(dashed)["id"] == session


@pytest.mark.parametrize("call", ["", "/events", "/messages", "/resume", "/end", "/cancel"])
def test_unknown_session_is_not_found(api: Api, call: str) -> None:
    method = "GET" if call in ("", "/events") else "POST"
    answer = api.http.request(method, f"/sessions/ses_{'0' * 32}{call}", json={"prompt": "x"})
    assert answer.status_code == 404
    assert detail(answer)


def test_ended_session_refuses_all_but_end_and_get(api: Api, agent: ScriptedAgent) -> None:
    session = api.new_session()
    api.turn(session)
    for _ in range(2):
        answer = api.http.post(f"/sessions/{session}/end")
        assert (answer.status_code, answer.json()["status"]) == (200, "ended")
    assert api.session(session)["status"] == "ended"
    assert agent.closed == [session]
    codes = {
        call: api.http.request(method, f"/sessions/{session}/{call}", json={"prompt": "x"}).status_code
        for method, call in [("POST", "messages"), ("GET", "events"), ("POST", "cancel"), ("POST", "resume")]
    }
    assert codes == {"messages": 404, "events": 404, "cancel": 404, "resume": 409}


def test_expired_session_refuses_all_but_get(api: Api, agent: ScriptedAgent) -> None:
    session = api.new_session(idle_timeout_seconds=1)
    wait_for(lambda: api.session(session)["status"] == "timeout", what="the session expires")
    wait_for(lambda: agent.closed == [session], what="its agent is closed")
    codes = {
        call: api.http.request(method, f"/sessions/{session}/{call}", json={"prompt": "x"}).status_code
        for method, call in [
            ("POST", "messages"),
            ("GET", "events"),
            ("POST", "cancel"),
            ("POST", "resume"),
            ("POST", "end"),
        ]
    }
    assert codes == {"messages": 404, "events": 404, "cancel": 404, "resume": 409, "end": 404}
    assert api.session(session)["status"] == "timeout"


def test_resume_of_a_live_session_answers_the_session(api: Api) -> None:
    session = api.new_session()
    answer = api.http.post(f"/sessions/{session}/resume")
    assert (answer.status_code, answer.json()["status"], set(answer.json())) == (200, "active", SESSION_FIELDS)


def test_session_is_running_while_its_turn_runs(api: Api, agent: ScriptedAgent) -> None:
    hold = Hold()

    async def script(prompt: str, sink: object) -> None:
        await hold.here()

    agent.script = script
    session = api.new_session()
    with api.send(session) as stream:
        hold.wait_reached()
        assert (api.session(session)["status"], api.session(session)["message_count"]) == ("running", 1)
        hold.release()
        assert stream.types() == ["run.started", "run.completed"]
    assert api.session(session)["status"] == "active"


def test_first_message_titles_a_session_without_a_title(api: Api) -> None:
    untitled, titled = api.new_session(title="  "), api.new_session(title="Mine")
    message = "two\nlines " + "x" * 80
    for session in (untitled, titled):
        api.turn(session, message)
        api.turn(session, "second")
    assert api.session(untitled)["title"] == "two lines " + "x" * 40
    assert api.session(titled)["title"] == "Mine"
    assert api.session(titled)["message_count"] == 2


def test_user_is_the_local_one(api: Api) -> None:
    user = api.http.get("/auth/me").json()
    assert set(user) == {"id", "email", "full_name"}
    assert api.http.get("/auth/validate").json() == {"valid": True, "user": user}


@pytest.mark.parametrize(
    "path", ["/nope", "/sessions/", "/agents/a/b", "/auth/device-code", "/sessions/a%2Fb/events"]
)
def test_unknown_path_is_not_found(api: Api, path: str) -> None:
    answer = api.http.get(path)
    assert answer.status_code == 404
    assert detail(answer)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/sessions"),
        ("POST", "/agents"),
        ("GET", "/sessions/ses_1/messages"),
        ("PUT", "/auth/me"),
        ("POST", "/sessions/resolve"),
    ],
)
def test_unknown_method_is_not_allowed(api: Api, method: str, path: str) -> None:
    answer = api.http.request(method, path)
    assert answer.status_code == 405
    assert detail(answer)
    assert answer.headers["allow"]


def test_path_without_the_version_is_not_found(server: RunningServer, api: Api) -> None:
    assert api.http.get(f"{server.url}/agents").status_code == 404
