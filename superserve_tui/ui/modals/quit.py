"""Quitting: the sessions are being ended.

May import: textual, rich.
"""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from superserve_tui.ui.modals.dialog import Choice, Dialog

__all__ = ["QuitProgress", "QuitQuestion"]


class QuitQuestion(Choice):
    """What is to become of turns that run."""

    def show(self, text: str) -> None:
        """Other words: turns began or ended meanwhile."""
        if text != self._text:
            self._text = text
            if self.is_mounted:
                self.query_one(".dialog--text", Static).update(Text(text))


class QuitProgress(Dialog[None]):
    """Shows `Ending n of m` until the app is gone; nothing closes it."""

    def __init__(self) -> None:
        super().__init__()
        self._words = "Leaving …"

    def compose(self) -> ComposeResult:
        """A title and the count."""
        with Vertical():
            yield Static("Quit", classes="dialog--title")
            yield Static(self._words, id="progress")

    def show(self, done: int, total: int) -> None:
        """So many are ended."""
        self._words = f"Ending {done} of {total}"
        if self.is_mounted:
            self.query_one("#progress", Static).update(self._words)

    def action_cancel(self) -> None:
        """Leaving goes on."""
