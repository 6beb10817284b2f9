"""One line to type: a session's title.

May import: domain, textual.
"""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from superserve_tui.domain import clean_line
from superserve_tui.ui.modals.dialog import Dialog
from superserve_tui.ui.widgets.key_hints import KeyHints
from superserve_tui.ui.widgets.line_input import LineInput
from superserve_tui.ui.widgets.row_editor import TITLE_CHARS

__all__ = ["RenameDialog"]


class RenameDialog(Dialog[str]):
    """Answers with the new title; empty means the first message is the title again."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._value = clean_line(title, limit=TITLE_CHARS)

    def compose(self) -> ComposeResult:
        """The line."""
        with Vertical():
            yield Static("Rename session", classes="dialog--title")
            yield LineInput(self._value, max_length=TITLE_CHARS)
            yield KeyHints(("Enter", "rename"), ("Esc", "close"))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)
