"""Blocks of an answer to rows at a width.

May import: rich, the log's own modules.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import assert_never

from rich.segment import Segment
from rich.style import Style

from superserve_tui.ui.widgets.log.blocks import Block, Kind, Lead, Table
from superserve_tui.ui.widgets.log.inline import BOLD, Span, parse_inline
from superserve_tui.ui.widgets.log.palette import Palette
from superserve_tui.ui.widgets.log.rows import Row, Run
from superserve_tui.ui.widgets.log.wrap import break_code, break_words, cell_width, cut

__all__ = ["MIN_WIDTH", "render_block"]

MIN_WIDTH = 8
"""Cells that text gets at least, however deep it is nested."""

_TAB = 4
_RULE_CELLS = 48


def render_block(block: Block, width: int, palette: Palette) -> list[Row]:
    """The rows of an answer's or a prompt's block, without its margin; sets the block's plain text.

    Args:
        block: Any kind that holds source text.
        width: Cells of a row, gutter taken off.
        palette: Styles.
    """
    match block.kind:
        case Kind.PARAGRAPH | Kind.HEADING:
            return _flowing(block, width, palette)
        case Kind.CODE:
            return _code(block, width, palette)
        case Kind.TABLE:
            return _table(block, width, palette)
        case Kind.PROMPT:
            return _prompt(block, width, palette)
        case Kind.RULE:
            block.plain = ""
            line = "─" * min(width, _RULE_CELLS)
            return [Row([Segment(line, palette["line"])], len(line), (), 0, 0)]
        case Kind.LABEL | Kind.CALLS | Kind.FOLD | Kind.FOOTER | Kind.DIVIDER:
            raise ValueError(block.kind)
        case _:
            assert_never(block.kind)


class _Builder:
    """Rows of a block, with what stands left of them."""

    def __init__(self, leads: tuple[Lead, ...], width: int, palette: Palette) -> None:
        while leads and width - _lead_width(leads) < MIN_WIDTH:
            leads = leads[1:]
        self._leads = leads
        self.palette = palette
        self.rows: list[Row] = []
        self.indent = _lead_width(leads)
        self.width = max(1, width - self.indent)
        self.marker = "".join(lead.first for lead in leads if not lead.is_quote)
        if not self.marker.strip():
            self.marker = ""

    def add(
        self,
        segments: list[Segment],
        runs: Iterable[Run],
        start: int,
        end: int,
        *,
        fill: Style | None = None,
    ) -> None:
        """A row of text; runs count cells from the text's left."""
        is_first = not self.rows
        painted: list[Segment] = []
        marked: list[Run] = []
        at = place = 0
        for lead in self._leads:
            text = lead.first if is_first else lead.rest
            painted.append(Segment(text, self.palette["quote" if lead.is_quote else "bullet"]))
            if is_first and self.marker and not lead.is_quote:
                marked.append(Run(at, text, place))
                place += len(text)
            at += cell_width(text)
        moved = [Run(run.cell + at, run.text, run.start, run.step) for run in runs]
        cells = at + sum(segment.cell_length for segment in segments)
        first = 0 if marked else start
        self.rows.append(Row(painted + segments, cells, (*marked, *moved), first, end, fill))


def _lead_width(leads: tuple[Lead, ...]) -> int:
    return sum(cell_width(lead.first) for lead in leads)


def _flowing(block: Block, width: int, palette: Palette) -> list[Row]:
    """A paragraph or a heading: words wrapped, line breaks kept."""
    builder = _Builder(block.leads, width, palette)
    base, marks = ("heading", BOLD if block.level < 3 else 0) if block.kind is Kind.HEADING else ("", 0)
    plain: list[str] = []
    at = len(builder.marker)
    for line in _lines(parse_inline("\n".join(block.lines))):
        text = "".join([span.text for span in line])
        ranges = break_words(text, builder.width)
        for (start, end), pieces in zip(ranges, _slices(line, ranges), strict=True):
            segments = [
                Segment(piece.text, palette.marked(base, piece.marks | marks, piece.target)) for piece in pieces
            ]
            builder.add(segments, [Run(0, text[start:end], at + start)], at + start, at + end)
        plain.append(text)
        at += len(text) + 1
    block.plain = builder.marker + "\n".join(plain)
    if block.kind is Kind.HEADING and block.level == 1 and builder.rows:
        line_width = min(builder.width, max(row.width for row in builder.rows) - builder.indent)
        end = len(block.plain)
        builder.add([Segment("─" * line_width, palette["line"])], (), end, end)
    return builder.rows


