"""The blocks that a transcript is cut into, and the index from rows to them.

A block is small by construction (see the limits), so that whatever is done to one costs the same, however long
the answer, the list, the table or the line is.

May import: rich, textual's value types, the log's own modules.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from superserve_tui.ui.widgets.log.inline import Span, parse_inline
from superserve_tui.ui.widgets.log.wrap import cell_width

if TYPE_CHECKING:
    from superserve_tui.ui.widgets.log.rows import Row

__all__ = ["MAX_CHARACTERS", "MAX_LINES", "Block", "Fence", "HeightIndex", "Kind", "Lead", "Table"]

MAX_CHARACTERS: Final = 4096
"""Characters in one block: what is parsed and wrapped again in a frame while the block is open."""
MAX_LINES: Final = 48
"""Source lines in one block, for the same reason; a screenful, so that few blocks are on screen."""
_MAX_COLUMNS: Final = 48
_COMMON_WORD: Final = 10
"""Cells; a date has as many."""


class Kind(Enum):
    """What a block is."""

    PARAGRAPH = auto()
    HEADING = auto()
    CODE = auto()
    TABLE = auto()
    RULE = auto()
    LABEL = auto()
    """Who speaks, and when."""
    PROMPT = auto()
    CALLS = auto()
    """A tool call, or a run of calls of one tool."""
    FOLD = auto()
    """An answer folded to one line."""
    FOOTER = auto()
    DIVIDER = auto()


@dataclass(frozen=True, slots=True)
class Lead:
    """What stands left of a block's text: a list marker, or a quote's bar."""

    first: str
    """On the block's first row."""
    rest: str
    """On all others; as wide as `first`."""
    is_quote: bool = False


@dataclass(slots=True, eq=False)
class Fence:
    """A code block as a whole; its chunks share it."""

    language: str
    is_closed: bool = False
    chunks: list[Block] = field(default_factory=list)
    """Closed chunks, in order."""
    is_queued: bool = False
    """Highlighting was asked for."""
    version: int = 0
    """Goes up when highlighting has arrived."""


class Table:
    """A table as a whole: alignments and column widths; its chunks share it."""

    __slots__ = ("aligns", "head", "naturals", "words")

    def __init__(self, aligns: list[str]) -> None:
        self.aligns = aligns[:_MAX_COLUMNS]
        """`left`, `right` or `center`, one for each column."""
        self.naturals = [1] * len(self.aligns)
        """Widest cell of each column so far, in cells."""
        self.words = [1] * len(self.aligns)
        """Longest word of each column so far, in cells."""
        self.head: list[str] | None = None
        """The names of the columns: the first row."""

    def row(self, cells: list[str]) -> list[list[Span]]:
        """Parse a row's cells; the columns grow with them."""
        count = len(self.aligns)
        parsed = [parse_inline(cell) for cell in cells[:count]]
        parsed += [[] for _ in range(count - len(parsed))]
        for column, spans in enumerate(parsed):
            text = "".join(span.text for span in spans)
            self.naturals[column] = max(self.naturals[column], cell_width(text))
            self.words[column] = max(self.words[column], *map(cell_width, text.split()), 1)
        if self.head is None:
            self.head = ["".join(span.text for span in spans) for spans in parsed]
        return parsed

    def is_cramped(self, available: int) -> bool:
        """Whether columns would break words of common length."""
        widths = self.widths(available)
        return any(width < min(word, _COMMON_WORD) for width, word in zip(widths, self.words, strict=True))

    def widths(self, available: int) -> tuple[int, ...]:
        """Column widths that fit `available` cells, separators of three cells between them taken off.

        Whole words come first, what is left goes to the columns that have more on a line.
        """
        room = available - 3 * (len(self.naturals) - 1)
        words = _fair(self.words, room)
        more = _fair([wish - word for wish, word in zip(self.naturals, words, strict=True)], room - sum(words))
        return tuple(max(1, word + extra) for word, extra in zip(words, more, strict=True))


