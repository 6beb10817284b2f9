"""Where rows break."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from superserve_tui.ui.widgets.log.wrap import break_code, break_hard, break_words, cut

_TEXT = st.text("ab  xyz日本é\u0301👩\u200d💻…’", max_size=80)


@given(_TEXT, st.integers(2, 30))
@example("\u0301 aa日", 3)
def test_no_row_of_words_is_wider_than_the_width_and_only_spaces_are_left_out(text: str, width: int) -> None:
    rows = break_words(text, width)

    assert all(cell_len(text[start:end]) <= width for start, end in rows)
    assert "".join(text[start:end] for start, end in rows).replace(" ", "") == text.replace(" ", "")
    assert [row[0] for row in rows] == sorted({row[0] for row in rows})


@given(_TEXT, st.integers(2, 30))
@example("\u200d\u200da日", 2)
def test_a_hard_break_leaves_nothing_out(text: str, width: int) -> None:
    rows = break_hard(text, width)

    assert all(cell_len(text[start:end]) <= width for start, end in rows)
    assert "".join(text[start:end] for start, end in rows) == text


@given(st.text("ab  (,.日", max_size=80), st.integers(2, 30))
def test_a_break_of_code_leaves_nothing_out(text: str, width: int) -> None:
    rows = break_code(text, width)

    assert all(cell_len(text[start:end]) <= width for start, end in rows)
    assert "".join(text[start:end] for start, end in rows) == text


def test_code_is_broken_between_words_near_the_end_of_a_row() -> None:
    code = "call(first, second_one).then(third) + a_name_that_is_longer"

    rows = break_code(code, 20)

    assert [code[start:end] for start, end in rows] == [
        "call(first, ",
        "second_one).then(",
        "third) + a_name_that",
        "_is_longer",
    ]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("one two three", ["one two", "three"]),
        ("abcdefghijk", ["abcdefgh", "ijk"]),
        ("日本語日本語", ["日本語日", "本語"]),
        ("ab 日本語日", ["ab", "日本語日"]),
        ("", [""]),
    ],
)
def test_words_stay_whole_where_they_fit(text: str, rows: list[str]) -> None:
    assert [text[start:end] for start, end in break_words(text, 8)] == rows


def test_a_cluster_is_not_cut() -> None:
    text = "ab👩\u200d💻"

    assert [text[start:end] for start, end in break_hard(text, 3)] == ["ab", "👩\u200d💻"]


def test_a_cut_says_that_something_is_left_out() -> None:
    assert cut("abcdef", 4) == "abc…"
    assert cut("abcd", 4) == "abcd"
    assert cut("abcd", 0) == ""
