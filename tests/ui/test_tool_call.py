"""One tool call, whole."""

from __future__ import annotations

import pytest

from superserve_tui.protocol import CallState, ToolCall
from tests.support.opened_app import opened
from tests.support.saved import make_call


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (make_call(started_ms=900), "running since 900 ms into the turn"),
        (make_call(started_ms=900, state=CallState.INTERRUPTED), "interrupted, began 900 ms into the turn"),
        (
            make_call(started_ms=900, state=CallState.COMPLETED, duration_ms=1800),
            "completed, took 1.8 s, began 900 ms into the turn",
        ),
    ],
)
async def test_a_call_says_what_is_known_of_its_times_and_no_more(call: ToolCall, words: str) -> None:
    async with opened() as desk:
        desk.main.show_call(call)
        await desk.settle()

        assert any(row.strip() == words for row in desk.rows())
