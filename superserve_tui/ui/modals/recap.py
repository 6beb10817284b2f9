"""A recap of the transcript, seen and edited before it goes ahead of a message to a new session.

May import: domain, the UI's widgets, textual.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static, TextArea

from superserve_tui.domain import Turn, TurnState, clean, clean_line, recap_of
from superserve_tui.ui.modals.dialog import Dialog
from superserve_tui.ui.widgets.choice_line import ChoiceLine
from superserve_tui.ui.widgets.key_hints import KeyHints
from superserve_tui.ui.widgets.line_list import LineList, Piece, Row, fit

__all__ = ["RecapDialog"]

LAST_TURNS = 3
"""What a recap holds unless the person asks for more: enough to go on, and soon read."""


class TurnPicks(LineList):
    """The turns, each in or out; Space and Enter change that."""

    DEFAULT_CSS = "TurnPicks { height: auto; max-height: 8; background: $surface; display: none; }"

    class Toggled(LineList.Highlighted):
        """A turn went in or out."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        super().__init__(id="picks")
        self._turns = {turn.id: turn for turn in turns}
        self.picked: set[str] = {turn.id for turn in turns[-LAST_TURNS:]}
        """Ids of the turns that are in."""

    def on_mount(self) -> None:
        """All turns, the cursor on the newest."""
        self.set_rows([Row(key) for key in self._turns])
        self.styles.height = min(8, max(1, len(self._turns)))
        self.move_to(next(reversed(self._turns), None))

    def on_key(self, event: events.Key) -> None:
        """Space as Enter."""
        if event.key == "space" and self.cursor_key:
            self.on_row_chosen(self.cursor_key)
            event.stop()
            event.prevent_default()
        else:
            super().on_key(event)

    def on_row_chosen(self, key: str) -> None:
        """In, or out."""
        self.picked ^= {key}
        self.refresh_row(key)
        self.post_message(self.Toggled(self, key))

    def line_pieces(self, row: Row, line: int, width: int) -> list[Piece]:  # noqa: ARG002 - one line each
        """Whether it is in, its number, its message."""
        turn = self._turns[row.key]
        mark = "[x]" if row.key in self.picked else "[ ]"
        words = fit(clean_line(turn.prompt, limit=300), max(4, width - 12))
        return [(f" {mark} ", "list--text"), (f"{turn.number}. ", "list--muted"), (words, "list--text")]


class RecapArea(TextArea):
    """The recap's text; what is pasted into it comes cleaned."""

    def __init__(self) -> None:
        super().__init__(soft_wrap=True, show_line_numbers=False, theme="css", id="recap")

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.insert(clean(event.text))


class RecapDialog(Dialog[str]):
    """Answers with the recap as it stands when sent; None on Escape.

    Args:
        turns: The transcript.
        prompt: The message that it goes ahead of.
    """

    DEFAULT_CSS = """
    RecapDialog > Vertical { width: 90; height: 90%; max-height: 40; }
    RecapDialog TextArea {
        height: 1fr; min-height: 3; border: none; padding: 0 1; margin: 1 0; background: $surface;
        &:focus { border: none; }
    }
    RecapDialog.-low {
        & > Vertical { height: 100%; padding: 0 1; }
        TurnPicks { max-height: 3; }
        TextArea { min-height: 1; margin: 0; }
        .dialog--title, .dialog--quote { margin: 0; }
        .dialog--quote { max-height: 1; }
        KeyHints { margin: 0; }
    }
    """

    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-high")]

    def __init__(self, turns: Sequence[Turn], prompt: str) -> None:
        super().__init__()
        self._turns = [turn for turn in turns if turn.state is not TurnState.QUEUED]
        self._prompt = prompt

    def compose(self) -> ComposeResult:
        """What it holds, the text, the message, the buttons."""
        total = len(self._turns)
        scopes = [("all", "the one turn" if total == 1 else f"all {total} turns")]
        if total > 1:
            scopes.append(("pick", "pick turns"))
        if total > LAST_TURNS:
            scopes.insert(0, ("last", f"last {LAST_TURNS} turns"))
        with Vertical():
            yield Static("New session with recap", classes="dialog--title")
            yield ChoiceLine(scopes, id="scope")
            yield TurnPicks(self._turns)
            yield RecapArea()
            yield Static(Text(clean(self._prompt)[:2000]), classes="dialog--quote")
            with Horizontal(classes="dialog--buttons"):
                yield Button("Send", id="send", compact=True)
                yield Button("Back", id="back", compact=True)
            yield KeyHints(
                ("Enter", "send"), ("Left Right", "what it holds"), ("Tab", "edit the text"), ("Esc", "back")
            )

    def on_mount(self) -> None:
        """The recap of the first choice."""
        self._fill()
        self.query_one(ChoiceLine).focus()

    @on(ChoiceLine.Changed)
    def _scope_changed(self, event: ChoiceLine.Changed) -> None:
        self.query_one(TurnPicks).display = event.key == "pick"
        self._fill()

    @on(TurnPicks.Toggled)
    def _pick_changed(self) -> None:
        self._fill()

    @on(ChoiceLine.Taken)
    def _taken(self) -> None:
        self.dismiss(self.query_one(TextArea).text)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(self.query_one(TextArea).text if event.button.id == "send" else None)

    def _fill(self) -> None:
        """Another recap in the text's place; undo brings back what was written there."""
        picked = self.query_one(TurnPicks).picked
        match self.query_one(ChoiceLine).value:
            case "last":
                turns = self._turns[-LAST_TURNS:]
            case "pick":
                turns = [turn for turn in self._turns if turn.id in picked]
            case _:
                turns = self._turns
        area = self.query_one(TextArea)
        area.replace(clean(recap_of(turns)), (0, 0), area.document.end)
        area.move_cursor((0, 0))
