"""Themes that use the terminal's own colours: nobody knows how those go together."""

from __future__ import annotations

import pytest

from superserve_tui.config import Config
from superserve_tui.domain import SessionState
from superserve_tui.ui.modals.broadcast import BroadcastDialog
from superserve_tui.ui.modals.side_by_side import AnswerBar, SideBySide
from tests.support.opened_app import opened
from tests.support.saved import make_session

THEMES = ["ansi-dark", "ansi-light"]
RUNNING = make_session("Runs", state=SessionState.RUNNING, server_id="ses_abc")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("opener", "first", "second"),
    [
        ("ctrl+p", "Start a session", "Find a session"),
        ("ctrl+n", "python echo.py", "built in"),
        ("ctrl+s", "Runs", None),
    ],
)
async def test_the_row_that_enter_takes_is_in_reverse_video(
    theme: str, opener: str, first: str, second: str | None
) -> None:
    async with opened(config=Config(theme=theme), sessions=(RUNNING,)) as desk:
        await desk.press("f9", opener)
        row = desk.look(first)

        assert row.reverse
        assert (row.color, row.bgcolor) == (desk.look("Esc").color, desk.look("Esc").bgcolor)
        assert second is None or not desk.look(second).reverse


@pytest.mark.parametrize("theme", THEMES)
async def test_a_dialog_has_an_edge(theme: str) -> None:
    async with opened(config=Config(theme=theme)) as desk:
        await desk.press("ctrl+p")

        assert any("╭───" in row for row in desk.rows())
        assert any("╰───" in row for row in desk.rows())


@pytest.mark.parametrize("theme", THEMES)
async def test_the_button_that_enter_takes_is_in_reverse_video(theme: str) -> None:
    async with opened(config=Config(theme=theme), sessions=(RUNNING,)) as desk:
        await desk.press("ctrl+q")
        assert desk.look("Quit   ").reverse is not True
        buttons = [str(each.label) for each in desk.screen.query("Button").results()]  # type: ignore[attr-defined]

        assert desk.look(buttons[0]).reverse
        assert not desk.look(buttons[1]).reverse


@pytest.mark.parametrize("theme", THEMES)
async def test_the_answer_with_the_focus_is_marked_by_its_title(theme: str) -> None:
    async with opened(config=Config(theme=theme)) as desk:
        await desk.type("what now?")
        await desk.press("alt+s")
        assert isinstance(desk.screen, BroadcastDialog)
        await desk.press("tab", "down", "tab", "enter")
        assert isinstance(desk.screen, SideBySide)
        first, second = (each.region for each in desk.screen.query(AnswerBar))
        strips = desk.app.screen._compositor.render_strips()
        looks = [strips[each.y].crop(each.x + 2, each.x + 3)._segments[0].style for each in (first, second)]

        assert [bool(style and style.reverse) for style in looks] == [True, False]
