"""Where things stand: rows of a transcript to blocks and back, at O(screen) whatever the transcript's length.

Heights are estimated until a block is seen; places are kept as block and row, so that a better height above moves
no text under the reader.

May import: rich, the log's own modules.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from superserve_tui.ui.widgets.log.blocks import Block, HeightIndex
from superserve_tui.ui.widgets.log.frame import CallRun, Footer, is_frame, render_frame
from superserve_tui.ui.widgets.log.palette import Palette
from superserve_tui.ui.widgets.log.render import render_block
from superserve_tui.ui.widgets.log.rows import Row
from superserve_tui.ui.widgets.log.turn import TurnView
from superserve_tui.ui.words import SPINNER

__all__ = ["PARSE_BUDGET", "Layout", "Line", "Place"]

PARSE_BUDGET = 32 * 1024
"""Characters parsed in one frame: 5 ms of prose, 80 of the shortest list items; a flood takes several frames."""
_KEPT_ROWS = 6000
"""Rendered rows kept over all blocks of a document; the longest unseen are rendered again when needed."""
_HIDDEN_ROWS = 120
"""Of those, what a transcript keeps that is not on screen: a look back, or many sessions take all memory."""


class Place(NamedTuple):
    """A row of the transcript that stays the same when heights above it change."""

    turn: int
    """Position of the turn."""
    block: int
    """Position of the block in its turn."""
    row: int
    """Row of the block, its margin counted."""


class Line(NamedTuple):
    """What one row of the screen shows."""

    place: Place
    row: Row | None
    """None for a blank row."""


class Layout:
    """Heights and rows of turns at a width.

    Args:
        turns: The transcript; the list is the document's own and may change between calls.
    """

    def __init__(self, turns: list[TurnView]) -> None:
        self.turns = turns
        self.width = 0
        self.spinner = 0
        """Which sign of the spinner is shown."""
        self.unfinished: set[int] = set()
        """Turns that were opened and have more to be parsed; the document takes them up."""
        self.budget = PARSE_BUDGET
        """Characters to parse in one go; the document measures how many its lines allow."""
        self.rendered_blocks = 0
        """Blocks rendered so far; for tests and figures."""
        self._palette: Palette | None = None
        self._index = HeightIndex()
        self._kept: OrderedDict[int, tuple[Block, int]] = OrderedDict()
        self._kept_rows = 0

    def resize(self, width: int, palette: Palette) -> None:
        """Rows of other widths or styles hold no more."""
        if palette is not self._palette:
            self._palette = palette
        if width != self.width:
            self.width = width
            self._kept.clear()
            self._kept_rows = 0
            self.rebuild()

    def rebuild(self) -> None:
        """Turns were added, removed or replaced."""
        self._index = HeightIndex()
        for turn in self.turns:
            self._index.append(self._turn_height(turn))

    def update(self, turn: int) -> None:
        """The height of a turn may have changed."""
        if turn == len(self._index):
            self._index.append(0)
        self._index.set(turn, self._turn_height(self.turns[turn]))

    @property
    def total(self) -> int:
        """Rows of the whole transcript."""
        return self._index.total

    @property
    def end(self) -> Place:
        """The place after the last row."""
        if not self.turns:
            return Place(0, 0, 0)
        last = len(self.turns) - 1
        self.open(last)
        block = len(self.turns[last].blocks) - 1
        return Place(last, block, self.height(last, block))

    def height(self, turn: int, block: int) -> int:
        """Rows of a block, measured."""
        self.rows(turn, block)
        return self.turns[turn].blocks[block].height

    def y_of(self, place: Place) -> int:
        """The row of the transcript that `place` is, by what is known of heights now."""
        if not self.turns:
            return 0
        view = self.turns[place.turn]
        inner = view.index.top(place.block) if view.is_open else 0
        return self._index.top(place.turn) + inner + place.row

    def place_at(self, y: int) -> Place:
        """The place of a row of the transcript."""
        if not self.turns:
            return Place(0, 0, 0)
        turn, row = self._index.find(y)
        estimated = max(1, self._index[turn])
        view = self.turns[turn]
        if not view.is_open:
            self.open(turn)
            row = row * self._index[turn] // estimated
        block, row = view.index.find(row)
        height = self.height(turn, block)
        return Place(turn, block, min(row, height - 1))

    def walk(self, place: Place, rows: int) -> Place:
        """The place so many rows further down, or up; stops at the transcript's ends."""
        if not self.turns:
            return place
        turn, block, row = place
        self.open(turn)
        block = min(block, len(self.turns[turn].blocks) - 1)
        row += rows
        while row < 0:
            if block > 0:
                block -= 1
            elif turn > 0:
                turn -= 1
                self.open(turn, is_whole=True)
                block = len(self.turns[turn].blocks) - 1
            else:
                return Place(0, 0, 0)
            row += self.height(turn, block)
        while row >= (height := self.height(turn, block)):
            if block + 1 < len(self.turns[turn].blocks):
                block += 1
            elif turn + 1 < len(self.turns):
                turn += 1
                self.open(turn)
                block = 0
            else:
                return Place(turn, block, min(row, height))
            row -= height
        return Place(turn, block, row)

    def lines(self, place: Place, count: int) -> list[Line]:
        """What `count` rows from `place` on show; fewer at the transcript's end."""
        found: list[Line] = []
        if not self.turns:
            return found
        turn, block, row = place
        while len(found) < count and turn < len(self.turns):
            self.open(turn)
            blocks = self.turns[turn].blocks
            while len(found) < count and block < len(blocks):
                rows = self.rows(turn, block)
                margin = blocks[block].margin
                while row < margin + len(rows) and len(found) < count:
                    shown = rows[row - margin] if row >= margin else None
                    found.append(Line(Place(turn, block, row), shown))
                    row += 1
                block, row = block + 1, 0
            turn, block = turn + 1, 0
        return found

    def rows(self, turn: int, block: int) -> list[Row]:
        """A block's rows, rendered now where they are not at hand."""
        view = self.turns[turn]
        item = view.blocks[block]
        key = self._key(item)
        if item.rows is None or item.key != key:
            item.rows = self._render(item)
            item.key = key
            self.rendered_blocks += 1
            self._keep(item)
        height = item.margin + len(item.rows)
        if item.height != height or not item.is_measured:
            item.height, item.is_measured = height, True
            view.index.set(block, height)
            self._index.set(turn, view.index.total)
        return item.rows

    def _key(self, block: Block) -> tuple[object, ...]:
        extra: object = None
        match block.payload:
            case CallRun() as run:
                extra = (run.version, self.spinner if run.running else 0)
            case Footer() as footer:
                extra = None if footer.turn.state.is_over else self.spinner
            case _:
                if block.table is not None:
                    extra = (tuple(block.table.naturals), tuple(block.table.words))
                elif block.fence is not None:
                    extra = block.fence.version
        return (self.width, self._palette, extra)

    def _render(self, block: Block) -> list[Row]:
        assert self._palette is not None, "resize comes first"
        if is_frame(block):
            return render_frame(block, self.width, self._palette, spinner=SPINNER[self.spinner % len(SPINNER)])
        return render_block(block, self.width, self._palette)

    def _keep(self, block: Block) -> None:
        """Note that a block's rows are at hand; beyond the limit the longest unseen ones go."""
        assert block.rows is not None
        old = self._kept.pop(id(block), None)
        count = len(block.rows)
        self._kept_rows += count - (old[1] if old is not None else 0)
        self._kept[id(block)] = (block, count)
        self._let_go(_KEPT_ROWS)

    def hide(self, top: Place | None, seen: Place | None) -> None:
        """Nobody looks any more: keep what a look back shows at once.

        Args:
            top: The topmost place that was in view; None where that is the end of the transcript.
            seen: A place that stays known besides.
        """
        if not self.width or not self.turns:
            return  # nothing was laid out yet
        self._let_go(_HIDDEN_ROWS)
        y = self.total - _HIDDEN_ROWS if top is None else self.y_of(top)
        first, last = self._index.find(y)[0], self._index.find(y + _HIDDEN_ROWS)[0]
        for turn, view in enumerate(self.turns):
            if view.is_open and not first <= turn <= last and (seen is None or turn != seen.turn):
                for block in view.blocks:
                    self._forget(block)
                view.close()
                self.update(turn)

    def _let_go(self, limit: int) -> None:
        while self._kept_rows > limit and len(self._kept) > 1:
            self._forget(next(iter(self._kept.values()))[0])

    def _forget(self, block: Block) -> None:
        """A block's rows are to be rendered again when they are needed."""
        _, rows = self._kept.pop(id(block), (block, 0))
        block.rows = None
        self._kept_rows -= rows

    def open(self, turn: int, *, is_whole: bool = False) -> None:
        """Make the blocks of a turn, where that has not been done; of a huge one only the first, unless whole.

        One that is come to from below is made whole: what is above its end would push the end out of view.
        """
        view = self.turns[turn]
        if not view.is_open or view.width != self.width or (is_whole and view.has_pending):
            view.set_width(self.width)
            view.open(budget=None if is_whole else self.budget)
            self._index.set(turn, view.index.total)
            if view.has_pending:
                self.unfinished.add(turn)

    def _turn_height(self, view: TurnView) -> int:
        if view.is_open:
            view.set_width(self.width)
            return view.index.total
        return view.estimate(max(1, self.width))
