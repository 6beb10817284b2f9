"""Looking for words in a transcript: hits are counted in the source, shown where the text is.

May import: domain, the log's own modules.
"""

from __future__ import annotations

import re

from superserve_tui.domain import clean
from superserve_tui.ui.widgets.log.document import LogDocument
from superserve_tui.ui.widgets.log.layout import Place
from superserve_tui.ui.widgets.log.rows import Row

__all__ = ["Finder"]


class Finder:
    """Walks the hits of a query in a document. Built once per query; turns that come later are not in it."""

    def __init__(self, document: LogDocument) -> None:
        self._document = document
        self._pattern: re.Pattern[str] | None = None
        self._hits: list[tuple[int, int]] = []
        """For each hit its turn, and its number among the turn's hits."""
        self._at: int | None = None
        self._current: tuple[int, int, int] | None = None
        """Turn, block and character of the hit that was gone to."""
        if document.query:
            self.find(document.query)

    def find(self, query: str) -> int:
        """Count the hits of `query` in prompts and answers, case folded."""
        self._document.query = query
        self._hits, self._at, self._current = [], None, None
        self._pattern = re.compile(re.escape(query), re.IGNORECASE) if query.strip() else None
        if self._pattern is None:
            return 0
        for turn in range(self._document.absent, len(self._document.turns)):
            view = self._document.turns[turn]
            count = len(self._pattern.findall(clean(view.turn.prompt))) + len(
                self._pattern.findall(clean(view.text))
            )
            self._hits.extend((turn, number) for number in range(count))
        return len(self._hits)

    @property
    def count(self) -> tuple[int | None, int]:
        """Which hit was gone to, from 1, and how many there are."""
        return None if self._at is None else self._at + 1, len(self._hits)

    def find_again(self) -> None:
        """The transcript is another: count anew, and stay at the hit that was gone to."""
        hit, current = None if self._at is None else self._hits[self._at], self._current
        self.find(self._document.query)
        if hit in self._hits:
            self._at, self._current = self._hits.index(hit), current

    def move(self, step: int, top: Place) -> int | None:
        """Go to the next or previous hit, the first time from `top` on; returns its number from 1."""
        if not self._hits:
            return None
        if self._at is None:
            below = next((index for index, hit in enumerate(self._hits) if hit[0] >= top.turn), 0)
            self._at = below if step > 0 else (below - 1) % len(self._hits)
        else:
            self._at = (self._at + step) % len(self._hits)
        return self._at + 1

    def place(self) -> Place | None:
        """Where the hit is that was gone to."""
        if self._at is None:
            return None
        turn, number = self._hits[self._at]
        return self._locate(turn, number)

    def first_in(self, turn: int) -> Place | None:
        """Where the first hit of a turn is; it becomes the current one."""
        self._at = next((index for index, hit in enumerate(self._hits) if hit[0] == turn), None)
        return self.place()

    def _locate(self, turn: int, number: int) -> Place:
        """The place of a turn's hit; one that markup hides is shown at the nearest that can be seen."""
        view = self._document.turns[turn]
        if view.is_folded:
            self._document.fold(view.turn.id, is_folded=False)
        layout = self._document.layout
        layout.open(turn, is_whole=True)
        left = number
        last: tuple[int, int] | None = None
        assert self._pattern is not None
        for index, block in enumerate(view.blocks):
            if block.payload is not None:
                continue
            source = (
                " ".join(block.lines)
                if block.table is None
                else " ".join(span.text for row in block.cells for cell in row for span in cell)
            )
            if self._pattern.search(source) is None:
                continue
            layout.rows(turn, index)
            for found in self._pattern.finditer(block.plain):
                last = (index, found.start())
                if left == 0:
                    return self._at_character(turn, *last)
                left -= 1
        if last is None:
            self._current = None
            return Place(turn, 0, 0)
        return self._at_character(turn, *last)

    def _at_character(self, turn: int, block: int, character: int) -> Place:
        self._current = (turn, block, character)
        rows = self._document.layout.rows(turn, block)
        margin = self._document.turns[turn].blocks[block].margin
        for index, row in enumerate(rows):
            if row.start <= character < max(row.end, row.start + 1):
                return Place(turn, block, margin + index)
        return Place(turn, block, margin)

    def marks_in(self, place: Place, row: Row) -> list[tuple[int, int, bool]]:
        """The cells of a row that are part of a hit: from, to, and whether it is the one that was gone to."""
        if self._pattern is None or row.end <= row.start:
            return []
        plain = self._document.turns[place.turn].blocks[place.block].plain
        marks: list[tuple[int, int, bool]] = []
        for found in self._pattern.finditer(plain):
            if found.start() >= row.end:
                break
            if found.end() <= row.start:
                continue
            is_current = self._current == (place.turn, place.block, found.start())
            marks.extend((left, right, is_current) for left, right in row.spans(found.start(), found.end()))
        return marks
