"""How well typed letters fit a text."""

from __future__ import annotations

import pytest

from superserve_tui.ui.fuzzy import rank


@pytest.mark.parametrize(
    ("wanted", "better", "worse"),
    [
        ("parse", "the parser", "a sparse thing"),
        ("event parser", "an event parser", "the parser of an event"),
        ("event parser", "the parser of an event", "every vent on the parser"),
        ("tst", "test it", "the long list"),
        ("a", "a word", "back"),
    ],
)
def test_the_better_fit_comes_first(wanted: str, better: str, worse: str) -> None:
    first, second = rank(wanted, better), rank(wanted, worse)
    assert first is not None
    assert second is not None
    assert first < second


@pytest.mark.parametrize(("wanted", "text"), [("x", ""), ("abc", "acb"), ("an event", "the parser"), ("aa", "a")])
def test_letters_that_are_not_there_in_order_do_not_fit(wanted: str, text: str) -> None:
    assert rank(wanted, text) is None


def test_a_text_that_repeats_a_letter_takes_no_time() -> None:
    assert rank("a" * 30 + "b", "a" * 100_000) is None
