"""The dialogs: what they show, what they ask of the engine, and their words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.widgets import Button, Input, Static

from superserve_tui.config import Config
from superserve_tui.domain import (
    LinkChanged,
    QuitFinished,
    QuitProgressed,
    SearchFinished,
    SearchHit,
    SessionChanged,
    SessionState,
    TranscriptLoaded,
    TurnState,
)
from superserve_tui.engine import DeleteSession, OpenSession, Quit, RenameSession, SaveDraft
from superserve_tui.ui.actions import ACTIONS
from superserve_tui.ui.modals.dialog import Choice
from superserve_tui.ui.modals.quit import QuitProgress, QuitQuestion
from superserve_tui.ui.modals.switcher import FoundList, Switcher
from superserve_tui.ui.screens.reading_earlier import LAST_TURNS
from superserve_tui.ui.widgets.line_list import LineList
from superserve_tui.ui.widgets.log import MessageLog
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session, make_turn

IDLE = make_session("Some talk", state=SessionState.IDLE, server_id="ses_abc")
RUNNING = replace(IDLE, id="f" * 32, title="Runs", state=SessionState.RUNNING)


# -- switcher


async def _switcher(desk: OpenedApp) -> FoundList:
    await desk.press("ctrl+s")
    assert isinstance(desk.screen, Switcher)
    return desk.screen.query_one(FoundList)


async def test_the_switcher_leads_to_a_place_in_a_transcript() -> None:
    turns = tuple(
        make_turn(number, f"ask {number}", text="line\n\n" * 60 + f"needle {number}", state=TurnState.COMPLETED)
        for number in range(1, 6)
    )
    async with opened(sessions=(IDLE,)) as desk:
        found = await _switcher(desk)
        await desk.type("needle")
        await desk.feed(SearchFinished("needle", (SearchHit(IDLE.id, "Some talk", 2, "text", "… needle 2 …"),)))
        assert desk.has("needle 2")
        assert desk.has("turn 2")
        assert len(found.rows) == 3  # no title matches: a gap, a heading, the hit
        await desk.press("enter")
        assert desk.engine.sent(OpenSession) == [OpenSession(IDLE.id, last=LAST_TURNS)]
        await desk.feed(TranscriptLoaded(IDLE.id, turns))

        assert desk.has("needle 2")
        assert not desk.main.query_one(MessageLog).document.follow


async def test_hits_of_an_older_question_are_passed_over() -> None:
    async with opened(sessions=(IDLE,)) as desk:
        await _switcher(desk)
        await desk.type("some")
        await desk.feed(SearchFinished("so", (SearchHit(IDLE.id, "Some talk", 2, "text", "stale"),)))

        assert not desk.has("stale")


async def test_hits_that_come_in_leave_the_cursor_where_it_is() -> None:
    sessions = tuple(replace(IDLE, id=f"{number:032x}", title=f"talk {number}") for number in range(4))
    async with opened(sessions=sessions) as desk:
        found = await _switcher(desk)
        await desk.type("talk")
        await desk.press("down", "down")
        before = found.cursor_key
        await desk.feed(SearchFinished("talk", (SearchHit(IDLE.id, "x", 2, "text", "talk"),)))

        assert found.cursor_key == before


@pytest.mark.parametrize("opener", ["ctrl+s", "ctrl+p"])
async def test_the_row_that_enter_takes_is_seen_while_typing(opener: str) -> None:
    async with opened(sessions=(IDLE, RUNNING)) as desk:
        await desk.press(opener)
        listed = desk.screen.query_one(LineList)
        strips = desk.app.screen._compositor.render_strips()
        region = listed.region
        backgrounds = [
            {segment.style.bgcolor for segment in strips[y].crop(region.x, region.right - 2) if segment.style}
            for y in (region.y, region.y + 1)
        ]

        assert backgrounds[0] != backgrounds[1]


async def test_nothing_found_is_no_place_to_go() -> None:
    async with opened(sessions=(IDLE,)) as desk:
        await _switcher(desk)
        await desk.type("zzzz\r")

        assert isinstance(desk.screen, Switcher)
        await desk.press("escape")
        assert desk.composer.has_focus


async def test_a_session_is_found_by_its_server_id() -> None:
    far = replace(IDLE, id="e" * 32, title="Far", server_id="ses_4be1fefd")
    async with opened(sessions=(IDLE, far)) as desk:
        await _switcher(desk)
        await desk.type("4be1fe\r")

        assert desk.main.model.current_id == far.id


# -- rename, delete


async def test_rename_by_escape_changes_nothing() -> None:
    async with opened() as desk:
        await desk.open(IDLE)
        await desk.press("f2", "x", "escape")

        assert desk.engine.sent(RenameSession) == []


async def test_an_empty_title_is_sent_as_such() -> None:
    async with opened() as desk:
        await desk.open(IDLE)
        await desk.press("f2", "backspace", "enter")

        assert desk.engine.sent(RenameSession) == [RenameSession(IDLE.id, "")]


async def test_rename_with_no_session_does_nothing() -> None:
    async with opened() as desk:
        await desk.press("f2")

        assert not desk.has_dialog


async def test_a_running_session_is_deleted_only_after_a_question() -> None:
    async with opened() as desk:
        await desk.open(RUNNING)
        desk.sidebar.focus()
        await desk.press("d", "escape")
        assert desk.engine.sent(DeleteSession) == []
        await desk.press("d", "enter")

        assert desk.engine.sent(DeleteSession) == [DeleteSession(RUNNING.id)]


# -- help


@pytest.mark.parametrize("size", [(120, 60), (60, 12)])
async def test_the_help_holds_every_action_and_begins_with_the_pane_in_focus(size: tuple[int, int]) -> None:
    async with opened(size=size, sessions=(IDLE,)) as desk:
        desk.sidebar.focus()
        await desk.settle()
        if not desk.sidebar.has_focus:
            await desk.press("f9")
        await desk.press("f1")
        seen = desk.text()
        assert next(row for row in seen.splitlines() if "Sessions" in row)
        for _ in range(120):
            await desk.pilot.press("down")
        await desk.settle()
        assert all(each.help for each in ACTIONS)
        assert desk.text() != seen


async def test_an_action_without_a_key_is_shown_with_the_key_that_finds_it_by_name() -> None:
    moved = Config(keys={"app.palette": "ctrl+k", "session.rename": "none"})
    async with opened(size=(120, 100), config=moved) as desk:
        await desk.press("f1")
        rows = [" ".join(row.split()) for row in desk.rows()]

        assert "ctrl+k … Give the session another title." in rows
        assert "ctrl+k … Stop the running turn; what came of it is kept." in rows
        assert any(row.startswith("ctrl+k Find any action by name") for row in rows)


# -- quitting


async def test_quitting_while_a_turn_runs_asks() -> None:
    async with opened() as desk:
        await desk.open(RUNNING)
        await desk.type("unsent")
        await desk.press("ctrl+q")
        assert isinstance(desk.screen, QuitQuestion)
        assert desk.has("Quit")
        await desk.press("escape")
        assert desk.engine.sent(Quit) == []
        await desk.press("ctrl+q", "enter")

        assert desk.engine.sent(SaveDraft) == [SaveDraft(RUNNING.id, "unsent")]
        assert desk.engine.sent(Quit) == [Quit(keep=False)]


async def test_the_question_counts_the_turns_that_run_now() -> None:
    other = replace(RUNNING, id="e" * 32)
    async with opened(sessions=(RUNNING, other)) as desk:
        await desk.press("ctrl+q")
        assert desk.has("2 running turns will be stopped")
        await desk.feed(SessionChanged(replace(other, state=SessionState.IDLE)))
        assert desk.has("1 running turn will be stopped")
        await desk.feed(SessionChanged(replace(RUNNING, state=SessionState.IDLE)))
        assert desk.has("No turn is running. 2 sessions will be ended")
        await desk.feed(SessionChanged(other))
        assert desk.has("1 running turn will be stopped")
        await desk.press("enter")

        assert desk.engine.sent(Quit) == [Quit(keep=False)]


async def test_running_turns_may_be_left_running() -> None:
    async with opened() as desk:
        await desk.open(RUNNING)
        await desk.press("ctrl+q", "right", "enter")

        assert desk.engine.sent(Quit) == [Quit(keep=True)]


async def test_stay_stays() -> None:
    async with opened(sessions=(IDLE,), config=Config(on_quit="ask")) as desk:
        await desk.press("ctrl+q")
        assert isinstance(desk.screen, QuitQuestion)
        await desk.press("left", "enter")

        assert desk.engine.sent(Quit) == []
        assert not desk.has_dialog


async def test_a_turn_of_another_window_is_not_asked_about() -> None:
    async with opened() as desk:
        await desk.open(RUNNING)
        await desk.feed(LinkChanged(RUNNING.id, "open in another window", is_elsewhere=True))
        await desk.press("ctrl+q")

        assert desk.engine.sent(Quit) == [Quit(keep=False)]


async def test_sessions_are_kept_where_the_config_says_so() -> None:
    async with opened(config=Config(on_quit="keep")) as desk:
        await desk.open(RUNNING)
        await desk.press("ctrl+q")

        assert desk.engine.sent(Quit) == [Quit(keep=True)]


async def test_quitting_counts_and_then_the_app_is_gone() -> None:
    async with opened() as desk:
        await desk.press("ctrl+q")
        await desk.feed(QuitProgressed(1, 3))
        assert isinstance(desk.screen, QuitProgress)
        assert desk.has("Quit")
        assert desk.has("Ending 1 of 3")
        await desk.press("escape")
        assert isinstance(desk.screen, QuitProgress)
        desk.engine.feed(QuitFinished(0))
        await desk.until(lambda: desk.app._exit)


async def test_the_question_names_what_is_ended_and_what_goes_on() -> None:
    kept = replace(IDLE, id="a" * 32, is_kept=True)
    over = replace(IDLE, id="b" * 32, state=SessionState.EXPIRED)
    far = replace(IDLE, id="c" * 32, is_attached=True)
    draft = replace(IDLE, id="d" * 32, state=SessionState.DRAFT, server_id=None)
    async with opened(
        sessions=(IDLE, kept, over, far, draft), config=Config(on_quit="ask"), size=(160, 40)
    ) as desk:
        await desk.press("ctrl+q")
        words = str(desk.screen.query_one(".dialog--text", Static).content)
        assert "No turn is running. 1 session will be ended, unless you leave it running on the server." in words
        assert "1 session that you left running before will go on." in words


async def test_nothing_is_asked_where_no_session_is_ended() -> None:
    kept = replace(IDLE, is_kept=True)
    async with opened(sessions=(kept,), config=Config(on_quit="ask")) as desk:
        await desk.press("ctrl+q")
        assert desk.engine.sent(Quit) == [Quit(keep=False)]


@pytest.mark.parametrize("opener", ["f1", "f2", "ctrl+s", "ctrl+n", "ctrl+p", "ctrl+r", "ctrl+o"])
async def test_ctrl_q_quits_from_every_dialog(opener: str) -> None:
    async with opened() as desk:
        await desk.open(IDLE)
        await desk.press(opener)
        assert desk.has_dialog
        await desk.press("ctrl+q")

        assert desk.engine.sent(Quit) == [Quit(keep=False)]


async def test_every_dialog_fits_a_small_window() -> None:
    async with opened(size=(20, 5), sessions=(IDLE, RUNNING)) as desk:
        desk.main.open_session(RUNNING.id)
        for opener in ("f1", "f2", "ctrl+s", "ctrl+n", "ctrl+p", "ctrl+r", "ctrl+o", "ctrl+q"):
            await desk.press(opener)
            assert desk.has_dialog, opener
            desk.rows()
            await desk.press("escape")
            assert not desk.has_dialog, opener


async def test_a_button_can_be_clicked() -> None:
    async with opened() as desk:
        await desk.open(RUNNING)
        await desk.press("ctrl+q")
        await desk.pilot.click(desk.screen.query(Button).last())
        await desk.settle()

        assert not desk.has_dialog


async def test_words_typed_in_a_dialog_do_not_reach_the_composer() -> None:
    async with opened(sessions=(IDLE,)) as desk:
        await desk.press("ctrl+s")
        await desk.type("abc")
        assert desk.screen.query_one(Input).value == "abc"
        await desk.press("escape")

        assert desk.composer.text == ""


async def test_a_dialog_that_is_answered_below_another_closes_when_that_is_gone() -> None:
    answers: list[str | None] = []
    async with opened(sessions=(RUNNING,)) as desk:
        below = Choice("Below", "A question.", (("yes", "Yes"), ("no", "No")))
        desk.app.push_screen(below, answers.append)
        await desk.settle()
        await desk.press("ctrl+q")
        assert isinstance(desk.screen, QuitQuestion)
        below.dismiss("yes")
        await desk.settle()
        assert isinstance(desk.screen, QuitQuestion)
        assert answers == []
        await desk.press("escape")
        await desk.until(lambda: answers == ["yes"], "the answer is given")
        assert not desk.has_dialog
