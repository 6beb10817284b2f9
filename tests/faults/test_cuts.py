"""A stream cut anywhere: the store holds what the server sent, byte for byte, and nothing twice."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from superserve_tui.domain import SessionState, Turn, TurnState
from superserve_tui.protocol import CallState, encode_event
from tests.support.fault_server import EVENT_STREAM_HEAD, Exchange, FaultServer, completed, delta
from tests.support.faulty_service import FaultyService
from tests.support.whole_engine import WholeEngine, whole_engine

STEP = int(os.environ.get("FAULTS_STEP", "1"))
"""Bytes between two cuts."""

DELTAS = ("Grüße", " 漢字🎉\u2028\n", "```\ta\x1b[1m", "\r\nend ")
LOG = (
    encode_event("run.started", {}),
    delta(DELTAS[0]),
    encode_event("heartbeat", {}),
    encode_event("tool.start", {"id": "1", "tool": "bash", "input": {"a": "ä"}}),
    delta(DELTAS[1]),
    encode_event("never.seen", {"content": "no text"}),
    encode_event("tool.end", {"id": "1", "duration_ms": 7}),
    delta(DELTAS[2]),
    delta(DELTAS[3]),
    completed(9),
)
WIRE = b"".join(LOG)
TEXT = "".join(DELTAS)

Break = Callable[[Exchange], None]


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


def _is_whole(turn: Turn) -> bool:
    (call,) = turn.calls
    return (
        (turn.text, turn.state, turn.duration_ms, turn.events_seen) == (TEXT, TurnState.COMPLETED, 9, len(LOG))
        and (call.name, call.input, call.state, call.duration_ms) == ("bash", {"a": "ä"}, CallState.COMPLETED, 7)
        and call.text_offset == len(DELTAS[0])
    )


def _run(whole: WholeEngine, service: FaultyService, cuts: list[int], prepare: Callable[[int], None]) -> None:
    """One turn for each cut, all in one session; then every turn in the store is looked at."""
    session_id = whole.new_session()
    for cut in cuts:
        prepare(cut)
        whole.ask(session_id, f"cut at {cut}")
    turns = whole.saved(session_id)
    assert [turn.prompt for turn in turns] == [f"cut at {cut}" for cut in cuts]
    assert [turn.prompt for turn in turns if not _is_whole(turn)] == []
    assert service.prompts == [turn.prompt for turn in turns]  # each was sent once
    assert whole.watcher.problems == []


@pytest.mark.parametrize("how", [Exchange.close, Exchange.reset], ids=["closed", "reset"])
def test_a_turn_cut_at_any_byte_is_whole_in_the_store(server: FaultServer, tmp_path: Path, how: Break) -> None:
    service = FaultyService(server)

    def prepare(cut: int) -> None:
        def message(exchange: Exchange) -> None:
            exchange.stream(WIRE[:cut])
            how(exchange)

        service.on_message = message
        service.on_events = lambda exchange, after: exchange.events(*LOG[after:])

    with whole_engine(server.url, tmp_path / "sessions.db") as whole:
        _run(whole, service, [*range(0, len(WIRE), STEP if how is Exchange.close else STEP * 7)], prepare)


def test_a_turn_cut_again_and_again_is_whole_in_the_store(server: FaultServer, tmp_path: Path) -> None:
    service = FaultyService(server)

    def prepare(cut: int) -> None:
        service.on_message = lambda exchange: exchange.events(WIRE[:cut])
        tries = iter((0, 1, cut % 50 + 1, 60))  # bytes that each reconnect brings before it is cut, too

        def events(exchange: Exchange, after: int) -> None:
            exchange.events(b"".join(LOG[after:])[: next(tries, None)])

        service.on_events = events

    with whole_engine(server.url, tmp_path / "sessions.db") as whole:
        _run(whole, service, [*range(0, len(WIRE), STEP * 5)], prepare)


def test_a_connection_that_breaks_before_its_headers_is_asked_about_and_picked_up(
    server: FaultServer, tmp_path: Path
) -> None:
    service = FaultyService(server)
    heads = [EVENT_STREAM_HEAD[:cut] for cut in range(0, len(EVENT_STREAM_HEAD), 9)]

    def prepare(cut: int) -> None:
        def message(exchange: Exchange) -> None:
            exchange.send(heads[cut])
            exchange.close()

        service.on_message = message
        service.on_events = lambda exchange, after: exchange.events(*LOG[after:])

    with whole_engine(server.url, tmp_path / "sessions.db") as whole:
        _run(whole, service, list(range(len(heads))), prepare)


def test_a_server_that_comes_back_slowly_is_waited_for(server: FaultServer, tmp_path: Path) -> None:
    service = FaultyService(server)

    def prepare(cut: int) -> None:
        service.on_message = lambda exchange: exchange.events(WIRE[:cut])
        answers: Iterator[Break] = iter(
            (
                Exchange.reset,
                Exchange.close,
                lambda exchange: exchange.json(503, {"detail": "starting"}),
                lambda exchange: exchange.json(429, {"detail": "slowly"}, headers={"Retry-After": "1"}),
                lambda exchange: exchange.answer(502, b"<html>bad gateway</html>"),
            )
        )

        def events(exchange: Exchange, after: int) -> None:
            next(answers, lambda it: it.events(*LOG[after:]))(exchange)

        service.on_events = events

    with whole_engine(server.url, tmp_path / "sessions.db") as whole:
        _run(whole, service, [*range(0, len(WIRE), 40)], prepare)


@pytest.mark.parametrize("after", [0, 1, 100, len(WIRE) // 2])
def test_a_stream_that_stalls_is_lost_after_its_silence_and_picked_up(
    server: FaultServer, tmp_path: Path, after: int
) -> None:
    service = FaultyService(server)

    def message(exchange: Exchange) -> None:
        exchange.stream(WIRE[:after])
        exchange.wait_until_left()

    service.on_message = message
    service.on_events = lambda exchange, seen: exchange.events(*LOG[seen:])
    with whole_engine(server.url, tmp_path / "sessions.db", silence_timeout=0.2) as whole:
        session_id = whole.new_session()
        whole.ask(session_id, "stalls")
        assert _is_whole(whole.saved(session_id)[0])
        assert any("reconnecting 1/10" in text for text in whole.watcher.links[session_id])


def test_without_a_way_to_pick_up_what_came_is_kept_to_the_byte(server: FaultServer, tmp_path: Path) -> None:
    service = FaultyService(server)
    with whole_engine(server.url, tmp_path / "sessions.db") as whole:
        session_id = whole.new_session()
        expected = []
        for count in range(1, len(LOG)):
            service.on_message = lambda exchange, count=count: exchange.events(*LOG[:count])  # type: ignore[misc]
            whole.ask(session_id, f"{count} events", state=SessionState.INTERRUPTED)
            sent = [piece for piece, event in zip(DELTAS, (1, 4, 7, 8), strict=True) if event < count]
            expected.append("".join(sent))
        turns = whole.saved(session_id)
        assert [turn.text for turn in turns] == expected
        assert {turn.state for turn in turns} == {TurnState.INTERRUPTED}
        assert all(call.state is not CallState.RUNNING for turn in turns for call in turn.calls)
        assert len(service.prompts) == len(turns)
