"""The sessions that need the person: which they are, the walk through them, and the way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from superserve_tui.domain import Session, SessionChanged, SessionState, TranscriptLoaded, TurnState
from superserve_tui.engine import MarkUnread
from superserve_tui.ui.needs import Walk, needing
from superserve_tui.ui.widgets.log import MessageLog
from tests.support.manual_clock import ManualClock
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session, make_turn

NOW = ManualClock().now()


def _session(number: int, state: SessionState = SessionState.IDLE, **more: object) -> Session:
    facts: dict[str, Any] = {"title": f"talk {number}", "id": f"{number:032x}", "state": state}
    facts |= {"server_id": f"ses_{number:012x}", "created_at": NOW - timedelta(minutes=number)}
    return make_session(**{**facts, **more})


CALM = _session(1)
SOON = _session(2, last_activity_at=NOW - timedelta(seconds=1700))
NEWS = _session(3, is_unread=True)
EXPIRED = _session(4, SessionState.EXPIRED)
CUT = _session(5, SessionState.INTERRUPTED)
FAILED = _session(6, SessionState.FAILED)
ALL = (CALM, SOON, NEWS, EXPIRED, CUT, FAILED)


def _ids(*sessions: Session) -> list[str]:
    return [each.id for each in sessions]


def test_the_most_urgent_come_first() -> None:
    found = needing(ALL, unnoticed={EXPIRED.id}, now=NOW)

    assert _ids(*found) == _ids(FAILED, CUT, EXPIRED, NEWS, SOON)


@pytest.mark.parametrize(
    ("session", "is_needy"),
    [
        (EXPIRED, False),
        (replace(EXPIRED, is_unread=True), True),
        (replace(EXPIRED, draft="unsent"), True),
        (replace(EXPIRED, draft=" \n"), False),
        (replace(EXPIRED, state=SessionState.ENDED, draft="unsent"), False),
    ],
)
def test_what_expired_long_ago_needs_nobody_unless_something_waits(session: Session, is_needy: bool) -> None:
    assert bool(needing([session], unnoticed=(), now=NOW)) is is_needy


def test_a_walk_comes_to_each_once_and_begins_again() -> None:
    walk, current, seen = Walk(), CALM.id, []
    for _ in range(5):
        current = walk.step([FAILED, CUT, SOON], current) or ""
        seen.append(current)

    assert seen == _ids(FAILED, CUT, SOON, FAILED, CUT)


def test_a_walk_goes_on_when_what_was_visited_needs_nobody_any_more() -> None:
    walk, other = Walk(), replace(NEWS, id="f" * 32)

    assert walk.step([FAILED, NEWS, other], None) == FAILED.id
    assert walk.step([FAILED, NEWS, other], FAILED.id) == NEWS.id
    assert walk.step([FAILED, other], NEWS.id) == other.id


def test_what_needs_the_person_again_is_visited_again_in_the_same_round() -> None:
    walk = Walk()

    assert walk.step([FAILED, CUT], None) == FAILED.id
    assert walk.step([CUT], FAILED.id) == CUT.id
    assert walk.step([FAILED, CUT], CUT.id) == FAILED.id


def test_a_walk_ends_where_no_other_needs_the_person() -> None:
    assert Walk().step([], CALM.id) is None
    assert Walk().step([FAILED], FAILED.id) is None


async def test_the_key_walks_on_and_says_when_nobody_needs_the_person() -> None:
    async with opened(sessions=(CALM, FAILED, CUT)) as desk:
        desk.main.open_session(CALM.id)
        seen = []
        for _ in range(3):
            await desk.press("f8")
            seen.append(desk.main.model.current_id)
        assert seen == _ids(FAILED, CUT, FAILED)
        await desk.feed(SessionChanged(replace(CUT, state=SessionState.IDLE)))
        await desk.press("f8")
        assert desk.notices() == ["No other session needs you."]
        await desk.feed(SessionChanged(replace(FAILED, state=SessionState.IDLE)))
        await desk.press("f8")

        assert desk.notices()[-1] == "No session needs you."


async def test_a_session_that_expires_unseen_needs_the_person_until_it_was_opened() -> None:
    other = replace(EXPIRED, state=SessionState.IDLE)
    async with opened(sessions=(CALM, other)) as desk:
        desk.main.open_session(CALM.id)
        await desk.feed(SessionChanged(EXPIRED))
        await desk.press("f8")
        assert desk.main.model.current_id == EXPIRED.id
        await desk.press("f7", "f8")

        assert desk.main.model.current_id == CALM.id


def _log(desk: OpenedApp) -> MessageLog:
    return desk.main.query_one(MessageLog)


async def _reading(desk: OpenedApp) -> list[str]:
    """A long transcript, scrolled up, with the keyboard in it."""
    desk.main.open_session(CALM.id)
    await desk.feed(TranscriptLoaded(CALM.id, (make_turn(1, "ask", text="line\n\n" * 200),)))
    _log(desk).focus()
    await desk.press("ctrl+u", "ctrl+u")
    return desk.rows()[2:30]


async def test_after_a_walk_the_way_back_leads_to_where_it_began_with_place_and_keyboard() -> None:
    async with opened(size=(90, 40), sessions=(CALM, FAILED, CUT)) as desk:
        before = await _reading(desk)
        await desk.press("f8", "f8")
        assert desk.main.model.current_id == CUT.id
        desk.composer.focus()
        await desk.press("f7")

        assert desk.main.model.current_id == CALM.id
        assert desk.rows()[2:30] == before
        assert _log(desk).has_focus


async def test_the_way_back_is_named_where_there_is_none() -> None:
    async with opened(sessions=(CALM,)) as desk:
        await desk.press("f7")

        assert desk.notices() == ["There is no session before."]


async def test_a_transcript_that_has_not_come_yet_is_not_read() -> None:
    async with opened(sessions=(NEWS,)) as desk:
        desk.main.open_session(NEWS.id)
        await desk.settle()
        assert desk.engine.sent(MarkUnread) == []
        await desk.feed(TranscriptLoaded(NEWS.id, (make_turn(1, state=TurnState.COMPLETED, text="short"),)))

        assert desk.engine.sent(MarkUnread) == [MarkUnread(NEWS.id, False)]


async def test_past_its_time_a_session_may_have_expired_until_the_server_says() -> None:
    late = _session(7, last_activity_at=NOW - timedelta(days=2))
    async with opened(sessions=(late,)) as desk:
        desk.main.open_session(late.id)
        await desk.settle()

        assert "may have expired" in desk.rows()[-2]
        assert desk.has("expiring")
        assert not desk.has("~0 s")
