"""Cells of a row and the characters that they show."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from rich.style import Style

from superserve_tui.ui.widgets.log.blocks import Table
from superserve_tui.ui.widgets.log.rows import Row, restyle
from tests.support.log_stage import document_of, make_turn, rows_of

MARK = Style(reverse=True)


def _rows(text: str, width: int = 40) -> list[Row]:
    document = document_of(make_turn(text=text), width=width)
    _, lines = document.lines(100)
    answer = document.turns[0].answer_at
    last = len(document.turns[0].blocks) - 1
    return [line.row for line in lines if line.row is not None and answer < line.place.block < last]


def test_every_cell_that_a_tab_takes_is_that_tab() -> None:
    (row,) = _rows("```\na\tbc\n```")

    assert [row.place(cell) for cell in range(8)] == [0, 0, 1, 1, 1, 2, 3, 4]
    assert row.spans(1, 2) == [(2, 5)]
    assert row.spans(0, 4) == [(1, 2), (2, 5), (5, 7)]


def test_both_cells_of_a_wide_character_are_that_character() -> None:
    (row,) = _rows("a日b")

    assert [row.place(cell) for cell in range(5)] == [0, 1, 1, 2, 3]
    assert row.spans(1, 2) == [(1, 3)]


def test_a_marker_is_part_of_the_text_and_the_room_under_it_is_not() -> None:
    first, second = _rows("- one two three", width=11)

    assert (first.place(0), first.place(2)) == (0, 2)
    assert (second.place(0), second.start) == (10, 10)


def test_a_wide_table_is_wrapped_into_its_columns() -> None:
    rows = rows_of(document_of(make_turn(text="|name|what|\n|-|-:|\n|a|some long words here|"), width=20))

    assert rows[5:9] == [
        "name │          what",
        "─────┼──────────────",
        "a    │     some long",
        "     │    words here",
    ]


def test_whole_words_come_before_long_lines_of_another_column() -> None:
    text = "|name|when|what|\n|-|-|-|\n|some name|2026-05-04|a text of quite some length, which is wrapped|"
    rows = rows_of(document_of(make_turn(text=text), width=40))

    assert rows[7:9] == [
        "some name │ 2026-05-04 │ a text of quite",
        "          │            │ some length,",
    ]


WIDE = (
    "|name|when|what it is|empty|\n|-|-|-|-|\n|reader|2026-05-04|takes bytes apart||\n|writer|2026-05-05|the same||"
)


def test_a_table_that_would_break_words_is_shown_row_by_row() -> None:
    document = document_of(make_turn(text=WIDE), width=30)

    assert rows_of(document)[5:12] == [
        "name        reader",
        "when        2026-05-04",
        "what it is  takes bytes apart",
        "──────────",
        "name        writer",
        "when        2026-05-05",
        "what it is  the same",
    ]


def test_its_cells_are_found_and_copied_where_they_stand() -> None:
    rows = _rows(WIDE, width=30)
    plain = "name\twhen\twhat it is\tempty\nreader\t2026-05-04\ttakes bytes apart\t\nwriter\t2026-05-05\tthe same\t"

    shown = [(row, run) for row in rows for run in row.runs]
    assert [run.text for _, run in shown] == [
        "reader",
        "2026-05-04",
        "takes bytes apart",
        "writer",
        "2026-05-05",
        "the same",
    ]
    assert all(plain[run.start : run.start + len(run.text)] == run.text for _, run in shown)
    assert all((row.start, row.end) == (run.start, run.start + len(run.text)) for row, run in shown)


def test_a_table_of_nothing_but_empty_cells_has_a_row() -> None:
    assert len(_rows("|a_long_name|b_long_name|\n|-|-|\n|||", width=8)) == 1


@pytest.mark.parametrize(
    ("naturals", "room", "widths"),
    [
        ([3, 4], 40, (3, 4)),
        ([3, 100], 43, (3, 37)),
        ([50, 100, 2], 46, (19, 19, 2)),
        ([9] * 30, 20, (1,) * 30),
    ],
)
def test_columns_share_what_room_there_is(naturals: list[int], room: int, widths: tuple[int, ...]) -> None:
    table = Table(["left"] * len(naturals))
    table.naturals = naturals

    assert table.widths(room) == widths


def test_marks_are_laid_over_cells() -> None:
    segments = [Segment("abc"), Segment("日本", Style(bold=True)), Segment("xyz")]

    styled = restyle(segments, [(1, 2), (2, 5), (9, 10)], MARK)

    assert "".join(segment.text for segment in styled) == "abc日本xyz"
    assert "".join(segment.text for segment in styled if segment.style and segment.style.reverse) == "bc日z"
    assert next(segment for segment in styled if segment.text == "日").style == Style(bold=True, reverse=True)
