"""The list of sessions: its headings by day, a title that is edited in its row, an export from it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from superserve_tui.config import Config, SidebarConfig
from superserve_tui.domain import Session, SessionChanged, SessionRemoved, SessionState, TranscriptRead
from superserve_tui.engine import DeleteSession, ReadTranscript, RenameSession
from superserve_tui.ui.widgets.row_editor import RowEditor
from superserve_tui.ui.widgets.session_list import headings
from tests.support.manual_clock import ManualClock
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session, make_turn

NOW = ManualClock().now()
FIRST, SECOND, THIRD = (
    make_session(
        f"talk {number}",
        id=f"{number:032x}",
        state=SessionState.IDLE,
        server_id=None,
        agent="echo" if number == 2 else "workspace",
        created_at=NOW - timedelta(minutes=number),
    )
    for number in (1, 2, 3)
)


# -- headings


@pytest.fixture
def chatham(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A zone far from UTC, and with summer time: clocks there went forward on 2026-09-27."""
    monkeypatch.setenv("TZ", "Pacific/Chatham")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("local", "heading"),
    [
        ("2026-10-02 00:00", "Today"),
        ("2026-10-03 09:00", "Today"),
        ("2026-10-01 23:59", "Yesterday"),
        ("2026-10-01 00:00", "Yesterday"),
        ("2026-09-30 23:59", "This week"),
        ("2026-09-26 00:00", "This week"),
        ("2026-09-25 23:59", "This month"),
        ("2026-09-02 00:00", "This month"),
        ("2026-09-01 23:59", "Older"),
    ],
)
@pytest.mark.usefixtures("chatham")
def test_days_begin_at_local_midnight(local: str, heading: str) -> None:
    now = datetime(2026, 10, 2, 12).astimezone(UTC)
    moment = datetime.fromisoformat(local).astimezone(UTC)

    assert headings("time", now)(make_session(created_at=moment)) == heading


@pytest.mark.parametrize(("group_by", "heading"), [("agent", "echo"), ("profile", "local")])
def test_sessions_stand_under_what_they_are_grouped_by(group_by: str, heading: str) -> None:
    heading_of = headings(group_by, NOW)

    assert heading_of(SECOND) == heading
    assert heading_of(replace(SECOND, is_pinned=True)) == "Pinned"


async def test_the_setting_decides_how_the_list_is_grouped() -> None:
    config = Config(sidebar=SidebarConfig(group_by="agent"))
    async with opened(config=config, sessions=(FIRST, SECOND, THIRD)) as desk:
        seen = desk.text()
        order = [seen.index(words) for words in ("echo", "talk 2", "workspace", "talk 1", "talk 3")]

        assert order == sorted(order)


# -- a title in its row


async def _editing(desk: OpenedApp, text: str = "zebra") -> RowEditor:
    """The second session's title under the cursor of the list, replaced by other words."""
    desk.sidebar.focus()
    await desk.press("home", "down")
    assert desk.sidebar.cursor_key == SECOND.id
    await desk.press("f2")
    await desk.type(text)
    return desk.main.query_one(RowEditor)


def _row_of(desk: OpenedApp, words: str) -> int:
    return next(number for number, row in enumerate(desk.rows()) if words in row[:32])


async def test_escape_leaves_the_title_as_it_was() -> None:
    async with opened(sessions=(FIRST, SECOND, THIRD)) as desk:
        await _editing(desk)
        await desk.press("escape")

        assert desk.engine.sent(RenameSession) == []
        assert desk.sidebar.has_focus
        assert desk.has("talk 2")


async def test_keys_typed_ahead_go_into_the_title() -> None:
    """In one read with F2: as keys of the list they would mark, pin and delete."""
    async with opened(sessions=(FIRST, SECOND, THIRD)) as desk:
        desk.sidebar.focus()
        await desk.type("\x1bOQpud")

        assert desk.main.query_one(RowEditor).value.endswith("pud")
        assert desk.engine.sent(DeleteSession) == []


async def test_going_elsewhere_takes_the_title_but_a_terminal_that_loses_the_focus_does_not() -> None:
    async with opened(sessions=(FIRST, SECOND, THIRD)) as desk:
        editor = await _editing(desk)
        desk.app.app_focus = False
        await desk.settle()
        desk.app.app_focus = True
        await desk.settle()
        assert desk.engine.sent(RenameSession) == []
        assert editor.has_focus
        await desk.press("shift+tab")

        assert desk.engine.sent(RenameSession) == [RenameSession(SECOND.id, "zebra")]


async def test_a_title_that_is_not_changed_is_not_sent() -> None:
    async with opened(sessions=(FIRST, SECOND, THIRD)) as desk:
        await _editing(desk, "")
        await desk.press("enter")

        assert desk.engine.sent(RenameSession) == []
        assert desk.sidebar.has_focus


async def test_the_line_stays_with_its_row_and_goes_with_it() -> None:
    async with opened(sessions=(FIRST, SECOND, THIRD)) as desk:
        editor = await _editing(desk)
        before = _row_of(desk, "zebra")
        await desk.feed(SessionChanged(replace(SECOND, last_activity_at=NOW)))  # now the first
        assert _row_of(desk, "zebra") == before - 2
        assert not desk.has("talk 2")
        await desk.feed(SessionRemoved(SECOND.id))

        assert editor.session_id is None
        assert not desk.has("zebra")
        assert desk.sidebar.has_focus
        assert desk.engine.sent(RenameSession) == []


async def test_a_pasted_title_is_one_clean_line() -> None:
    async with opened(sessions=(FIRST, SECOND, THIRD)) as desk:
        await _editing(desk, "\x1b[200~[bold]a\nb\x1b]0;x\x07\x1b[201~")
        await desk.press("enter")

        (sent,) = desk.engine.sent(RenameSession)
        assert sent.title.startswith("[bold]a b")
        assert sent.title.isprintable()


# -- export


async def test_what_was_read_for_an_export_that_was_closed_is_dropped() -> None:
    async with opened(sessions=(FIRST, SECOND)) as desk:
        desk.sidebar.focus()
        await desk.press("x")
        assert [each.session_id for each in desk.engine.sent(ReadTranscript)] == [FIRST.id]
        await desk.press("escape")
        await desk.feed(TranscriptRead(FIRST.id, (make_turn(1, text="said"),)))

        assert not desk.has_dialog


async def test_the_title_of_an_export_is_no_markup() -> None:
    hostile: Session = replace(FIRST, title="[/] [red]a")
    async with opened(sessions=(hostile,)) as desk:
        desk.sidebar.focus()
        await desk.press("x")

        assert desk.has('Export "[/] [red]a"')
