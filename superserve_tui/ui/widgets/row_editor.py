"""A session's title, edited where it stands in the list.

May import: domain, textual.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual import on
from textual.geometry import clamp
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from superserve_tui.domain import Session, clean_line
from superserve_tui.ui.widgets.line_input import LineInput
from superserve_tui.ui.widgets.session_list import TITLE_COLUMN, SessionList

__all__ = ["TITLE_CHARS", "RowEditor"]

TITLE_CHARS = 200
"""Of a title, at most."""


class RowEditor(LineInput):
    """Lies over the title of a row; hidden while nothing is edited. Enter, or going elsewhere, takes the text."""

    DEFAULT_CSS = """
    RowEditor, RowEditor:focus {
        display: none; layer: edit; position: absolute;
        height: 1; border: none; padding: 0; background: $background; color: $foreground;
        &.-editing { display: block; }
    }
    """

    @dataclass
    class Closed(Message):
        """The person is through with it."""

        session_id: str
        title: str | None
        """The new title; None: it stays."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, max_length=TITLE_CHARS)
        self.session_id: str | None = None
        """Whose title is edited; None: nobody's."""
        self._before = ""

    def edit(self, session: Session) -> None:
        """Begin with the title that it has. The keyboard comes at once: what is typed ahead belongs here."""
        self.session_id = session.id
        self.value = self._before = clean_line(session.title or "", limit=TITLE_CHARS)
        self.add_class("-editing")
        self.screen.set_focus(self)
        self.cursor_position = len(self.value)

    def follow(self, listed: SessionList) -> None:
        """To where the session's row is now; where it is gone, the title stays as it was."""
        if self.session_id is None:
            return
        line = listed.line_of(self.session_id)
        if line is None:
            self.close(is_taken=False)
            return
        assert isinstance(self.parent, Widget)
        top = listed.region.y - self.parent.content_region.y
        self.styles.offset = (TITLE_COLUMN, top + clamp(line, 0, max(0, listed.size.height - 1)))
        self.styles.width = max(4, listed.scrollable_content_region.width - TITLE_COLUMN - 1)

    def close(self, *, is_taken: bool) -> None:
        """Stop editing; `is_taken`: with the text as the title, where it is another."""
        session_id, self.session_id = self.session_id, None
        if session_id is None:
            return
        self.remove_class("-editing")
        title = self.value.strip()
        self.post_message(self.Closed(session_id, title if is_taken and title != self._before else None))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.close(is_taken=True)

    def on_blur(self) -> None:
        """The keyboard went to another pane; a terminal that loses the focus brings it back here."""
        if self.app.app_focus:
            self.close(is_taken=True)
