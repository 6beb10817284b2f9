"""Nonsense between words costs itself: the turn goes on, is saved, found and opened again (PROMISES 13)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from superserve_tui.domain import TurnState
from superserve_tui.protocol import CallState, encode_event
from tests.support.fault_server import FaultServer, completed, delta
from tests.support.faulty_service import FaultyService
from tests.support.saved import done, open_store
from tests.support.whole_engine import whole_engine


def _event(kind: str, data: str | bytes) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), data.encode() if isinstance(data, str) else data)


NONSENSE: dict[str, bytes] = {
    "no JSON": _event("message.delta", "not json"),
    "half of it": _event("message.delta", '{"content": "x'),
    "a list": _event("message.delta", '["x"]'),
    "brackets": _event("message.delta", "[" * 100_000) + _event("tool.start", '{"input":' * 50_000),
    "NaN": _event("message.delta", '{"content": NaN}') + _event("tool.end", '{"duration_ms": -Infinity}'),
    "giant numbers": _event("tool.end", f'{{"duration_ms": {"9" * 4000}}}') + _event("status", "1e999999"),
    "types": b"".join(
        _event("message.delta", f'{{"content": {each}}}') for each in ("5", "null", "[]", "{}", "true")
    ),
    "tools": _event("tool.start", '{"tool": 5}')
    + _event("tool.start", "{}")
    + _event("tool.end", '{"id": []}') * 3,
    "no UTF-8": _event("message.delta", b'{"content": \xff\xfe}') + b"\xff: \xc3(\n\n",
    "an event with a strange name": _event("\x1b]0;x\x07" + "long" * 9000, "{}") + _event("", '{"a": 1}'),
    "errors that are none": _event("error", "boom") + _event("run.fail", '{"error": "no"}'),
    "comments and fields": b": \x00\n:\nid: \x00\nretry: -1\nnull\n\n",
    "nothing": b"\n\r\n\r\ndata\n\n",
}
KEPT = "Zürich \ud800 \x00 \x1b[31m \u202e needle "
STORED = "Zürich \ufffd \ufffd \x1b[31m \u202e needle "


@pytest.fixture
def turn_of_nonsense() -> tuple[list[bytes], str]:
    """A turn with every kind of nonsense, each between two words, and the text that it has."""
    log = [encode_event("tool.start", {"tool": "\ud800\x00", "input": {"\ud800": "\x00", "n": 10**30}})]
    for number, nonsense in enumerate(NONSENSE.values()):
        log += [delta(f"{number} "), nonsense]
    log += [_event("message.delta", json.dumps({"content": KEPT})), completed(7), delta("after the end")]
    return log, "".join(f"{number} " for number in range(len(NONSENSE))) + STORED


def test_nonsense_between_words_costs_nothing_but_itself(
    tmp_path: Path, turn_of_nonsense: tuple[list[bytes], str]
) -> None:
    log, text = turn_of_nonsense
    path = tmp_path / "sessions.db"
    with FaultServer() as server:
        service = FaultyService(server)
        service.on_message = lambda exchange: exchange.events(*log)
        with whole_engine(server.url, path) as whole:
            session_id = whole.new_session()
            whole.ask(session_id, "nonsense, please")
            (told,) = whole.watcher.transcripts[session_id].values()
            assert (told.text, told.state, told.duration_ms) == (text, TurnState.COMPLETED, 7)
            assert {call.state for call in told.calls} <= {CallState.COMPLETED, CallState.INTERRUPTED}
            assert whole.watcher.problems == []
    with open_store(path) as store:
        (turn,) = done(store.transcript(session_id))
        assert (turn.text, turn.state, len(turn.calls)) == (text, TurnState.COMPLETED, len(told.calls))
        assert [hit.session_id for hit in done(store.search("needle"))] == [session_id]
