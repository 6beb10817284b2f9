"""The widget: what keys and the mouse do in a transcript.

May import: textual, the log's own modules.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.selection import Selection

from superserve_tui.ui.widgets.log.document import Cursor, LogDocument
from superserve_tui.ui.widgets.log.layout import Place
from superserve_tui.ui.widgets.log.painter import place_of
from superserve_tui.ui.widgets.log.reading import message_at, nearest_code, stop_of
from superserve_tui.ui.widgets.log.selecting import (
    MOVES,
    Caret,
    Move,
    first_spot,
    line_at,
    text_between,
    word_at,
)
from superserve_tui.ui.widgets.log.view import LogView

__all__ = ["MessageLog"]


class MessageLog(LogView, inherit_bindings=False):
    """What keys and the mouse do in a transcript: the message cursor, folds, finding, selecting."""

    @dataclass
    class LinkClicked(LogView.Fact):
        """A link was clicked; nothing has been opened."""

        target: str
        """An http, https or mailto address, foreign text."""

    @dataclass
    class CallClicked(LogView.Fact):
        """A tool call's row was clicked."""

        turn_id: str
        index: int
        """The call's position in its turn; the first of a run."""

    @dataclass
    class CursorMoved(LogView.Fact):
        """The message that keys act on is another."""

        cursor: Cursor | None

    @dataclass
    class SelectingChanged(LogView.Fact):
        """Keys select from now on, or not any more."""

        is_selecting: bool

    @dataclass
    class CopyAsked(LogView.Fact):
        """What is selected is to be copied."""

    _awaited: tuple[int, str] | None = None
    """Turn and words to be shown once the turn is there."""

    def on_resize(self) -> None:
        """There may be room now for what is waited for."""
        if self._awaited is not None:
            self.call_later(self.changed)

    # Documents

    def show(self, document: LogDocument) -> None:
        """Show another document, where its reader left it; the one that is shown already is brought up to date."""
        if document is not self.document:
            self._awaited = None
            self.document.hide(self._height)
            self._leave_selecting()
        super().show(document)

    def changed(self) -> None:
        """The document was written to: paint the rows that are not what they were, or show what was waited for."""
        if self._awaited is not None and self.document.position_of_number(self._awaited[0]) is not None:
            self.reveal(*self._awaited)
        else:
            super().changed()

    def filled(self) -> None:
        """Earlier turns have come: what is looked for may be in them too."""
        if self.document.query:
            self._finder.find_again()
        self.changed()

    # Mouse and keys

    def on_click(self, event: events.Click) -> None:
        """Tell of links and calls; unfold what is folded; twice a word, three times a line is selected."""
        if event.chain > 1:
            event.stop()
            event.prevent_default()  # which would select everything
            self._select_around(event)
            return
        if self.text_selection is not None:
            return
        meta = event.style.meta
        if isinstance(target := meta.get("link"), str):
            self.post_message(self.LinkClicked(self, target))
        elif isinstance(call := meta.get("call"), tuple):
            self.post_message(self.CallClicked(self, str(call[0]), int(call[1])))
        elif isinstance(turn_id := meta.get("fold"), str):
            self.document.fold(turn_id, is_folded=False)
            self._update(is_all=True)
        else:
            return
        event.stop()

    def on_key(self, event: events.Key) -> None:
        """While keys select no key does anything else."""
        if self._caret is None:
            return
        event.stop()
        event.prevent_default()
        if event.key in MOVES:
            self.extend_selection(MOVES[event.key])
        elif event.key in ("y", "enter"):
            self.post_message(self.CopyAsked(self))
        elif event.key == "v":
            self._caret.begin_here()
            self._show_caret()

    # Messages

    def cursor_next(self) -> None:
        """To the next message."""
        self._set_cursor(self._stop() + (self.document.cursor is not None))

    def cursor_previous(self) -> None:
        """To the message before."""
        self._set_cursor(self._stop() - (self.document.cursor is not None))

    def cursor_first(self) -> None:
        """To the first message."""
        self._set_cursor(0)

    def cursor_last(self) -> None:
        """To the last message."""
        self._set_cursor(2 * len(self.document.turns) - 1)

    def turn_next(self) -> None:
        """To the next turn's message."""
        stop = self._stop()
        self._set_cursor(stop - stop % 2 + (2 if self.document.cursor is not None else 0))

    def turn_previous(self) -> None:
        """To the beginning of this turn, or to the turn before."""
        stop = self._stop()
        self._set_cursor(stop - stop % 2 if stop % 2 else stop - 2)

    def clear_cursor(self) -> None:
        """No message is marked."""
        if self.document.cursor is not None:
            self.document.cursor = None
            self.post_message(self.CursorMoved(self, None))
            self._update(is_all=True)

    def toggle_fold(self) -> None:
        """Fold the marked turn's answer to one row, or unfold it."""
        turn = self._stop() // 2
        if 0 <= turn < len(self.document.turns):
            view = self.document.turns[turn]
            self.screen.clear_selection()
            self.document.fold(view.turn.id, is_folded=not view.is_folded)
            self._update(is_all=True)

    def source_at_cursor(self) -> str:
        """The source text of the marked message, cleaned; without a cursor the last in view."""
        found = message_at(self.document, self._stop())
        return self.document.source(found[0]) if found is not None else ""

    def code_block_at_cursor(self) -> str | None:
        """The code of the block nearest to the middle of the view in the marked turn, else in the turns around."""
        middle = self.document.layout.y_of(self._top) + self._height // 2
        return nearest_code(self.document, self._stop() // 2, middle)

    # Finding

    def find(self, query: str) -> int:
        """Look for `query`, case folded; marks every place and returns how many there are. Empty ends it."""
        count = self._finder.find(query)
        self._update(is_all=True)
        return count

    @property
    def found(self) -> tuple[int | None, int]:
        """Which hit was gone to, from 1, and how many there are."""
        return self._finder.count

    def find_next(self) -> int | None:
        """To the next hit, round at the end; returns its number from 1, None where there is none."""
        return self._to_hit(1)

    def find_previous(self) -> int | None:
        """To the hit before."""
        return self._to_hit(-1)

    def reveal(self, turn_number: int, words: str = "") -> None:
        """Show a turn by its number, at the first place of `words` in it where there is one.

        A turn that has not been loaded yet is shown as soon as it is, and not before there is room to show it in.
        """
        position = self.document.position_of_number(turn_number)
        if position is None or not self.size:
            self._awaited = (turn_number, words)
            return
        self._awaited = None
        self.find(words)
        place = self._finder.first_in(position)
        if place is not None:
            self._reveal(place)
        else:
            self.document.scroll_to(Place(position, 0, 0), self._height)
            self._update(is_all=True)

    # Selection

    @property
    def is_selecting(self) -> bool:
        """Whether keys extend a selection."""
        return self._caret is not None and self.has_focus

    def start_selecting(self) -> None:
        """Keys select from here on, from the first character of the marked message that is in view."""
        spot = first_spot(self.document, self._lines)
        if spot is not None:
            self._caret = Caret(self.document.layout, spot)
            self._show_caret()
            self.post_message(self.SelectingChanged(self, True))

    def extend_selection(self, move: Move) -> None:
        """Move the end of the selection that keys make."""
        if self._caret is not None:
            self._caret.move(move, self._height)
            self._show_caret()

    def selection_updated(self, selection: Selection | None) -> None:
        """What is selected is another; while anything is, the window stays where it is."""
        super().selection_updated(selection)
        selection = self.text_selection  # a later one may have been made since this was posted
        if selection is None:
            self.document.release(self._height)
        else:
            self.document.hold(self._height)
        if self._caret is not None and selection != self._caret.selection:
            self._leave_selecting()
        self._update()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """A drag at the edge scrolls: it selects on, though the pointer stands still."""
        super().watch_scroll_y(old_value, new_value)
        state = self.screen._select_state if self.is_attached else None
        if (
            state is None
            or state.end is None
            or not self.screen._selecting
            or state.start.content_widget is not self
        ):
            return
        _, offset = self.screen.get_widget_and_offset_at(*state.screen_offset)
        self.screen._select_state = state.update_end(state.screen_offset, state.end._replace(content_offset=offset))

    def _show_caret(self) -> None:
        assert self._caret is not None
        self.document.hold(self._height)
        self.screen.selections = {self: self._caret.selection}
        place, shown = self._caret.place, self._lines
        if place < shown[0].place:
            self.document.scroll_to(place, self._height)
        elif place > shown[-1].place:
            self.document.scroll_to(self.document.layout.walk(place, 1 - self._height), self._height)
        self._update(is_all=True)

    def _leave_selecting(self) -> None:
        if self._caret is not None:
            self._caret = None
            self.post_message(self.SelectingChanged(self, False))

    def _select_around(self, event: events.Click) -> None:
        _, offset = self.screen.get_widget_and_offset_at(event.screen_x, event.screen_y)
        if offset is not None:
            selection = (word_at if event.chain == 2 else line_at)(self.document, offset)
            self.screen.selections = {self: selection} if selection is not None else {}

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected characters: soft wraps joined, no gutter, border or padding."""
        start = None if selection.start is None else (place_of(selection.start), selection.start.x)
        end = None if selection.end is None else (place_of(selection.end), selection.end.x)
        return text_between(self.document, start, end), "\n"

    def _stop(self) -> int:
        return stop_of(self.document, self._lines)

    def _set_cursor(self, stop: int) -> None:
        found = message_at(self.document, stop)
        if found is None:
            return
        cursor, place = found
        is_new = cursor != self.document.cursor
        self.document.cursor = cursor
        visible = [line.place for line in self._lines]
        if not visible or not visible[0] <= place < visible[-1]:
            self.document.scroll_to(place, self._height)
        self._update(is_all=True)
        if is_new:
            self.post_message(self.CursorMoved(self, cursor))

    def _to_hit(self, step: int) -> int | None:
        number = self._finder.move(step, self._top)
        if number is None:
            return None
        place = self._finder.place()
        if place is not None:
            self._reveal(place)
        return number

    def _reveal(self, place: Place) -> None:
        """Bring a place into view, a third of the window above it."""
        visible = {line.place for line in self._lines}
        if place not in visible:
            top = self.document.layout.walk(place, -(self._height // 3))
            self.document.scroll_to(top, self._height)
        self._update(is_all=True)