def _lines(spans: list[Span]) -> list[list[Span]]:
    """Spans cut at newlines; tabs become spaces."""
    lines: list[list[Span]] = [[]]
    for span in spans:
        text = span.text.expandtabs(_TAB) if "\t" in span.text else span.text
        if "\n" not in text:
            lines[-1].append(span if text is span.text else Span(text, span.marks, span.target))
            continue
        for index, piece in enumerate(text.split("\n")):
            if index:
                lines.append([])
            if piece:
                lines[-1].append(Span(piece, span.marks, span.target))
    return lines


def _slices(spans: list[Span], ranges: Iterable[tuple[int, int]]) -> Iterator[list[Span]]:
    """The parts of a line of spans in each of the ranges, which are in order, in one pass."""
    at = index = 0
    for start, end in ranges:
        found: list[Span] = []
        while index < len(spans):
            span = spans[index]
            after = at + len(span.text)
            if after > start and at < end:
                text = span.text[max(0, start - at) : end - at]
                found.append(Span(text, span.marks, span.target) if len(text) < len(span.text) else span)
            if after > end:
                break
            at = after
            index += 1
        yield found


def _code(block: Block, width: int, palette: Palette) -> list[Row]:
    """Code: as it is, on its own ground, a cell of room on both sides, rows broken only where they must."""
    builder = _Builder(block.leads, width, palette)
    builder.marker = ""
    fence = palette["fence"]
    pad, goes_on = Segment(" ", fence), Segment("┊", palette["fence-label"])
    if block.is_first and block.fence is not None and block.fence.language:
        label = block.fence.language[: builder.width]
        builder.add([pad, Segment(label, palette["fence-label"])], (), 0, 0, fill=fence)
    inner = max(1, builder.width - 2)
    plain: list[str] = []
    at = 0
    for index, line in enumerate(block.lines):
        shown, places = _expand(line)
        tokens = block.tokens[index] if block.tokens is not None and index < len(block.tokens) else None
        spans = _token_spans(tokens, shown, places) if tokens else None
        ranges = break_code(shown, inner)
        coloured = _slices(spans, ranges) if spans is not None else None
        for start, end in ranges:
            segments = [pad if start == 0 else goes_on]
            if coloured is None:
                segments.append(Segment(shown[start:end], fence))
            else:
                segments += [Segment(piece.text, palette.syntax[piece.marks]) for piece in next(coloured)]
            runs = _code_runs(shown, places, start, end, at)
            first = at + (places[start] if places and start < len(places) else start)
            last = at + (places[end] if places and end < len(places) else min(end, len(line)))
            builder.add(segments, runs, first, last, fill=fence)
        plain.append(line)
        at += len(line) + 1
    block.plain = "\n".join(plain)
    return builder.rows


def _expand(line: str) -> tuple[str, list[int]]:
    """A line with its tabs as spaces, and for each sign its place in the line; no places where no tab is."""
    if "\t" not in line:
        return line, []
    shown: list[str] = []
    places: list[int] = []
    for index, sign in enumerate(line):
        if sign == "\t":
            count = _TAB - len(shown) % _TAB
            shown.extend(" " * count)
            places.extend([index] * count)
        else:
            shown.append(sign)
            places.append(index)
    places.append(len(line))
    return "".join(shown), places


def _token_spans(tokens: list[tuple[str, int]], shown: str, places: list[int]) -> list[Span]:
    """Highlighted pieces of a line as spans whose marks are syntax classes."""
    if not places:
        return [Span(text, kind) for text, kind in tokens]
    spans: list[Span] = []
    at = 0
    for text, kind in tokens:
        first, last = bisect_left(places, at), bisect_left(places, at + len(text))
        spans.append(Span(shown[first:last], kind))
        at += len(text)
    return spans


def _code_runs(shown: str, places: list[int], start: int, end: int, at: int) -> list[Run]:
    """Runs of a row of code; what a tab was expanded to is one place."""
    if not places:
        return [Run(1, shown[start:end], at + start)]
    runs: list[Run] = []
    begin = start
    for index in range(start + 1, end + 1):
        is_tab = places[begin] == places[min(begin + 1, len(places) - 1)]
        goes_on = index < end and (
            places[index] == places[begin] if is_tab else places[index] == places[begin] + index - begin
        )
        if goes_on and not is_tab and index + 1 < len(places) and places[index] == places[index + 1]:
            goes_on = False
        if not goes_on:
            cell = 1 + cell_width(shown[start:begin])
            runs.append(Run(cell, shown[begin:index], at + places[begin], 0 if is_tab else 1))
            begin = index
    return runs


