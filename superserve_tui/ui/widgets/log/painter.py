"""Rows of a document to finished strips: gutter, padding, marks, selection, the terminal's filters.

May import: rich, textual's value types, the log's own modules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.geometry import Offset
from textual.selection import Selection
from textual.strip import Strip

from superserve_tui.ui.widgets.log.finding import Finder
from superserve_tui.ui.widgets.log.layout import Line, Place
from superserve_tui.ui.widgets.log.palette import Palette
from superserve_tui.ui.widgets.log.rows import Row, restyle

__all__ = ["GUTTER", "Painter", "offset_of", "place_of", "probe"]

GUTTER: Final = 2
"""Cells left of all text: the cursor's bar and room."""
_TURN_BITS: Final = 24
"""What Textual's selection calls a row is here a block: its turn, shifted by this, plus its position there."""


class Painter:
    """Paints rows at one width, in one palette. A row that carries no mark is painted once.

    Args:
        palette: Styles.
        width: Cells of the window, scroll bar taken off.
        text_width: Cells of text on a row; grounds reach to there.
        filters: What the terminal needs done to colours.
        background: The widget's own, for the filters.
    """

    def __init__(
        self,
        palette: Palette,
        *,
        width: int,
        text_width: int,
        filters: Sequence[LineFilter] = (),
        background: Color | None = None,
    ) -> None:
        self.palette = palette
        self.width = width
        self.filters = tuple(filters)
        self._text_width = text_width
        self._background = background if background is not None else Color(0, 0, 0)
        self.blank = self._filtered(Strip.blank(width, palette.base))

    def paint(
        self, line: Line, finder: Finder, selection: Selection | None, *, is_marked: bool, caret: int | None = None
    ) -> Strip:
        """The strip of a row, as wide as the window.

        Args:
            line: The row and where it stands.
            finder: Knows what is looked for.
            selection: What is selected in the widget.
            is_marked: Whether the row belongs to the message under the cursor.
            caret: The character of the row's block that a selection by keys has got to.
        """
        place, row = line
        if row is None:
            return self._filtered(Strip(self._gutter(self.width, is_marked=True))) if is_marked else self.blank
        spans = _selected(selection, place, row) if selection is not None else []
        marks = finder.marks_in(place, row)
        key = (self, is_marked)
        is_plain = not spans and not marks and caret is None
        if is_plain and row.strips is not None and key in row.strips:
            return row.strips[key]
        segments = row.segments
        for left, right, is_current in marks:
            segments = restyle(segments, [(left, right)], self.palette["hit-current" if is_current else "hit"])
        if spans:
            segments = restyle(segments, spans, self.palette.selection)
        if caret is not None:
            segments = self._with_caret(row, segments, caret)
        strip = self._filtered(self._finished(row, segments, is_marked=is_marked))
        if is_plain:
            if row.strips is None or not any(painter is self for painter, _ in row.strips):
                row.strips = {}  # those of another size are of no use any more, and each takes 1.4 kB
            row.strips[key] = strip
        return strip

    def _with_caret(self, row: Row, segments: list[Segment], at: int) -> list[Segment]:
        for cell, width, start, _ in row.stops():
            if start == at:
                room = cell + width - row.width  # an empty line, or a character without width at a line's end
                padded = [*segments, Segment(" " * room, row.fill or self.palette.base)] if room > 0 else segments
                return restyle(padded, [(cell, cell + width)], self.palette["caret"])
        return segments

    def _finished(self, row: Row, segments: list[Segment], *, is_marked: bool) -> Strip:
        """A row with gutter and padding."""
        painted = self._gutter(GUTTER, is_marked=is_marked)
        painted += segments
        if row.fill is not None:
            room = self._text_width - row.width
            if room > 0:
                painted.append(Segment(" " * room, row.fill))
        return Strip(painted).adjust_cell_length(self.width, self.palette.base)

    def _gutter(self, width: int, *, is_marked: bool) -> list[Segment]:
        if is_marked:
            return [Segment("┃", self.palette["cursor"]), Segment(" " * (width - 1), self.palette.base)]
        return [Segment(" " * width, self.palette.base)]

    def _filtered(self, strip: Strip) -> Strip:
        for line_filter in self.filters:
            strip = strip.apply_filter(line_filter, self._background)
        return strip


def probe(lines: Sequence[Line], y: int, width: int) -> Strip:
    """A row for hit tests: a segment per cell, each with its place in the text. Painting goes another way."""
    if not lines:
        return Strip.blank(width)
    place, row = lines[min(y, len(lines) - 1)]
    if y >= len(lines) or row is None:
        at = row.end if row is not None else 0
        return Strip([Segment(" ", _offset_style(place, at))] * width)
    cells = [Segment(" ", _offset_style(place, row.start)) for _ in range(GUTTER)]
    at = 0
    for segment in row.segments:
        for sign in segment.text:
            piece = Segment(sign, _offset_style(place, row.place(at)))
            cells.append(piece)
            at += piece.cell_length
    end = Segment(" ", _offset_style(place, row.end))
    cells.extend([end] * (width - GUTTER - at))
    return Strip(cells)


def offset_of(turn: int, block: int, at: int) -> Offset:
    """A character of a block as Textual's selection has it."""
    return Offset(at, (turn << _TURN_BITS) + block)


def place_of(offset: Offset) -> Place:
    """The block that a row of a selection stands for."""
    turn, block = divmod(offset.y, 1 << _TURN_BITS)
    return Place(turn, block, 0)


def _offset_style(place: Place, at: int) -> Style:
    return Style.from_meta({"offset": tuple(offset_of(place.turn, place.block, at))})


def _selected(selection: Selection, place: Place, row: Row) -> list[tuple[int, int]]:
    """The cells of a row that are selected."""
    y = (place.turn << _TURN_BITS) + place.block
    start, end = selection
    if (start is not None and y < start.y) or (end is not None and y > end.y):
        return []
    first = start.x if start is not None and start.y == y else 0
    last = end.x if end is not None and end.y == y else 1 << 40
    return row.spans(first, last)
