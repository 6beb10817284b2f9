"""What goes to a terminal and what to a pipe, piece by piece."""

from __future__ import annotations

import io

import pytest

from superserve_tui.cli.console import Console

PIECES = ("plain \x1b", "[31", "mred\x1b]0;ti", "tle\x07 and\r", "\nmore\x1b[")


class Stream(io.StringIO):
    """Standard output."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.mark.parametrize(
    ("is_terminal", "shown"), [(True, "plain red and\nmore[\n"), (False, "".join(PIECES))], ids=["terminal", "pipe"]
)
def test_a_sequence_split_over_pieces_leaves_nothing_on_a_terminal(is_terminal: bool, shown: str) -> None:
    stdout, stderr = Stream(is_terminal=is_terminal), io.StringIO()
    console = Console(stdout, stderr)
    for piece in PIECES:
        console.piece(piece)
    console.note("done")
    assert stdout.getvalue() == shown
    assert stderr.getvalue() == "done\n"
