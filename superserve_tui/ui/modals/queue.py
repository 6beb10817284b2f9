"""The messages that wait in a session: edited, moved, removed, or sent after all.

May import: domain, the UI's widgets, textual.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Static

from superserve_tui.domain import Turn, clean_line
from superserve_tui.ui.modals.dialog import Dialog
from superserve_tui.ui.widgets.key_hints import KeyHints
from superserve_tui.ui.widgets.line_list import LineList, Piece, Row, fit

__all__ = ["QueueDialog"]


class WaitingList(LineList):
    """One line per message, the next to go out first."""

    DEFAULT_CSS = "WaitingList { height: auto; max-height: 16; background: $surface; }"

    def __init__(self) -> None:
        super().__init__(id="waiting")
        self._turns: dict[str, Turn] = {}

    def show(self, turns: Sequence[Turn]) -> None:
        """These, in order."""
        self._turns = {turn.id: turn for turn in turns}
        self.set_rows([Row(key) for key in self._turns])
        self.styles.height = min(16, max(1, len(self._turns)))

    def line_pieces(self, row: Row, line: int, width: int) -> list[Piece]:  # noqa: ARG002 - one line each
        """Its place and its first words."""
        place = list(self._turns).index(row.key) + 1
        words = clean_line(self._turns[row.key].prompt, limit=400)
        return [(f" {place}. ", "list--muted"), (fit(words, max(4, width - 6)), "list--text")]


class QueueDialog(Dialog[str]):
    """Answers with the id of the message to edit; None on Escape.

    Args:
        turns: The messages that wait.
        is_paused: They wait for a key, not for a turn.
        move: Called with a turn's id and -1 (sooner) or 1 (later).
        remove: Called with a turn's id.
        resume: Called to send them after all.
    """

    BINDINGS = [
        Binding("e", "edit", show=False),
        Binding("d,delete", "remove", show=False),
        Binding("K,shift+up,alt+up", "move(-1)", show=False),
        Binding("J,shift+down,alt+down", "move(1)", show=False),
        Binding("s", "resume", show=False),
    ]

    DEFAULT_CSS = "QueueDialog > Vertical { width: 84; }"

    def __init__(
        self,
        turns: Sequence[Turn],
        *,
        is_paused: bool,
        move: Callable[[str, int], None],
        remove: Callable[[str], None],
        resume: Callable[[], None],
    ) -> None:
        super().__init__()
        self._turns, self._is_paused = turns, is_paused
        self._move, self._remove, self._resume = move, remove, resume

    def compose(self) -> ComposeResult:
        """The list and its keys."""
        with Vertical():
            yield Static("Waiting messages", classes="dialog--title")
            yield WaitingList()
            resume = (("s", "send now"),) if self._is_paused else ()
            yield KeyHints(("Enter", "edit"), ("K J", "move"), ("d", "remove"), *resume, ("Esc", "close"))

    def on_mount(self) -> None:
        """What waits now."""
        self.query_one(WaitingList).show(self._turns)
        self.query_one(WaitingList).focus()

    def show(self, turns: Sequence[Turn]) -> None:
        """What waits has changed; with nothing left the dialog closes."""
        self._turns = turns
        if not turns:
            self.dismiss(None)
        elif self.is_mounted:
            self.query_one(WaitingList).show(turns)

    @on(LineList.Chosen)
    def action_edit(self) -> None:
        """Answer with the message under the cursor."""
        if key := self._key:
            self.dismiss(key)

    def action_remove(self) -> None:
        """Take it out."""
        if key := self._key:
            self._remove(key)

    def action_move(self, places: int) -> None:
        """Sooner or later."""
        if key := self._key:
            self._move(key, places)

    def action_resume(self) -> None:
        """Send them, where they wait for that."""
        if self._is_paused:
            self._resume()
            self.dismiss(None)

    @property
    def _key(self) -> str | None:
        return self.query_one(WaitingList).cursor_key
