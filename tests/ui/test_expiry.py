"""Sessions that end by themselves: the warning, the question, the recap, the details."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from textual.widgets import Button, TextArea

from superserve_tui.domain import Session, SessionChanged, SessionExpired, SessionState, Turn, TurnState
from superserve_tui.engine import ContinueSession
from superserve_tui.ui.modals.details import DetailsDialog
from superserve_tui.ui.modals.recap import RecapDialog
from tests.support.manual_clock import ManualClock
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session, make_turn

NOW = ManualClock().now()
OVER = make_session(
    "Old talk", state=SessionState.EXPIRED, server_id="ses_old", server_ids=("ses_older", "ses_old")
)


def _turns(count: int) -> tuple[Turn, ...]:
    return tuple(
        make_turn(number, f"ask {number}", text=f"answer {number}", state=TurnState.COMPLETED)
        for number in range(1, count + 1)
    )


async def _expire(desk: OpenedApp, *turns: Turn) -> None:
    await desk.open(OVER, *turns)
    await desk.feed(SessionExpired(OVER.id, "go on"))


def _labels(desk: OpenedApp) -> list[str]:
    return [str(button.label) for button in desk.screen.query(Button)]


async def test_the_question_offers_a_new_session_with_and_without_a_recap() -> None:
    async with opened() as desk:
        await _expire(desk, *_turns(2))
        assert desk.has("Session expired")
        assert _labels(desk) == ["New session", "New session with recap", "Not now"]
        await desk.press("enter")
        assert desk.engine.sent(ContinueSession) == [ContinueSession(OVER.id, "go on")]
        assert desk.composer.text == ""


async def test_a_session_in_which_nothing_was_said_has_no_recap() -> None:
    async with opened() as desk:
        await _expire(desk)
        assert _labels(desk) == ["New session", "Not now"]


async def test_a_recap_holds_the_last_turns_and_goes_with_the_message() -> None:
    async with opened() as desk:
        await _expire(desk, *_turns(5))
        await desk.press("right", "enter")
        assert isinstance(desk.screen, RecapDialog)
        text = desk.screen.query_one(TextArea).text
        assert "ask 3" in text
        assert "answer 5" in text
        assert "ask 2" not in text
        await desk.press("enter")
        (sent,) = desk.engine.sent(ContinueSession)
        assert (sent.prompt, sent.recap) == ("go on", text)
        assert desk.composer.has_focus
        assert desk.composer.text == ""


async def test_a_recap_can_be_edited_before_it_is_sent() -> None:
    async with opened() as desk:
        await _expire(desk, *_turns(2))
        await desk.press("right", "enter", "tab")
        assert isinstance(desk.screen.focused, TextArea)
        await desk.type("NOTE ")
        await desk.press("tab", "enter")
        assert desk.engine.sent(ContinueSession)[0].recap.startswith("NOTE ")


async def test_turns_of_a_recap_can_be_picked() -> None:
    async with opened() as desk:
        await _expire(desk, *_turns(5))
        await desk.press("right", "enter", "right")
        area = desk.screen.query_one(TextArea)
        assert "ask 1" in area.text
        await desk.press("right", "tab", "space", "home", "space")
        assert [f"ask {n}" in area.text for n in range(1, 6)] == [True, False, True, True, False]


async def test_back_from_the_recap_asks_again_and_not_now_keeps_the_text() -> None:
    async with opened() as desk:
        await _expire(desk, *_turns(2))
        await desk.press("right", "enter", "escape")
        assert _labels(desk)[0] == "New session"
        await desk.press("escape")
        assert desk.engine.sent(ContinueSession) == []
        assert desk.composer.text == "go on"


async def test_a_recap_fits_a_small_window_and_shows_no_control_character() -> None:
    async with opened(size=(40, 12)) as desk:
        await _expire(desk, make_turn(1, "a\x1b[31m", text="\x07\u202eb", state=TurnState.COMPLETED))
        await desk.press("right", "enter")
        desk.rows()
        await desk.press("enter")
        assert "\x1b" not in desk.engine.sent(ContinueSession)[0].recap


@pytest.mark.parametrize("scope", [0, 1, 2], ids=["last", "all", "pick"])
async def test_in_a_low_window_the_text_of_a_recap_gives_way_to_buttons_and_keys(scope: int) -> None:
    async with opened(size=(40, 12)) as desk:
        await _expire(desk, *_turns(9))
        await desk.press("right", "enter", *["right"] * scope)
        assert isinstance(desk.screen, RecapDialog)

        for words in ("New session with recap", "go on", "Send", "Esc back"):
            assert desk.has(words), desk.text()
        assert desk.screen.query_one(TextArea).region.height >= 1


@pytest.mark.parametrize(("count", "scopes"), [(1, "the one turn"), (2, "all 2 turns  pick turns")])
async def test_what_a_recap_can_hold_is_counted_in_words(count: int, scopes: str) -> None:
    async with opened(size=(80, 24)) as desk:
        await _expire(desk, *_turns(count))
        await desk.press("right", "enter")

        assert any(row.strip() == scopes for row in desk.rows())


# -- warnings


def _idle(left_s: float, state: SessionState = SessionState.IDLE) -> Session:
    session = make_session("Talk", state=state, server_id="ses_a", idle_timeout_s=1740)
    return replace(session, last_activity_at=NOW - timedelta(seconds=1740 - left_s))


async def _look_at_the_clock(desk: OpenedApp, seconds: float = 0) -> None:
    desk.clock.advance(seconds)
    desk.main.warn_if_expiring()
    await desk.settle()


async def test_the_open_session_warns_once_five_minutes_and_once_a_minute_before_its_end() -> None:
    async with opened() as desk:
        await desk.open(_idle(310))
        await _look_at_the_clock(desk)
        assert desk.notices() == []
        for _ in range(3):
            await _look_at_the_clock(desk, 11)
        assert desk.notices() == ["This session expires in ~5 min; a message keeps it.\nEsc hides this."]
        for _ in range(3):
            await _look_at_the_clock(desk, 75)
        assert desk.notices()[1:] == ["This session expires in ~52 s; a message keeps it.\nEsc hides this."]


async def test_a_message_begins_a_new_idle_time_with_warnings_of_its_own() -> None:
    async with opened() as desk:
        session = _idle(50)
        await desk.open(session)
        await _look_at_the_clock(desk)
        await desk.feed(SessionChanged(replace(session, last_activity_at=desk.clock.now())))
        await _look_at_the_clock(desk, 1740 - 200)
        assert len(desk.notices()) == 2


@pytest.mark.parametrize("state", [SessionState.RUNNING, SessionState.EXPIRED, SessionState.ENDED])
async def test_what_runs_or_is_over_warns_of_nothing(state: SessionState) -> None:
    async with opened() as desk:
        await desk.open(_idle(30, state))
        await _look_at_the_clock(desk)
        assert desk.notices() == []


async def test_a_session_that_is_not_on_screen_has_its_mark_only() -> None:
    async with opened(sessions=(_idle(200),)) as desk:
        await _look_at_the_clock(desk)
        assert desk.notices() == []
        assert desk.has("~3 min left")


# -- details


async def test_the_details_name_every_server_session() -> None:
    async with opened() as desk:
        await desk.open(OVER, *_turns(2))
        await desk.press("f3")
        assert isinstance(desk.screen, DetailsDialog)
        for words in ("ses_older", "ses_old", OVER.id, "echo", "local", "expired"):
            assert desk.has(words), words
        await desk.press("y")
        assert "id on server 1: ses_older" in desk.copied[0]
        assert not desk.has_dialog


async def test_there_are_no_details_of_nothing() -> None:
    async with opened() as desk:
        await desk.press("f3")
        assert not desk.has_dialog
