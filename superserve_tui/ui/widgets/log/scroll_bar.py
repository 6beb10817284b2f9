"""The transcript's scroll bar: it moves with nearly every row that streams, so only what moved is painted.

May import: rich, textual.
"""

from __future__ import annotations

from math import ceil

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip

__all__ = ["LogScrollBar"]

_STEPS = 8
"""Places of the thumb's ends in a cell."""
_Cells = tuple[Strip, Strip, Strip, list[Strip], list[Strip]]
"""Above the thumb, the thumb, below it; its first and its last cell by the place where it ends in them."""


class LogScrollBar(ScrollBar):
    """A vertical scroll bar of one cell; looks and acts as Textual's."""

    _rows: list[Strip] = []
    _shown: object = None
    """What the rows were made of: height, and the thumb's ends."""
    _look: object = None
    """What the cells were painted for."""
    _cells: _Cells

    def forget_look(self) -> None:
        """The colours that it is painted in are others."""
        self._look = None
        self.refresh()

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> LogScrollBar:
        """Have painted what is not as it was."""
        if repaint and not regions and not layout and self.is_mounted and self.size:
            before, after = self._rows, self._painted()
            if before is after:
                return self
            if len(before) == len(after):
                regions = tuple(Region(0, y, 1, 1) for y, strip in enumerate(after) if strip != before[y])
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The cells in `crop`."""
        return self._painted()[crop.y : crop.bottom]

    def _painted(self) -> list[Strip]:
        """All cells, from the top; the same list as before where nothing moved."""
        height, window, virtual = self.size.height, self.window_size, self.window_virtual_size
        ends = None
        if height and 0 < window < virtual:
            size = max(1, window / (virtual / height))
            top = max(0, int((height - size) * (self.position / (virtual - window)) * _STEPS))
            ends = top, top + ceil(size * _STEPS)
        look = self.grabbed is None, self.mouse_over
        if look != self._look:
            self._look, self._shown, self._cells = look, None, self._painted_cells()
        if (height, ends) != self._shown:
            self._shown, self._rows = (height, ends), self._row_of_cells(height, ends)
        return self._rows

    def _row_of_cells(self, height: int, ends: tuple[int, int] | None) -> list[Strip]:
        above, thumb, below, heads, tails = self._cells
        if ends is None:
            return [above] * height
        (top, head), (end, tail) = divmod(ends[0], _STEPS), divmod(ends[1], _STEPS)
        rows = [*[above] * top, *[thumb] * (end - top), *[below] * (height - end)]
        if top < height:
            rows[top] = heads[head] if head else rows[top]
        if end < height:
            rows[end] = tails[tail] if tail else rows[end]
        return rows[:height]

    def _painted_cells(self) -> _Cells:
        """Each cell that the bar is put together from, in the colours of now."""
        bar = self.render()
        assert isinstance(bar, ScrollBarRender)
        style = self.app.console.get_style(bar.style)
        filters, background = self.get_line_filters(), self.background_colors[1]

        def cell(sign: str, action: str, *, is_reverse: bool = False) -> Strip:
            ink = style.color if action == "grab" else None
            painted = Style(color=ink, bgcolor=style.bgcolor, reverse=is_reverse, meta={"@mouse.down": action})
            strip = Strip([Segment(sign * self.thickness, painted)], self.thickness)
            for each in filters:
                strip = strip.apply_filter(each, background)
            return strip

        signs = [" ", *reversed(ScrollBarRender.VERTICAL_BARS[:-1])]  # by how much of the cell is free above
        return (
            cell(" ", "scroll_up"),
            cell(" ", "grab", is_reverse=True),
            cell(" ", "scroll_down"),
            [cell(sign, "grab") for sign in signs],
            [cell(sign, "grab", is_reverse=True) for sign in signs],
        )
