"""A text area in which large pastes are folded to labels; everybody else sees the whole text.

May import: the composer's folds, the editing keys, domain, textual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.document._document import EditResult, Location, Selection
from textual.document._edit import Edit
from textual.widgets import TextArea

from superserve_tui.domain import clean
from superserve_tui.ui.widgets.editing_keys import edit_by_key
from superserve_tui.ui.widgets.folds import Folds

__all__ = ["FoldingArea"]


UNFOLDED_LINES = 2000
UNFOLDED_CHARACTERS = 200_000
"""What takes more lines or characters than these is not unfolded: wrapping 50,000 lines takes seconds."""


class FoldingArea(TextArea):
    """Its `text` is what the person means, its document what is shown. A label is edited as a whole."""

    BINDINGS = [Binding("ctrl+underscore", "undo", show=False)]  # ctrl+z suspends

    COMPONENT_CLASSES = {"folding-area--label"}

    DEFAULT_CSS = """
    FoldingArea .folding-area--label { color: $accent; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        self._folds = Folds()
        super().__init__(id=id, theme="css", soft_wrap=True, show_line_numbers=False, highlight_cursor_line=False)

    # -- what others see

    @property
    def text(self) -> str:
        """The whole text."""
        return self._folds.expand(self.document.text)

    @text.setter
    def text(self, value: str) -> None:
        self.load_text(value)

    @property
    def shown(self) -> str:
        """What stands here, with labels for what is folded."""
        return self.document.text

    @property
    def selected_text(self) -> str:
        """What is selected, whole."""
        return self._folds.expand(super().selected_text)

    # -- public

    def put(self, text: str, *, shown: str | None = None) -> None:
        """Show another text, cleaned, the cursor at its end.

        Args:
            text: The text.
            shown: What `shown` was when the text stood here before; without it, what is large is folded.
        """
        text = clean(text)
        if text != self.text:
            is_known = shown is not None and self._folds.expand(shown) == text
            self.load_text(shown if shown is not None and is_known else self._folds.fold(text))
            self.move_cursor(self.document.end)

    def unfold(self) -> bool:
        """Show everything; undoing that folds it again. Whether it is small enough to be edited here."""
        whole = self.text
        if len(whole) > UNFOLDED_CHARACTERS or whole.count("\n") > UNFOLDED_LINES:
            return False
        if whole != self.document.text:
            before = self._folds.expand(self.get_text_range((0, 0), self.cursor_location))
            self.replace(whole, (0, 0), self.document.end)
            self.move_cursor((before.count("\n"), len(before) - before.rfind("\n") - 1))
        return True

    def edit(self, edit: Edit) -> EditResult:
        """Make an edit; it takes labels as a whole, and tells of what it replaced in full."""
        if edit.top != edit.bottom:
            edit = replace(
                edit, from_location=self._outside(edit.top)[0], to_location=self._outside(edit.bottom)[1]
            )
        result = super().edit(edit)
        return EditResult(result.end_location, self._folds.expand(result.replaced_text))

    def get_line(self, line_index: int) -> Text:
        """A line with its labels marked."""
        line = super().get_line(line_index)
        for start, end in self._folds.spans(line.plain):
            line.stylize(self.get_component_rich_style("folding-area--label", partial=True), start, end)
        return line

    def action_paste(self) -> None:
        """What was cut or copied here, as a paste."""
        self._paste(self.app.clipboard)

    # -- private

    async def _on_key(self, event: events.Key) -> None:
        """Keys that edit do so in their turn."""
        await edit_by_key(self, event)

    async def _on_paste(self, event: events.Paste) -> None:
        """A paste never sends, and brings no control characters."""
        event.stop()
        event.prevent_default()
        self._paste(event.text)

    def _paste(self, text: str) -> None:
        pasted = self.replace(self._folds.fold_paste(clean(text)), *self.selection, maintain_selection_offset=False)
        self.move_cursor(pasted.end_location)

    def _undo_batch(self, edits: Sequence[Edit]) -> None:
        """Textual looks for the cursor before it has moved it into the shorter text."""
        self.selection = Selection()
        super()._undo_batch(edits)

    def _redo_batch(self, edits: Sequence[Edit]) -> None:
        """As above."""
        self.selection = Selection()
        super()._redo_batch(edits)

    def _validate_selection(self, selection: Selection) -> Selection:
        """No cursor stands in a label: from the left it comes out at its end, from the right at its start."""
        was = self.selection.end
        start, end = super()._validate_selection(selection)
        return Selection(self._outside(start)[start > was], self._outside(end)[end > was])

    def _outside(self, location: Location) -> tuple[Location, Location]:
        """Start and end of the label that a location lies in; else the location itself."""
        row, column = location
        line = self.document.get_line(row) if row < self.document.line_count else ""
        for start, end in self._folds.spans(line):
            if start < column < end:
                return (row, start), (row, end)
        return location, location
