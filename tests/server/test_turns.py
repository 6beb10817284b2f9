"""Turns over the wire: events, listeners, cuts, stops and who takes whose place (PROTOCOL 4)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from superserve_tui.protocol import ConflictError, EventStreamDecoder
from superserve_tui.server.agents.base import AgentFailure, TurnOutcome, TurnSink
from superserve_tui.server.limits import Limits
from tests.support.api import Api
from tests.support.embedded import Hold, RunningServer, ScriptedAgent, running_server
from tests.support.waiting import wait_for
from tests.support.wire import connect, read_answer, request_bytes

ALL_OF_A_TURN = ["run.started", "message.delta", "message.delta", "run.completed"]


@contextmanager
def serving(agent: ScriptedAgent, limits: Limits) -> Iterator[Api]:
    with running_server(agent, limits=limits) as server, Api(server) as api:
        yield api


class TwoSteps:
    """Says `one`, waits for the test, says `two`."""

    def __init__(self) -> None:
        self.hold = Hold()

    async def __call__(self, prompt: str, sink: TurnSink) -> None:
        sink.text("one")
        await self.hold.here()
        sink.text("two")


def test_turn_is_streamed_in_the_agents_own_pieces(api: Api, agent: ScriptedAgent) -> None:
    async def script(prompt: str, sink: TurnSink) -> TurnOutcome:
        sink.status("thinking")
        sink.text("a")
        sink.text("")
        sink.text("b\u2028\r\n\x00\ud800")
        sink.event("metadata", {"k": [1, None]})
        return TurnOutcome(max_turns_reached=True, max_turns_message="ten steps")

    agent.script = script
    events = api.turn(api.new_session())
    assert events[:-1] == [
        ("run.started", {}),
        ("status", {"status": "thinking"}),
        ("message.delta", {"content": "a"}),
        ("message.delta", {"content": "b\u2028\r\n\x00\ufffd"}),
        ("metadata", {"k": [1, None]}),
    ]
    event_type, end = events[-1]
    assert event_type == "run.completed"
    assert isinstance(end.pop("duration_ms"), int)
    assert end == {"max_turns_reached": True, "max_turns_message": "ten steps"}


def test_answer_is_an_event_stream_that_nobody_stores(api: Api) -> None:
    with api.send(api.new_session()) as stream:
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        assert stream.response.headers["cache-control"] == "no-store"


def test_run_started_comes_before_the_agent_says_anything(api: Api, agent: ScriptedAgent) -> None:
    hold = Hold()

    async def script(prompt: str, sink: TurnSink) -> None:
        await hold.here()

    agent.script = script
    with api.send(api.new_session()) as stream:
        assert stream.next() == ("run.started", {})
        hold.release()
        assert stream.types() == ["run.completed"]


def test_tool_calls_have_ids_and_durations(api: Api, agent: ScriptedAgent) -> None:
    hold = Hold()

    async def script(prompt: str, sink: TurnSink) -> None:
        made_up = sink.tool_start("bash", {"cmd": "ls"})
        given = sink.tool_start("read", "file", call_id="mine")
        assert given == "mine"
        await hold.here()
        sink.tool_end(given)
        sink.tool_end(made_up)
        sink.tool_end("unknown")
        sink.tool_end(made_up)

    agent.script = script
    with api.send(api.new_session()) as stream:
        hold.wait_reached()
        hold.release()
        events = [data for event_type, data in stream if event_type.startswith("tool.")]
    made_up_id = events[0]["id"]
    assert events[:2] == [
        {"tool": "bash", "input": {"cmd": "ls"}, "id": made_up_id},
        {"tool": "read", "input": "file", "id": "mine"},
    ]
    assert [(end["id"], end["tool"]) for end in events[2:]] == [("mine", "read"), (made_up_id, "bash")]
    assert all(isinstance(end["duration_ms"], int) and end["duration_ms"] >= 0 for end in events[2:])


def test_agent_can_neither_end_the_turn_nor_forge_events(api: Api, agent: ScriptedAgent) -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]

    async def script(prompt: str, sink: TurnSink) -> None:
        sink.event("run.completed", {})
        sink.event("x\ndata: {}\n\nevent: run.failed", {})
        sink.event("", {})
        sink.event("nan", {"value": float("nan")})
        sink.event("odd", {"value": object()})
        sink.tool_start("t", float("inf"))
        sink.tool_start("t", deep)

    agent.script = script
    events = api.turn(api.new_session())
    assert [event_type for event_type, _ in events] == ["run.started", "tool.start", "tool.start", "run.completed"]
    assert [data["input"] for _, data in events[1:3]] == [None, None]


def test_failure_of_the_agent_fails_the_turn_and_not_the_session(api: Api, agent: ScriptedAgent) -> None:
    async def script(prompt: str, sink: TurnSink) -> None:
        sink.text("so far")
        if prompt == "fail":
            raise AgentFailure("It broke.\nlast words", code="agent_exited")

    agent.script = script
    session = api.new_session()
    event_type, data = api.turn(session, "fail")[-1]
    assert event_type == "run.failed"
    assert data["error"] == {"message": "It broke.\nlast words", "code": "agent_exited"}
    assert api.turn(session, "again")[-1][0] == "run.completed"


def test_mistake_in_an_agents_adapter_is_told_plainly_and_logged(
    api: Api, agent: ScriptedAgent, capsys: pytest.CaptureFixture[str]
) -> None:
    async def script(prompt: str, sink: TurnSink) -> None:
        raise ZeroDivisionError("secret detail")

    agent.script = script
    event_type, data = api.turn(api.new_session())[-1]
    assert (event_type, data["error"]["code"]) == ("run.failed", "internal")
    assert "secret detail" not in data["error"]["message"]
    assert "Traceback" not in data["error"]["message"]
    assert "secret detail" in capsys.readouterr().err


def test_what_an_agent_says_after_the_end_does_not_count(api: Api, agent: ScriptedAgent) -> None:
    sinks: list[TurnSink] = []

    async def script(prompt: str, sink: TurnSink) -> None:
        for old in sinks:
            old.text("late")
            old.tool_start("late", None)
        sinks.append(sink)
        sink.text(prompt)

    agent.script = script
    session = api.new_session()
    api.turn(session, "first")
    assert [data.get("content") for _, data in api.turn(session, "second")] == [None, "second", None]


def test_turn_goes_on_when_its_client_leaves_and_can_be_picked_up(api: Api, agent: ScriptedAgent) -> None:
    script = agent.script = TwoSteps()
    session = api.new_session()
    with api.send(session) as stream:
        assert [stream.next(), stream.next()] == [("run.started", {}), ("message.delta", {"content": "one"})]
    with api.events(session, after=2) as stream:
        script.hold.release()
        assert stream.next() == ("message.delta", {"content": "two"})
        assert stream.types() == ["run.completed"]


def test_events_start_after_the_number_given(api: Api) -> None:
    session = api.new_session()
    all_types = [event_type for event_type, _ in api.turn(session)]
    assert all_types == ["run.started", "message.delta", "run.completed"]
    for after in (None, 0, 1, 2, 3):
        with api.events(session, after=after) as stream:
            assert stream.types() == all_types[after or 0 :]


@pytest.mark.parametrize("after", ["-1", "x", "1.0", "", "4", "99999999999999999999999"])
def test_bad_after_is_refused(api: Api, after: str) -> None:
    session = api.new_session()
    api.turn(session)
    answer = api.http.get(f"/sessions/{session}/events", params={"after": after})
    assert answer.status_code == 422


def test_events_without_a_turn_are_not_found(api: Api) -> None:
    assert api.http.get(f"/sessions/{api.new_session()}/events").status_code == 404


def test_log_is_the_last_turns_only(api: Api) -> None:
    session = api.new_session()
    api.turn(session, "first")
    api.turn(session, "second")
    with api.events(session) as stream:
        assert [data.get("content") for _, data in stream] == [None, "second", None]


def test_all_listeners_get_the_same_events(api: Api, agent: ScriptedAgent) -> None:
    script = agent.script = TwoSteps()
    session = api.new_session()
    with api.send(session) as first, api.events(session) as second, api.events(session, after=1) as third:
        assert first.next() == second.next() == ("run.started", {})
        script.hold.release()
        rest = list(first)
        assert [event_type for event_type, _ in rest] == ALL_OF_A_TURN[1:]
        assert list(second) == rest
        assert list(third) == rest


def test_heartbeats_come_in_silence_and_count_like_any_event() -> None:
    script = TwoSteps()
    with serving(ScriptedAgent(script=script), Limits(heartbeat_s=0.05)) as api:
        session = api.new_session()
        seen = []
        with api.send(session) as stream:
            for event_type, _ in stream:
                seen.append(event_type)
                if seen.count("heartbeat") == 3:
                    script.hold.release()
        with api.events(session, after=2) as stream:
            assert stream.types() == seen[2:]
    assert seen[:5] == ["run.started", "message.delta", "heartbeat", "heartbeat", "heartbeat"]
    assert seen[-1] == "run.completed"


def test_no_heartbeat_comes_while_the_agent_speaks() -> None:
    async def script(prompt: str, sink: TurnSink) -> None:
        for _ in range(40):
            sink.text("x")
            await asyncio.sleep(0.01)

    with serving(ScriptedAgent(script=script), Limits(heartbeat_s=0.2)) as api:
        types = [event_type for event_type, _ in api.turn(api.new_session())]
    assert types.count("message.delta") == 40
    assert "heartbeat" not in types


def test_log_that_grows_too_large_is_not_served_again_but_its_listener_gets_all() -> None:
    hold = Hold()
    piece = "x" * 100_000

    async def script(prompt: str, sink: TurnSink) -> None:
        for _ in range(30):
            sink.text(piece)
            await hold.here()

    with serving(ScriptedAgent(script=script), Limits(log_bytes=1_000_000)) as api:
        session = api.new_session()
        with api.send(session) as stream:
            while (event := stream.next()) is not None:
                if event[0] == "message.delta":
                    assert event[1]["content"] == piece
                    hold.release()
        assert [event_type for event_type, _ in stream.seen] == [
            "run.started",
            *["message.delta"] * 30,
            "run.completed",
        ]
        assert api.http.get(f"/sessions/{session}/events").status_code == 404
        assert api.session(session)["status"] == "active"


def test_listener_that_does_not_read_is_cut_off_and_the_turn_goes_on() -> None:
    hold = Hold()

    async def script(prompt: str, sink: TurnSink) -> None:
        for _ in range(300):
            sink.text("x" * 100_000)
            await asyncio.sleep(0)
        await hold.here()

    with (
        running_server(ScriptedAgent(script=script), limits=Limits(log_bytes=1_000_000)) as server,
        Api(server) as api,
    ):
        session = api.new_session()
        with connect(server) as idler:
            path = f"/sessions/{session}/messages"
            idler.sendall(request_bytes(server, "POST", path, b'{"prompt": "flood"}'))
            hold.wait_reached()
            assert not read_answer(idler)[1].endswith(b"0\r\n\r\n")
        hold.release()
        wait_for(lambda: api.session(session)["status"] == "active", what="the turn ends")


def test_second_message_is_refused_while_somebody_listens(api: Api, agent: ScriptedAgent) -> None:
    script = agent.script = TwoSteps()
    session = api.new_session()
    with api.send(session) as stream:
        script.hold.wait_reached()
        answer = api.http.post(f"/sessions/{session}/messages", json={"prompt": "second"})
        assert answer.status_code == 409
        assert list(answer.json()) == ["detail"]
        script.hold.release()
        assert stream.types() == ALL_OF_A_TURN
    assert agent.prompts == ["hello"]
    assert api.session(session)["message_count"] == 1


def test_message_takes_the_place_of_a_turn_that_nobody_listens_to(api: Api, agent: ScriptedAgent) -> None:
    hold = Hold()

    async def script(prompt: str, sink: TurnSink) -> None:
        if prompt == "first":
            await hold.here()
        sink.text(prompt)

    agent.script = script
    session = api.new_session()
    with api.send(session, "first") as stream:
        stream.next()
        hold.wait_reached()
    assert [data.get("content") for _, data in api.turn(session, "second")] == [None, "second", None]
    assert api.session(session)["message_count"] == 2


def test_leaver_is_given_a_moment_to_be_noticed_and_a_listener_is_not_pushed_out(
    server: RunningServer, agent: ScriptedAgent
) -> None:
    hold = Hold()

    async def script(prompt: str, sink: TurnSink) -> None:
        await hold.here()

    agent.script = script

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        session = server.server.sessions.create(agent.info.id, title=None, idle_timeout_s=60)
        first = await session.send("first")
        loop.call_later(0.01, first.close)
        second = await session.send("second")
        before = loop.time()
        with pytest.raises(ConflictError):
            await session.send("third")
        assert loop.time() - before >= 0.04
        second.close()

    server.call(scenario())
    assert agent.prompts[-1] == "second"


def test_listener_that_leaves_in_a_flood_is_noticed(server: RunningServer, api: Api, agent: ScriptedAgent) -> None:
    hold = Hold()

    async def script(prompt: str, sink: TurnSink) -> None:
        if prompt == "flood":
            for _ in range(3000):
                sink.text("x" * 10_000)
            await hold.here()
        sink.text("after")

    agent.script = script
    session = api.new_session()
    body = b'{"prompt": "flood"}'
    with connect(server) as leaver:
        leaver.sendall(request_bytes(server, "POST", f"/sessions/{session}/messages", body))
        assert leaver.recv(100)
        hold.wait_reached()
        leaver.shutdown(socket.SHUT_RDWR)
    assert api.turn(session, "second")[-1][0] == "run.completed"


def test_cancel_ends_the_turn_for_its_listeners_and_keeps_the_session(api: Api, agent: ScriptedAgent) -> None:
    script = agent.script = TwoSteps()
    session = api.new_session()
    with api.send(session) as stream:
        script.hold.wait_reached()
        answer = api.http.post(f"/sessions/{session}/cancel")
        assert (answer.status_code, answer.json()["status"]) == (200, "active")
        assert stream.types() == ["run.started", "message.delta", "run.cancelled"]
    with api.events(session, after=2) as stream:
        assert stream.types() == ["run.cancelled"]
    script.hold.release()
    assert api.turn(session)[-1][0] == "run.completed"


def test_cancel_without_a_running_turn_answers_the_session(api: Api) -> None:
    session = api.new_session()
    assert api.http.post(f"/sessions/{session}/cancel").json() == api.session(session)
    api.turn(session)
    answer = api.http.post(f"/sessions/{session}/cancel")
    assert answer.status_code == 200
    with api.events(session, after=2) as stream:
        assert stream.types() == ["run.completed"]


class SlowToLeave:
    """Its first turn takes the test's leave to come back from being cancelled."""

    def __init__(self) -> None:
        self.working = Hold()
        self.leaving = Hold()
        self.is_at_work = False

    async def __call__(self, prompt: str, sink: TurnSink) -> None:
        assert not self.is_at_work, "two turns at once"
        self.is_at_work = True
        try:
            if prompt == "first":
                await self.working.here()
            sink.text(prompt)
        except asyncio.CancelledError:
            await self.leaving.here()
            sink.text("from the stopped turn")
            raise
        finally:
            self.is_at_work = False


