"""Widgets that paint from the rows they had, for a screen on which little changes in a frame.

In each frame Textual asks every widget around a change for all of its rows, and works out its colours, sizes and
filters anew for that: measured, a third of what a frame costs while an answer streams.

May import: textual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Static

if TYPE_CHECKING:
    from textual.widget import Widget
else:
    Widget = object  # Textual takes the default styles of the first base that is a widget

__all__ = ["Column", "Kept", "Line", "Row"]


class Kept(Widget):
    """Keeps its rows until something asks to have it painted anew.

    For widgets that have a ground of their own, or that stand on one which only the theme changes.
    """

    _kept: tuple[object, list[Strip]] | None = None

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows in `crop`."""
        key = crop, self.app.theme
        if self._kept is None or self._kept[0] != key:
            self._kept = key, super().render_lines(crop)
        return self._kept[1]

    def notify_style_update(self) -> None:
        """Its styles are others."""
        self._kept = None
        super().notify_style_update()

    def _set_dirty(self, *regions: Region) -> None:
        self._kept = None
        super()._set_dirty(*regions)


class Row(Kept, Horizontal):
    """Widgets beside each other."""


class Column(Kept, Vertical):
    """Widgets below each other."""


class Line(Kept, Static):
    """Words."""
