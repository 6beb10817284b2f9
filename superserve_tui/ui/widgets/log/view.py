"""A window on a document: follows its end or holds its place, and paints the rows that changed, nothing else.

It paints its rows itself, past Textual's per-line style cache: give it no border and no padding, put it into a
container for those.

May import: textual, rich, the log's own modules.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from superserve_tui.ui.widgets.log.blocks import Fence
from superserve_tui.ui.widgets.log.document import LogDocument
from superserve_tui.ui.widgets.log.finding import Finder
from superserve_tui.ui.widgets.log.highlight import highlight
from superserve_tui.ui.widgets.log.layout import Line, Place
from superserve_tui.ui.widgets.log.painter import GUTTER, Painter, probe
from superserve_tui.ui.widgets.log.palette import COMPONENTS, STYLES, Palette
from superserve_tui.ui.widgets.log.reading import is_at_cursor
from superserve_tui.ui.widgets.log.scroll_bar import LogScrollBar
from superserve_tui.ui.widgets.log.selecting import Caret

__all__ = ["LogView"]

_MAX_TEXT = 100
"""Cells of text on a row at most: longer lines are hard to read."""
_CATCH_UP_S = 0.015
"""Seconds between two steps of parsing a flood: room for keys and painting."""
_SPIN_S = 0.12
"""Seconds between two signs of the spinner."""


class LogView(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows a `LogDocument`. Call `changed` once a frame after the document was written to."""

    HAS_OWN_BEAT: ClassVar[bool] = True
    """Turns the sign of what runs by a clock of its own; else whoever shows it calls `spin`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)

    DEFAULT_CSS = STYLES

    new_below: reactive[int] = reactive(0, repaint=False)
    """Rows that have come below what the reader has seen; 0 while following."""

    @dataclass
    class Fact(Message):
        """Something the log tells; `control` is the log."""

        log_widget: LogView

        @property
        def control(self) -> LogView:
            """The log."""
            return self.log_widget

    @dataclass
    class FollowChanged(Fact):
        """The end is followed, or not any more; or, in a held window, it came into view or left it."""

        follow: bool

    def __init__(
        self,
        document: LogDocument | None = None,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own word
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.document = document if document is not None else LogDocument("")
        self.refreshed_rows = 0
        """Rows asked to be painted again so far; for tests and figures."""
        self._finder = Finder(self.document)
        self._palette: Palette | None = None
        self._painter: Painter | None = None
        self._top = Place(0, 0, 0)
        self._lines: list[Line] = []
        self._caret: Caret | None = None
        """Where a selection by keys has got to."""
        self._is_settling = False
        self._catching_up: Timer | None = None
        """Runs while more of a flood is to be parsed."""
        self._was_at_end = True, False
        """Whether the end was followed, and whether the transcript went on below the window."""

    _bar: LogScrollBar | None = None

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        """The scroll bar, made when it is first asked for, as Textual makes its own."""
        if self._vertical_scrollbar is None:
            self._vertical_scrollbar = self._bar = bar = LogScrollBar(
                name="vertical", thickness=self.scrollbar_size_vertical
            )
            bar.display = False
            self.app._start_widget(self, bar)
        return self._vertical_scrollbar

    # Lifecycle

    def on_mount(self) -> None:
        """Make the spinner's clock; it runs while a turn does."""
        self._spinner = self.set_interval(_SPIN_S, self.spin, pause=True)

    def on_resize(self) -> None:
        """Wrap what is seen to the new width."""
        self._update(is_all=True)

    def notify_style_update(self) -> None:
        """The theme or a style has changed: styles are looked up again, rows made anew."""
        super().notify_style_update()
        self._palette = self._painter = None
        if self._bar is not None and self._bar.is_mounted:
            self._bar.forget_look()
        if self.is_mounted and self.size:
            self.call_later(self._update, is_all=True)

    # Documents

    def show(self, document: LogDocument) -> None:
        """Show another document, where its reader left it; the one that is shown already is brought up to date."""
        if document is self.document:
            self._update(is_all=True)
            return
        self.document = document
        self._finder = Finder(document)
        self.screen.clear_selection()
        self._was_at_end = document.follow, False
        self._update(is_all=True)

    def changed(self) -> None:
        """The document was written to: paint the rows that are not what they were."""
        self._update()

    def spin(self) -> None:
        """Turn the sign of what runs, and bring the view up to date."""
        if self.document.is_running:
            if self.is_on_screen:
                self.document.layout.spinner += 1
                self._update()
        elif self.HAS_OWN_BEAT:
            self._spinner.pause()

    # Scrolling

    def scroll_rows(self, rows: int) -> None:
        """Scroll by rows, down where positive."""
        self.document.scroll_rows(rows, self._height)
        self._update()

    def scroll_pages(self, pages: float) -> None:
        """Scroll by window heights, down where positive; a whole page keeps one row in sight."""
        rows = max(1, round(abs(pages) * (self._height - 1)))
        self.scroll_rows(rows if pages > 0 else -rows)

    def to_start(self) -> None:
        """Show the transcript's beginning."""
        self.document.scroll_to(Place(0, 0, 0), self._height)
        self._update()

    def to_end(self) -> None:
        """Show the end and follow it."""
        self.document.to_end()
        self._update()

    @property
    def has_more_below(self) -> bool:
        """Whether the transcript goes on below the window, which does not follow it."""
        return not self.document.follow and self.document.layout.total > self.document.layout.y_of(self._top) + len(
            self._lines
        )

    # Painting

    def render_line(self, y: int) -> Strip:
        """A row for hit tests, with its places in the text."""
        return probe(self._lines, y, self.size.width)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of the window that `crop` covers, from finished strips wherever a row is as it was."""
        painter = self._painter_now()
        selection, lines, finder = self.text_selection, self._lines, self._finder
        strips = [
            painter.paint(
                lines[y],
                finder,
                selection,
                is_marked=self._is_marked(lines[y].place),
                caret=self._caret_at(lines[y].place),
            )
            if y < len(lines)
            else painter.blank
            for y in crop.line_range
        ]
        if crop.column_span != (0, painter.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def _painter_now(self) -> Painter:
        """The painter for the window as it is; made anew when its size, a style or a filter is another."""
        filters = tuple(self.get_line_filters())
        painter = self._painter
        if painter is None or painter.width != self.size.width or painter.filters != filters:
            if self._palette is None:
                style = self.rich_style
                self._palette = Palette(
                    lambda name: self.get_component_rich_style(name),
                    Style.from_color(style.color, style.bgcolor),
                    self.screen.get_component_rich_style("screen--selection"),
                )
            self._painter = painter = Painter(
                self._palette,
                width=self.size.width,
                text_width=self._text_width,
                filters=filters,
                background=self.background_colors[1],
            )
        return painter

    # View

    @property
    def _height(self) -> int:
        return max(1, self.scrollable_content_region.height)

    @property
    def _text_width(self) -> int:
        return max(1, min(_MAX_TEXT, self.scrollable_content_region.width - 2 * GUTTER))

    def _update(self, *, is_all: bool = False) -> None:
        """Bring the view up to date with the document; asks for a repaint of rows that differ."""
        if not self.is_attached or not self.size:
            return
        if self.document.is_running and self.HAS_OWN_BEAT:
            self._spinner.resume()
        document = self.document
        document.resize(self._text_width, self._painter_now().palette)
        document.sync()
        top, lines = document.lines(self._height)
        old, self._top, self._lines = self._lines, top, lines
        self._place_scroll_bar(document)
        if is_all:
            self.refreshed_rows += self._height
            self.refresh()
        else:
            self._refresh_changed(old, lines)
        self.new_below = document.unseen_rows()
        if (at_end := (document.follow, self.has_more_below)) != self._was_at_end:
            self._was_at_end = at_end
            self.post_message(self.FollowChanged(self, document.follow))
        if document.is_behind and self._catching_up is None:
            self._catching_up = self.set_timer(_CATCH_UP_S, self._catch_up)
        self._highlight_seen()

    def _catch_up(self) -> None:
        self._catching_up = None
        self._update()

    def _refresh_changed(self, old: list[Line], new: list[Line]) -> None:
        """Ask for a repaint of the rows that differ, in stretches; what is the same keeps its finished strip."""
        width = self.size.width
        start: int | None = None
        for y in range(max(len(old), len(new)) + 1):
            is_same = y >= max(len(old), len(new))
            if y < len(old) and y < len(new):
                before, after = old[y].row, new[y].row
                if before is None or after is None:
                    is_same = before is after
                else:
                    is_same = before.same_as(after)
                    if is_same and after.strips is None:
                        after.strips = before.strips
                is_same = is_same and self._is_marked(old[y].place) == self._is_marked(new[y].place)
            if not is_same and start is None:
                start = y
            elif is_same and start is not None:
                self.refreshed_rows += y - start
                self.refresh(Region(0, start, width, y - start))
                start = None

    def _place_scroll_bar(self, document: LogDocument) -> None:
        """Set extent and position without a layout of the screen, which a change of `virtual_size` would cause."""
        total = document.layout.total
        size = Size(self.scrollable_content_region.width, total)
        y = min(document.layout.y_of(self._top), max(0, total - self._height))
        self._is_settling = True
        try:
            if size != self.virtual_size:
                self.set_reactive(Widget.virtual_size, size)
                self._scroll_update(size)
            if round(self.scroll_y) != y:
                self.set_reactive(Widget.scroll_target_y, float(y))
                self.scroll_y = float(y)
        finally:
            self._is_settling = False

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The person scrolled: wheel, bar or selection."""
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = new_value
        if self._is_settling or round(old_value) == round(new_value):
            return
        rows = round(new_value) - self.document.layout.y_of(self._top)
        if abs(rows) <= 3 * self._height:
            self.document.scroll_rows(rows, self._height)
        else:
            self.document.scroll_to(self.document.layout.place_at(round(new_value)), self._height)
        if new_value >= self.max_scroll_y and not self.document.is_held:
            self.document.to_end()
        self._update()

    def _highlight_seen(self) -> None:
        """Have closed code in view coloured, in a thread."""
        for place, _ in self._lines:
            block = self.document.turns[place.turn].blocks[place.block]
            fence = block.fence
            if fence is not None and fence.is_closed and not fence.is_queued and fence.language:
                fence.is_queued = True
                self.run_worker(self._highlight(fence), group="highlight", exit_on_error=False)

    async def _highlight(self, fence: Fence) -> None:
        code = "".join(
            (chunk.join[:1] if index else "") + "\n".join(chunk.lines) for index, chunk in enumerate(fence.chunks)
        )
        lines = await asyncio.to_thread(highlight, code, fence.language)
        if lines is None:
            return
        at = 0
        for chunk in fence.chunks:
            if chunk.join == "":
                return
            chunk.tokens = lines[at : at + len(chunk.lines)]
            at += len(chunk.lines)
        fence.version += 1
        self._update()

    def _caret_at(self, place: Place) -> int | None:
        head = self._caret.head if self._caret is not None else None
        return head.at if head is not None and head[:2] == place[:2] else None

    def _is_marked(self, place: Place) -> bool:
        return self.document.cursor is not None and is_at_cursor(self.document, place)
