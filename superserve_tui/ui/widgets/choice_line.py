"""A few choices side by side on one line; Left and Right choose.

May import: textual, rich.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual import events
from textual.message import Message
from textual.widgets import Static

__all__ = ["ChoiceLine"]


class ChoiceLine(Static, can_focus=True):
    """Answers with `Changed` as the choice moves and with `Taken` on Enter.

    Args:
        choices: Key and words of each.
        value: Key of the one that is chosen; None: the first.
    """

    DEFAULT_CSS = """
    ChoiceLine {
        height: 1; padding: 0 1; background: $surface;
        &:focus { background: $block-cursor-background; }
        &:ansi:focus { background: ansi_default; text-style: underline; }
    }
    """

    @dataclass
    class Changed(Message):
        """Another one is chosen."""

        key: str

    @dataclass
    class Taken(Message):
        """Enter was pressed."""

        key: str

    def __init__(
        self,
        choices: Sequence[tuple[str, str]],
        *,
        value: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._choices = choices
        self._place = 0 if value is None else [key for key, _ in choices].index(value)

    @property
    def value(self) -> str:
        """Key of the choice."""
        return self._choices[self._place][0]

    def on_mount(self) -> None:
        """Draw."""
        self._draw()

    def on_key(self, event: events.Key) -> None:
        """Left and Right choose, Enter takes."""
        step = {"left": -1, "right": 1}.get(event.key)
        if step is not None:
            place = min(max(self._place + step, 0), len(self._choices) - 1)
            if place != self._place:
                self._place = place
                self._draw()
                self.post_message(self.Changed(self.value))
        elif event.key == "enter":
            self.post_message(self.Taken(self.value))
        else:
            return
        event.stop()

    def _draw(self) -> None:
        text = Text(no_wrap=True, overflow="ellipsis")
        for place, (_, words) in enumerate(self._choices):
            text.append(f" {words} ", style="reverse" if place == self._place else "dim")
        self.update(text)
