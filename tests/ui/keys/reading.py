"""What the transcript's and the tool pane's keys do."""

from __future__ import annotations

from dataclasses import replace

from superserve_tui.domain import SessionChanged, SessionState, TranscriptLoaded
from superserve_tui.engine import ReadTranscript, Reconnect, SendPrompt
from superserve_tui.ui.actions import Where
from superserve_tui.ui.modals.tool_call import ToolCallDialog
from superserve_tui.ui.widgets.composer import Composer
from superserve_tui.ui.widgets.log import MessageLog
from tests.support.opened_app import OpenedApp
from tests.support.saved import make_call, make_turn
from tests.ui.keys.scene import ANSWER, FIRST, Press, focus, scenario


def _log(desk: OpenedApp) -> MessageLog:
    return desk.main.query_one(MessageLog)


def _marked(desk: OpenedApp) -> tuple[str, str] | None:
    cursor = _log(desk).document.cursor
    return (cursor.turn_id[-1], cursor.part.value) if cursor else None


@scenario("log.next_message")
async def next_goes_by_message(desk: OpenedApp, press: Press) -> None:
    await desk.press("g")
    await press()
    assert _marked(desk) == ("1", "answer")
    await press()
    assert _marked(desk) == ("2", "prompt")


@scenario("log.previous_message")
async def previous_goes_by_message(desk: OpenedApp, press: Press) -> None:
    await desk.press("G")
    await press()
    assert _marked(desk) == ("2", "prompt")
    await press()
    assert _marked(desk) == ("1", "answer")


@scenario("log.next_turn")
async def next_turn_goes_to_its_message(desk: OpenedApp, press: Press) -> None:
    await desk.press("g")
    await press()
    assert _marked(desk) == ("2", "prompt")


@scenario("log.previous_turn")
async def previous_turn_goes_to_the_start_of_this_one_first(desk: OpenedApp, press: Press) -> None:
    await desk.press("G")
    await press()
    assert _marked(desk) == ("2", "prompt")
    await press()
    assert _marked(desk) == ("1", "prompt")


@scenario("log.first")
async def first_goes_to_the_first_message(desk: OpenedApp, press: Press) -> None:
    await press()
    assert _marked(desk) == ("1", "prompt")
    assert desk.has("What is here?")


@scenario("log.last")
async def last_goes_to_the_last_answer(desk: OpenedApp, press: Press) -> None:
    await desk.press("g")
    await press()
    assert _marked(desk) == ("2", "answer")


@scenario("log.half_up")
async def half_up_leaves_the_end(desk: OpenedApp, press: Press) -> None:
    await press()
    assert not _log(desk).document.follow


@scenario("log.half_down")
async def half_down_comes_back(desk: OpenedApp, press: Press) -> None:
    await desk.press("ctrl+u")
    await press()
    await press()
    assert _log(desk).document.follow


@scenario("log.fold")
async def fold_leaves_one_row_of_the_answer(desk: OpenedApp, press: Press) -> None:
    await desk.press("G")
    await press()
    assert desk.has("▸ 6 lines")
    await press()
    assert not desk.has("▸ 6 lines")
    assert desk.has("print('hi')")


@scenario("log.select")
async def selecting_takes_all_keys_until_the_copy(desk: OpenedApp, press: Press) -> None:
    await desk.press("G")
    await press()
    assert desk.has("Esc leave")
    await desk.type("\x1b[C")  # Right
    await desk.type("\x1b[1;5CR")  # a word, and a key that does something else elsewhere
    assert desk.main.get_selected_text() == "Two f"
    await desk.type("y")
    await desk.until(lambda: desk.copied)
    assert desk.copied == ["Two f"]
    assert not desk.has("Esc leave")
    assert desk.engine.sent(SendPrompt) == []

    await press()
    await desk.type("\x1b[6~")  # page down
    await desk.press("escape")
    assert not desk.main.get_selected_text()
    assert isinstance(desk.main.focused, MessageLog)


