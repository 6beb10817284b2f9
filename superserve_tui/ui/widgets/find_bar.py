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
        self._line, self._count = LineInput(id="find-words"), Static("", id="find-count")
        super().__init__(Static("Find", id="find-label"), self._line, self._count, id=id)

    def open(self) -> None:
        """Show it, ready to type in: at once, so that keys of the same read come here, but for the very first."""
        self.display = True
        if self._line.is_attached:
            self.screen.set_focus(self._line)
        else:
            self.call_after_refresh(self.open)

    def close(self) -> None:
        """Hide it and forget the words."""
        self.display = False
        self._line.value = ""

    def show_count(self, place: int | None, total: int) -> None:
        """Which hit of how many."""
        words = self._line.value
        hits = f"{total} hit{'s' if total > 1 else ''}"
        count = f"{place}/{total}" if place else hits if total else "no hit" if words else ""
        self._count.update(count)

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
