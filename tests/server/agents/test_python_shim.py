"""Marks in a stream of bytes, and the environment that brings the shim into an interpreter."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from superserve_tui.server.agents.python_shim import (
    Mark,
    MarkScanner,
    frame_message,
    new_nonce,
    shim_environment,
)

NONCE = b"0123456789abcdef" * 2


def mark(code: Mark) -> bytes:
    return b"\0" + NONCE + b":" + code.value.encode() + b"\0"


ITEMS = st.lists(
    st.one_of(
        st.sampled_from(list(Mark)),
        st.binary(max_size=8),
        st.sampled_from([b"\0", b"\0" + NONCE[:7], b"\0" + NONCE + b":", b"\0" + NONCE + b":X\0", b"\0\0"]),
    ),
    max_size=8,
)


@given(items=ITEMS, size=st.integers(min_value=1, max_value=50))
def test_text_and_marks_are_told_apart_in_any_chunking(items: list[Mark | bytes], size: int) -> None:
    stream = b"".join(mark(item) if isinstance(item, Mark) else item for item in items)
    scanner = MarkScanner(NONCE)
    found: list[Mark | bytes] = []
    for start in range(0, len(stream), size):
        found += scanner.feed(stream[start : start + size])
    found.append(scanner.flush())
    assert _joined(found) == _joined(items)


def _joined(items: list[Mark | bytes]) -> list[Mark | bytes]:
    """Marks and what lies between them; a mark's beginning ahead of a mark's rest can't be told from text."""
    joined: list[Mark | bytes] = [b""]
    for item in items:
        last = joined[-1]
        if isinstance(item, bytes) and isinstance(last, bytes):
            joined[-1] = last + item
        elif isinstance(item, Mark):
            joined += [item, b""]
    return joined


def test_text_is_not_held_back_for_a_mark_that_may_come() -> None:
    scanner = MarkScanner(NONCE)
    assert scanner.feed(b"text") == [b"text"]
    assert scanner.feed(b"more\0not a mark") == [b"more\0not a mark"]
    assert scanner.feed(b"x" + mark(Mark.WAITING)[:20]) == [b"x"]
    assert scanner.feed(mark(Mark.WAITING)[20:]) == [Mark.WAITING]


def test_another_process_s_marks_are_text() -> None:
    other = mark(Mark.WAITING)
    assert _joined(MarkScanner(new_nonce()).feed(other + b".")) == [other + b"."]


def test_a_message_is_framed_by_its_length_in_bytes() -> None:
    assert frame_message("é\nb", b"n") == b"n:5\n" + "é\nb\n".encode()


def test_the_shim_goes_ahead_of_the_persons_own_path() -> None:
    own = {"PYTHONPATH": "/own", "A": "1"}
    environ = shim_environment(own, nonce=NONCE, target="-m")
    assert environ["PYTHONPATH"].split(os.pathsep)[1:] == ["/own"]
    assert environ["A"] == "1"
    assert own == {"PYTHONPATH": "/own", "A": "1"}
