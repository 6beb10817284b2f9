"""Selecting in the log: by keys, by clicks, by a drag that scrolls."""

from __future__ import annotations

from time import monotonic

import pytest
from textual.events import MouseMove
from textual.geometry import Offset
from textual.pilot import Pilot

from superserve_tui.domain import TurnState
from superserve_tui.ui.widgets.log import LogDocument, MessageLog, Move
from superserve_tui.ui.widgets.log.selecting import Caret, Spot, first_spot
from tests.support.log_stage import LogStage, document_of, make_call, make_turn, screen_of

pytestmark = pytest.mark.anyio

LISTS = "Some words that are a little longer than one row is wide, 日本語 too\n\n- one\n- two"
CODE = "Look:\n\n```python\n\tif x:\n\n\t\treturn 'a line of code too long for forty cells'\n```\n\nEnd."
TABLE = "| name | size |\n|---|---:|\n| one | 1 |\n| twenty | 20 |"


def _caret(document: LogDocument, *, at: str, height: int = 500) -> Caret:
    """A caret on the first character of a text in the answer."""
    document.sync(None)
    document.lines(height)
    blocks = document.turns[0].blocks
    block = next(index for index, each in enumerate(blocks) if at in each.plain)
    return Caret(document.layout, Spot(0, block, blocks[block].plain.index(at)))


def _taken(document: LogDocument, caret: Caret) -> str:
    taken = MessageLog(document).get_selection(caret.selection)
    assert taken is not None
    return taken[0]


def _moved(document: LogDocument, caret: Caret, *moves: Move) -> str:
    for move in moves:
        caret.move(move, 10)
    return _taken(document, caret)


def _document(text: str, *, width: int = 40) -> LogDocument:
    return document_of(make_turn(text=text), width=width)


def test_a_caret_takes_the_character_that_it_stands_on() -> None:
    document = _document(LISTS)
    assert _taken(document, _caret(document, at="words")) == "w"


def test_it_goes_by_characters_over_soft_wraps_and_wide_ones() -> None:
    document = _document("日本語 ab")
    assert _moved(document, _caret(document, at="本"), Move.RIGHT, Move.RIGHT, Move.RIGHT) == "本語 a"
    assert _moved(document, _caret(document, at="語"), Move.LEFT, Move.LEFT) == "日本語"


def test_it_goes_by_words_over_blocks_and_back() -> None:
    document = _document(LISTS)
    caret = _caret(document, at="語")
    assert _moved(document, caret, Move.WORD_RIGHT, Move.WORD_RIGHT) == "語 too\n\n• o"
    assert _moved(document, caret, Move.WORD_LEFT, Move.WORD_LEFT) == "日本語"


def test_down_and_up_keep_to_the_cell_they_came_from() -> None:
    document = _document("0123456789\nab\n0123456789")
    caret = _caret(document, at="789")
    assert _moved(document, caret, Move.DOWN) == "789\nab"
    assert _moved(document, caret, Move.DOWN) == "789\nab\n01234567"
    assert _moved(document, caret, Move.UP, Move.UP) == "7"


def test_home_and_end_are_of_the_row_that_is_seen() -> None:
    document = _document("word " * 20, width=24)
    caret = _caret(document, at="word")
    caret.move(Move.DOWN, 10)
    caret.begin_here()
    assert _moved(document, caret, Move.ROW_END) == "word word word word word"
    assert _moved(document, caret, Move.ROW_START) == "w"


def test_code_is_taken_as_it_is_with_its_tabs_and_empty_lines() -> None:
    document = _document(CODE)
    caret = _caret(document, at="\tif")
    _moved(document, caret, Move.ROW_END, Move.DOWN)
    assert _taken(document, caret) == "\tif x:\n\n"
    _moved(document, caret, Move.WORD_RIGHT, Move.ROW_END, Move.DOWN, Move.ROW_END)
    assert _taken(document, caret) == CODE.split("python\n")[1].split("\n```")[0]