def test_next_turn_waits_until_the_agent_came_back_from_the_cancelled_one(api: Api, agent: ScriptedAgent) -> None:
    script = agent.script = SlowToLeave()
    session = api.new_session()
    with api.send(session, "first") as first:
        script.working.wait_reached()
        api.http.post(f"/sessions/{session}/cancel")
        assert first.types() == ["run.started", "run.cancelled"]
    script.leaving.wait_reached()
    with api.send(session, "second") as second:
        assert second.next() == ("run.started", {})
        assert agent.prompts == ["first"]
        script.leaving.release()
        assert [data.get("content") for _, data in second] == ["second", None]


def test_turn_fails_when_the_agent_never_comes_back_from_the_cancelled_one() -> None:
    script = SlowToLeave()
    with serving(ScriptedAgent(script=script), Limits(agent_wait_s=0.1)) as api:
        session = api.new_session()
        with api.send(session, "first"):
            script.working.wait_reached()
            api.http.post(f"/sessions/{session}/cancel")
        event_type, data = api.turn(session, "second")[-1]
        assert (event_type, data["error"]["code"]) == ("run.failed", "busy")
        assert api.session(session)["status"] == "active"
        script.leaving.release()
        assert api.turn(session, "third")[-1][0] == "run.completed"


def test_waiting_turn_can_be_cancelled_too(api: Api, agent: ScriptedAgent) -> None:
    script = agent.script = SlowToLeave()
    session = api.new_session()
    with api.send(session, "first"):
        script.working.wait_reached()
        api.http.post(f"/sessions/{session}/cancel")
    with api.send(session, "second") as stream:
        stream.next()
        api.http.post(f"/sessions/{session}/cancel")
        assert stream.types() == ["run.cancelled"]
    script.leaving.wait_reached()
    script.leaving.release()
    assert api.turn(session, "third")[-1][0] == "run.completed"
    assert agent.prompts == ["first", "third"]


