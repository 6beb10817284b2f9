"""A text in a room that does not change with it.

May import: textual.
"""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from superserve_tui.ui.widgets.line_list import fit

__all__ = ["ShortText"]


class ShortText(Widget):
    """Takes so many lines whatever it says, so that nothing below it moves; an ellipsis where something is lost.

    Args:
        lines: How many.
    """

    DEFAULT_CSS = "ShortText { color: $text-muted; }"

    def __init__(self, lines: int, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._lines, self._text = lines, ""
        self.styles.height = lines

    def show(self, text: str) -> None:
        """This, cleaned."""
        if text != self._text:
            self._text = text
            self.refresh()

    def render(self) -> Content:
        """What fits."""
        width = self.content_size.width
        lines = [line.plain for line in Content(self._text).wrap(width)] if width else []
        last = self._lines - 1
        return Content("\n".join([*lines[:last], fit(" ".join(lines[last:]), width)]))
