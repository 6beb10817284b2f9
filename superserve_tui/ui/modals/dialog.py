"""The frame that all dialogs share.

May import: textual, when screens draw.
"""

from __future__ import annotations

from typing import TypeVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from superserve_tui.ui.frames import SoonDrawn
from superserve_tui.ui.widgets.key_hints import KeyHints

__all__ = ["Choice", "Dialog"]

Answer = TypeVar("Answer")


class Dialog(SoonDrawn, ModalScreen[Answer]):
    """A calm box in the middle with a title; Escape closes it with None."""

    BINDINGS = [Binding("escape", "cancel", "Close", show=False)]

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > Vertical {
        width: 64; max-width: 100%; height: auto; max-height: 100%;
        overflow-y: auto; scrollbar-size-vertical: 1;
        background: $panel; padding: 1 2;
        border: none;
        &:ansi { border: round $primary; padding: 0 1; }
    }
    Dialog .dialog--title { text-style: bold; color: $foreground; margin-bottom: 1; height: 1; }
    Dialog .dialog--text { height: auto; color: $foreground; margin-bottom: 1; }
    Dialog .dialog--quote {
        height: auto; max-height: 6; margin-bottom: 1; padding: 0 1;
        color: $text-muted; border-left: thick $primary;
    }
    Dialog VerticalScroll { scrollbar-size-vertical: 1; }
    Dialog Horizontal.dialog--buttons { height: auto; align-horizontal: left; }
    Dialog Button {
        margin-right: 2; min-width: 8; padding: 0 1;
        background: $surface; color: $foreground;
        &:focus { background: $primary; color: $background; text-style: bold; background-tint: transparent 0%; }
        &:hover { background: $boost; }
        &:ansi:focus { background: ansi_default !important; color: ansi_default; text-style: reverse; }
    }
    Dialog Input {
        border: none; height: 1; padding: 0 1; background: $surface;
        &:focus { border: none; background: $surface; }
    }
    """

    TITLE = ""
    _is_answered = False
    _late_answer: tuple[Answer | None] | None = None
    """The answer that came while another dialog lay over this one."""

    def action_cancel(self) -> None:
        """Close without an answer."""
        self.dismiss(None)

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        """Close with an answer, once: the second Enter of a burst finds the dialog answered."""
        if self._is_answered:
            return AwaitComplete()
        self._is_answered = True
        if self.app.screen is not self:  # Textual would close whatever lies on top
            self._late_answer = (result,)
            return AwaitComplete()
        return super().dismiss(result)

    def on_screen_resume(self) -> None:
        """What lay over this is gone: close with an answer that came meanwhile."""
        if self._late_answer is not None:
            (result,), self._late_answer = self._late_answer, None
            super().dismiss(result)


class Choice(Dialog[str]):
    """A question with a few buttons; answers with the chosen one's key, None on Escape.

    Args:
        title: What it is about.
        text: One or two sentences.
        choices: Key and words of each button; the first has the focus.
        quote: Foreign text that belongs to the question, already cleaned.
    """

    BINDINGS = [
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(self, title: str, text: str, choices: tuple[tuple[str, str], ...], *, quote: str = "") -> None:
        super().__init__()
        self._title, self._text, self._choices, self._quote = title, text, choices, quote

    def compose(self) -> ComposeResult:
        """Title, words, buttons."""
        with Vertical():
            yield Static(Text(self._title), classes="dialog--title")
            yield Static(Text(self._text), classes="dialog--text")
            if self._quote:
                yield Static(Text(self._quote), classes="dialog--quote")
            with Horizontal(classes="dialog--buttons"):
                for key, words in self._choices:
                    yield Button(words, id=key, compact=True)
            yield KeyHints(("Enter", "choose"), ("Left Right", "move"), ("Esc", "close"))

    def on_mount(self) -> None:
        """The first button has the focus."""
        self.query(Button).first().focus()

    @on(Button.Pressed)
    def _chosen(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id)
