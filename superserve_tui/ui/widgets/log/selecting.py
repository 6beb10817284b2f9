"""Selecting: by keys from where to where, the words and lines that clicks take, and the text of what is selected.

A selection counts in characters of a block's plain text, as one by mouse does; the caret stands on a character that
is seen, and both ends belong to the selection.

May import: textual's value types, the log's own modules.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto
from typing import Final, NamedTuple

from textual.geometry import Offset
from textual.selection import Selection

from superserve_tui.ui.widgets.log.blocks import Kind
from superserve_tui.ui.widgets.log.document import LogDocument
from superserve_tui.ui.widgets.log.layout import Layout, Line, Place
from superserve_tui.ui.widgets.log.painter import offset_of, place_of
from superserve_tui.ui.widgets.log.reading import is_at_cursor
from superserve_tui.ui.widgets.log.rows import Stop

__all__ = ["MOVES", "Caret", "Move", "Spot", "first_spot", "line_at", "text_between", "word_at"]

_WORD_BEGINS = re.compile(r"(?<!\w)\w")
_WORD = re.compile(r"[~./]*\w(?:[\w./~@%+:-]*[\w/])?")
"""What a double click takes: a word, a name, a path, a number, an address."""


class Move(Enum):
    """Where a key takes the caret."""

    LEFT = auto()
    RIGHT = auto()
    UP = auto()
    DOWN = auto()
    HALF_UP = auto()
    HALF_DOWN = auto()
    PAGE_UP = auto()
    PAGE_DOWN = auto()
    WORD_LEFT = auto()
    WORD_RIGHT = auto()
    ROW_START = auto()
    ROW_END = auto()
    START = auto()
    """Of the transcript."""
    END = auto()


MOVES: Final = {
    "left": Move.LEFT,
    "h": Move.LEFT,
    "right": Move.RIGHT,
    "l": Move.RIGHT,
    "up": Move.UP,
    "k": Move.UP,
    "down": Move.DOWN,
    "j": Move.DOWN,
    "ctrl+u": Move.HALF_UP,
    "ctrl+d": Move.HALF_DOWN,
    "ctrl+left": Move.WORD_LEFT,
    "b": Move.WORD_LEFT,
    "ctrl+right": Move.WORD_RIGHT,
    "w": Move.WORD_RIGHT,
    "home": Move.ROW_START,
    "end": Move.ROW_END,
    "g": Move.START,
    "G": Move.END,
}
"""Keys while something is being selected."""


class Spot(NamedTuple):
    """A character of a transcript; they compare in reading order."""

    turn: int
    block: int
    at: int
    """Its place in the block's plain text."""


class _Seat(NamedTuple):
    """Where a spot is seen."""

    turn: int
    block: int
    row: int
    """Row of the block, its margin not counted."""
    stops: list[Stop]
    number: int
    """Which of the stops."""

    @property
    def spot(self) -> Spot:
        return Spot(self.turn, self.block, self.stops[self.number].at)


