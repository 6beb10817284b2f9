"""A line to type in that takes nothing but text, whatever is pasted.

May import: domain, textual.
"""

from __future__ import annotations

from textual import events
from textual.widgets import Input

from superserve_tui.domain import clean_line

__all__ = ["LineInput"]

_PASTED_CHARS = 2000
"""Of a paste, at most: these lines hold titles and words to look for."""


class LineInput(Input):
    """Textual's line, which would pass a pasted escape sequence on to the terminal."""

    def action_paste(self) -> None:
        """What was cut or copied here, as a paste."""
        self._paste(self.app.clipboard)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self._paste(event.text)

    def _paste(self, text: str) -> None:
        """Cleaned and on one line."""
        self.replace(clean_line(text, limit=_PASTED_CHARS), *self.selection)
