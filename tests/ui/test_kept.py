"""Widgets that keep their rows are painted anew when what they stand on, or what they say, is another."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.color import Color
from textual.geometry import Region
from textual.widget import Widget

from superserve_tui.domain import SessionChanged, SessionState, TurnState
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session, make_turn
from tests.ui.log.test_scroll_bar import as_textual_paints, cells

IDLE = make_session("Some talk", state=SessionState.IDLE, server_id="ses_abc")


def ground(widget: Widget) -> Color:
    """The colour of a widget's first cell."""
    (strip,) = widget.render_lines(Region(0, 0, 1, 1))
    (segment,) = strip
    assert segment.style is not None
    assert segment.style.bgcolor is not None
    return Color.from_rich_color(segment.style.bgcolor)


def grounds(desk: OpenedApp) -> list[Color]:
    """Of all that keeps its rows."""
    ids = ("#body", "#sidebar", "#main", "#tools", "#composer-box", "#title", "#below", "#status", "#keys")
    return [ground(widget) for widget in (desk.main, *(desk.main.query_one(each) for each in ids))]


async def test_another_theme_shows_everywhere() -> None:
    async with opened(sessions=[IDLE]) as desk:
        await desk.open(IDLE, make_turn(1, state=TurnState.COMPLETED, text="done", duration_ms=5))
        before = grounds(desk)
        desk.app.theme = "textual-light"
        await desk.settle()
        assert all(now != then for now, then in zip(grounds(desk), before, strict=True))


@pytest.mark.parametrize("steps", [0, 1, 2])
async def test_the_scroll_bar_goes_with_the_theme_that_is_chosen(steps: int) -> None:
    async with opened(sessions=[IDLE]) as desk:
        await desk.open(IDLE, make_turn(1, state=TurnState.COMPLETED, text="line\n\n" * 200, duration_ms=5))
        bar = desk.main.log_view.vertical_scrollbar
        for _ in range(2):  # there, and on
            desk.main.action_app_theme()
            await desk.press(*["down"] * steps, "enter")
            await desk.settle()
            assert cells(bar.render_lines(bar.size.region)) == cells(as_textual_paints(bar))


async def test_the_composers_ground_says_where_the_keys_go() -> None:
    async with opened(sessions=[IDLE]) as desk:
        await desk.open(IDLE, make_turn(1, state=TurnState.COMPLETED, text="done", duration_ms=5))
        box = desk.main.query_one("#composer-box")
        before = ground(box)
        desk.main.query_one("#sessions").focus()
        await desk.settle()
        assert ground(box) != before


async def test_a_bar_says_what_is_new() -> None:
    async with opened(sessions=[IDLE]) as desk:
        await desk.open(IDLE, make_turn(1, state=TurnState.COMPLETED, text="done", duration_ms=5))
        title = desk.main.query_one("#title")
        for width, name in ((100, "A name"), (60, "Another name")):
            await desk.resize(width, 30)
            await desk.feed(SessionChanged(replace(IDLE, title=name)))
            (strip,) = title.render_lines(title.outer_size.region)
            assert name in strip.text
            assert strip.cell_length == title.outer_size.width
