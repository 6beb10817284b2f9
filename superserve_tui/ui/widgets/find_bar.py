"""The line in which words are looked for in the transcript.

May import: textual.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual import events, on
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from superserve_tui.ui.widgets.line_input import LineInput

__all__ = ["FindBar"]


class FindBar(Horizontal):
    """Hidden until asked for; Enter and Down go to the next hit, Up to the one before."""

    DEFAULT_CSS = """
    FindBar { height: 1; padding: 0 2; display: none; }
    FindBar Input { width: 1fr; height: 1; border: none; padding: 0; background: $background; }
    FindBar Input:focus { border: none; }
    FindBar #find-label { width: 6; color: $primary; }
    FindBar #find-count { width: 12; content-align: right middle; color: $text-muted; }
    """

    @dataclass
    class Changed(Message):
        """Other words."""

        words: str

    @dataclass
    class Stepped(Message):
        """To the next hit (1), or the one before (-1)."""

        step: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        label, count = Static("Find", id="find-label"), Static("", id="find-count")
        super().__init__(label, LineInput(id="find-words"), count, id=id)  # at once, to be opened at once

    def open(self) -> None:
        """Show it, ready to type in: at once, so that keys of the same read come here."""
        self.display = True
        self.screen.set_focus(self.query_one(Input))

    def close(self) -> None:
        """Hide it and forget the words."""
        self.display = False
        self.query_one(Input).value = ""

    def show_count(self, place: int | None, total: int) -> None:
        """Which hit of how many."""
        words = self.query_one(Input).value
        count = f"{place}/{total}" if place else f"{total} hits" if total else "no hit" if words else ""
        self.query_one("#find-count", Static).update(count)

    def on_key(self, event: events.Key) -> None:
        """Up and Down walk."""
        if event.key in ("up", "down"):
            self.post_message(self.Stepped(1 if event.key == "down" else -1))
            event.stop()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Stepped(1))
