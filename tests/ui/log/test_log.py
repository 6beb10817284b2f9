"""The widget in an app: following, scrolling, the cursor, finding, selecting, clicking."""

from __future__ import annotations

import pytest
from rich.style import Style
from textual.events import Click
from textual.geometry import Offset, Region
from textual.pilot import Pilot

from superserve_tui.domain import TurnState
from superserve_tui.ui.widgets.log import LogDocument, MessageLog
from tests.support.log_stage import LogStage, make_call, make_turn, screen_of

pytestmark = pytest.mark.anyio

RUNNING = TurnState.STREAMING


def _document(*texts: str, state: TurnState = TurnState.COMPLETED) -> LogDocument:
    document = LogDocument("session", agent="workspace")
    document.load(
        [
            make_turn(number, text, state=state if number == len(texts) else TurnState.COMPLETED)
            for number, text in enumerate(texts, 1)
        ]
    )
    return document


async def _at(pilot: Pilot[None], log: MessageLog, text: str) -> Offset:
    """Where a text is painted, in the screen's cells."""
    await pilot.pause()
    for y, row in enumerate(screen_of(log)):
        if text in row:
            return Offset(row.index(text), y) + log.region.offset
    raise AssertionError(screen_of(log))


async def test_the_end_is_followed_and_the_scroll_bar_knows_it() -> None:
    document = _document("start", state=RUNNING)
    async with LogStage(document).run_test(size=(60, 12)) as pilot:
        log = pilot.app.query_one(MessageLog)
        for number in range(60):
            document.append_text(make_turn().id, f"line {number}\n\n")
            log.changed()
            await pilot.pause()

        assert "line 59" in "".join(screen_of(log))
        assert log.scroll_offset.y == log.max_scroll_y == document.layout.total - 12
        assert log.new_below == 0


async def test_the_wheel_leaves_the_end_and_what_comes_below_is_counted() -> None:
    document = _document("para\n\n" * 40, state=RUNNING)
    app = LogStage(document)
    async with app.run_test(size=(60, 12)) as pilot:
        log = app.log_widget
        log._scroll_up_for_pointer(animate=False)
        await pilot.pause()
        before = screen_of(log)
        document.append_text(make_turn().id, "\n\nfresh\n\nfresh")
        log.changed()
        await pilot.pause()

        assert screen_of(log) == before
        assert log.new_below >= 4
        assert [fact.follow for fact in app.facts if isinstance(fact, MessageLog.FollowChanged)] == [False]

        log.to_end()
        await pilot.pause()
        assert "fresh" in "".join(screen_of(log))
        assert log.new_below == 0
        assert [fact.follow for fact in app.facts if isinstance(fact, MessageLog.FollowChanged)] == [False, True]


async def test_only_rows_that_changed_are_painted_again() -> None:
    document = _document("para\n\n" * 40 + "start", state=RUNNING)
    async with LogStage(document).run_test(size=(60, 30)) as pilot:
        log = pilot.app.query_one(MessageLog)
        log.changed()
        before = log.refreshed_rows
        document.append_text(make_turn().id, " and")
        log.changed()
        assert log.refreshed_rows - before <= 2

        before = log.refreshed_rows
        log.changed()
        assert log.refreshed_rows - before <= 1


async def test_rows_of_the_open_paragraph_that_stay_the_same_keep_their_finished_strips() -> None:
    document = _document("word " * 200, state=RUNNING)
    async with LogStage(document).run_test(size=(60, 20)) as pilot:
        log = pilot.app.query_one(MessageLog)
        strips = log.render_lines(log.size.region)
        document.append_text(make_turn().id, "a")
        log.changed()

        again = log.render_lines(log.size.region)
        assert sum(one is other for one, other in zip(strips, again, strict=True)) >= 17


