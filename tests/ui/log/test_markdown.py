"""Text to blocks, in any chunking, with a bounded open end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superserve_tui.ui.widgets.log.blocks import MAX_CHARACTERS, MAX_LINES, Block, Kind
from superserve_tui.ui.widgets.log.markdown import BlockParser

SAMPLE = """\
# Title #
Intro
two

- one
- two
  more
  - deep

    para in deep
1. first

   ```python
   def f():
       return 1
   ```
2. second

> quote
lazy
> - item in quote

| a | b |
|---|--:|
| 1 | 2 |
| x \\| y | `z` |

after
***
    indented

      code

Under
=====
- [ ] todo
- [x] done
~~~
open
"""


def _blocks(*pieces: str) -> list[Block]:
    parser = BlockParser()
    for piece in pieces:
        parser.feed(piece)
    return parser.take() + parser.tail()


def _shape(blocks: list[Block]) -> list[object]:
    return [
        (block.kind, block.lines, block.cells, [lead.first for lead in block.leads], block.margin, block.join)
        for block in blocks
    ]


def _brief(text: str) -> list[tuple[Kind, str, list[str]]]:
    return [(block.kind, "".join(lead.first for lead in block.leads), block.lines) for block in _blocks(text)]


def test_every_form_of_block_is_found() -> None:
    P, H, C = Kind.PARAGRAPH, Kind.HEADING, Kind.CODE  # noqa: N806 - a table reads better

    assert _brief(SAMPLE) == [
        (H, "", ["Title"]),
        (P, "", ["Intro", "two"]),
        (P, "• ", ["one"]),
        (P, "• ", ["two", "more"]),
        (P, "  ◦ ", ["deep"]),
        (P, "    ", ["para in deep"]),
        (P, "1. ", ["first"]),
        (C, "   ", ["def f():", "    return 1"]),
        (P, "2. ", ["second"]),
        (P, "▌ ", ["quote", "lazy"]),
        (P, "▌ • ", ["item in quote"]),
        (Kind.TABLE, "", []),
        (P, "", ["after"]),
        (Kind.RULE, "", []),
        (C, "", ["indented", "", "  code"]),
        (H, "", ["Under"]),
        (P, "☐ ", ["todo"]),
        (P, "☑ ", ["done"]),
        (C, "", ["open"]),
    ]


def test_a_table_has_its_cells_and_alignments() -> None:
    (table,) = [block for block in _blocks(SAMPLE) if block.table is not None]

    assert table.table is not None
    assert table.table.aligns == ["left", "right"]
    texts = [["".join(span.text for span in cell) for cell in row] for row in table.cells]
    assert texts == [["a", "b"], ["1", "2"], ["x | y", "z"]]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, len(SAMPLE) - 1), max_size=12))
def test_any_chunking_gives_the_same_blocks(cuts: list[int]) -> None:
    edges = [0, *sorted(set(cuts)), len(SAMPLE)]
    pieces = [SAMPLE[start:end] for start, end in pairwise(edges)]

    assert _shape(_blocks(*pieces)) == _shape(_blocks(SAMPLE))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["- ", "> ", "1. ", "```", "    ", "|", "---", "a", " ", "\n", "# ", "*"]), max_size=40
    )
)
def test_looking_at_the_open_end_changes_nothing(pieces: list[str]) -> None:
    parser = BlockParser()
    closed: list[Block] = []
    for piece in pieces:
        parser.feed(piece)
        closed += parser.take()
        parser.tail()

    assert _shape(closed + parser.tail()) == _shape(_blocks("".join(pieces)))


@pytest.mark.parametrize(
    "text",
    [
        "word " * 20_000,
        "x" * 200_000,
        "a line\n" * 20_000,
        "```\n" + "code\n" * 20_000,
        "```\n" + "y" * 100_000,
        "- item\n" * 10_000,
        "|a|b|\n|-|-|\n" + "|one|two|\n" * 2_000,
        "> " * 5_000,
        "- " * 5_000,
        "# " + "h" * 50_000,
    ],
)
def test_no_block_outgrows_what_a_frame_can_do(text: str) -> None:
    blocks = _blocks(text)

    assert all(block.size <= 2 * MAX_CHARACTERS and len(block.lines) <= MAX_LINES for block in blocks)
    assert all(len(block.cells) <= MAX_LINES for block in blocks)


@pytest.mark.parametrize("text", ["x" * 50_000, "word " * 10_000, "a line\n" * 1_000 + "end"])
def test_pieces_of_what_is_too_long_join_to_the_whole(text: str) -> None:
    joined = ""
    for index, block in enumerate(_blocks(text)):
        joined += (block.join if index else "") + "\n".join(block.lines)

    assert joined.strip() == text.strip()


def test_an_endless_line_shows_one_open_block_at_a_time() -> None:
    parser = BlockParser()
    parser.feed("word " * 3_000)

    assert len(parser.take()) == 3
    assert len(parser.tail()) == 1


def test_the_line_after_an_endless_one_is_a_line_of_its_own() -> None:
    for length in range(MAX_CHARACTERS - 2, MAX_CHARACTERS + 3):
        blocks = _blocks("x" * length + "\n", "next")
        joined = ""
        for index, block in enumerate(blocks):
            joined += (block.join if index else "") + "\n".join(block.lines)
        assert joined == "x" * length + "\nnext"


def test_code_goes_on_after_a_cut_in_the_middle_of_its_line() -> None:
    parser = BlockParser()
    parser.feed("```py\nfirst = 1\npri")
    after = parser.cut()
    after.feed("nt(first)\n```\nend")
    before, rest = parser.take(), after.take() + after.tail()

    assert [block.lines for block in before] == [["first = 1", "pri"]]
    assert [(block.kind, block.lines, block.join) for block in rest] == [
        (Kind.CODE, ["nt(first)"], ""),
        (Kind.PARAGRAPH, ["end"], "\n\n"),
    ]
    assert before[0].fence is rest[0].fence is not None


def test_a_fence_end_without_newline_ends_the_code_at_a_cut() -> None:
    parser = BlockParser()
    parser.feed("```\ncode\n```")
    after = parser.cut()
    after.feed("\nText again")

    assert [block.kind for block in after.take() + after.tail()] == [Kind.PARAGRAPH]


def test_a_fence_whose_end_follows_the_cut_leaves_no_empty_code() -> None:
    for before in ("```\ncode\n", "```\ncode"):
        parser = BlockParser()
        parser.feed(before)
        after = parser.cut()
        assert after.tail() == []
        after.feed("\n```\n" if before[-1] != "\n" else "```\n")
        assert after.take() == []


def test_html_and_link_definitions_are_text() -> None:
    assert _brief("<div>\n<p>x</p>\n\n[ref]: https://a.b") == [
        (Kind.PARAGRAPH, "", ["<div>", "<p>x</p>"]),
        (Kind.PARAGRAPH, "", ["[ref]: https://a.b"]),
    ]


def test_a_number_in_running_text_begins_no_list() -> None:
    assert _brief("It was\n1984. A year") == [(Kind.PARAGRAPH, "", ["It was", "1984. A year"])]