def test_a_tab_is_one_character() -> None:
    document = _document(CODE)
    assert _moved(document, _caret(document, at="\tif"), Move.RIGHT) == "\ti"


def test_tables_are_walked_cell_by_cell_and_their_line_is_passed_over() -> None:
    document = _document(TABLE)
    caret = _caret(document, at="name")
    assert _moved(document, caret, Move.DOWN) == "name\tsize\no"
    assert _moved(document, caret, Move.RIGHT, Move.RIGHT, Move.RIGHT) == "name\tsize\none\t1"
    assert _moved(document, caret, Move.LEFT) == "name\tsize\none"


def test_it_stops_at_both_ends_of_the_transcript() -> None:
    document = document_of(make_turn(1, "one"), make_turn(2, "# Head\n\n---\n\nlast"), width=40)
    caret = _caret(document, at="one")
    assert _moved(document, caret, Move.END, *([Move.DOWN] * 3), Move.RIGHT, Move.WORD_RIGHT).startswith("one\n\n✓")
    assert _taken(document, caret).endswith("last\n\n✓ 3.4 s · 0 tools")
    assert _moved(document, caret, Move.START, Move.UP, Move.LEFT, Move.WORD_LEFT, Move.PAGE_UP).startswith(
        "You · "
    )


def test_pages_go_by_the_window() -> None:
    document = _document("\n".join(str(number) for number in range(100, 200)))
    caret = _caret(document, at="100")
    assert _moved(document, caret, Move.PAGE_DOWN).splitlines()[-1] == "1"
    assert caret.place.row == 9
    caret.move(Move.HALF_UP, 10)
    assert caret.place.row == 4


def test_what_is_gone_is_no_harm() -> None:
    document = document_of(make_turn(1, "one"), make_turn(2, "two words"), width=40)
    caret = _caret(document, at="one")
    caret.move(Move.END, 10)
    document.remove_turn(make_turn(2).id)
    document.sync(None)

    assert _moved(document, caret, Move.LEFT).startswith("one")


def test_it_begins_at_the_text_in_view_past_labels() -> None:
    document = document_of(make_turn(1, "# Title\n\ntext", calls=(make_call(),)), width=40)
    document.sync(None)
    _, lines = document.lines(40)
    spot = first_spot(document, lines)
    assert spot is not None
    assert _taken(document, Caret(document.layout, spot)) == "t"  # of "the question"


async def _at(pilot: Pilot[None], log: MessageLog, text: str) -> Offset:
    await pilot.pause()
    for y, row in enumerate(screen_of(log)):
        if text in row:
            return Offset(row.index(text), y) + log.region.offset
    raise AssertionError(screen_of(log))


def _stage(text: str, *, state: TurnState = TurnState.COMPLETED) -> LogStage:
    document = LogDocument("session", agent="workspace")
    document.load([make_turn(text=text, state=state)])
    return LogStage(document)


def _selected(app: LogStage) -> str | None:
    return app.screen.get_selected_text()


async def test_keys_extend_begin_anew_and_ask_for_the_copy() -> None:
    app = _stage("# Title\n\nsome words here")
    async with app.run_test(size=(60, 20)) as pilot:
        log = app.log_widget
        log.focus()
        log.cursor_last()
        log.start_selecting()
        await pilot.press("down", "w", "v", "ctrl+right", "h")
        assert _selected(app) == "words "
        assert log.is_selecting

        await pilot.press("x", "enter")
        kinds = [type(fact) for fact in app.facts]
        assert kinds.count(MessageLog.CopyAsked) == 1
        assert kinds.count(MessageLog.SelectingChanged) == 1


async def test_the_caret_is_painted_also_on_an_empty_line() -> None:
    app = _stage("```\na\n\nb\n```")
    async with app.run_test(size=(60, 20)) as pilot:
        log = app.log_widget
        log.focus()
        log.cursor_last()
        log.start_selecting()
        await pilot.press("down")
        painted = [
            (y, segment.text)
            for y, strip in enumerate(log.render_lines(log.size.region))
            for segment in strip
            if segment.style is not None and segment.style.reverse
        ]
        top = (await _at(pilot, log, "  a")).y
        assert painted == [(top + 1, " ")]


