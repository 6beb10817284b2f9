"""Keys that come in one read, as from a fast hand over a slow line: each counts once."""

from __future__ import annotations

from superserve_tui.engine import CreateSession
from tests.support.opened_app import opened


async def test_enter_twice_in_a_dialog_answers_once() -> None:
    async with opened() as desk:
        await desk.press("ctrl+n")
        await desk.type("\r\r")

        assert len(desk.engine.sent(CreateSession)) == 1
        assert desk.screen is desk.main


async def test_escape_after_enter_in_one_read_answers_once() -> None:
    async with opened() as desk:
        await desk.press("ctrl+n")
        await desk.type("\r\x1b")

        assert len(desk.engine.sent(CreateSession)) == 1
        assert desk.screen is desk.main
