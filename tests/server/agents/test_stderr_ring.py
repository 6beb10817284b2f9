"""The last lines of standard error in bounded memory."""

from __future__ import annotations

from superserve_tui.server.agents.stderr_ring import MAX_BYTES, MAX_LINES, StderrRing


def test_lines_come_oldest_first_whatever_the_chunks() -> None:
    ring = StderrRing()
    for chunk in (b"on", b"e\ntw", b"o\r\n", b"\nthree \xc3", b"\xa9"):
        ring.feed(chunk)
    assert ring.lines() == ["one", "two", "", "three é"]


def test_only_the_last_lines_are_kept() -> None:
    ring = StderrRing()
    ring.feed(b"".join(b"%d\n" % number for number in range(1000)))
    assert ring.lines() == [str(number) for number in range(1000 - MAX_LINES, 1000)]


def test_a_line_without_end_is_cut_in_front() -> None:
    ring = StderrRing()
    for _ in range(100):
        ring.feed(b"x" * 10_000)
    assert ring.lines() == ["x" * MAX_BYTES]


def test_a_line_that_was_cut_in_front_is_left_out() -> None:
    ring = StderrRing()
    ring.feed(b"a" * MAX_BYTES + b"\nwhole\n")
    assert ring.lines() == ["whole"]


def test_a_note_has_a_line_of_its_own() -> None:
    ring = StderrRing()
    ring.feed(b"unfinished")
    ring.note("note")
    assert ring.lines() == ["unfinished", "note"]


def test_a_turn_has_the_lines_that_came_since_it_began() -> None:
    ring = StderrRing()
    ring.feed(b"before\n")
    ring.begin_turn()
    assert ring.lines_of_turn() == []
    ring.feed(b"one\ntwo\n")
    assert ring.lines_of_turn() == ["one", "two"]
    assert ring.lines() == ["before", "one", "two"]


def test_a_turn_that_floods_has_its_last_lines() -> None:
    ring = StderrRing()
    ring.feed(b"before\n")
    ring.begin_turn()
    for _ in range(5):
        ring.feed(b"a" * MAX_BYTES + b"\nlast\n")
    assert ring.lines_of_turn() == ["last"]
    ring.begin_turn()
    ring.feed(b"next\n")
    assert ring.lines_of_turn() == ["next"]


def test_nothing_is_no_line() -> None:
    assert StderrRing().lines() == []
