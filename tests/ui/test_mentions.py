"""How a file is found by a few letters, and how a message names it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from superserve_tui.domain import clean
from superserve_tui.ui.widgets.mentions import best_matches, candidates_of, mention_of

FILES = candidates_of(
    ["README.md", "src/app.py", "src/snapper.py", "apple/list.py", "src/deep/application.py", "tests/a_p_p.txt"]
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["README.md", "src/app.py", "src/snapper.py"]),
        ("app", ["src/app.py", "src/deep/application.py", "src/snapper.py"]),
        ("APPLE", ["apple/list.py"]),
        ("srcapp", ["src/app.py", "src/snapper.py", "src/deep/application.py"]),
        ("rdm", ["README.md"]),
        ("a_p_p", ["tests/a_p_p.txt"]),
        ("zebra", []),
        ("yx.", []),
    ],
)
def test_the_likeliest_files_come_first(query: str, found: list[str]) -> None:
    assert best_matches(query, FILES, limit=3) == found


def test_a_path_that_repeats_a_letter_costs_no_more_than_its_length() -> None:
    many = candidates_of(["a/" * 500 + f"{number}" for number in range(300)])

    assert best_matches("a" * 40 + "b", many, limit=5) == []


@pytest.mark.parametrize(
    ("path", "mention"),
    [
        ("src/app.py", "@src/app.py"),
        ("дом/файл.txt", "@дом/файл.txt"),
        ("my docs/the plan.txt", '@"my docs/the plan.txt"'),
        ('a"b', '@"a\\"b"'),
        ("red\x1b[31m\u202e.txt", '@"red\\u001b[31m\\u202e.txt"'),
        ("two\nlines", '@"two\\nlines"'),
        ("not-utf8-\udcff", '@"not-utf8-\\udcff"'),
    ],
)
def test_a_file_is_named_in_one_piece(path: str, mention: str) -> None:
    assert mention_of(path) == mention


@given(st.text(min_size=1))
def test_a_mention_is_safe_and_means_one_file(path: str) -> None:
    mention = mention_of(path)

    assert clean(mention) == mention
    assert "\n" not in mention
    assert (json.loads(mention[1:]) if mention.startswith('@"') else mention[1:]) == path