def _fair(wishes: list[int], room: int) -> list[int]:
    """Each wish, the smallest first, with at most an equal share of what is left."""
    given = [0] * len(wishes)
    for done, index in enumerate(sorted(range(len(wishes)), key=wishes.__getitem__)):
        given[index] = max(0, min(wishes[index], room // (len(wishes) - done)))
        room -= given[index]
    return given


@dataclass(slots=True, eq=False)
class Block:
    """A piece of a transcript that is rendered as one."""

    kind: Kind
    lines: list[str] = field(default_factory=list)
    """Its text, container markers taken off."""
    leads: tuple[Lead, ...] = ()
    margin: int = 0
    """Blank rows above it."""
    join: str = "\n"
    """What stands between the text of the block before and this one's, when both are copied."""
    level: int = 0
    """A heading's."""
    fence: Fence | None = None
    is_first: bool = True
    """Whether it is the first chunk of its fence or table."""
    table: Table | None = None
    cells: list[list[list[Span]]] = field(default_factory=list)
    """A table chunk's rows."""
    tokens: list[list[tuple[str, int]]] | None = None
    """A code chunk's lines as `(text, syntax class)`, once highlighted."""
    size: int = 0
    """Characters in it."""
    payload: object = None
    """What a block of the frame (label, calls, footer) shows; compared to see whether it has changed."""
    plain: str = ""
    """The visible characters, soft wraps joined: what a selection counts in. Set by rendering."""
    rows: list[Row] | None = None
    """Its rows at `key`; None until seen."""
    key: object = None
    """What the rows were rendered for: width, palette, versions."""
    height: int = 0
    """Rows including the margin: measured where `is_measured`, else estimated."""
    is_measured: bool = False

    def add(self, line: str) -> None:
        """Append a line of text."""
        self.lines.append(line)
        self.size += len(line) + 1

    @property
    def is_full(self) -> bool:
        """Whether more must go to a next block."""
        return self.size >= MAX_CHARACTERS or len(self.lines) >= MAX_LINES

    def estimate(self, width: int) -> int:
        """Rows that it may have at `width`, unseen."""
        inner = max(8, width - 2 * len(self.leads))
        match self.kind:
            case Kind.TABLE:
                rows = len(self.cells) + (1 if self.is_first else 0)
            case Kind.CODE:
                rows = sum(1 + len(line) // inner for line in self.lines) + bool(
                    self.is_first and self.fence and self.fence.language
                )
            case _:
                rows = sum(1 + len(line) // inner for line in self.lines)
        return self.margin + max(1, rows)

    def copy(self) -> Block:
        """A copy that can be gone on with while this one waits for the rest of its line."""
        return Block(
            self.kind,
            list(self.lines),
            self.leads,
            self.margin,
            self.join,
            self.level,
            self.fence,
            self.is_first,
            self.table,
            list(self.cells),
            size=self.size,
        )


class HeightIndex:
    """Heights in a row of things, and which of them holds a given row. Appending and changing the end is O(1)."""

    __slots__ = ("_heights", "_sums", "_valid")

    def __init__(self, heights: Iterable[int] = ()) -> None:
        self._heights = list(heights)
        self._sums: list[int] = []
        self._valid = 0
        """How many leading sums hold."""

    def __len__(self) -> int:
        return len(self._heights)

    def __getitem__(self, index: int) -> int:
        return self._heights[index]

    def set(self, index: int, height: int) -> None:
        """Change one height."""
        if self._heights[index] != height:
            self._heights[index] = height
            self._valid = min(self._valid, index)

    def append(self, height: int) -> None:
        """Add a thing at the end."""
        self._heights.append(height)

    def truncate(self, count: int) -> None:
        """Keep the first `count`."""
        del self._heights[count:]
        self._valid = min(self._valid, count)

    @property
    def total(self) -> int:
        """Rows of all."""
        return self.top(len(self._heights))

    def top(self, index: int) -> int:
        """The first row of thing `index`."""
        if not index:
            return 0
        self._sum()
        return self._sums[index - 1]

    def find(self, row: int) -> tuple[int, int]:
        """The thing that holds `row` and the row within it; the last thing's end beyond the end.

        Raises:
            IndexError: There is nothing.
        """
        self._sum()
        index = min(bisect_right(self._sums, max(0, row)), len(self._heights) - 1)
        if index < 0:
            raise IndexError(row)
        return index, max(0, row) - self.top(index)

    def _sum(self) -> None:
        valid, heights = self._valid, self._heights
        if valid == len(heights) == len(self._sums):
            return
        del self._sums[valid:]
        start = self._sums[-1] if valid else 0
        fresh = accumulate(heights[valid:], initial=start)
        next(fresh)
        self._sums.extend(fresh)
        self._valid = len(heights)
