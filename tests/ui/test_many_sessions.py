"""Thousands of sessions cost no more than the rows that are on screen; reading and finding among many."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from superserve_tui.domain import (
    QueueChanged,
    Session,
    SessionChanged,
    SessionsLoaded,
    SessionState,
    TextAppended,
    TranscriptLoaded,
    TurnState,
)
from superserve_tui.engine import MarkUnread, OpenSession
from superserve_tui.ui.widgets import session_list
from superserve_tui.ui.widgets.line_list import Piece, Row
from superserve_tui.ui.widgets.session_list import SessionList
from tests.support.manual_clock import ManualClock
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session, make_turn

NOW = ManualClock().now()


def _session(number: int, **more: object) -> Session:
    facts: dict[str, Any] = {"title": f"talk {number}", "id": f"{number:032x}", "state": SessionState.IDLE}
    return make_session(**{**facts, "created_at": NOW - timedelta(minutes=number), **more})


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The key of each line of the list that is drawn."""
    lines: list[str] = []
    original = SessionList.line_pieces

    def counted(self: SessionList, row: Row, line: int, width: int) -> list[Piece]:
        lines.append(row.key)
        return original(self, row, line, width)

    monkeypatch.setattr(session_list.SessionList, "line_pieces", counted)
    return lines


async def test_five_thousand_sessions_draw_only_what_is_on_screen(drawn: list[str]) -> None:
    sessions = tuple(_session(number) for number in range(5000))
    async with opened(size=(120, 40)) as desk:
        drawn.clear()
        await desk.feed(SessionsLoaded(sessions))
        assert desk.has("talk 0")
        assert len(drawn) < 40 * 10
        assert len(set(drawn)) <= 21
        drawn.clear()
        desk.sidebar.focus()
        await desk.press("end")
        assert desk.has("talk 4999")
        assert len(drawn) < 40 * 10
        drawn.clear()
        await desk.press("enter")
        assert desk.main.model.current_id == sessions[-1].id
        assert len(drawn) < 40 * 10


async def test_a_running_session_among_thousands_redraws_its_own_rows(drawn: list[str]) -> None:
    sessions = [_session(number) for number in range(3000)]
    sessions[3] = replace(sessions[3], state=SessionState.RUNNING)
    async with opened(size=(120, 40)) as desk:
        await desk.feed(SessionsLoaded(tuple(sessions)))
        drawn.clear()
        await desk.until(lambda: len(drawn) >= 6, "the spinner turns")
        assert set(drawn) == {sessions[3].id}


async def test_text_that_streams_draws_no_row_of_the_list(drawn: list[str]) -> None:
    sessions = tuple(_session(number) for number in range(50))
    turn = make_turn(1, "ask")
    async with opened(sessions=sessions) as desk:
        desk.main.open_session(sessions[0].id)
        await desk.feed(TranscriptLoaded(sessions[0].id, (turn,)))
        drawn.clear()
        await desk.feed(TextAppended(sessions[0].id, turn.id, "more of it"))
        assert desk.has("more of it")
        assert drawn == []


async def test_the_switcher_finds_one_of_thousands() -> None:
    sessions = [_session(number) for number in range(3000)]
    sessions[2345] = replace(sessions[2345], title="the needle")
    async with opened(sessions=sessions) as desk:
        await desk.press("ctrl+s")
        await desk.type("needle\r")
        await desk.until(lambda: desk.main.model.current_id == sessions[2345].id)


async def test_the_filter_narrows_by_title_agent_and_state() -> None:
    sessions = (_session(1, title="alpha"), _session(2, agent="gamma"), _session(3, state=SessionState.EXPIRED))
    async with opened(sessions=sessions) as desk:
        desk.sidebar.focus()
        for words, found in (("ALPHA", "alpha"), ("gamm", "talk 2"), ("expired", "talk 3")):
            await desk.press("slash")
            await desk.type(words)
            titles = {title for title in ("alpha", "talk 2", "talk 3") if desk.has(f" {title}")}
            assert titles == {found}
            await desk.press("escape")


async def test_sessions_stand_by_day_with_the_pinned_ones_on_top() -> None:
    sessions = (
        _session(1, title="pinned one", is_pinned=True, created_at=NOW - timedelta(days=90)),
        _session(2, title="today one"),
        _session(3, title="old one", created_at=NOW - timedelta(days=400)),
    )
    async with opened(sessions=sessions) as desk:
        seen = desk.text()
        order = [seen.index(words) for words in ("Pinned", "pinned one", "Today", "today one", "Older", "old one")]
        assert order == sorted(order)


@pytest.mark.parametrize("state", SessionState)
async def test_every_state_is_said_in_its_word(state: SessionState) -> None:
    session = _session(1, state=state, server_id="ses_1", last_activity_at=NOW)
    async with opened(sessions=(session,)) as desk:
        desk.main.open_session(session.id)
        await desk.settle()
        rows = desk.rows()

        assert any(f"· {state.value}" in row for row in rows[:-2])
        assert f" {state.value}" in rows[-2]


