"""Who is to get one message: sessions that are there, and new ones with the agents that are known.

May import: domain, textual.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from superserve_tui.domain import clean
from superserve_tui.protocol.records import dataclass
from superserve_tui.ui.modals.dialog import Dialog
from superserve_tui.ui.widgets.key_hints import KeyHints
from superserve_tui.ui.widgets.line_input import LineInput
from superserve_tui.ui.widgets.line_list import LineList, Piece, Row, fit

__all__ = ["MOST_RECIPIENTS", "BroadcastDialog", "Recipient"]

MOST_RECIPIENTS = 6
"""More answers than these can't be read beside each other."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Someone that the message can go to."""

    profile: str
    agent: str
    label: str
    """What the list says; one line, cleaned."""
    tail: str
    """What stands at the right, muted."""
    session_id: str | None = None
    """The session; None: a new one."""


class CheckList(LineList, can_focus=False):
    """One line each, with a mark before those that are chosen."""

    DEFAULT_CSS = "CheckList { height: auto; max-height: 14; background: $panel; }"

    def __init__(self) -> None:
        super().__init__(id="recipients", classes="-led")
        self._recipients: Sequence[Recipient] = ()
        self.chosen: list[int] = []
        """Places of those that are chosen, in the order of choosing."""

    def show(self, recipients: Sequence[Recipient], places: Sequence[int]) -> None:
        """Those at these places."""
        self._recipients = recipients
        self.set_rows([Row(str(place)) for place in places])
        self.styles.height = min(14, max(1, len(places)))
        self.move_by(-len(places))

    def toggle(self) -> bool:
        """Choose the one under the cursor, or not any more; whether there was room for it."""
        if self.cursor_key is None:
            return True
        place = int(self.cursor_key)
        if place in self.chosen:
            self.chosen.remove(place)
        elif len(self.chosen) < MOST_RECIPIENTS:
            self.chosen.append(place)
        else:
            return False
        self.refresh()
        return True

    def line_pieces(self, row: Row, line: int, width: int) -> list[Piece]:  # noqa: ARG002 - one line each
        """Mark, name, what else is known."""
        recipient = self._recipients[int(row.key)]
        mark = "✓" if int(row.key) in self.chosen else "·"
        tail = fit(recipient.tail, width // 2)
        label = fit(recipient.label, max(4, width - cell_len(tail) - 6))
        gap = " " * max(2, width - 4 - cell_len(label) - cell_len(tail))
        return [(f" {mark} ", "list--text"), (label, "list--text"), (gap, ""), (tail, "list--muted")]


class NarrowingLine(LineInput):
    """Where the list is narrowed: a space begins no word, so it chooses, as in the other lists."""

    class Chose(Message):
        """Space was pressed with nothing typed."""

    async def _on_key(self, event: events.Key) -> None:
        """Space with nothing typed is no text."""
        if event.key == "space" and not self.value:
            event.stop()
            event.prevent_default()
            self.post_message(self.Chose())
        else:
            await super()._on_key(event)


class BroadcastDialog(Dialog[list[Recipient]]):
    """Type to narrow, Space or Tab to choose, Enter to send; answers with those that were chosen, None on Escape.

    Args:
        recipients: Everyone that it can go to, the most likely first.
        message: What is to be sent.
    """

    BINDINGS = [Binding("tab", "choose", priority=True, show=False)]

    DEFAULT_CSS = """
    BroadcastDialog > Vertical { width: 88; }
    BroadcastDialog Input { margin-bottom: 1; }
    BroadcastDialog .dialog--quote { max-height: 3; }
    """

    def __init__(self, recipients: Sequence[Recipient], message: str) -> None:
        super().__init__()
        self._recipients, self._message = recipients, message

    def compose(self) -> ComposeResult:
        """The message, a line to type in, the list."""
        with Vertical():
            yield Static("Send to several", classes="dialog--title")
            yield Static(Text(clean(self._message[:2000])), classes="dialog--quote")
            yield NarrowingLine(placeholder="title or agent")
            yield CheckList()
            yield KeyHints()

    def on_mount(self) -> None:
        """All of them at first, none chosen."""
        self.query_one(CheckList).nothing = "Nobody matches."
        self._find("")
        self._show_hint()
        self.query_one(Input).focus()

    def on_key(self, event: events.Key) -> None:
        """Moving in the list while typing."""
        steps = {"up": -1, "down": 1, "pageup": -8, "pagedown": 8}
        if event.key in steps:
            self.query_one(CheckList).move_by(steps[event.key])
            event.stop()

    @on(NarrowingLine.Chose)
    def action_choose(self) -> None:
        """Choose, or not any more."""
        if not self.query_one(CheckList).toggle():
            self.notify(f"{MOST_RECIPIENTS} at most.", timeout=2)
        self._show_hint()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._find(event.value)
        self._show_hint()

    @on(LineList.Chosen)
    def _clicked(self) -> None:
        self.action_choose()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        chosen = self.query_one(CheckList).chosen
        if chosen:
            self.dismiss([self._recipients[place] for place in chosen])
        else:
            self._show_hint(is_none_chosen=True)

    def _find(self, query: str) -> None:
        words = query.casefold().split()
        texts = [f"{each.label} {each.tail}".casefold() for each in self._recipients]
        places = [place for place, text in enumerate(texts) if all(word in text for word in words)]
        self.query_one(CheckList).show(self._recipients, places)

    def _show_hint(self, *, is_none_chosen: bool = False) -> None:
        """The keys; where Enter had nobody to send to, what is to be done first."""
        key = "Tab" if self.query_one(Input).value else "Space"
        count = len(self.query_one(CheckList).chosen)
        if is_none_chosen:
            first = [("", f"{key} chooses; choose at least one")]
        else:
            first = [(key, "choose"), *([("Enter", f"send to {count}")] if count else [])]
        self.query_one(KeyHints).show(*first, ("Up Down", "move"), ("Esc", "close"))
