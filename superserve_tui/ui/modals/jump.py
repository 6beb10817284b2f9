"""Jump mode: letters on panes, digits on sessions; one key goes there.

May import: textual.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.geometry import Offset
from textual.screen import ModalScreen
from textual.widgets import Static

from superserve_tui.protocol.records import dataclass

__all__ = ["JumpScreen", "JumpTarget"]


@dataclass(frozen=True, slots=True)
class JumpTarget:
    """A place to go to."""

    key: str
    """The letter or digit."""
    place: Offset
    """Where its mark stands on the screen."""


class JumpScreen(ModalScreen[str]):
    """Shows the marks; answers with the key that was pressed, None for any other."""

    DEFAULT_CSS = """
    JumpScreen { background: $background 40%; }
    JumpScreen .mark {
        position: absolute; width: 3; height: 1;
        background: $accent; color: $background; text-style: bold; content-align: center middle;
        &:ansi { background: ansi_default; color: ansi_default; text-style: reverse; }
    }
    """

    def __init__(self, targets: Sequence[JumpTarget]) -> None:
        super().__init__()
        self._targets = {target.key: target for target in targets}

    def compose(self) -> ComposeResult:
        """A mark per target."""
        for target in self._targets.values():
            mark = Static(target.key, classes="mark")
            mark.styles.offset = (target.place.x, target.place.y)
            yield mark

    _is_answered = False

    def on_key(self, event: events.Key) -> None:
        """One key, and it is over; what was typed on behind it is for whatever that led to."""
        event.stop()
        event.prevent_default()
        if self._is_answered:
            self.app.call_later(self.app.post_message, events.Key(event.key, event.character))
            return
        self._is_answered = True
        key = event.character or ""
        self.dismiss(key if key in self._targets else None)