async def test_pages_and_ends() -> None:
    document = _document(*("para\n\n" * 20 for _ in range(10)))
    async with LogStage(document).run_test(size=(60, 12)) as pilot:
        log = pilot.app.query_one(MessageLog)
        end = screen_of(log)
        log.scroll_pages(-1)
        assert screen_of(log)[-1] == end[0]
        log.to_start()
        assert screen_of(log)[1].startswith("  You")
        log.scroll_pages(0.5)
        await pilot.pause()
        assert log.scroll_offset.y in (5, 6)
        for _ in range(100):
            log.scroll_pages(1)
        assert screen_of(log) == end
        assert document.follow


async def test_a_drag_of_the_scroll_bar_goes_anywhere() -> None:
    document = _document(*("para\n\n" * 20 for _ in range(100)))
    async with LogStage(document).run_test(size=(60, 12)) as pilot:
        log = pilot.app.query_one(MessageLog)
        log.scroll_to(y=log.max_scroll_y // 2, animate=False)
        await pilot.pause()
        assert 30 <= document.anchor.turn <= 70
        log.scroll_to(y=0, animate=False)
        await pilot.pause()
        assert screen_of(log)[1].startswith("  You")


async def test_another_size_keeps_the_place() -> None:
    document = _document(*(f"answer {number} " + "wide " * 50 for number in range(30)))
    async with LogStage(document).run_test(size=(90, 20)) as pilot:
        log = pilot.app.query_one(MessageLog)
        log.scroll_rows(-60)
        await pilot.pause()
        turn = document.anchor.turn
        for size in ((40, 20), (20, 5), (120, 50), (90, 20)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert document.anchor.turn == turn
            assert all(strip.cell_length == log.size.width for strip in log.render_lines(log.size.region))


async def test_switching_back_shows_the_same_place() -> None:
    first, second = _document(*("one\n\n" * 30 for _ in range(5))), _document("two")
    async with LogStage(first).run_test(size=(60, 12)) as pilot:
        log = pilot.app.query_one(MessageLog)
        log.scroll_rows(-25)
        before = screen_of(log)
        log.show(second)
        assert "two" in "".join(screen_of(log))
        log.show(first)
        await pilot.pause()
        assert screen_of(log) == before


async def test_another_theme_paints_in_its_colours() -> None:
    async with LogStage(_document("# Title")).run_test(size=(60, 12)) as pilot:
        log = pilot.app.query_one(MessageLog)

        def colours() -> set[str]:
            strips = log.render_lines(log.size.region)
            return {str(segment.style.bgcolor) for strip in strips for segment in strip if segment.style}

        before = colours()
        pilot.app.theme = "textual-light"
        await pilot.pause()
        assert not before & colours()


async def test_the_cursor_walks_messages_and_turns() -> None:
    document = _document(*(f"answer {number}\n\n" * 10 for number in range(1, 4)))
    app = LogStage(document)
    async with app.run_test(size=(60, 12)) as pilot:
        log = app.log_widget
        log.cursor_first()
        assert log.source_at_cursor() == "the question"
        log.cursor_next()
        assert log.source_at_cursor().startswith("answer 1")
        log.turn_next()
        log.cursor_next()
        assert log.source_at_cursor().startswith("answer 2")
        marked = [row.startswith("┃") for row in screen_of(log)]
        assert any(row.startswith("┃ answer 2") for row in screen_of(log))
        assert all(marked[marked.index(True) : len(marked) - marked[::-1].index(True)])  # blank rows as well
        log.turn_previous()
        assert document.cursor is not None
        assert document.cursor.turn_id == make_turn(2).id
        log.turn_previous()
        assert document.cursor.turn_id == make_turn(1).id
        log.cursor_last()
        log.cursor_next()
        assert log.source_at_cursor().startswith("answer 3")
        await pilot.pause()
        assert len([fact for fact in app.facts if isinstance(fact, MessageLog.CursorMoved)]) == 7

        log.clear_cursor()
        assert not any(row.startswith("┃") for row in screen_of(log))


async def test_the_code_block_nearest_to_the_cursor_is_copied() -> None:
    document = _document("```\nfirst\n```", "no code here")
    async with LogStage(document).run_test(size=(60, 12)) as pilot:
        log = pilot.app.query_one(MessageLog)
        assert log.code_block_at_cursor() == "first"
        log.show(_document("none"))
        assert log.code_block_at_cursor() is None


async def test_folding_the_marked_turn() -> None:
    async with LogStage(_document("one\n\ntwo", "three")).run_test(size=(60, 20)) as pilot:
        log = pilot.app.query_one(MessageLog)
        log.cursor_first()
        log.toggle_fold()
        rows = "\n".join(screen_of(log))
        assert "▸ 3 lines · one two" in rows
        assert "three" in rows
        await pilot.click(offset=await _at(pilot, log, "▸"))
        assert "▸" not in "\n".join(screen_of(log))


async def test_finding_counts_walks_and_marks() -> None:
    document = _document("The **needle** here\n\n" + "para\n\n" * 40, "x\n\n" * 30 + "a NEEDLE and a needle")
    async with LogStage(document).run_test(size=(60, 12)) as pilot:
        log = pilot.app.query_one(MessageLog)
        assert log.find("needle") == 3
        log.to_start()
        assert [log.find_next() for _ in range(4)] == [1, 2, 3, 1]
        assert any("The needle here" in row for row in screen_of(log))
        assert log.find_previous() == 3
        assert any("a NEEDLE and a needle" in row for row in screen_of(log))

        marked = [
            segment.text
            for strip in log.render_lines(log.size.region)
            for segment in strip
            if segment.text.lower() == "needle"
        ]
        assert marked == ["NEEDLE", "needle"]
        assert log.find("nowhere") == 0
        assert log.find_next() is None
        log.find("")


async def test_a_turn_is_revealed_also_before_it_is_loaded() -> None:
    document = LogDocument("session")
    async with LogStage(document).run_test(size=(60, 12)) as pilot:
        log = pilot.app.query_one(MessageLog)
        log.reveal(2, "goal")
        document.load([make_turn(number, "x\n\n" * 20 + f"goal {number}" + "\n\ny" * 20) for number in range(1, 5)])
        log.changed()
        await pilot.pause()
        assert any("goal 2" in row for row in screen_of(log))
        log.reveal(4)
        assert document.anchor.turn == 3


async def test_a_click_on_a_link_or_a_call_tells_and_does_nothing() -> None:
    document = LogDocument("session")
    document.load([make_turn(text="see [here](https://a.b/c)", calls=(make_call(), make_call(1, name="grep")))])
    app = LogStage(document)
    async with app.run_test(size=(60, 20)) as pilot:
        log = app.log_widget
        await pilot.click(offset=await _at(pilot, log, "here"))
        await pilot.click(offset=await _at(pilot, log, "grep"))
        await pilot.click(offset=await _at(pilot, log, "see"))

        link, call = app.facts
        assert isinstance(link, MessageLog.LinkClicked)
        assert isinstance(call, MessageLog.CallClicked)
        assert (link.target, link.control) == ("https://a.b/c", log)
        assert (call.turn_id, call.index) == (make_turn().id, 1)


async def test_a_drag_over_a_link_is_no_click() -> None:
    app = LogStage(_document("see [the link](https://a.b/c) here"))
    async with app.run_test(size=(60, 20)) as pilot:
        start = await _at(pilot, app.log_widget, "the link")
        await _drag(pilot, start, start + Offset(5, 0))
        style = Style(meta={"link": "https://a.b/c"})
        click = Click(app.log_widget, 1, 1, 0, 0, 1, shift=False, meta=False, ctrl=False, style=style)
        app.log_widget.on_click(click)
        await pilot.pause()
        assert app.facts == []

        app.screen.clear_selection()
        app.log_widget.on_click(click)
        await pilot.pause()
        assert len(app.facts) == 1


async def _drag(pilot: Pilot[None], start: Offset, end: Offset) -> None:
    await pilot.mouse_down(offset=start)
    await pilot.hover(offset=end)
    await pilot.mouse_up(offset=end)


@pytest.mark.parametrize(
    ("text", "first", "last", "copied"),
    [
        (
            "Start of **bold** words, more than a row is wide for sure",
            "of bold",
            "sure",
            "of bold words, more than a row is wide for sure",
        ),
        ("```\n\tif x:\n\t\treturn  1\n```", "if x", "return  1", "if x:\n\t\treturn  1"),
        ("- one\n- two\n  - deep", "one", "deep", "one\n• two\n  ◦ deep"),
        ("日本語 text", "本", "text", "本語 text"),
        ("> quoted words that go on to a second row here", "quoted", "here", None),
    ],
)
async def test_a_selection_copies_what_is_seen(text: str, first: str, last: str, copied: str | None) -> None:
    async with LogStage(_document(text)).run_test(size=(40, 20)) as pilot:
        log = pilot.app.query_one(MessageLog)
        start, end = await _at(pilot, log, first), await _at(pilot, log, last)
        if "日" in text:
            start, end = start + Offset(1, 0), end + Offset(3, 0)
        await _drag(pilot, start, end + Offset(len(last) - 1, 0))

        assert pilot.app.screen.get_selected_text() == (copied or text.removeprefix("> "))


async def test_a_selection_stays_with_its_text_while_more_streams_in_and_the_width_changes() -> None:
    document = _document("first words\n\n" + "para " * 30, state=RUNNING)
    async with LogStage(document).run_test(size=(60, 20)) as pilot:
        log = pilot.app.query_one(MessageLog)
        start = await _at(pilot, log, "first")
        await _drag(pilot, start, start + Offset(10, 0))
        document.append_text(make_turn().id, "\n\nmore" * 40)
        log.changed()
        await pilot.resize_terminal(30, 20)
        await pilot.pause()

        assert pilot.app.screen.get_selected_text() == "first words"


async def test_a_closed_code_block_is_coloured_and_its_text_stays() -> None:
    document = _document("```python\ndef f(x):\n\treturn 'é'  # c\n```")
    app = LogStage(document)
    async with app.run_test(size=(60, 20)) as pilot:
        log = app.log_widget
        plain = screen_of(log)
        await app.workers.wait_for_complete()
        await pilot.pause()

        assert screen_of(log) == plain
        (fence_row,) = [strip for strip in log.render_lines(log.size.region) if "def f" in strip.text]
        assert len({segment.style for segment in fence_row if segment.text.strip()}) >= 2
        assert document.fences(0)[0][1] == "def f(x):\n\treturn 'é'  # c"


async def test_no_control_character_is_painted() -> None:
    evil = "a\x1b]52;c;aGk=\x07b \x9b31m \u202eevil \U000e0041 [t](https://a.b/\x1b) `\x00` | \x07 |"
    document = LogDocument("session", agent="ag\x1b[31ment")
    document.load(
        [
            make_turn(
                text=f"{evil}\n\n```{evil}\n{evil}\n```\n\n|{evil}|\n|-|\n|{evil}|",
                prompt=evil,
                calls=(make_call(name=evil, said=evil),),
                error=evil,
                state=TurnState.FAILED,
                server_id=evil,
            )
        ]
    )
    async with LogStage(document).run_test(size=(100, 40)) as pilot:
        log = pilot.app.query_one(MessageLog)
        text = "".join(strip.text for strip in log.render_lines(log.size.region))

        assert text.isprintable()


async def test_part_of_a_row_can_be_painted() -> None:
    async with LogStage(_document("some words")).run_test(size=(60, 12)) as pilot:
        log = pilot.app.query_one(MessageLog)
        strips = log.render_lines(Region(2, 0, 10, 12))

        assert all(strip.cell_length == 10 for strip in strips)
