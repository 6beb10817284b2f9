"""Type a few letters, choose a line: actions, messages sent before.

May import: textual.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from superserve_tui.protocol.records import dataclass
from superserve_tui.ui.fuzzy import rank
from superserve_tui.ui.modals.dialog import Dialog
from superserve_tui.ui.widgets.key_hints import KeyHints
from superserve_tui.ui.widgets.line_input import LineInput
from superserve_tui.ui.widgets.line_list import LineList, Piece, Row, fit

__all__ = ["Pickable", "Picker"]

_SHOWN = 300
_LABEL_CELLS = 24
"""How wide the column of labels becomes at most, where there are details."""


@dataclass(frozen=True, slots=True)
class Pickable:
    """A line to choose."""

    key: str
    """What the picker answers with."""
    label: str
    """What it says; one line, cleaned."""
    tail: str = ""
    """What stands at the right, muted."""
    detail: str = ""
    """What is said of it, muted, in a column of its own."""
    also: str = ""
    """Other names that it is found by."""
    text: str = ""
    """More that it is found by where whole words are looked for; not shown."""

    @property
    def words(self) -> str:
        """All that it is found by."""
        return f"{self.label} {self.also} {self.detail} {self.tail}".strip()


class PickList(LineList):
    """The lines that match."""

    DEFAULT_CSS = "PickList { height: 1fr; background: $panel; }"

    def __init__(self) -> None:
        super().__init__(id="picks", classes="-led")
        self._items: dict[str, Pickable] = {}
        self._label_cells = 0

    def show(self, items: Sequence[Pickable]) -> None:
        """These, in this order."""
        self._items = {item.key: item for item in items}
        detailed = [cell_len(item.label) for item in items if item.detail]
        self._label_cells = max(self._label_cells, min(_LABEL_CELLS, max(detailed, default=0)))
        self.set_rows([Row(key) for key in self._items])
        self.move_by(-len(items))

    def line_pieces(self, row: Row, line: int, width: int) -> list[Piece]:  # noqa: ARG002 - one line each
        """Label, detail and tail."""
        item = self._items[row.key]
        tail = fit(item.tail, width // 2)
        room = max(4, width - cell_len(tail) - 4)
        if item.detail:
            label = set_cell_size(fit(item.label, self._label_cells), self._label_cells) + "  "
        else:
            label = fit(item.label, room)
        detail = fit(item.detail, max(0, room - cell_len(label)))
        gap = " " * max(2, width - 2 - cell_len(label) - cell_len(detail) - cell_len(tail))
        return [(f" {label}", "list--text"), (detail + gap, "list--muted"), (tail, "list--muted")]


class Picker(Dialog[str]):
    """Answers with the key of the chosen line, None on Escape.

    Args:
        title: What is chosen.
        items: All lines, the most likely first.
        placeholder: What may be typed.
        nothing: What is said where no line matches.
        is_fuzzy: Letters in order match; else every word must stand in the line.
        on_highlight: Called with the key of each line that the cursor comes to.
    """

    DEFAULT_CSS = """
    Picker > Vertical { width: 88; height: 80%; max-height: 30; }
    Picker Input { margin-bottom: 1; }
    """

    def __init__(
        self,
        title: str,
        items: Sequence[Pickable],
        *,
        placeholder: str = "",
        nothing: str = "Nothing matches.",
        is_fuzzy: bool = True,
        on_highlight: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__()
        self._on_highlight = on_highlight
        self._title, self._items, self._placeholder, self._is_fuzzy = title, items, placeholder, is_fuzzy
        self._nothing = nothing

    def compose(self) -> ComposeResult:
        """A line to type in, the list below."""
        with Vertical():
            yield Static(Text(self._title), classes="dialog--title")
            yield LineInput(placeholder=self._placeholder)
            yield PickList()
            yield KeyHints(("Enter", "choose"), ("Up Down", "move"), ("Esc", "close"))

    def on_mount(self) -> None:
        """All lines at first."""
        self.query_one(PickList).nothing = self._nothing if self._items else "Nothing here yet."
        self._find("")
        self.query_one(Input).focus()

    def on_key(self, event: events.Key) -> None:
        """Moving in the list while typing."""
        steps = {"up": -1, "down": 1, "pageup": -8, "pagedown": 8, "ctrl+p": -1, "ctrl+n": 1}
        if event.key in steps:
            self.query_one(PickList).move_by(steps[event.key])
            event.stop()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._find(event.value.strip())

    @on(Input.Submitted)
    def _submitted(self) -> None:
        if key := self.query_one(PickList).cursor_key:
            self.dismiss(key)

    @on(LineList.Highlighted)
    def _highlighted(self, event: LineList.Highlighted) -> None:
        if self._on_highlight is not None:
            self._on_highlight(event.key)

    @on(LineList.Chosen)
    def _chosen(self, event: LineList.Chosen) -> None:
        self.dismiss(event.key)

    def _find(self, query: str) -> None:
        items = self._items
        if query and self._is_fuzzy:
            wanted = query.lower()
            ranked = []
            for place, item in enumerate(items):
                named = rank(wanted, f"{item.label} {item.also}".lower())
                fits = named or rank(wanted, item.words.lower())
                if fits is not None:
                    # What a line is called counts before what is said of it.
                    ranked.append((named is None, fits, place))
            items = [items[place] for _, _, place in sorted(ranked)]
        elif query:
            words = query.casefold().split()
            texts = ((item, f"{item.words} {item.text}".casefold()) for item in items)
            items = [item for item, text in texts if all(word in text for word in words)]
        self.query_one(PickList).show(items[:_SHOWN])
