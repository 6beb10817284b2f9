"""Whatever a framed script writes, in whatever pieces it arrives: one meaning, and never an exception of ours."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from superserve_tui.server.agents.base import AgentFailure
from superserve_tui.server.agents.channel import Channel, End, Item
from superserve_tui.server.agents.framed import FramedTurn
from superserve_tui.server.agents.stderr_ring import StderrRing
from tests.support.recording_sink import RecordingSink

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KINDS = st.sampled_from(
    ["ready", "text", "status", "metadata", "tool_start", "tool_end", "error", "turn_done", "message", "x" * 300]
)
MESSAGES = st.fixed_dictionaries(
    {"type": KINDS | JSON},
    optional=dict.fromkeys(("content", "data", "id", "tool", "input", "message", "duration_ms"), JSON),
)
LINES = (
    MESSAGES.map(lambda message: json.dumps(message).encode())
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.sampled_from(
        [b"", b"\r", b"stray print", b"\xff\xfe\x00", b"\xed\xa0\x80", b"[" * 20_000, b'{"type":' * 9000]
    )
    | st.binary(max_size=12)
)
OUTPUTS = st.lists(LINES, max_size=10).map(b"\n".join)


class Pieces:
    """As much of a channel as a turn needs whose script has written its last."""

    marks_reads = False

    def __init__(self, pieces: list[bytes]) -> None:
        self._items: list[Item] = [*pieces, End.EXITED]
        self.sent: list[str] = []

    async def next(self, timeout_s: float | None) -> Item | None:
        return None if timeout_s == 0 else self._items.pop(0)

    def put_back(self, data: bytes) -> None:
        if data:
            self._items.insert(0, data)

    def send_line(self, line: str) -> None:
        self.sent.append(line)


def heard(pieces: list[bytes]) -> tuple[object, ...]:
    """Everything that a turn makes of a script's output."""

    async def run() -> tuple[object, ...]:
        sink, log = RecordingSink(), StderrRing()
        turn = FramedTurn(cast(Channel, Pieces(pieces)), sink, log=log)
        await turn.send("hello")
        end: object
        try:
            end = await turn.finish()
        except AgentFailure as failure:
            end = str(failure)
        json.dumps([sink.answer, sink.statuses, sink.events, [call.input for call in sink.calls]]).encode()
        return end, sink.answer, sink.statuses, repr(sink.events), repr(sink.calls), log.lines()

    return asyncio.run(run())


@given(OUTPUTS, st.lists(st.integers(0, 400), max_size=6))
def test_any_output_of_a_framed_script_is_borne_in_any_pieces(output: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(output)) for cut in cuts), len(output)]
    assert heard([output[begin:end] for begin, end in pairwise(places)]) == heard([output])
