"""What is on the servers and not in the list; logging in from inside."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from textual.widgets import Button

from superserve_tui.domain import (
    FarSession,
    FarSessionsListed,
    Problem,
    ProblemRaised,
    SessionChanged,
    SessionRemoved,
    SessionState,
    TranscriptLoaded,
)
from superserve_tui.engine import AttachSession, EndFarSession, EndSession, ListAgents, ListFarSessions
from superserve_tui.protocol import AuthenticationError, SessionInfo, format_time
from superserve_tui.ui.login import LoginCode
from superserve_tui.ui.modals.far import FarDialog
from superserve_tui.ui.modals.login import LoginDialog
from tests.support.manual_clock import ManualClock
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session

NOW = ManualClock().now()


def _far(name: str, *, hours: float = 1.0, session_id: str | None = None, **fields: Any) -> FarSession:
    at = format_time(NOW - timedelta(hours=hours))
    known = {"status": "idle", "title": name, "last_activity_at": at, **fields}
    info = SessionInfo(f"ses_{name}", "agt_1", **known)
    return FarSession(info, session_id)


@asynccontextmanager
async def _servers(*sessions: FarSession) -> AsyncIterator[OpenedApp]:
    async with opened(profiles=("hosted", "local")) as desk:
        await desk.press("f5")
        assert isinstance(desk.screen, FarDialog)
        assert [each.profile for each in desk.engine.sent(ListFarSessions)] == ["hosted", "local"]
        await desk.feed(FarSessionsListed("hosted", sessions))
        yield desk


async def test_sessions_made_elsewhere_are_listed_and_those_of_the_list_are_not() -> None:
    async with _servers(_far("theirs", agent_name="coder"), _far("mine", session_id="1" * 32)) as desk:
        assert desk.has("theirs")
        assert desk.has("coder · idle 1h")
        assert not desk.has("mine")
        assert desk.has("asking …")
        await desk.feed(FarSessionsListed("local", (), Problem("Offline: refused", "")))
        assert desk.has("Offline: refused")


async def test_enter_attaches_and_says_what_is_not_available() -> None:
    async with _servers(_far("one"), _far("two")) as desk:
        await desk.press("down", "enter")
        (sent,) = desk.engine.sent(AttachSession)
        assert (sent.profile, sent.server_id) == ("hosted", "ses_two")
        assert desk.main.model.current_id == sent.session_id
        assert desk.notices() == []
        state = {"state": SessionState.IDLE, "server_id": "ses_two", "is_attached": True}
        session = make_session("two", id=sent.session_id, profile="hosted", **state)
        await desk.feed(SessionChanged(session), TranscriptLoaded(session.id, ()))
        assert desk.has("It was made elsewhere")
        assert "Earlier messages are not available here" in desk.notices()[-1]


async def test_one_that_has_gone_meanwhile_leaves_nothing_behind() -> None:
    async with _servers(_far("one")) as desk:
        await desk.press("enter")
        (sent,) = desk.engine.sent(AttachSession)
        await desk.feed(ProblemRaised(Problem("It is gone.", "")), SessionRemoved(sent.session_id))
        assert desk.main.model.current_id is None
        assert desk.main.model.sessions == {}
        assert desk.notices() == ["It is gone.\nEsc hides this."]


async def test_ending_what_idles_shows_which_before_it_does() -> None:
    sessions = (
        _far("young", hours=0.1),
        _far("old", hours=3),
        _far("saved", hours=5, session_id="5" * 32),
        _far("works", hours=5, status="running"),
        _far("timeless", last_activity_at=None),
    )
    async with _servers(*sessions) as desk:
        await desk.press("E", "down", "enter")
        assert desk.has("2 sessions will be ended")
        assert desk.has("hosted: old")
        assert desk.has("hosted: saved")
        for name in ("young", "works", "timeless"):
            assert not desk.has(f"hosted: {name}")
        await desk.press("enter")
        assert desk.engine.sent(EndFarSession) == [EndFarSession("hosted", "ses_old")]
        assert desk.engine.sent(EndSession) == [EndSession("5" * 32)]


async def test_keeping_them_ends_none() -> None:
    async with _servers(_far("old", hours=3)) as desk:
        await desk.press("E", "enter", "escape")
        assert desk.engine.sent(EndFarSession) == []


# -- logging in


class _Flow:
    """A login that a test lets go on."""

    def __init__(self) -> None:
        self.typed = threading.Event()
        self.stopped = threading.Event()
        self.error: Exception | None = None

    def start(self) -> LoginCode:
        if self.error is not None:
            raise self.error
        return LoginCode("https://log.in/here", "ABCD-\x1b[31mEFGH")

    def wait(self) -> str:
        self.typed.wait(10)
        if self.stopped.is_set():
            raise AuthenticationError("the login was stopped")
        return "Logged in."

    def stop(self) -> None:
        self.stopped.set()
        self.typed.set()


HOSTED = make_session("Far", state=SessionState.FAILED, profile="hosted")
REFUSED = ProblemRaised(Problem("The server does not accept the key.", "Log in.", is_login=True), HOSTED.id)


@asynccontextmanager
async def _refused(flow: _Flow | None) -> AsyncIterator[OpenedApp]:
    async with opened(profiles=("hosted",), login=lambda profile: flow if profile == "hosted" else None) as desk:
        await desk.open(HOSTED)
        await desk.type("half a thought")
        await desk.feed(REFUSED)
        yield desk


async def test_a_refused_key_leads_to_a_login_and_back() -> None:
    flow = _Flow()
    async with _refused(flow) as desk:
        assert isinstance(desk.screen, LoginDialog)
        await desk.press("enter")
        await desk.see("https://log.in/here")
        assert desk.has("ABCD-EFGH")
        flow.typed.set()
        await desk.until(lambda: not desk.has_dialog)
        await desk.settle()
        assert desk.notices() == ["Logged in."]
        assert desk.engine.sent(ListAgents) == [ListAgents("hosted")]
        assert desk.composer.text == "half a thought"
        assert desk.composer.has_focus


@pytest.mark.parametrize("keys", [("escape",), ("enter", "escape"), ("enter", "enter")])
async def test_a_login_can_be_given_up_at_any_time(keys: tuple[str, ...]) -> None:
    flow = _Flow()
    async with _refused(flow) as desk:
        await desk.press(*keys)
        await desk.until(lambda: not desk.has_dialog)
        await desk.until(flow.stopped.is_set)
        assert desk.engine.sent(ListAgents) == []


async def test_a_login_that_fails_says_why_and_stays_until_it_is_read() -> None:
    flow = _Flow()
    flow.error = AuthenticationError("the service is closed")
    async with _refused(flow) as desk:
        await desk.press("enter")
        await desk.see("Not logged in: the service is closed")
        assert str(desk.screen.query_one("#leave", Button).label) == "Close"


async def test_where_a_login_does_not_help_the_problem_is_said_as_any_other() -> None:
    async with _refused(None) as desk:
        assert not desk.has_dialog
        assert "does not accept the key" in desk.notices()[0]


async def test_a_refused_key_of_another_session_takes_the_keyboard_from_nobody() -> None:
    flow = _Flow()
    async with opened(profiles=("hosted",), sessions=(HOSTED,), login=lambda profile: flow) as desk:
        await desk.feed(REFUSED)
        assert not desk.has_dialog
        assert desk.notices()