def test_end_cancels_the_running_turn_and_closes_the_agent_after_it(api: Api, agent: ScriptedAgent) -> None:
    script = agent.script = TwoSteps()
    session = api.new_session()
    with api.send(session) as stream:
        script.hold.wait_reached()
        assert api.http.post(f"/sessions/{session}/end").json()["status"] == "ended"
        assert stream.types() == ["run.started", "message.delta", "run.cancelled"]
    assert agent.closed == [session]


def test_running_turn_never_expires_and_its_end_restarts_the_clock(api: Api, agent: ScriptedAgent) -> None:
    async def script(prompt: str, sink: TurnSink) -> None:
        await asyncio.sleep(1.3)

    agent.script = script
    session = api.new_session(idle_timeout_seconds=1)
    assert api.turn(session)[-1][0] == "run.completed"
    assert api.session(session)["status"] == "active"
    wait_for(lambda: api.session(session)["status"] == "timeout", what="the session expires afterwards")
    assert api.http.post(f"/sessions/{session}/messages", json={"prompt": "late"}).status_code == 404


def test_many_small_events_take_few_packets(server: RunningServer, api: Api, agent: ScriptedAgent) -> None:
    async def script(prompt: str, sink: TurnSink) -> None:
        for _ in range(20_000):
            sink.text("token ")
            await asyncio.sleep(0)

    agent.script = script
    session = api.new_session()
    decoder, events = EventStreamDecoder(), 0
    with api.send(session) as stream:
        chunks = list(stream.response.iter_raw())
    for chunk in chunks:
        events += len(decoder.feed(chunk))
    assert events == 20_002
    assert len(chunks) < 200
