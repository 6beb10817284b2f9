"""Leaving while `/end` is slow, fails, or is not reached: gone in time, nothing forgotten, nothing ended twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest

from superserve_tui.engine import SendPrompt
from tests.support.fault_server import Exchange, FaultServer, completed, delta
from tests.support.faulty_service import FaultyService
from tests.support.whole_engine import WholeEngine, whole_engine

GONE_WITHIN_S = 3.0
SESSIONS = 5


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


def _talk(whole: WholeEngine, service: FaultyService) -> None:
    """Five sessions with a turn each."""
    service.on_message = lambda exchange: exchange.events(delta("hello"), completed())
    for _ in range(SESSIONS):
        whole.ask(whole.new_session(), "hello")


def _quit(whole: WholeEngine) -> None:
    began = monotonic()
    assert whole.engine.quit(timeout_s=GONE_WITHIN_S)
    assert monotonic() - began < GONE_WITHIN_S + 2  # on a busy machine


def _owed(whole: WholeEngine) -> list[bool]:
    return [entry.is_end_owed for entry in whole.store.live_server_sessions().result(20)]


@pytest.mark.parametrize("status", [200, 404, 409, 410])
def test_an_end_that_reached_its_goal_is_done(server: FaultServer, tmp_path: Path, status: int) -> None:
    service = FaultyService(server)
    service.on_end = lambda exchange: exchange.json(status, {"id": "ses_1", "detail": "it is over"})
    with whole_engine(server.url, tmp_path / "sessions.db") as whole:
        _talk(whole, service)
        _quit(whole)
        assert _owed(whole) == []
        assert sorted(service.ended) == sorted(service.counts)


_FAULTS: dict[str, Callable[[Exchange], None]] = {
    "stalls": lambda exchange: exchange.hold(threading.Event(), timeout_s=6.0),
    "resets": Exchange.reset,
    "closes": Exchange.close,
    "fails": lambda exchange: exchange.json(500, {"detail": "broken"}),
    "is no longer let in": lambda exchange: exchange.json(401, {"detail": "bad key"}),
    "answers nonsense": lambda exchange: exchange.send(b"\x00\xff nonsense\r\n\r\n"),
}


@pytest.mark.parametrize("fault", _FAULTS)
def test_an_end_that_fails_is_written_down_and_done_at_the_next_start(
    server: FaultServer, tmp_path: Path, fault: str
) -> None:
    service = FaultyService(server)
    path = tmp_path / "sessions.db"
    with whole_engine(server.url, path) as whole:
        _talk(whole, service)
        well, service.on_end = service.on_end, _FAULTS[fault]
        _quit(whole)
        assert _owed(whole) == [True] * SESSIONS
    service.on_end = well
    service.ended.clear()
    with whole_engine(server.url, path) as whole:
        whole.until(lambda: len(service.ended) == SESSIONS)
        whole.until(lambda: _owed(whole) == [])
        _quit(whole)
        assert sorted(service.ended) == sorted(service.counts)


def test_some_that_hang_do_not_keep_the_others_from_being_ended(server: FaultServer, tmp_path: Path) -> None:
    service = FaultyService(server)
    with whole_engine(server.url, tmp_path / "sessions.db") as whole:
        _talk(whole, service)
        well, hanging = service.on_end, f"ses_{2:032x}"

        def end(exchange: Exchange) -> None:
            if hanging in exchange.request.path:
                exchange.hold(threading.Event(), timeout_s=6.0)
            else:
                well(exchange)

        service.on_end = end
        _quit(whole)
        owed = [entry.server_id for entry in whole.store.live_server_sessions().result(20)]
        assert owed == [hanging]


def test_quitting_in_mid_stream_ends_the_session_once(server: FaultServer, tmp_path: Path) -> None:
    service = FaultyService(server)
    left = threading.Event()

    def message(exchange: Exchange) -> None:
        exchange.stream(delta("so far"))
        assert exchange.wait_until_left()
        left.set()

    service.on_message = message
    with whole_engine(server.url, tmp_path / "sessions.db") as whole:
        session_id = whole.new_session()
        whole.do(SendPrompt(session_id, "long"))
        whole.until(lambda: [turn.text for turn in whole.saved(session_id)] == ["so far"])
        _quit(whole)
        assert left.wait(3)
        assert service.ended == [f"ses_{1:032x}"]
        assert [turn.text for turn in whole.saved(session_id)] == ["so far"]
