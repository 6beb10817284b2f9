"""Windows of every size, and from one to the other: nothing raises, the message that is written stays in view."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from textual.color import Color

from superserve_tui.domain import QueueChanged, SessionState, TextAppended, TurnState
from superserve_tui.protocol import CallState
from superserve_tui.ui.screens.layout import ToolsMode, lay_out
from superserve_tui.ui.widgets.bars import KeyBar
from superserve_tui.ui.widgets.composer import Composer
from superserve_tui.ui.widgets.session_list import SessionList
from superserve_tui.ui.widgets.tool_pane import ToolPane
from superserve_tui.ui.widgets.tool_ticker import ToolTicker
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_call, make_session, make_turn

SIZES = [(20, 5), (40, 10), (80, 24), (120, 40), (200, 50), (500, 200)]
SESSION = make_session("A talk", state=SessionState.RUNNING, server_id="ses_1")
TURN = make_turn(1, "ask", text="# Title\n\n" + "words of an answer " * 60 + "\n\n```python\nprint(1)\n```\n" * 5)


async def _stream(desk: OpenedApp) -> None:
    calls = tuple(make_call(index, name=f"tool_{index}") for index in range(3))
    await desk.open(SESSION, replace(TURN, calls=calls))


def _composer_is_in_view(desk: OpenedApp) -> bool:
    region = desk.composer.region
    return region.height >= 1 and region.width >= 8 and desk.app.size.region.contains_region(region)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_composer_is_in_view_and_takes_text(size: tuple[int, int]) -> None:
    async with opened(size=size) as desk:
        assert _composer_is_in_view(desk)
        await _stream(desk)
        await desk.type("seen")
        assert desk.has("seen")
        assert _composer_is_in_view(desk)
        await desk.type("\n".join(f"line {number}" for number in range(30)))
        assert _composer_is_in_view(desk)
        assert desk.has("line 29")


async def test_every_resize_in_mid_stream_is_drawn() -> None:
    waiting = tuple(make_turn(number, "wait", state=TurnState.QUEUED) for number in range(2, 9))
    async with opened() as desk:
        await _stream(desk)
        await desk.feed(QueueChanged(SESSION.id, waiting))
        for number, ((_, _), (width, height)) in enumerate(pairwise([*SIZES, *SIZES[-2::-1], (1, 1), *SIZES])):
            desk.engine.feed(TextAppended(SESSION.id, TURN.id, f"piece {number} " * 20))
            await desk.resize(width, height)
            desk.rows()
            assert (width, height) == (1, 1) or _composer_is_in_view(desk)


@pytest.mark.parametrize("theme", ["superserve-ink", "superserve-paper"])
@pytest.mark.parametrize("size", [(20, 5), (80, 24), (120, 40)], ids=str)
async def test_both_themes_are_drawn(theme: str, size: tuple[int, int]) -> None:
    async with opened(size=size) as desk:
        await _stream(desk)
        desk.app.theme = theme
        await desk.settle()

        desk.rows()
        background = desk.app.theme_variables["background"].lower()
        colours = {
            segment.style.bgcolor.triplet.hex
            for strip in desk.app.screen._compositor.render_strips()
            for segment in strip
            if segment.style and segment.style.bgcolor and segment.style.bgcolor.triplet
        }
        assert background in colours


async def test_no_color_means_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened() as desk:
        await _stream(desk)

        for strip in desk.app.screen._compositor.render_strips():
            for segment in strip:
                for colour in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                    triplet = colour.triplet if colour else None
                    assert triplet is None or triplet.red == triplet.green == triplet.blue, segment
        assert desk.has("A talk")
        assert desk.has("running")


async def test_below_its_width_the_sidebar_lies_over_the_transcript() -> None:
    async with opened(size=(60, 20)) as desk:
        await _stream(desk)
        listed = desk.sidebar
        assert listed.region.area == 0
        width = desk.main.log_view.region.width
        await desk.press("f9")
        assert isinstance(desk.main.focused, SessionList)
        assert listed.region.width >= 30
        assert desk.main.log_view.region.width == width
        assert desk.has("A talk")
        desk.rows()
        await desk.press("enter")
        assert listed.region.area == 0
        assert isinstance(desk.main.focused, Composer)
        await desk.press("f9", "escape")
        assert listed.region.area == 0


async def test_where_there_is_no_room_for_the_tools_a_line_stands_for_them() -> None:
    async with opened(size=(80, 24)) as desk:
        await _stream(desk)
        ticker = desk.main.query_one(ToolTicker)
        assert desk.main.query_one(ToolPane).region.area == 0
        assert ticker.region.height == 1
        assert desk.has("tool_2 a.py")
        assert desk.has("3 tools")


async def test_a_single_call_that_ended_is_told_with_its_time() -> None:
    async with opened(size=(80, 24)) as desk:
        call = make_call(0, name="read_file", state=CallState.COMPLETED, duration_ms=1234)
        await desk.open(SESSION, replace(TURN, calls=(call,)))

        assert desk.has("✓ read_file a.py · 1.2 s · 1 tool")


@pytest.mark.parametrize("width", [20, 40, 59, 60, 95, 96, 115, 116, 200])
@pytest.mark.parametrize("tools", ToolsMode)
def test_tools_are_a_pane_or_a_line_never_both(width: int, tools: ToolsMode) -> None:
    layout = lay_out(width, 24, sidebar=None, tools=tools)

    assert layout.has_tool_pane + layout.has_ticker == (tools is not ToolsMode.OFF)


@pytest.mark.parametrize("width", [30, 59, 80, 120])
async def test_ctrl_t_reaches_every_way_that_the_width_allows(width: int) -> None:
    async with opened(size=(width, 24)) as desk:
        await _stream(desk)
        seen = set()
        for _ in range(3):
            pane, line = desk.main.query_one(ToolPane), desk.main.query_one(ToolTicker)
            seen.add((bool(pane.region.area), bool(line.region.area)))
            await desk.press("ctrl+t")

        assert seen >= {(False, True), (False, False)}
        assert ((True, False) in seen) == (width >= 60)


@pytest.mark.parametrize("theme", ["superserve-ink", "superserve-paper", "textual-dark"])
async def test_selected_text_can_be_read(theme: str) -> None:
    async with opened() as desk:
        desk.app.theme = theme
        await desk.settle()
        style = desk.main.get_component_rich_style("screen--selection")
        assert style.color is not None
        assert style.bgcolor is not None
        text, ground = Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
        assert abs(text.brightness - ground.brightness) > 0.3


async def test_what_is_said_of_a_key_is_quieter_than_the_key() -> None:
    async with opened() as desk:
        segments = [each for each in desk.main.query_one(KeyBar).render_line(0) if each.text.strip()]
        brightness = [
            Color.from_rich_color(each.style.color).brightness
            for each in segments
            if each.style and each.style.color
        ]
        assert segments[0].text.strip() == "Enter"
        assert brightness[0] > brightness[1] + 0.1
