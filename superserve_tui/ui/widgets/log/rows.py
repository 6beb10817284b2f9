"""One row of the log: what is painted, and which characters of its block it shows where.

May import: rich, textual's value types, the log's own modules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from superserve_tui.ui.widgets.log.wrap import cell_width, split_cells

__all__ = ["Row", "Run", "Stop", "restyle"]


class Run(NamedTuple):
    """Characters of a block's plain text that stand side by side on a row."""

    cell: int
    """Where it begins, in cells from the row's left."""
    text: str
    start: int
    """Its first character's place in the block's plain text."""
    step: int = 1
    """Characters of plain text for each of `text`; 0 for what a tab was expanded to."""


class Stop(NamedTuple):
    """A character on a row, as a caret stands on it."""

    cell: int
    width: int
    """Cells, >= 1."""
    at: int
    """Its place in the block's plain text."""
    end: int
    """The place after it."""


@dataclass(slots=True, eq=False)
class Row:
    """What is painted on one row, gutter and padding left out."""

    segments: list[Segment]
    width: int
    """Cells of all segments."""
    runs: tuple[Run, ...]
    start: int
    """The first character of plain text that belongs to the row."""
    end: int
    """The character of plain text after the row's last."""
    fill: Style | None = None
    """Painted up to the text's width; None leaves that to the background."""
    strips: dict[tuple[object, bool], Strip] | None = None
    """Finished strips by how the row is painted (size, cursor); dropped with the row."""

    def same_as(self, other: Row) -> bool:
        """Whether both paint the same."""
        return self is other or (
            self.width == other.width and self.fill == other.fill and self.segments == other.segments
        )

    def place(self, cell: int) -> int:
        """The character of plain text at `cell`; the row's start or end beside its text."""
        for run in self.runs:
            if cell < run.cell:
                return run.start
            at = run.cell
            for start, _, cells in split_cells(run.text):
                at += cells
                if cell < at:
                    return run.start + start * run.step
        return self.end

    def stops(self) -> list[Stop]:
        """The characters of the row, left to right; one where a line is empty, none where the row is no text."""
        found: list[Stop] = []
        for run in self.runs:
            if run.step == 0 or not run.text:
                found.append(Stop(run.cell, max(1, len(run.text)), run.start, run.start + 1))
                continue
            cell = run.cell
            for start, end, cells in split_cells(run.text):
                found.append(Stop(cell, max(1, cells), run.start + start, run.start + end))
                cell += cells
        return found

    def spans(self, start: int, end: int) -> list[tuple[int, int]]:
        """The cells, from and to, that show characters `start` to `end` of the plain text."""
        found: list[tuple[int, int]] = []
        for run in self.runs:
            length = len(run.text)
            if run.step == 0:
                if start <= run.start < end:
                    found.append((run.cell, run.cell + length))
                continue
            first, last = max(0, start - run.start), min(length, end - run.start)
            if first < last:
                left = run.cell + cell_width(run.text[:first])
                found.append((left, left + cell_width(run.text[first:last])))
        return found


def restyle(segments: list[Segment], spans: list[tuple[int, int]], style: Style) -> list[Segment]:
    """`segments` with `style` laid over the given cells; `spans` are in order and do not overlap."""
    styled: list[Segment] = []
    at = 0
    pending = list(reversed(spans))
    for segment in segments:
        rest = segment
        while rest.text:
            end = at + rest.cell_length
            while pending and pending[-1][1] <= at:
                pending.pop()
            if not pending or pending[-1][0] >= end:
                styled.append(rest)
                at = end
                break
            left, right = pending[-1]
            if left > at:
                before, rest = rest.split_cells(left - at)
                styled.append(before)
                at = left
                continue
            inside, rest = rest.split_cells(min(right, end) - at)
            styled.append(Segment(inside.text, (inside.style or Style.null()) + style))
            at = min(right, end)
    return styled
