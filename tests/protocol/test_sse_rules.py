"""Event streams by the letter of WHATWG: its own cases at every split point, and a second reading of its rules."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from superserve_tui.protocol import EventStreamDecoder

CASES: dict[str, tuple[bytes, list[tuple[str, str]]]] = {
    "one line": (b"data: first event\n\n", [("message", "first event")]),
    "several lines": (b"data: YHOO\ndata: +2\ndata: 10\n\n", [("message", "YHOO\n+2\n10")]),
    "a comment": (b": test stream\n\ndata: first\nid: 1\n\n", [("message", "first")]),
    "a space of its own": (b"data:  third event\n\n", [("message", " third event")]),
    "no space": (b"data:test\n\ndata: test\n\n", [("message", "test")] * 2),
    "data without a value": (b"data\n\ndata\ndata\n\ndata:", [("message", ""), ("message", "\n")]),
    "types": (b"event: add\ndata: 1\n\nevent: remove\ndata: 2\n\n", [("add", "1"), ("remove", "2")]),
    "the last type counts": (b"event: a\nevent: b\ndata: 1\n\n", [("b", "1")]),
    "an empty type": (b"event: a\nevent\ndata: 1\n\n", [("message", "1")]),
    "a type without data": (b"event: a\n\ndata: 1\n\n", [("message", "1")]),
    "unknown fields": (b"foo: bar\nretry: 5\nDATA: x\n data: y\ndata : z\ndata: 1\n\n", [("message", "1")]),
    "colons": (b"data: a: b\ndata::\n\n", [("message", "a: b\n:")]),
    "carriage returns": (
        b"data: 1\r\rdata: 2\r\n\r\ndata: 3\n\r",
        [("message", "1"), ("message", "2"), ("message", "3")],
    ),
    "mixed ends": (b"data: 1\r\ndata: 2\rdata: 3\n\r\n", [("message", "1\n2\n3")]),
    "a mark": (b"\xef\xbb\xbfdata: 1\n\n", [("message", "1")]),
    "a second mark": (b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\ndata: 2\n\n", [("message", "2")]),
    "a mark within": (b"data: 1\n\n\xef\xbb\xbfdata: 2\n\n", [("message", "1")]),
    "other line ends": (
        "data: a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\n\n".encode(),
        [("message", "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg")],
    ),
    "bytes that are no text": (
        b"data: \xff\xc3(\xed\xa0\x80\xf0\x9f\n\n",
        [("message", "\ufffd\ufffd(\ufffd\ufffd\ufffd\ufffd")],
    ),
    "signs of many bytes": ("data: é漢🎉\n\n".encode(), [("message", "é漢🎉")]),
    "nul": (b"data: a\0b\n\n", [("message", "a\0b")]),
    "no blank line": (b"data: 1\n\ndata: lost\n", [("message", "1")]),
    "nothing": (b"\n\r\r\n\n:\n", []),
}


def decode(*chunks: bytes) -> list[tuple[str, str]]:
    decoder = EventStreamDecoder()
    return [(event.type, event.data) for chunk in chunks for event in decoder.feed(chunk)]


@pytest.mark.parametrize("name", CASES)
def test_every_case_at_every_split_point(name: str) -> None:
    stream, events = CASES[name]
    for first in range(len(stream) + 1):
        for second in range(first, len(stream) + 1):
            assert decode(stream[:first], stream[first:second], stream[second:]) == events, (first, second)
    assert decode(*(stream[at : at + 1] for at in range(len(stream)))) == events


def read_again(stream: bytes) -> list[tuple[str, str]]:
    """The rules once more, written for reading: the whole stream as text, line by line."""
    events: list[tuple[str, str]] = []
    data: list[str] = []
    kind = ""
    text = stream.decode("utf-8", "replace").removeprefix("\ufeff")
    for line in re.split("\r\n|\r|\n", text)[:-1]:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                events.append((kind or "message", "\n".join(data)))
            data, kind = [], ""
        elif name == "data":
            data.append(value)
        elif name == "event":
            kind = value
    return events


PIECES = st.lists(
    st.sampled_from([case for case, _ in CASES.values()])
    | st.sampled_from([b"event: run.completed\n", b"data: {}", b"data: {}\n", b"{}"])
    | st.sampled_from([b"data", b"event", b":", b" ", b"\r", b"\n", b"\r\n", b"\n\n", b"\xef\xbb\xbf", b"\xf0\x9f"])
    | st.binary(max_size=6),
    max_size=20,
).map(b"".join)


@given(PIECES, st.lists(st.integers(0, 200), max_size=8))
def test_any_bytes_in_any_chunks_mean_what_the_rules_say(stream: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    assert decode(*(stream[begin:end] for begin, end in pairwise(places))) == read_again(stream)


@given(PIECES, st.integers(0, 200))
def test_what_is_pending_is_what_one_more_blank_line_would_give(stream: bytes, cut: int) -> None:
    assume(not re.split(b"[\r\n]", stream)[-1].removeprefix(b"\xef\xbb\xbf").startswith(b"event"))  # half a type
    decoder = EventStreamDecoder()
    before = decoder.feed(stream[:cut])
    before += decoder.feed(stream[cut:])
    pending = decoder.pending()
    after = decode(stream, b"\n\n")[len(before) :]
    if pending is not None:
        assert after[:1] == [(pending.type, pending.data)]
    assert (decoder.pending_end() is None) or decoder.pending_end() == pending
