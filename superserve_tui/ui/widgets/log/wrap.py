"""Where text breaks into rows of so many cells.

May import: rich's cell widths.
"""

from __future__ import annotations

import re

from rich.cells import cell_len, split_graphemes

__all__ = ["break_code", "break_hard", "break_words", "cell_width", "cut", "split_cells"]

# Characters that are one cell wide and never part of a wider cluster; text of these alone needs no measuring.
_NARROW = re.compile(
    "[\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0482\u2010-\u2027\u2030-\u203b\u2190-\u2193\u2500-\u25a0]*"
)


def _is_narrow(text: str) -> bool:
    return text.isascii() or _NARROW.fullmatch(text) is not None


def cell_width(text: str) -> int:
    """Cells that `text` takes on a row."""
    return len(text) if text.isascii() else cell_len(text)


def split_cells(text: str) -> list[tuple[int, int, int]]:
    """What `text` is made of for a terminal: start, end and cells of each cluster."""
    if text.isascii():
        return [(at, at + 1, 1) for at in range(len(text))]
    spans = split_graphemes(text)[0]
    if text[0] == "\u200d":
        # A joiner with nothing before it: the two ways of measuring disagree on what follows it.
        start, end, _ = spans[0]
        spans[0] = (start, end, cell_len(text[start:end]))
    return spans


def cut(text: str, width: int) -> str:
    """`text` within `width` cells, an ellipsis at its end where something is left out."""
    if cell_width(text) <= width:
        return text
    if width <= 1:
        return "…"[:width]
    end = break_hard(text, width - 1)[0][1]
    return text[:end].rstrip() + "…"


def break_words(text: str, width: int) -> list[tuple[int, int]]:
    """Start and end of each row of `text`, broken at spaces where possible; the space at a break is left out.

    Args:
        text: One line, no newline in it.
        width: Cells in a row, >= 1.
    """
    length = len(text)
    if length <= width and _is_narrow(text):
        return [(0, length)]
    if _is_narrow(text):
        return _break_narrow(text, width)
    return _break_wide(text, width, is_hard=False)


def break_hard(text: str, width: int) -> list[tuple[int, int]]:
    """Start and end of each row of `text`, broken wherever the row is full; nothing is left out."""
    if _is_narrow(text):
        length = len(text)
        return [(at, min(at + width, length)) for at in range(0, length, width)] or [(0, 0)]
    return _break_wide(text, width, is_hard=True)


def break_code(text: str, width: int) -> list[tuple[int, int]]:
    """Start and end of each row of `text`, broken after a space or a sign near its end; nothing is left out."""
    if len(text) <= width or not _is_narrow(text):
        return break_hard(text, width)
    rows: list[tuple[int, int]] = []
    start = 0
    while len(text) - start > width:
        end = start + width
        near = text[end - width // 2 : end]
        after = near.rfind(" ") + 1 or max(map(near.rfind, ",;.([{/=")) + 1
        end -= len(near) - after if after else 0
        rows.append((start, end))
        start = end
    rows.append((start, len(text)))
    return rows


def _break_narrow(text: str, width: int) -> list[tuple[int, int]]:
    rows: list[tuple[int, int]] = []
    length = len(text)
    start = 0
    while length - start > width:
        end = text.rfind(" ", start, start + width + 1)
        if end <= start or text[start:end].isspace():
            rows.append((start, start + width))
            start += width
            continue
        following = end + 1
        while end > start and text[end - 1] == " ":
            end -= 1
        rows.append((start, end))
        while following < length and text[following] == " ":
            following += 1
        start = following
    if start < length or not rows:
        rows.append((start, length))
    return rows


def _break_wide(text: str, width: int, *, is_hard: bool) -> list[tuple[int, int]]:
    rows: list[tuple[int, int]] = []
    start, used = 0, 0
    space, since = -1, 0
    """The last space of the row, and the cells after it."""
    for at, end, cells in split_cells(text):
        if used + cells > width and at > start:
            if text[at:end] == " " and not is_hard:
                rows.append((start, at))
                start, used, space = end, 0, -1
                continue
            if space > start and not is_hard:
                rows.append((start, space))
                start, used = space + 1, since
            if used + cells > width and at > start:
                rows.append((start, at))
                start, used = at, 0
            space = -1
        if text[at:end] == " ":
            space, since = at, 0
        else:
            since += cells
        used += cells
    if start < len(text) or not rows:
        rows.append((start, len(text)))
    return rows