def _prompt(block: Block, width: int, palette: Palette) -> list[Row]:
    """The person's message: as it was typed, on a ground of its own, a bar at its left."""
    rows: list[Row] = []
    style = palette["prompt"]
    bar = Segment("▌", palette["prompt-bar"])
    inner = max(1, width - 3)
    plain: list[str] = []
    at = 0
    for line in block.lines:
        text = line.expandtabs(_TAB)
        for start, end in break_words(text, inner):
            segments = [bar, Segment(" " + text[start:end], style)]
            cells = 2 + cell_width(text[start:end])
            rows.append(Row(segments, cells, (Run(2, text[start:end], at + start),), at + start, at + end, style))
        plain.append(text)
        at += len(text) + 1
    block.plain = "\n".join(plain)
    return rows


def _table(block: Block, width: int, palette: Palette) -> list[Row]:
    """A table's rows in columns of equal width; cells that do not fit are wrapped."""
    assert block.table is not None
    builder = _Builder(block.leads, width, palette)
    builder.marker = ""
    if block.table.is_cramped(builder.width) and len(block.cells) > block.is_first:
        return _records(block, block.table, builder)
    widths = block.table.widths(builder.width)
    plain: list[str] = []
    at = 0
    for index, cells in enumerate(block.cells):
        is_head = index == 0 and block.is_first
        at += _table_row(builder, cells, (widths, block.table.aligns), is_head=is_head, at=at, plain=plain)
        if is_head:
            line = "─┼─".join("─" * column for column in widths)[: builder.width]
            builder.add([Segment(line, palette["line"])], (), at - 1, at - 1)
    block.plain = "\n".join(plain)
    return builder.rows


def _records(block: Block, table: Table, builder: _Builder) -> list[Row]:
    """A table that is too wide for columns: row by row, each cell on a row of its own behind its column's name."""
    palette, heads = builder.palette, table.head or []
    label = min(max(map(cell_width, heads)), max(3, builder.width // 3))
    inner = max(1, builder.width - label - 2)
    plain: list[str] = []
    at = 0
    for index, cells in enumerate(block.cells):
        texts = ["".join(span.text for span in cell) for cell in cells]
        is_head = index == 0 and block.is_first
        if not is_head and (builder.rows or not block.is_first):
            builder.add([Segment("─" * label, palette["line"])], (), at, at)
        for name, text, cell in zip(heads, texts, cells, strict=True):
            ranges = break_words(text, inner) if text and not is_head else []
            for (start, end), pieces in zip(ranges, _slices(cell, ranges), strict=True):
                shown = cut(name, label) if start == 0 else ""
                segments = [Segment(shown + " " * (label + 2 - cell_width(shown)), palette["muted"])]
                segments += [Segment(piece.text, palette.marked("", piece.marks, piece.target)) for piece in pieces]
                builder.add(segments, [Run(label + 2, text[start:end], at + start)], at + start, at + end)
            at += len(text) + 1
        plain.append("\t".join(texts))
    if not builder.rows:
        builder.add([], (), 0, 0)  # nothing but empty cells: a block has a row
    block.plain = "\n".join(plain)
    return builder.rows


def _table_row(
    builder: _Builder,
    cells: list[list[Span]],
    shape: tuple[tuple[int, ...], list[str]],
    *,
    is_head: bool,
    at: int,
    plain: list[str],
) -> int:
    """Add one row of a table, of as many rows as its tallest cell; returns the characters of plain text."""
    widths, aligns = shape
    palette = builder.palette
    texts = ["".join(span.text for span in cell) for cell in cells]
    starts: list[int] = []
    length = 0
    for text in texts:
        starts.append(at + length)
        length += len(text) + 1
    broken = [break_words(text, column) for text, column in zip(texts, widths, strict=True)]
    line = palette["line"]
    for level in range(max(map(len, broken))):
        segments: list[Segment] = []
        runs: list[Run] = []
        cell_at = 0
        for column, pieces in enumerate(broken):
            if column:
                segments.append(Segment(" │ ", line))
                cell_at += 3
            start, end = pieces[level] if level < len(pieces) else (0, 0)
            text = texts[column][start:end]
            room = widths[column] - cell_width(text)
            left = room if aligns[column] == "right" else room // 2 if aligns[column] == "center" else 0
            if left > 0:
                segments.append(Segment(" " * left, palette.base))
            for piece in next(_slices(cells[column], [(start, end)])):
                marks = piece.marks | (BOLD if is_head else 0)
                segments.append(Segment(piece.text, palette.marked("", marks, piece.target)))
            if room > left:
                segments.append(Segment(" " * (room - left), palette.base))
            if text:
                runs.append(Run(cell_at + max(0, left), text, starts[column] + start))
            cell_at += widths[column]
        builder.add(_clip(segments, builder.width), runs, at, at + length - 1)
    plain.append("\t".join(texts))
    return length


def _clip(segments: list[Segment], width: int) -> list[Segment]:
    """Segments cut at `width` cells: a table of more columns than cells."""
    if sum(segment.cell_length for segment in segments) <= width:
        return segments
    return list(Segment.adjust_line_length(segments, width))
