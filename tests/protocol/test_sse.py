"""Event streams: any chunking of the same bytes means the same events."""

from __future__ import annotations

import json
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from superserve_tui.protocol import (
    MAX_EVENT_BYTES,
    EventStreamDecoder,
    EventTooLargeError,
    ServerSentEvent,
    encode_event,
)

AWKWARD = (
    "\ufeff: a comment\r\n"
    'event: message.delta\r\ndata: {"content": "caf\u00e9 \U0001f600"}\r\n\r\n'
    'event:message.delta\rdata:{"content": "a\u2028b\u0085c\x0cd"}\r\r'
    "id: 7\nretry: 10\ndata: first\ndata:  second\ndata\n\n"
    "event: lost without data\n\n"
    "data: {}\n\n"
    'event: run.completed\ndata: {"duration_ms": 5}\n\n'
).encode()

MEANING = [
    ServerSentEvent("message.delta", '{"content": "caf\u00e9 \U0001f600"}'),
    ServerSentEvent("message.delta", '{"content": "a\u2028b\u0085c\x0cd"}'),
    ServerSentEvent("message", "first\n second\n"),
    ServerSentEvent("message", "{}"),
    ServerSentEvent("run.completed", '{"duration_ms": 5}'),
]


def decode(*chunks: bytes) -> list[ServerSentEvent]:
    decoder = EventStreamDecoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)]


def test_every_split_point_gives_the_same_events() -> None:
    for point in range(len(AWKWARD) + 1):
        assert decode(AWKWARD[:point], AWKWARD[point:]) == MEANING, point


def test_byte_by_byte_gives_the_same_events() -> None:
    assert decode(*(AWKWARD[at : at + 1] for at in range(len(AWKWARD)))) == MEANING


LINES = st.sampled_from(
    [b"event: a", b"event:b", b"data: {}", b"data:x", b"data", b": no", b"id: 1", b"", b"", b"data: \xc3\xa9\xff"]
)
STREAMS = st.lists(st.tuples(LINES, st.sampled_from([b"\n", b"\r", b"\r\n"])), max_size=30).map(
    lambda lines: b"".join(line + end for line, end in lines)
)


@given(stream=STREAMS, data=st.data())
def test_any_chunking_gives_the_events_of_the_whole(stream: bytes, data: st.DataObject) -> None:
    points = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[begin:end] for begin, end in pairwise([0, *points, len(stream)])]
    assert decode(*chunks) == decode(stream)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["message.delta", "tool.start", "x"]),
            st.dictionaries(st.text(), st.text() | st.integers() | st.none(), max_size=3),
        ),
        max_size=5,
    )
)
def test_what_is_encoded_is_decoded(events: list[tuple[str, dict[str, object]]]) -> None:
    decoded = decode(b"".join(encode_event(name, data) for name, data in events))
    assert [(event.type, json.loads(event.data)) for event in decoded] == [
        (name, json.loads(json.dumps(data))) for name, data in events
    ]


def test_invalid_utf8_becomes_replacement_characters() -> None:
    assert decode(b"data: a\xffb\xc3\n\n") == [ServerSentEvent("message", "a\ufffdb\ufffd")]


def test_a_type_does_not_outlive_its_event() -> None:
    assert decode(b"event: x\n\ndata: 1\n\n") == [ServerSentEvent("message", "1")]


def test_an_event_of_the_largest_size_is_read() -> None:
    data = b"x" * (MAX_EVENT_BYTES - 64)
    (event,) = decode(b"data: " + data, b"\n\n")
    assert len(event.data) == len(data)


MEGABYTE = b"data: " + b"x" * 1_000_000


@pytest.mark.parametrize("line", [MEGABYTE, MEGABYTE + b"\n", b"data:\n" * 50_000], ids=["line", "lines", "empty"])
def test_an_event_beyond_the_largest_size_is_refused(line: bytes) -> None:
    with pytest.raises(EventTooLargeError):
        decode(*[line] * 400)


def test_events_before_one_that_is_too_large_are_kept() -> None:
    decoder = EventStreamDecoder()
    assert decoder.feed(b"data: 1\n\ndata: " + b"x" * (MAX_EVENT_BYTES + 1)) == [ServerSentEvent("message", "1")]
    with pytest.raises(EventTooLargeError):
        decoder.feed(b"\n\n")


def test_an_event_without_its_blank_line_is_pending_once_its_json_is_whole() -> None:
    decoder = EventStreamDecoder()
    text = b'event: message.delta\ndata: {"content": "x"}'
    for at in range(len(text) - 1):
        assert decoder.feed(text[at : at + 1]) == []
        assert decoder.pending() is None
    decoder.feed(text[-1:])
    assert decoder.pending() == ServerSentEvent("message.delta", '{"content": "x"}')
    assert decoder.pending_end() is None
    assert decoder.feed(b"\n\n") == [ServerSentEvent("message.delta", '{"content": "x"}')]
    assert decoder.pending() is None


@pytest.mark.parametrize("end", [b"", b"\n", b"\r", b"\r\n"])
def test_a_whole_terminal_event_counts_without_its_blank_line(end: bytes) -> None:
    decoder = EventStreamDecoder()
    assert decoder.feed(b'event: run.completed\r\ndata: {"duration_ms": 5}' + end) == []
    assert decoder.pending_end() == ServerSentEvent("run.completed", '{"duration_ms": 5}')


@pytest.mark.parametrize(
    "text",
    [b"event: run.completed", b"event: run.completed\n", b"event: run.completed\ndata: {", b"data: []", b": {}"],
)
def test_half_a_terminal_event_does_not_count(text: bytes) -> None:
    decoder = EventStreamDecoder()
    decoder.feed(text)
    assert decoder.pending() is None
    assert decoder.pending_end() is None


def test_a_huge_terminal_event_that_comes_in_pieces_costs_no_more_than_another() -> None:
    decoder = EventStreamDecoder()
    piece = b"}" * 16_384
    began = time.process_time()
    decoder.feed(b'event: run.completed\ndata: {"a": "')
    for _ in range(900):
        decoder.feed(piece)
        assert decoder.pending_end() is None
    assert [event.type for event in decoder.feed(b'"}\n\n')] == ["run.completed"]
    assert time.process_time() - began < 3
