"""A list drawn line by line: thousands of rows cost no more than the ones on screen.

May import: textual, rich.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

__all__ = ["LineList", "Piece", "Row", "fit"]

Piece = tuple[str, str]
"""Text and the component class of its style, without the list's prefix."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the list."""

    key: str
    """Identifies it; empty for a heading, which the cursor passes over."""
    height: int = 1
    """Lines on screen."""
    heading: str = ""
    """What a heading says."""


def fit(text: str, width: int) -> str:
    """`text` cut to `width` cells, with an ellipsis where something is lost."""
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return "…"[: max(0, width)]
    return set_cell_size(text, width - 1).rstrip() + "…"


class LineList(ScrollView, can_focus=True):
    """Rows with a cursor. A subclass says what each line shows, in `line_pieces`.

    The class `-led` is for one that is moved from a line to type in: it never has the focus, its cursor counts all
    the same. With the terminal's own colours, of which nobody knows how they go together, the cursor's row is in
    reverse video.
    """

    COMPONENT_CLASSES = {"list--cursor", "list--hover", "list--heading", "list--muted", "list--text"}

    DEFAULT_CSS = """
    LineList {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .list--text { color: $foreground; }
        & > .list--muted { color: $text-muted; }
        & > .list--heading { color: $text-muted; text-style: bold; }
        & > .list--cursor { background: $boost; }
        & > .list--hover { background: $boost; }
        &:focus > .list--cursor, &.-led > .list--cursor { background: $block-cursor-background; }
        &:ansi > .list--muted { text-style: dim; }
        &:ansi > .list--cursor { text-style: bold; }
        &:ansi:focus > .list--cursor, &.-led:ansi > .list--cursor {
            background: ansi_default; text-style: reverse;
        }
    }
    """

    cursor: reactive[int] = reactive(-1, repaint=False)
    """Index of the row under the cursor; -1: none."""

    @dataclass
    class Chosen(Message):
        """A row was clicked, or taken with Enter."""

        line_list: LineList
        key: str

        @property
        def control(self) -> LineList:
            """The list."""
            return self.line_list

    @dataclass
    class Highlighted(Message):
        """The cursor came to a row."""

        line_list: LineList
        key: str

        @property
        def control(self) -> LineList:
            """The list."""
            return self.line_list

    nothing: reactive[str] = reactive("")
    """What is said where there is no row."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._rows: Sequence[Row] = ()
        self._tops: list[int] = []
        self._total = 0
        self._index: dict[str, int] = {}
        self._styles: dict[str, Style] = {}
        self._base = Style()

    # -- for subclasses

    def line_pieces(self, row: Row, line: int, width: int) -> list[Piece]:
        """What stands on a line of a row, left to right; cut to the width by the list."""
        raise NotImplementedError

    def on_row_chosen(self, key: str) -> None:
        """A row was clicked or taken with Enter."""
        self.post_message(self.Chosen(self, key))

    # -- public

    @property
    def rows(self) -> Sequence[Row]:
        """The rows as they stand."""
        return self._rows

    @property
    def cursor_key(self) -> str | None:
        """Key of the row under the cursor."""
        return self._rows[self.cursor].key if 0 <= self.cursor < len(self._rows) else None

    @property
    def row_tops(self) -> Sequence[int]:
        """For each row the line that it begins on."""
        return self._tops

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows; the cursor stays on its key where that is still there."""
        if not rows and not self._rows:
            return
        kept = self.cursor_key
        self._rows = rows
        self._index = {row.key: index for index, row in enumerate(rows) if row.key}
        self._tops, top = [], 0
        for row in rows:
            self._tops.append(top)
            top += row.height
        self._total = top
        self.virtual_size = Size(self.scrollable_content_region.width, top)
        at = self._index.get(kept or "", -1)
        if at < 0 and self._index:
            at = self._nearest(min(max(self.cursor, 0), len(rows) - 1), 1)
        self.set_reactive(LineList.cursor, at)
        self.refresh()

    def move_to(self, key: str | None, *, is_visible: bool = True) -> None:
        """Put the cursor on a row, without a message."""
        index = self._index.get(key or "", -1)
        if index != self.cursor:
            self.set_reactive(LineList.cursor, index)
            self.refresh()
        if index >= 0 and is_visible:
            self._scroll_to_cursor()

    def move_by(self, steps: int) -> None:
        """Move the cursor over so many rows, headings passed over."""
        at, direction = self.cursor, 1 if steps > 0 else -1
        for _ in range(abs(steps)):
            following = self._nearest(at + direction, direction)
            if following < 0:
                break
            at = following
        if at != self.cursor and at >= 0:
            self.set_reactive(LineList.cursor, at)
            self._scroll_to_cursor()
            self.refresh()
            self.post_message(self.Highlighted(self, self._rows[at].key))

    def refresh_row(self, key: str) -> None:
        """Draw one row anew."""
        index = self._index.get(key, -1)
        if index >= 0:
            top = self._tops[index] - self.scroll_offset.y
            self.refresh(Region(0, top, self.size.width, self._rows[index].height))

    # -- events

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines in `crop`; they share a ground, which costs more to work out than a line."""
        self._base = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line of the list."""
        width = self.scrollable_content_region.width
        at = y + self.scroll_offset.y
        if at >= self._total:
            words = fit(f" {self.nothing}", width) if y == 0 and not self._rows else ""
            told = Segment(words, self._base + self._style("list--muted"))
            return Strip([told]).adjust_cell_length(width, self._base)
        index = self._row_at(at)
        row, line = self._rows[index], at - self._tops[index]
        base = self._base
        if index == self.cursor and row.key:
            base += self._style("list--cursor")
        segments = [
            Segment(text, base + self._style(name) if name and not base.reverse else base)
            for text, name in self.line_pieces(row, line, width)
        ]
        return Strip(segments).adjust_cell_length(width, base)

    def notify_style_update(self) -> None:
        """The theme changed."""
        super().notify_style_update()
        self._styles.clear()

    def on_resize(self) -> None:
        """The width changed."""
        self.virtual_size = Size(self.scrollable_content_region.width, self._total)

    def on_key(self, event: events.Key) -> None:
        """Moving the cursor and taking a row."""
        page = max(1, self.size.height // 2)
        steps = {"up": -1, "k": -1, "down": 1, "j": 1, "pageup": -page, "pagedown": page}
        steps |= {"home": -len(self._rows), "end": len(self._rows), "g": -len(self._rows), "G": len(self._rows)}
        if event.key in steps:
            self.move_by(steps[event.key])
        elif event.key == "enter" and self.cursor_key:
            self.on_row_chosen(self.cursor_key)
        else:
            return
        event.stop()
        event.prevent_default()

    def on_click(self, event: events.Click) -> None:
        """A click takes the row."""
        at = event.y + self.scroll_offset.y
        if 0 <= at < self._total:
            row = self._rows[self._row_at(at)]
            if row.key:
                self.move_to(row.key)
                self.on_row_chosen(row.key)

    # -- private

    def _style(self, name: str) -> Style:
        style = self._styles.get(name)
        if style is None:
            is_background = name in ("list--cursor", "list--hover")
            full = self.get_component_rich_style(name, partial=is_background)
            style = (
                full if is_background else Style(color=full.color, bold=full.bold, italic=full.italic, dim=full.dim)
            )
            self._styles[name] = style
        return style

    def _row_at(self, line: int) -> int:
        """Index of the row that a line of the list belongs to."""
        return bisect_right(self._tops, line) - 1

    def _nearest(self, index: int, direction: int) -> int:
        while 0 <= index < len(self._rows):
            if self._rows[index].key:
                return index
            index += direction
        return -1

    def _scroll_to_cursor(self) -> None:
        top, height = self._tops[self.cursor], self._rows[self.cursor].height
        if self.cursor > 0 and not self._rows[self.cursor - 1].key:
            top, height = top - 1, height + 1
        self.scroll_to_region(Region(0, top, 1, height), animate=False, force=True)