async def test_the_window_follows_the_caret_but_not_the_stream() -> None:
    app = _stage("\n".join(f"line {number}" for number in range(100)), state=TurnState.STREAMING)
    async with app.run_test(size=(60, 12)) as pilot:
        log, document = app.log_widget, app.log_widget.document
        log.focus()
        log.start_selecting()
        await pilot.press("end")
        before = screen_of(log)
        document.append_text(make_turn().id, "\nfresh\nfresh")
        log.changed()
        await pilot.pause()
        assert screen_of(log)[:8] == before[:8]
        assert not document.follow

        for _ in range(20):
            log.extend_selection(Move.UP)
        assert "line 7" in screen_of(log)[0]
        for _ in range(20):
            log.extend_selection(Move.DOWN)
        assert _selected(app) == "line 90"

        app.screen.clear_selection()
        await pilot.pause()
        assert not log.is_selecting
        log.to_end()
        assert document.follow


async def test_the_end_is_followed_again_when_nothing_came_meanwhile() -> None:
    app = _stage("\n".join(f"line {number}" for number in range(100)), state=TurnState.STREAMING)
    async with app.run_test(size=(60, 12)) as pilot:
        log = app.log_widget
        start = await _at(pilot, log, "line 95")
        await _drag(pilot, start, start + Offset(3, 0))
        assert not log.document.follow
        app.screen.clear_selection()
        await pilot.pause()
        assert log.document.follow


async def test_another_selection_or_document_ends_the_keys() -> None:
    app = _stage("some words here")
    async with app.run_test(size=(60, 20)) as pilot:
        log = app.log_widget
        log.focus()
        log.start_selecting()
        await pilot.pause()
        start = await _at(pilot, log, "words")
        await _drag(pilot, start, start + Offset(2, 0))
        assert not log.is_selecting
        assert _selected(app) == "wor"

        log.start_selecting()
        log.show(LogDocument("other"))
        await pilot.pause()
        assert not log.is_selecting
        log.start_selecting()  # nothing is there
        assert not log.is_selecting


async def _drag(pilot: Pilot[None], start: Offset, end: Offset) -> None:
    await pilot.mouse_down(offset=start)
    await pilot.hover(offset=end)
    await pilot.mouse_up(offset=end)
    await pilot.pause()


async def test_clicked_twice_a_word_is_selected_three_times_its_line() -> None:
    app = _stage("Run `src/read.py:41`, which is a sentence that goes on to a second row.\n\nNext.")
    async with app.run_test(size=(40, 20)) as pilot:
        where = await _at(pilot, app.log_widget, "read.py")
        await pilot.click(offset=where, times=2)
        assert _selected(app) == "src/read.py:41"
        await pilot.click(offset=where, times=3)
        assert _selected(app) == "Run src/read.py:41, which is a sentence that goes on to a second row."
        await pilot.click(offset=await _at(pilot, app.log_widget, "Next") + Offset(20, 3), times=2)
        assert not _selected(app)


async def test_a_drag_beyond_the_edge_scrolls_and_selects_on() -> None:
    app = _stage("\n".join(f"line {number}" for number in range(100)))
    async with app.run_test(size=(60, 12)) as pilot:
        log = app.log_widget
        start = await _at(pilot, log, "line 96")
        await pilot.mouse_down(offset=start)
        await pilot.hover(offset=start - Offset(0, 1))
        app.screen._forward_event(
            MouseMove(
                log, 3, 0, 0, -4, button=1, shift=False, meta=False, ctrl=False, screen_x=3, screen_y=0, style=None
            )
        )
        deadline = monotonic() + 5
        while "line 80" not in (_selected(app) or ""):
            assert monotonic() < deadline, _selected(app)
            await pilot.pause(0.01)
        await pilot.mouse_up(offset=(3, 0))

        taken = _selected(app)
        assert taken is not None
        assert taken.endswith("line 95\nl")