async def test_a_session_that_is_about_to_expire_says_so() -> None:
    session = _session(1, server_id="ses_1", idle_timeout_s=600, last_activity_at=NOW - timedelta(seconds=400))
    async with opened(sessions=(session,)) as desk:
        desk.main.open_session(session.id)
        await desk.settle()

        assert "expires in ~3 min" in desk.rows()[-2]
        assert desk.has("~3 min left")


async def test_a_clock_that_jumps_never_counts_below_zero() -> None:
    session = _session(1, server_id="ses_1", idle_timeout_s=600, last_activity_at=NOW)
    async with opened(sessions=(session,)) as desk:
        desk.main.open_session(session.id)
        for seconds in (-86_400, 2 * 86_400, 400 * 86_400):
            desk.clock.jump(seconds)
            desk.main.show_all()
            await desk.settle()
            assert not any("-" in row.split("expires in")[1] for row in desk.rows() if "expires in" in row)
            assert desk.has("idle")


# -- what is read


async def _long(desk: OpenedApp) -> Session:
    session = _session(1, state=SessionState.RUNNING)
    await desk.open(session, make_turn(1, "ask", text="line\n\n" * 200))
    return session


async def test_an_answer_whose_end_is_on_screen_is_read() -> None:
    async with opened() as desk:
        session = await _long(desk)
        await desk.feed(SessionChanged(replace(session, state=SessionState.IDLE, is_unread=True)))

        assert desk.engine.sent(MarkUnread) == [MarkUnread(session.id, False)]


async def test_an_answer_is_unread_until_its_end_was_on_screen() -> None:
    async with opened() as desk:
        session = await _long(desk)
        await desk.press("pageup", "pageup")
        await desk.feed(SessionChanged(replace(session, state=SessionState.IDLE, is_unread=True)))
        assert desk.engine.sent(MarkUnread) == []
        await desk.press("ctrl+end")

        assert desk.engine.sent(MarkUnread) == [MarkUnread(session.id, False)]


async def test_another_session_stays_unread_until_it_is_opened() -> None:
    other = _session(2, is_unread=True)
    async with opened(sessions=(_session(1), other)) as desk:
        desk.main.open_session(_session(1).id)
        await desk.settle()
        assert desk.engine.sent(MarkUnread) == []
        row = next(row for row in desk.rows() if "talk 2" in row)
        assert "●" in row
        desk.main.open_session(other.id)
        await desk.feed(TranscriptLoaded(other.id, (make_turn(1, state=TurnState.COMPLETED, text="short"),)))

        assert desk.engine.sent(MarkUnread) == [MarkUnread(other.id, False)]


async def test_text_of_another_session_waits_until_it_is_shown() -> None:
    first, second = _session(1), _session(2, state=SessionState.RUNNING)
    turn = make_turn(1, "ask second", text="begins ")
    async with opened(sessions=(first, second)) as desk:
        desk.main.open_session(second.id)
        await desk.feed(TranscriptLoaded(second.id, (turn,)))
        desk.main.open_session(first.id)
        await desk.feed(TextAppended(second.id, turn.id, "and goes on"))
        assert not desk.has("and goes on")
        desk.engine.forget()
        desk.main.open_session(second.id)
        await desk.settle()

        assert desk.has("begins and goes on")
        assert desk.engine.sent(OpenSession) == []


async def test_more_below_is_said_while_the_end_is_out_of_view() -> None:
    async with opened() as desk:
        session = await _long(desk)
        assert not desk.has("ctrl+End")
        await desk.press("pageup")
        assert desk.has("more below")
        last = desk.main.model.open(session.id).turns[-1]
        await desk.feed(TextAppended(session.id, last.id, "\n\nnew\n\nlines"))
        assert desk.has("new below")
        await desk.press("ctrl+end")
        assert not desk.has("below")


async def test_the_list_counts_what_waits_in_a_session() -> None:
    sessions = (_session(1), _session(2, state=SessionState.RUNNING))
    waiting = tuple(make_turn(number, state=TurnState.QUEUED) for number in (2, 3))
    async with opened(sessions=sessions) as desk:
        await desk.feed(QueueChanged(sessions[1].id, waiting))

        assert "+2" in next(row for row in desk.rows() if "talk 2" in row)


@pytest.mark.parametrize("is_by_server_id", [False, True])
async def test_the_session_of_the_command_line_is_opened(is_by_server_id: bool) -> None:
    wanted = _session(2, server_id="ses_4be1fefd-aa")
    async with opened(session_id="4be1fe" if is_by_server_id else wanted.id[:32]) as desk:
        await desk.feed(SessionsLoaded((_session(1), wanted)))

        assert desk.main.model.current_id == wanted.id


async def test_continue_opens_the_latest_not_the_pinned_one() -> None:
    pinned = _session(9, is_pinned=True)
    async with opened(sessions=(pinned, _session(1)), is_continue=True) as desk:
        assert desk.main.model.current_id == _session(1).id