@scenario("log.copy_message")
async def the_marked_message_is_copied(desk: OpenedApp, press: Press) -> None:
    await desk.press("G", "k")
    await press()
    await desk.until(lambda: desk.copied)
    assert desk.copied == ["List the files"]


@scenario("log.copy_code")
async def the_code_is_copied_without_its_fence(desk: OpenedApp, press: Press) -> None:
    await desk.press("G")
    await press()
    await desk.until(lambda: desk.copied)
    assert desk.copied == ["print('hi')"]


@scenario("log.copy_transcript")
async def the_whole_transcript_is_copied(desk: OpenedApp, press: Press) -> None:
    await press()
    await desk.until(lambda: desk.copied)
    assert ANSWER.strip() in desk.copied[0]
    assert "What is here?" in desk.copied[0]


@scenario("log.export")
async def export_asks_for_the_format_and_reads_the_transcript(desk: OpenedApp, press: Press) -> None:
    await press()
    assert desk.has("Markdown")
    assert desk.has("HTML")
    assert desk.engine.sent(ReadTranscript) == [ReadTranscript(FIRST.id)]


@scenario("log.retry")
async def retry_sends_the_last_message_again(desk: OpenedApp, press: Press) -> None:
    await press()
    assert desk.engine.sent(SendPrompt) == [SendPrompt(FIRST.id, "List the files", revises=f"{FIRST.id}2")]


@scenario("log.reconnect")
async def reconnect_is_for_interrupted_turns_only(desk: OpenedApp, press: Press) -> None:
    await press()
    assert desk.engine.sent(Reconnect) == []
    await desk.feed(SessionChanged(replace(FIRST, state=SessionState.INTERRUPTED)))
    await press()
    assert desk.engine.sent(Reconnect) == [Reconnect(FIRST.id)]


@scenario("log.edit_again")
async def edit_again_puts_the_message_into_the_composer(desk: OpenedApp, press: Press) -> None:
    desk.composer.put("a draft")
    await desk.press("g")
    await press()
    assert desk.composer.text == "What is here?"
    assert isinstance(desk.main.focused, Composer)
    await desk.press("up")
    assert desk.composer.text == "a draft"


@scenario("tools.open")
async def a_call_opens_whole(desk: OpenedApp, press: Press) -> None:
    await press()
    assert isinstance(desk.screen, ToolCallDialog)
    assert desk.has("read_file")
    assert desk.has('"path": "a.py"')
    await desk.press("y")
    await desk.until(lambda: desk.copied)
    assert desk.copied == ['{\n  "path": "a.py"\n}']


@scenario("tools.fold")
async def calls_of_one_tool_are_folded_and_unfolded(desk: OpenedApp, press: Press) -> None:
    files = ("a.py", "b.py", "c.py")
    calls = tuple(make_call(index, name="read_file", input={"path": path}) for index, path in enumerate(files))
    await desk.feed(TranscriptLoaded(FIRST.id, (make_turn(1, "Read them", calls=calls),)))
    assert desk.has("read_file ×3 ▸")
    await press()
    assert desk.has("read_file ×3 ▾")
    assert desk.has("path=c.py")
    await desk.press("down")
    await press()
    assert desk.has("read_file ×3 ▸")
    assert not desk.has("path=c.py")


async def _found(desk: OpenedApp) -> None:
    await desk.type("\x06files\r")
    focus(desk, Where.LOG)
    await desk.see("1/2")


@scenario("log.find_next")
async def next_walks_the_hits(desk: OpenedApp, press: Press) -> None:
    await _found(desk)
    await press()
    await desk.see("2/2")
    await press()
    await desk.see("1/2")


@scenario("log.find_previous")
async def previous_walks_the_hits_back(desk: OpenedApp, press: Press) -> None:
    await _found(desk)
    await press()
    await desk.see("2/2")