class Caret:
    """Both ends of a selection.

    Args:
        layout: Of the document that is selected in.
        head: Where it begins.
    """

    def __init__(self, layout: Layout, head: Spot) -> None:
        self._layout = layout
        self.anchor = self.head = head
        self._goal: int | None = None
        """The cell that moving up and down keeps to."""

    @property
    def place(self) -> Place:
        """The row that the head stands on."""
        seat = self._seat(self.head)
        margin = self._layout.turns[seat.turn].blocks[seat.block].margin
        return Place(seat.turn, seat.block, margin + seat.row)

    @property
    def selection(self) -> Selection:
        """The characters from one end to the other, both included."""
        first, last = sorted((self.anchor, self.head))
        seat = self._seat(last)
        end = seat.stops[seat.number].end
        return Selection(offset_of(*first), offset_of(seat.turn, seat.block, end))

    def begin_here(self) -> None:
        """The selection begins anew where it has got to."""
        self.anchor = self.head

    def move(self, move: Move, height: int) -> None:
        """Move the head.

        Args:
            move: Where to.
            height: Rows of the window.
        """
        goal, self._goal = self._goal, None
        match move:
            case Move.LEFT:
                self._step(-1)
            case Move.RIGHT:
                self._step(1)
            case Move.UP | Move.DOWN:
                self._rows(1 if move is Move.DOWN else -1, goal)
            case Move.HALF_UP | Move.HALF_DOWN:
                self._rows((1 if move is Move.HALF_DOWN else -1) * max(1, height // 2), goal)
            case Move.PAGE_UP | Move.PAGE_DOWN:
                self._rows((1 if move is Move.PAGE_DOWN else -1) * max(1, height - 1), goal)
            case Move.WORD_LEFT:
                self._word_left()
            case Move.WORD_RIGHT:
                self._word_right()
            case Move.ROW_START | Move.ROW_END:
                seat = self._seat(self.head)
                self.head = seat._replace(number=0 if move is Move.ROW_START else len(seat.stops) - 1).spot
            case Move.START:
                self._to(self._beyond(0, 0, -1, 1), 0)
            case Move.END:
                turn, block, _ = self._layout.end
                self._to(self._beyond(turn, block, len(self._layout.rows(turn, block)), -1), -1)

    def _step(self, step: int) -> None:
        seat = self._seat(self.head)
        number = seat.number + step
        if 0 <= number < len(seat.stops):
            self.head = seat._replace(number=number).spot
        else:
            self._to(self._beyond(seat.turn, seat.block, seat.row, step), 0 if step > 0 else -1)

    def _rows(self, rows: int, goal: int | None) -> None:
        """So many rows down, or up; stops at the transcript's ends."""
        seat = self._seat(self.head)
        cell = goal if goal is not None else seat.stops[seat.number].cell
        for _ in range(abs(rows)):
            found = self._beyond(seat.turn, seat.block, seat.row, 1 if rows > 0 else -1)
            if found is None:
                break
            seat = found
        number = max((index for index, stop in enumerate(seat.stops) if stop.cell <= cell), default=0)
        self.head = seat._replace(number=number).spot
        self._goal = cell

    def _word_right(self) -> None:
        turn, block, at = self.head
        found = _WORD_BEGINS.search(self._plain(turn, block), at + 1)
        while found is None:
            beside = self._beside(turn, block, 1)
            if beside is None:
                self.move(Move.END, 1)
                return
            turn, block = beside
            found = _WORD_BEGINS.search(self._plain(turn, block))
        self.head = self._seat(Spot(turn, block, found.start())).spot

    def _word_left(self) -> None:
        turn, block, at = self.head
        begins = [found.start() for found in _WORD_BEGINS.finditer(self._plain(turn, block), 0, at)]
        while not begins:
            beside = self._beside(turn, block, -1)
            if beside is None:
                self.move(Move.START, 1)
                return
            turn, block = beside
            begins = [found.start() for found in _WORD_BEGINS.finditer(self._plain(turn, block))]
        self.head = self._seat(Spot(turn, block, begins[-1])).spot

    def _plain(self, turn: int, block: int) -> str:
        self._layout.rows(turn, block)
        return self._layout.turns[turn].blocks[block].plain

    def _to(self, seat: _Seat | None, number: int) -> None:
        if seat is not None:
            self.head = seat._replace(number=number % len(seat.stops)).spot

    def _seat(self, spot: Spot) -> _Seat:
        """Where a spot is seen; one that is not seen, or is no more, has the seat before it."""
        turns = self._layout.turns
        turn = min(spot.turn, len(turns) - 1)
        self._layout.open(turn, is_whole=True)
        block = min(spot.block, len(turns[turn].blocks) - 1)
        best: _Seat | None = None
        for index, row in enumerate(self._layout.rows(turn, block)):
            stops = row.stops()
            for number, stop in enumerate(stops):
                if best is None or best.spot.at < stop.at <= spot.at:
                    best = _Seat(turn, block, index, stops, number)
        if best is None:
            best = self._beyond(turn, block, 0, -1) or self._beyond(turn, block, 0, 1)
        assert best is not None, "a transcript has its labels"
        return best

    def _beyond(self, turn: int, block: int, row: int, step: int) -> _Seat | None:
        """The nearest row below, or above, that has characters."""
        while True:
            row += step
            rows = self._layout.rows(turn, block)
            if 0 <= row < len(rows):
                if stops := rows[row].stops():
                    return _Seat(turn, block, row, stops, 0)
                continue
            beside = self._beside(turn, block, step)
            if beside is None:
                return None
            turn, block = beside
            row = -1 if step > 0 else len(self._layout.rows(turn, block))

    def _beside(self, turn: int, block: int, step: int) -> tuple[int, int] | None:
        """The next block, or the one before."""
        turns = self._layout.turns
        self._layout.open(turn, is_whole=True)
        block += step
        if 0 <= block < len(turns[turn].blocks):
            return turn, block
        turn += step
        if not 0 <= turn < len(turns):
            return None
        self._layout.open(turn, is_whole=True)
        return turn, 0 if step > 0 else len(turns[turn].blocks) - 1


def first_spot(document: LogDocument, lines: Sequence[Line]) -> Spot | None:
    """The first character in view: of the marked message's text, else of any text, else of its frame."""
    found: list[tuple[bool, bool, Spot]] = []
    for place, row in lines:
        if row is not None and (stops := row.stops()):
            is_frame = document.turns[place.turn].blocks[place.block].payload is not None
            is_elsewhere = not is_at_cursor(document, place)
            found.append((is_frame, is_elsewhere, Spot(place.turn, place.block, stops[0].at)))
    return min(found)[2] if found else None


def word_at(document: LogDocument, offset: Offset) -> Selection | None:
    """The word at a place of a selection; None where there is none."""
    place, plain = _plain_at(document, offset)
    for found in _WORD.finditer(plain):
        if found.start() <= offset.x < found.end():
            return _range(place, found.start(), found.end())
    return None


def line_at(document: LogDocument, offset: Offset) -> Selection | None:
    """The line at a place of a selection, soft wraps joined; None where there is none."""
    place, plain = _plain_at(document, offset)
    start, end = plain.rfind("\n", 0, offset.x) + 1, plain.find("\n", offset.x)
    end = end if end >= 0 else len(plain)
    return _range(place, start, end) if end > start else None


def _plain_at(document: LogDocument, offset: Offset) -> tuple[Place, str]:
    place = place_of(offset)
    if place.turn >= len(document.turns) or place.block >= len(document.turns[place.turn].blocks):
        return place, ""
    document.layout.rows(place.turn, place.block)
    return place, document.turns[place.turn].blocks[place.block].plain


def _range(place: Place, start: int, end: int) -> Selection:
    return Selection(offset_of(place.turn, place.block, start), offset_of(place.turn, place.block, end))


def text_between(document: LogDocument, start: tuple[Place, int] | None, end: tuple[Place, int] | None) -> str:
    """The visible characters from a block's character to another's; None is the transcript's start or end."""
    layout = document.layout
    if not document.turns:
        return ""
    first = start if start is not None else (Place(0, 0, 0), 0)
    last = end if end is not None else (layout.end, 1 << 40)
    pieces: list[str] = []
    for turn in range(max(first[0].turn, document.absent), min(last[0].turn + 1, len(document.turns))):
        layout.open(turn, is_whole=True)
        blocks = document.turns[turn].blocks
        low = first[0].block if turn == first[0].turn else 0
        high = last[0].block if turn == last[0].turn else len(blocks)
        for index in range(low, min(high + 1, len(blocks))):
            layout.rows(turn, index)
            block = blocks[index]
            left = first[1] if (turn, index) == first[0][:2] else 0
            right = last[1] if (turn, index) == last[0][:2] else len(block.plain)
            if pieces:
                is_cut = index > 0 and blocks[index - 1].kind is Kind.CALLS
                pieces.append(block.join or ("\n" if is_cut else ""))
            pieces.append(block.plain[left:right])
    return "".join(pieces)
