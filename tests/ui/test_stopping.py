"""Escape and ctrl+c: one step back at a time, and twice stops the turn that is on screen, never another."""

from __future__ import annotations

from dataclasses import replace

from superserve_tui.domain import MessageReturned, Session, SessionChanged, SessionRemoved, SessionState
from superserve_tui.engine import StopTurn
from superserve_tui.ui.screens import app_actions
from superserve_tui.ui.widgets.composer import Composer
from superserve_tui.ui.widgets.log import MessageLog
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session, make_turn

RUNNING = make_session("Runs", state=SessionState.RUNNING, server_id="ses_1")
OTHER = make_session("Runs too", state=SessionState.RUNNING, server_id="ses_2")


async def _open(desk: OpenedApp, session: Session = RUNNING) -> None:
    await desk.open(session, make_turn(1, "go", text="some answer to be selected\n" * 3))


def _stops(desk: OpenedApp) -> list[str]:
    return [command.session_id for command in desk.engine.sent(StopTurn)]


async def test_escape_twice_in_one_read_stops_and_keeps_the_text() -> None:
    async with opened() as desk:
        await _open(desk)
        await desk.type("next message")
        await desk.type("\x1b\x1b")

        assert _stops(desk) == [RUNNING.id]
        assert desk.composer.text == "next message"


async def test_ctrl_c_on_an_empty_composer_is_like_escape() -> None:
    async with opened() as desk:
        await _open(desk)
        await desk.type("\x03\x03")

        assert _stops(desk) == [RUNNING.id]


async def test_the_text_is_wanted_back_only_by_an_empty_composer() -> None:
    async with opened() as desk:
        await _open(desk)
        await desk.type("\x1b\x1b")
        await desk.type("next message")
        await desk.type("\x1b\x1b")

        assert [command.gives_back for command in desk.engine.sent(StopTurn)] == [True, False]


async def test_a_message_that_came_back_is_in_the_composer_with_a_word_of_why() -> None:
    async with opened() as desk:
        await _open(desk)
        await desk.feed(MessageReturned(RUNNING.id, "go", "Stopped before it was sent."))

        assert desk.composer.text == "go"
        assert desk.notices() == ["Stopped before it was sent."]


async def test_escape_twice_stops_from_any_pane() -> None:
    async with opened() as desk:
        await _open(desk)
        for pane in (desk.main.query_one(MessageLog), desk.sidebar):
            desk.engine.forget()
            pane.focus()
            await desk.type("\x1b\x1b")
            assert _stops(desk) == [RUNNING.id]
            assert isinstance(desk.main.focused, Composer)


async def test_the_second_escape_must_come_in_time() -> None:
    async with opened() as desk:
        await _open(desk)
        await desk.press("escape")
        assert desk.main._armed is not None
        assert desk.main._armed._interval == app_actions.ARMED_S
        desk.main.disarm()  # what the timer does
        await desk.settle()
        assert not desk.has("again stops")
        await desk.press("escape")

        assert _stops(desk) == []
        assert desk.has("again stops")


async def test_an_armed_escape_does_not_stop_another_session() -> None:
    async with opened(sessions=(RUNNING, OTHER)) as desk:
        await _open(desk)
        await desk.press("escape")
        desk.main.open_session(OTHER.id)
        await desk.settle()
        assert not desk.has("again stops")
        await desk.press("escape")

        assert _stops(desk) == []
        await desk.press("escape")
        assert _stops(desk) == [OTHER.id]


async def test_an_armed_escape_is_forgotten_when_the_turn_ends() -> None:
    async with opened() as desk:
        await _open(desk)
        await desk.press("escape")
        await desk.feed(SessionChanged(replace(RUNNING, state=SessionState.IDLE)))
        assert not desk.has("again stops")
        await desk.feed(SessionChanged(RUNNING))
        await desk.press("escape")

        assert _stops(desk) == []


async def test_escape_goes_one_step_at_a_time() -> None:
    async with opened() as desk:
        await _open(desk)
        desk.sidebar.focus()
        await desk.press("slash")
        await desk.type("run")
        await desk.press("escape")
        assert desk.sidebar.has_focus
        assert desk.main.filter_words == ""
        await desk.type("\x1b\x1b")

        assert _stops(desk) == [RUNNING.id]


async def test_escape_closes_the_help_and_stops_nothing() -> None:
    async with opened() as desk:
        await _open(desk)
        await desk.press("f1", "escape")

        assert not desk.has_dialog
        assert desk.main._armed is None


async def test_ctrl_c_copies_what_is_selected_in_the_composer() -> None:
    async with opened() as desk:
        await _open(desk)
        await desk.type("some words")
        desk.composer.select_all()
        await desk.press("ctrl+c")
        await desk.until(lambda: desk.copied)

        assert desk.copied == ["some words"]
        assert desk.composer.text == "some words"


async def test_ctrl_c_copies_what_is_selected_in_the_transcript() -> None:
    async with opened() as desk:
        await _open(desk)
        await desk.type("draft")
        desk.main.query_one(MessageLog).text_select_all()
        await desk.press("ctrl+c")
        await desk.until(lambda: desk.copied)

        assert "some answer to be selected" in desk.copied[0]
        assert desk.composer.text == "draft"
        await desk.press("ctrl+c")
        assert desk.composer.text == ""


async def test_ctrl_c_never_touches_a_session_that_is_not_on_screen() -> None:
    async with opened(sessions=(OTHER,)) as desk:
        await desk.press("ctrl+c", "ctrl+c", "ctrl+c")

        assert _stops(desk) == []


async def test_a_session_that_goes_away_while_on_screen_leaves_nothing_behind() -> None:
    async with opened() as desk:
        await _open(desk)
        await desk.press("ctrl+home")
        await desk.feed(SessionRemoved(RUNNING.id))

        assert desk.main.model.current is None
        assert not desk.has("some answer")
        assert not desk.has("below")
        assert desk.has("Talk to workspace")
