"""The transcript's scroll bar: it moves with nearly every row that streams, so only what moved is painted.

May import: rich, textual.
"""

from __future__ import annotations

from textual.geometry import Region
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip

__all__ = ["LogScrollBar"]


class LogScrollBar(ScrollBar):
    """A vertical scroll bar of one cell; looks and acts as Textual's."""

    _rows: list[Strip] = []
    _shown: object = None
    """What the rows were made of."""

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> LogScrollBar:
        """Have painted what is not as it was."""
        if repaint and not regions and not layout and self.is_mounted and self.size:
            before, after = self._rows, self._painted()
            if len(before) == len(after):
                regions = tuple(Region(0, y, 1, 1) for y, strip in enumerate(after) if strip != before[y])
                if not regions:
                    return self
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The cells in `crop`."""
        return self._painted()[crop.y : crop.bottom]

    def _painted(self) -> list[Strip]:
        """All cells, from the top."""
        bar = self.render()
        assert isinstance(bar, ScrollBarRender)
        filters = self.get_line_filters()
        shown = self.size.height, bar.style, bar.virtual_size, bar.window_size, bar.position, *filters
        if shown != self._shown:
            style = self.app.console.get_style(bar.style)
            assert style.color is not None
            assert style.bgcolor is not None
            segments = self.renderer.render_bar(
                size=self.size.height,
                virtual_size=bar.virtual_size,
                window_size=bar.window_size,
                position=bar.position,
                thickness=self.thickness,
                back_color=style.bgcolor,
                bar_color=style.color,
            ).segments
            rows = [Strip([segment], 1) for segment in segments]
            for each in filters:
                rows = [strip.apply_filter(each, self.background_colors[1]) for strip in rows]
            self._shown, self._rows = shown, rows
        return self._rows
