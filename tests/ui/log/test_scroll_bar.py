"""The transcript's scroll bar: looks as Textual's does, and paints only what moved."""

from __future__ import annotations

from typing import Any

import pytest
from rich.style import Style
from textual.geometry import Region
from textual.scrollbar import ScrollBar
from textual.strip import Strip

from superserve_tui.ui.widgets.log.scroll_bar import LogScrollBar
from tests.support.log_stage import LogStage, document_of, make_turn


def cells(strips: list[Strip]) -> list[tuple[str, object, object, object]]:
    """What is seen, and what a click on it does."""
    looks = [(segment.text, segment.style or Style()) for strip in strips for segment in strip]
    return [(text, look.color, look.bgcolor, look.meta.get("@mouse.down")) for text, look in looks]


def as_textual_paints(bar: ScrollBar) -> list[Strip]:
    """The same bar by the way that it has from Textual."""
    bar._styles_cache.clear()
    bar._set_dirty()
    return ScrollBar.render_lines(bar, bar.size.region)


@pytest.mark.parametrize("turns", [4, 60, 400])
@pytest.mark.parametrize("rows_up", [0, 13, 100_000])
async def test_it_looks_as_textuals_does(turns: int, rows_up: int) -> None:
    app = LogStage(document_of(*(make_turn(number, "word\n\n" * 10) for number in range(1, turns + 1))))
    async with app.run_test(size=(60, 20)) as pilot:
        app.log_widget.scroll_rows(-rows_up)
        await pilot.pause()
        bar = app.log_widget.vertical_scrollbar
        assert isinstance(bar, LogScrollBar)
        ours = bar.render_lines(bar.size.region)

        assert len(ours) == 20
        assert [each[0] for each in cells(ours)] == [each[0] for each in cells(as_textual_paints(bar))]
        assert {each[3] for each in cells(ours)} <= {None, "grab", "scroll_up", "scroll_down"}
        assert any(each[3] == "grab" for each in cells(ours))


async def test_only_cells_that_moved_are_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    app = LogStage(document_of(*(make_turn(number, "word\n\n" * 10) for number in range(1, 60))))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        bar = app.log_widget.vertical_scrollbar
        bar.render_lines(bar.size.region)
        asked: list[Region] = []
        set_dirty = bar._set_dirty

        def counted(*regions: Region) -> None:
            asked.extend(regions or (bar.size.region,))
            set_dirty(*regions)

        monkeypatch.setattr(bar, "_set_dirty", counted)
        app.log_widget.changed()
        assert asked == []

        app.log_widget.scroll_rows(-40)
        await pilot.pause()
        assert 1 <= sum(region.area for region in asked) <= 6


async def test_another_theme_shows_at_once() -> None:
    app = LogStage(document_of(*(make_turn(number, "word\n\n" * 10) for number in range(1, 60))))
    async with app.run_test(size=(60, 20)) as pilot:
        bar: Any = app.log_widget.vertical_scrollbar
        before = cells(bar.render_lines(bar.size.region))
        app.theme = "textual-light"
        await pilot.pause()

        assert cells(bar.render_lines(bar.size.region)) != before
