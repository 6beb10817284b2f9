"""Labels for large texts: what is shown is short, and what is meant comes out again whatever is in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from superserve_tui.ui.widgets.folds import FOLDED_CHARACTERS, FOLDED_LINES, Folds

LOG = "".join(f"line {number}\n" for number in range(214))
LABEL = "[pasted: 214 lines, 2 kB #1]"


def test_a_large_text_is_one_label_and_a_small_one_stays() -> None:
    folds = Folds()
    assert folds.fold_paste(LOG) == LABEL
    assert folds.expand(f"why? {LABEL} {LABEL}") == f"why? {LOG} {LOG}"
    for small in ("", "one", "\n" * FOLDED_LINES, "x" * FOLDED_CHARACTERS):
        assert folds.fold(small) == folds.fold_paste(small) == small


def test_more_lines_or_characters_than_the_limit_are_folded() -> None:
    folds = Folds()
    assert folds.fold_paste("\n" * FOLDED_LINES + "x") == "[pasted: 21 lines, 21 B #1]"
    assert folds.fold("x" * (FOLDED_CHARACTERS + 1)) == "[pasted: 1 line, 2 kB #2]"
    assert folds.fold("é" * 600_000) == "[pasted: 1 line, 1.2 MB #3]"


def test_what_was_folded_before_is_folded_within_other_words() -> None:
    folds = Folds()
    folds.fold_paste(LOG)
    assert folds.fold(f"look:\n{LOG}\nwhat is it?\n{LOG}") == f"look:\n{LABEL}\nwhat is it?\n{LABEL}"


def test_a_message_of_an_earlier_run_is_known_by_its_first_and_last_line() -> None:
    folds = Folds()
    shown = folds.fold(f"why this?\n{LOG}and then?")
    assert shown == f"why this?\n{LABEL}\nand then?"
    assert Folds().fold("x" * 300 + f"\n{LOG}") == "[pasted: 215 lines, 2 kB #1]"


def test_a_first_line_that_looks_like_the_label_of_the_rest_stays_what_it_is() -> None:
    folds = Folds()
    text = f"{LABEL}\n{LOG}the end"
    assert folds.expand(folds.fold(text)) == text


def test_the_same_text_has_the_same_label() -> None:
    folds = Folds()
    assert [folds.fold_paste(LOG), folds.fold(LOG)] == [LABEL, LABEL]


def test_what_only_looks_like_a_label_is_folded_as_the_words_it_is() -> None:
    folds = Folds()
    assert folds.fold(LABEL) == LABEL  # nothing is called so yet: words like others
    folds.fold_paste(LOG)
    shown = folds.fold(f"see {LABEL}")
    assert shown != f"see {LABEL}"
    assert folds.expand(shown) == f"see {LABEL}"


PASTES = st.lists(st.sampled_from([LOG, LOG * 2, LOG[5:], "x" * 3000]), max_size=4)
PIECES = st.one_of(
    st.text(max_size=30),
    st.sampled_from([LOG, LOG * 2, "x" * 3000, LABEL, "[pasted: 1 line, 29 B #2]", "[pasted: 1 line, 3 kB #3]"]),
)


@given(PASTES, st.lists(PIECES, max_size=8))
def test_what_comes_out_is_what_went_in(pastes: list[str], pieces: list[str]) -> None:
    folds = Folds()
    for paste in pastes:
        folds.fold_paste(paste)
    text = "".join(pieces)

    assert folds.expand(folds.fold(text)) == text
    assert folds.expand(folds.fold_paste(text)) == text
