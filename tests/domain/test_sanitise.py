"""No control character of foreign text gets through, and nothing readable is lost."""

from __future__ import annotations

import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from superserve_tui.domain import StreamCleaner, clean, clean_line

BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
NASTY = st.text(
    st.one_of(
        st.sampled_from(list("\x00\x07\x08\t\n\r\x0b\x0c\x1b\x7f\x85\x90\x9b\x9c\x9d\u2028\u2029" + BIDI)),
        st.sampled_from(list("[]PX^_;?0123m\\ABab \U000e0041\u200d🙂é")),
        st.characters(),
    )
)


def is_unsafe(sign: str) -> bool:
    """Said apart from the code: by Unicode's own categories where they have it."""
    if sign in "\n\t":
        return False
    return (
        unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")
        or sign in BIDI
        or 0xE0000 <= ord(sign) <= 0xE007F
        or 0xFFF9 <= ord(sign) <= 0xFFFB
    )


@given(NASTY)
def test_no_unsafe_character_survives(text: str) -> None:
    assert not [sign for sign in clean(text) if is_unsafe(sign)]


@given(NASTY)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(NASTY, st.data())
def test_no_unsafe_character_survives_a_cut(text: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(text)))
    assert not [sign for sign in clean(text[:cut]) + clean(text[cut:]) if is_unsafe(sign)]


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters=BIDI), max_size=50))
def test_plain_text_comes_through_unchanged(text: str) -> None:
    assert clean(text) == "".join(sign for sign in text if not is_unsafe(sign))


@given(NASTY, st.integers(0, 40))
def test_a_line_is_one_line_of_at_most_its_limit(text: str, limit: int) -> None:
    line = clean_line(text, limit=limit)
    assert "\n" not in line
    assert "\t" not in line
    assert len(line) <= max(1, limit)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]52;c;ZXZpbA==\x1b\\after", "after"),
        ("\x9d0;title\x9cafter", "after"),
        ("\x1bPq#0\x1b\\after", "after"),
        ("\x1b(Bafter", "after"),
        ("\x1bcafter", "after"),
        ("a\rb\r\nc", "a\nb\nc"),
        ("a\x0bb\x0cc\x85d\u2028e\u2029f", "a\nb\nc\nd\ne\nf"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("a\u202eb\u2066c\U000e0041d", "abcd"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("a[0] [/] [@click=app.quit]x[/]", "a[0] [/] [@click=app.quit]x[/]"),
    ],
)
def test_sequences_go_and_text_stays(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize("start", ["\x1b]0;", "\x1b]52;c;", "\x9d8;;", "\x1bP", "\x90", "\x1b_", "\x1b^", "\x98"])
def test_an_unfinished_sequence_swallows_nothing_after_it(start: str) -> None:
    assert "one\ntwo\n" + "x" * 9000 in clean(f"{start}one\ntwo\n{'x' * 9000}")


def test_an_end_on_a_later_line_swallows_nothing_between() -> None:
    assert "second line" in clean("\x1b]0;first\nsecond line\nthird\x07")


@pytest.mark.parametrize("sign", ["\x9d", "\x9d\x90", "\x1b]", "\x1b[", "\x9b0", "\x1b[0;", "\x1b(", "\x98"])
def test_hostile_repetition_takes_no_long_time(sign: str) -> None:
    began = time.process_time()
    clean(sign * (1_000_000 // len(sign)))
    assert time.process_time() - began < 3


def test_a_line_is_cut_with_an_ellipsis() -> None:
    assert clean_line("one  two\n three", limit=8) == "one two…"
    assert clean_line("one two", limit=7) == "one two"


@given(NASTY, st.lists(st.integers(0, 60), max_size=8))
def test_a_stream_is_cleaned_as_its_text_is_whatever_its_pieces(text: str, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    cleaner = StreamCleaner()
    pieces = [cleaner.feed(text[start:end]) for start, end in pairwise(places)]
    assert "".join(pieces) + cleaner.end() == clean(text)


@pytest.mark.parametrize(
    "sequence", ["\x1b[1;31m", "\x1b]0;title\x1b\\", "\x1b]8;;http://x\x07", "\x9b5m", "\x1b(B", "\r\n"]
)
def test_a_sequence_that_comes_sign_by_sign_leaves_nothing_behind(sequence: str) -> None:
    cleaner = StreamCleaner()
    shown = "".join(cleaner.feed(sign) for sign in f"a{sequence}b")
    assert shown + cleaner.end() == clean(f"a{sequence}b")
    assert len(shown) <= 3


def test_a_stream_holds_back_nothing_that_can_be_shown() -> None:
    cleaner = StreamCleaner()
    assert cleaner.feed("all of it at once") == "all of it at once"
    assert cleaner.feed("\x1b]0;" + "x" * 5000) == "]0;" + "x" * 5000
    assert cleaner.feed("end\x1b[3") == "end"
    assert cleaner.end() == "[3"


@given(
    st.sampled_from(["\x1b]0;", "\x1b]52;c;", "\x9d8;;", "\x1bP", "\x90", "\x1b_", "\x1b^", "\x98", "\x1bX"]),
    st.text("abc é漢\n\t", max_size=60),
    st.lists(st.integers(0, 70), max_size=8),
)
def test_no_text_is_swallowed_whatever_the_pieces(start: str, words: str, cuts: list[int]) -> None:
    text = start + words
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    cleaner = StreamCleaner()
    shown = "".join([cleaner.feed(text[begin:end]) for begin, end in pairwise(places)])
    assert (shown + cleaner.end()).endswith(words)
