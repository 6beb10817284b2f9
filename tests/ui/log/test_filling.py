"""A long transcript is shown from its end; what stands before it comes into the places that are kept for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from superserve_tui.domain import Turn, TurnState
from superserve_tui.ui.widgets.log import Cursor, LogDocument, MessageLog, Part
from tests.support.log_stage import LogStage, make_turn, palette, rows_of, screen_of

TURNS = [make_turn(number, "line\n\n" * (number % 4) + f"answer {number}") for number in range(1, 41)]


def _document(turns: list[Turn], *, here: int) -> LogDocument:
    """A document of the last `here` of these turns, at a width."""
    document = LogDocument("session", agent="workspace")
    document.load(turns[-here:], earlier=len(turns) - here)
    document.resize(60, palette())
    return document


def test_filled_stretch_by_stretch_it_reads_as_one_that_was_loaded_whole() -> None:
    document = _document(TURNS, here=10)
    shown = rows_of(document, 20)
    document.fill(TURNS[20:30])
    document.fill(TURNS[:20])

    assert rows_of(document, 20) == shown
    assert rows_of(document) == rows_of(_document(TURNS, here=len(TURNS)))
    assert document.absent == 0
    assert [document.position_of(turn.id) for turn in TURNS] == list(range(40))


def test_no_row_in_view_moves_for_a_reader_who_has_left_the_end() -> None:
    document = _document(TURNS, here=20)
    document.lines(12)
    document.scroll_rows(-30, 12)
    place, lines = document.lines(12)
    assert not document.follow
    document.fill(TURNS[:20])

    assert document.lines(12) == (place, lines)


def test_what_is_not_there_yet_is_an_ellipsis_and_gives_way_where_it_is_looked_at() -> None:
    document = _document(TURNS, here=5)
    document.scroll_rows(-10_000, 6)
    document.lines(6)
    rows = [line.row for line in document.lines(6)[1]]
    assert ["".join(each.text for each in row.segments).strip(" ▌") for row in rows if row] == ["…"] * 3
    document.fill(TURNS[:35])

    _, lines = document.lines(60)
    assert "answer 1" in ["".join(each.text for each in line.row.segments) for line in lines if line.row]


def test_text_that_streams_meanwhile_is_in_its_turn() -> None:
    running = make_turn(41, "so", state=TurnState.STREAMING)
    document = _document([*TURNS, running], here=3)
    document.append_text(running.id, " far")
    document.fill(TURNS[:38])
    document.append_text(running.id, " so good")

    assert "so far so good" in rows_of(document)
    view = document.view_of(running.id)
    assert view is not None
    assert view.text == "so far so good"


def test_a_new_server_session_is_told_once_the_turn_before_is_known() -> None:
    turns = [replace(turn, server_id="server-two" if turn.number > 30 else "server-one") for turn in TURNS]
    document = _document(turns, here=10)
    assert not any("new session" in row for row in rows_of(document))
    document.fill(turns[:30])

    assert sum("new session" in row for row in rows_of(document)) == 1


def test_a_turn_without_a_server_takes_its_place_in_the_line_of_servers() -> None:
    servers = ["server-one", None, None, "server-two"]
    turns = [replace(turn, server_id=server) for turn, server in zip(TURNS, servers, strict=False)]
    document = _document(turns, here=2)
    document.fill(turns[:2])

    assert sum("new session" in row for row in rows_of(document)) == 1


def test_what_a_message_revises_is_told_once_that_is_known() -> None:
    turns = [*TURNS[:-1], replace(TURNS[-1], revises=TURNS[4].id)]
    document = _document(turns, here=2)
    rows_of(document)
    document.fill(turns[10:38])
    assert not any("turn 5 again" in row for row in rows_of(document))
    document.fill(turns[:10])

    assert any(row.endswith(" · turn 5 again") for row in rows_of(document))


def test_the_cursor_stays_among_what_is_there() -> None:
    document = _document(TURNS, here=4)
    assert document.source(Cursor("", Part.PROMPT)) == ""
    document.remove_turn(TURNS[-1].id)
    document.fill(TURNS[:36])

    assert [document.position_of(turn.id) for turn in TURNS[:39]] == list(range(39))


@pytest.mark.anyio
async def test_a_walk_up_stops_at_the_first_turn_that_is_there_and_goes_on_later() -> None:
    document = _document(TURNS, here=3)
    async with LogStage(document).run_test(size=(60, 12)) as pilot:
        log = pilot.app.query_one(MessageLog)
        log.cursor_first()
        assert document.cursor == Cursor(TURNS[37].id, Part.PROMPT)
        document.fill(TURNS[:37])
        log.filled()
        await pilot.pause()
        log.cursor_first()
        assert document.cursor == Cursor(TURNS[0].id, Part.PROMPT)
        assert any("the question" in row for row in screen_of(log))


@pytest.mark.anyio
async def test_what_is_looked_for_is_found_in_what_comes_later_too_and_the_place_is_kept() -> None:
    document = _document(TURNS, here=10)
    async with LogStage(document).run_test(size=(60, 12)) as pilot:
        log = pilot.app.query_one(MessageLog)
        assert log.find("answer") == 10
        log.find_previous()
        place, total = log.found
        assert (place is not None, total) == (True, 10)
        document.fill(TURNS[:30])
        log.filled()
        await pilot.pause()
        assert log.found == ((place or 0) + 30, 40)
        log.find_previous()
        assert log.found == ((place or 0) + 29, 40)


@pytest.mark.anyio
async def test_a_place_in_a_turn_that_is_not_there_yet_is_shown_when_it_is() -> None:
    document = _document(TURNS, here=5)
    async with LogStage(document).run_test(size=(60, 12)) as pilot:
        log = pilot.app.query_one(MessageLog)
        log.reveal(4, "answer")
        document.fill(TURNS[20:35])
        log.filled()
        await pilot.pause()
        assert document.follow
        document.fill(TURNS[:20])
        log.filled()
        await pilot.pause()
        assert any("answer 4" in row for row in screen_of(log))
