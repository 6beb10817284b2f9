"""The transcript's scroll bar: looks as Textual's does, and paints only what moved."""

from __future__ import annotations

from typing import Any

import pytest
from textual.geometry import Region
from textual.scrollbar import ScrollBar
from textual.strip import Strip

from superserve_tui.ui.widgets.log.scroll_bar import LogScrollBar
from tests.support.log_stage import LogStage, document_of, make_turn


def cells(strips: list[Strip]) -> list[tuple[str, object, object, object]]:
    """What is seen, in front of and behind each sign, and what a click on it does."""
    found: list[tuple[str, object, object, object]] = []
    for strip in strips:
        for text, style, _ in strip:
            assert style is not None
            ink, ground = (style.bgcolor, style.color) if style.reverse else (style.color, style.bgcolor)
            found.append((text, ink if text.strip() else None, ground, style.meta.get("@mouse.down")))
    return found


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
        assert cells(ours) == cells(as_textual_paints(bar))
        assert any(action == "grab" for _, _, _, action in cells(ours))


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
