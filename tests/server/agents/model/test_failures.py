"""Endpoints that refuse, are busy, or are not there: what the person is told, and what is tried again."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from superserve_tui.config.schema import AgentConfig
from superserve_tui.server.agents.base import AgentFailure
from tests.support.chat_endpoint import (
    CHAT,
    DONE,
    ask_model,
    chat_endpoint,
    finish,
    model_agent,
    opened_model,
    says,
    sent_messages,
    streams,
    text_delta,
    tool_answer,
)
from tests.support.fault_server import Exchange, Handler, answer
from tests.support.recording_sink import RecordingSink
from tests.support.script_agents import in_time

KEY = "sk-very-secret-0123456789"
WITH_KEY = AgentConfig(name="model", api_key_env="MY_KEY")


def failure_of(folder: Path, *handlers: Handler, waits: list[float] | None = None) -> AgentFailure:
    """How a turn with a key fails."""

    async def talk() -> AgentFailure:
        with chat_endpoint(*handlers) as server:
            agent = model_agent(server, folder, config=WITH_KEY, environ={"MY_KEY": KEY}, waits=waits)
            async with opened_model(agent) as session:
                with pytest.raises(AgentFailure) as caught:
                    await ask_model(session)
                assert server.sent_to(CHAT)[0].headers["authorization"] == f"Bearer {KEY}"
                assert f"127.0.0.1:{server.port}" in caught.value.message
                return caught.value

    return in_time(talk())


@pytest.mark.parametrize(
    ("status", "body", "words", "code"),
    [
        (
            401,
            {"error": {"message": f"Incorrect API key provided: {KEY}."}},
            ["MY_KEY", "Incorrect"],
            "unauthorized",
        ),
        (403, {"error": "no access to m"}, ["no access to m", "permission"], "forbidden"),
        (404, {"error": {"message": "model 'm' not found"}}, ["model 'm' not found", "/v1"], "not_found"),
        (422, {"detail": [{"loc": ["body"], "msg": "field required"}]}, ["field required"], "endpoint_error"),
        (500, {"message": "boom"}, ["boom", "later"], "endpoint_error"),
        (400, {"error": {"message": [1, {"message": "odd"}]}}, ["odd"], "endpoint_error"),
    ],
)
def test_a_refusal_is_told_in_the_endpoints_words_without_the_key(
    tmp_path: Path, status: int, body: object, words: list[str], code: str
) -> None:
    failure = failure_of(tmp_path, answer(status, body))
    assert failure.code == code
    assert str(status) in failure.message
    assert all(word in failure.message for word in words)
    assert KEY not in failure.message


@pytest.mark.parametrize("body", [b"<html><h1>Bad</h1></html>", b"", b"{", b"\xff" * 100, b"x" * 1_000_000])
def test_an_error_without_words_is_its_status(tmp_path: Path, body: bytes) -> None:
    failure = failure_of(tmp_path, lambda it: it.answer(502, body, reason="Bad Gateway"))
    assert "answered 502 Bad Gateway.\nSend again later." in failure.message


def test_an_error_body_that_never_ends_is_not_waited_for(tmp_path: Path) -> None:
    def handle(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\nhalf")
        exchange.wait_until_left()

    assert "500 Oops" in failure_of(tmp_path, handle).message


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    failure = failure_of(tmp_path, lambda it: it.answer(307, b"", {"Location": "http://127.0.0.1:1/v1"}))
    assert "redirects" in failure.message


def test_a_key_in_an_error_of_the_stream_is_taken_out(tmp_path: Path) -> None:
    error = b'data: {"error": {"message": "key ' + KEY.encode() + b' expired"}}\n\n'
    failure = failure_of(tmp_path, streams(text_delta("a"), error))
    assert "key [key] expired" in failure.message


# Busy endpoints


@pytest.mark.parametrize("status", [429, 503, 529])
def test_a_busy_endpoint_is_asked_again_after_the_time_that_it_names(tmp_path: Path, status: int) -> None:
    async def talk() -> tuple[RecordingSink, list[float]]:
        waits: list[float] = []
        busy = answer(status, {"error": "slow down"}, headers={"Retry-After": "3"})
        with chat_endpoint(busy, answer(status, {}), says("hi")) as server:
            async with opened_model(model_agent(server, tmp_path, waits=waits)) as session:
                return await ask_model(session), waits

    sink, waits = in_time(talk())
    assert (sink.answer, waits) == ("hi", [3.0, 4.0])
    assert all("busy" in status for status in sink.statuses)


def test_an_endpoint_that_stays_busy_fails_the_turn(tmp_path: Path) -> None:
    waits: list[float] = []
    failure = failure_of(tmp_path, answer(429, {"error": {"message": "Rate limit reached"}}), waits=waits)
    assert (failure.code, waits) == ("rate_limited", [2.0, 4.0])
    assert "Rate limit reached" in failure.message


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_long_wait_is_told_instead_of_waited(tmp_path: Path, form: str) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    header = {"Retry-After": "90" if form == "seconds" else date}
    waits: list[float] = []
    failure = failure_of(tmp_path, answer(429, {"error": "enough"}, headers=header), waits=waits)
    assert waits == []
    assert any(f"Send again in {seconds} s" in failure.message for seconds in (88, 89, 90))


@pytest.mark.parametrize("nonsense", ["soon", "-5", "9" * 200, "Mon, 99 Foo 2020"])
def test_a_retry_after_that_makes_no_sense_counts_as_absent(tmp_path: Path, nonsense: str) -> None:
    waits: list[float] = []
    failure_of(tmp_path, answer(429, {}, headers={"Retry-After": nonsense}), waits=waits)
    assert waits == [2.0, 4.0]


# Refusals that another request avoids


@pytest.mark.parametrize(
    "words",
    [
        "registry.ollama.ai/library/gemma:2b does not support tools",
        '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
        "tools param requires --jinja flag",
        "No endpoints found that support tool use.",
    ],
)
def test_a_model_without_tools_answers_without_them_and_that_is_said(tmp_path: Path, words: str) -> None:
    async def talk() -> tuple[RecordingSink, list[bool]]:
        with chat_endpoint(answer(400, {"error": {"message": words}}), says("hi")) as server:
            async with opened_model(model_agent(server, tmp_path)) as session:
                sink = await ask_model(session)
                await ask_model(session)
                return sink, ["tools" in request.json for request in server.sent_to(CHAT)]

    sink, had_tools = in_time(talk())
    assert sink.answer == "hi"
    assert "takes no tools" in sink.statuses[0]
    assert had_tools == [True, False, False]


def test_a_server_that_does_not_know_stream_options_is_asked_without(tmp_path: Path) -> None:
    async def talk() -> list[bool]:
        refusal = answer(400, {"error": {"message": "Unrecognized request argument supplied: stream_options"}})
        with chat_endpoint(refusal, says("hi")) as server:
            async with opened_model(model_agent(server, tmp_path)) as session:
                await ask_model(session)
                return ["stream_options" in request.json for request in server.sent_to(CHAT)]

    assert in_time(talk()) == [True, False]


def test_a_conversation_that_the_endpoint_finds_too_long_is_cut_and_asked_again(tmp_path: Path) -> None:
    async def talk() -> tuple[RecordingSink, list[str]]:
        too_long = answer(400, {"error": {"message": "This model's maximum context length is 10 tokens"}})
        with chat_endpoint(says("a" * 3000), says("b" * 3000), too_long, says("c")) as server:
            async with opened_model(model_agent(server, tmp_path)) as session:
                for prompt in ("one", "two"):
                    await ask_model(session, prompt)
                sink = await ask_model(session, "three")
                return sink, [message["content"] for message in sent_messages(server)]

    sink, contents = in_time(talk())
    assert sink.answer == "c"
    assert "left out" in sink.statuses[0]
    assert "one" not in contents
    assert contents[-1] == "three"


def test_a_message_that_never_fits_fails_in_the_endpoints_words(tmp_path: Path) -> None:
    too_long = answer(400, {"error": {"message": "prompt is too long: 9 > 8"}})
    assert "9 > 8" in failure_of(tmp_path, too_long).message


# Endpoints that are not there


def test_nothing_listens(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    async def talk() -> AgentFailure:
        with chat_endpoint() as server:
            config = AgentConfig(name="model", base_url=f"http://user:pass@127.0.0.1:{port}/v1?key=abc")
            async with opened_model(model_agent(server, tmp_path, config=config)) as session:
                with pytest.raises(AgentFailure) as caught:
                    await ask_model(session)
                return caught.value

    failure = in_time(talk())
    assert failure.code == "unreachable"
    assert failure.message == f"Nothing answers at http://127.0.0.1:{port}/v1.\nStart it, then try again."
    assert "pass" not in failure.message
    assert "abc" not in failure.message


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async def talk() -> str:
        with chat_endpoint(says("hi")) as server:
            async with opened_model(model_agent(server, tmp_path)) as session:
                return (await ask_model(session)).answer

    assert in_time(talk()) == "hi"


def test_a_connection_that_closes_without_an_answer(tmp_path: Path) -> None:
    assert "without an answer" in failure_of(tmp_path, Exchange.reset).message


def test_after_a_failure_the_next_message_does_not_repeat_the_lost_one(tmp_path: Path) -> None:
    async def talk() -> list[str]:
        with chat_endpoint(answer(500, {}), says("hi")) as server:
            async with opened_model(model_agent(server, tmp_path)) as session:
                with pytest.raises(AgentFailure):
                    await ask_model(session, "lost")
                await ask_model(session, "again")
                return [message["content"] for message in sent_messages(server)[1:]]

    assert in_time(talk()) == ["again"]


def test_after_a_cut_the_model_knows_what_it_had_said_and_done(tmp_path: Path) -> None:
    async def talk() -> list[tuple[str, str]]:
        cut = streams(text_delta("half"))
        with chat_endpoint(tool_answer("list_files", {}), cut, says("hi")) as server:
            async with opened_model(model_agent(server, tmp_path)) as session:
                with pytest.raises(AgentFailure):
                    await ask_model(session, "one")
                await ask_model(session, "two")
                return [(message["role"], message["content"]) for message in sent_messages(server)[1:]]

    messages = in_time(talk())
    assert [role for role, _ in messages] == ["user", "assistant", "tool", "assistant", "user"]
    assert messages[3][1] == "half\n\n[This answer broke off.]"


def test_an_empty_answer_leaves_nothing_behind(tmp_path: Path) -> None:
    async def talk() -> list[str]:
        with chat_endpoint(streams(finish(), DONE), says("hi")) as server:
            async with opened_model(model_agent(server, tmp_path)) as session:
                with pytest.raises(AgentFailure, match="answered with nothing"):
                    await ask_model(session, "one")
                await ask_model(session, "two")
                return [message["role"] for message in sent_messages(server)[1:]]

    assert in_time(talk()) == ["user"]
