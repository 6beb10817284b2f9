"""A line to type in that takes nothing but text, whatever is pasted.

May import: domain, the editing keys, textual.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.widgets import Input

from superserve_tui.domain import clean_line
from superserve_tui.ui.widgets.editing_keys import edit_by_key

__all__ = ["LineInput"]

_PASTED_CHARS = 2000
"""Of a paste, at most: these lines hold titles and words to look for."""


class LineInput(Input):
    """Textual's line, which would pass a pasted escape sequence on to the terminal."""

    DEFAULT_CSS = "LineInput > .input--placeholder { color: $text-muted; }"

    def action_paste(self) -> None:
        """What was cut or copied here, as a paste."""
        self._paste(self.app.clipboard)

    @dataclass
    class NothingLeft(Message):
        """Backspace came, and there was nothing to erase."""

        line_input: LineInput

        @property
        def control(self) -> LineInput:
            """The line."""
            return self.line_input

    async def take_key(self, event: events.Key) -> None:
        """A key that was typed when something else had the keyboard."""
        if event.is_printable and event.character:
            self.insert_text_at_cursor(event.character)
        else:
            await edit_by_key(self, event)

    async def _on_key(self, event: events.Key) -> None:
        """Keys that edit do so in their turn."""
        if event.key == "backspace" and not self.value:
            self.post_message(self.NothingLeft(self))
        await edit_by_key(self, event)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self._paste(event.text)

    def _paste(self, text: str) -> None:
        """Cleaned and on one line."""
        self.replace(clean_line(text, limit=_PASTED_CHARS), *self.selection)
