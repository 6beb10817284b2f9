"""The scene that a key is pressed in, and the register of what each key is expected to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from superserve_tui.domain import Session, SessionState, TranscriptLoaded, Turn, TurnState
from superserve_tui.protocol import CallState, ToolCall
from superserve_tui.ui.actions import Where
from superserve_tui.ui.screens.conversation import Tools
from superserve_tui.ui.widgets.log import MessageLog
from tests.support.manual_clock import ManualClock
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_call, make_session, make_turn

__all__ = ["ANSWER", "FIRST", "SCENARIOS", "SECOND", "THIRD", "Press", "focus", "scenario", "scene", "turns_of"]

NOW = ManualClock().now()

Press = Callable[[], Awaitable[None]]
"""Presses the key under test, once."""

Scenario = Callable[[OpenedApp, Press], Awaitable[None]]

ANSWER = "Two files.\n\n```python\nprint('hi')\n```\n"


def _at(minutes: int) -> dict[str, Any]:
    return {"created_at": NOW - timedelta(hours=2), "last_activity_at": NOW - timedelta(minutes=minutes)}


FIRST = make_session("First talk", state=SessionState.IDLE, server_id="ses_aaaaaaaaaaaa", **_at(1))
"""On screen at the start, with two turns."""
SECOND = make_session("Second talk", state=SessionState.IDLE, server_id="ses_bbbbbbbbbbbb", **_at(2))
THIRD = make_session(
    "Third talk", state=SessionState.FAILED, server_id="ses_cccccccccccc", is_unread=True, **_at(3)
)


def turns_of(session: Session, *, last: TurnState = TurnState.COMPLETED) -> tuple[Turn, ...]:
    """Two turns: a long one, and one with code and two tool calls."""
    calls: tuple[ToolCall, ...] = (
        make_call(0, name="list_files", input={"path": "."}, state=CallState.COMPLETED, duration_ms=12),
        make_call(1, name="read_file", input={"path": "a.py"}, state=CallState.COMPLETED, duration_ms=1234),
    )
    ran = {"duration_ms": 4200, "server_id": session.server_id}
    done = TurnState.COMPLETED
    return (
        make_turn(1, "What is here?", id=f"{session.id}1", text="word " * 2000, state=done, **ran),
        make_turn(2, "List the files", id=f"{session.id}2", text=ANSWER, state=last, calls=calls, **ran),
    )


@asynccontextmanager
async def scene(
    *, state: SessionState = SessionState.IDLE, last: TurnState = TurnState.COMPLETED, **options: Any
) -> AsyncIterator[OpenedApp]:
    """Three sessions, the first of them on screen."""
    first = replace(FIRST, state=state)
    async with opened(sessions=(first, SECOND, THIRD), **options) as desk:
        desk.main.open_session(first.id)
        await desk.feed(TranscriptLoaded(first.id, turns_of(first, last=last)))
        desk.engine.forget()
        yield desk


def focus(desk: OpenedApp, where: Where) -> None:
    """Give a pane the keyboard."""
    match where:
        case Where.LOG:
            desk.main.query_one(MessageLog).focus()
        case Where.TOOLS:
            desk.main.query_one(Tools).focus()
        case Where.SIDEBAR:
            desk.sidebar.focus()
        case _:
            desk.composer.focus()


SCENARIOS: dict[str, Scenario] = {}


def scenario(action_id: str) -> Callable[[Scenario], Scenario]:
    """This is what the action's keys do; the pane that they belong to has the keyboard."""

    def register(function: Scenario) -> Scenario:
        assert action_id not in SCENARIOS, action_id
        SCENARIOS[action_id] = function
        return function

    return register
