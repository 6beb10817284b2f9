"""One message to several: who gets it, their answers side by side, and going on with one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.widgets import Input

from superserve_tui.domain import (
    Session,
    SessionChanged,
    SessionRemoved,
    SessionsLoaded,
    SessionState,
    TextAppended,
    TranscriptLoaded,
    TurnChanged,
    TurnState,
)
from superserve_tui.engine import CreateSession, MarkUnread, OpenSession, SendPrompt, StopTurn
from superserve_tui.protocol import Agent
from superserve_tui.ui.modals.broadcast import MOST_RECIPIENTS, BroadcastDialog
from superserve_tui.ui.modals.side_by_side import Column, SideBySide
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session, make_turn

ONE = make_session("One talk", state=SessionState.IDLE, server_id="ses_1")
TWO = make_session("Two talk", state=SessionState.IDLE, server_id="ses_2", agent="notes")
GONE = make_session("Gone talk", state=SessionState.EXPIRED, server_id="ses_3")


async def _choose(desk: OpenedApp, *names: str) -> None:
    """The message is written: choose these by their names, without sending yet."""
    await desk.press("alt+s")
    assert isinstance(desk.screen, BroadcastDialog)
    for name in names:
        await desk.type(name)
        await desk.press("tab", "ctrl+u")


async def _both(desk: OpenedApp) -> None:
    """A message to both sessions is under way, and their answers are on screen."""
    await desk.feed(SessionsLoaded((ONE, TWO)))
    await desk.type("what now?")
    await _choose(desk, "one talk", "two talk")
    await desk.press("enter")
    assert isinstance(desk.screen, SideBySide)
    running = [replace(each, state=SessionState.RUNNING) for each in (ONE, TWO)]
    for session, words in zip(running, ("the first says", "the second says"), strict=True):
        turn = make_turn(1, "what now?", id=session.id, state=TurnState.STREAMING)
        await desk.feed(
            TranscriptLoaded(session.id, ()),
            SessionChanged(session),
            TurnChanged(session.id, turn),
            TextAppended(session.id, turn.id, words),
        )


async def test_it_goes_to_sessions_and_to_new_ones_once_each() -> None:
    async with opened(sessions=(ONE, TWO, GONE)) as desk:
        await desk.type("what now?")
        await _choose(desk, "one talk", "workspace")
        assert desk.has("Enter send to 2")
        await desk.press("enter")

        (made,) = desk.engine.sent(CreateSession)
        assert made.agent == "workspace"
        assert desk.engine.sent(SendPrompt) == [
            SendPrompt(ONE.id, "what now?"),
            SendPrompt(made.session_id, "what now?"),
        ]
        assert OpenSession(ONE.id) in desk.engine.sent(OpenSession)
        assert desk.composer.text == ""
        assert desk.composer.sent == ["what now?"]


async def test_who_takes_no_message_is_not_offered() -> None:
    agents = (Agent("agt_1", "ready"), Agent("agt_2", "broken", deps_status="failed"))
    async with opened(sessions=(ONE, GONE), agents=agents) as desk:
        await desk.type("hi")
        await desk.press("alt+s")
        assert desk.has("One talk")
        assert desk.has("new session · local")
        listed = desk.screen.query_one("#recipients")
        assert len(listed.rows) == 2  # type: ignore[attr-defined]


async def test_without_a_message_nobody_is_to_be_chosen() -> None:
    async with opened(sessions=(ONE,)) as desk:
        await desk.press("alt+s")
        assert not desk.has_dialog
        assert desk.notices() == ["Write the message first; then choose who gets it."]


async def test_without_a_choice_nothing_is_sent() -> None:
    async with opened(sessions=(ONE,)) as desk:
        await desk.type("hi")
        await desk.press("alt+s")
        assert desk.has("Space choose   Up Down move")
        await desk.press("enter")
        assert desk.has_dialog
        assert desk.has("Space chooses; choose at least one")
        await desk.press("tab", "tab", "enter")
        assert desk.has_dialog
        await desk.press("escape")
        assert desk.engine.sent(SendPrompt) == []
        assert desk.composer.text == "hi"
        assert desk.composer.has_focus


async def test_space_chooses_until_something_is_typed() -> None:
    async with opened(sessions=(ONE, TWO)) as desk:
        await desk.type("hi")
        await desk.press("alt+s")
        await desk.type(" ")
        assert desk.has("Enter send to 1")
        await desk.type(" ")
        assert desk.has("Space choose   Up Down move")
        await desk.type("two talk")
        assert desk.screen.query_one(Input).value == "two talk"
        await desk.press("enter")
        assert desk.has("Tab chooses; choose at least one")
        await desk.press("tab", "enter")

        assert desk.engine.sent(SendPrompt) == [SendPrompt(TWO.id, "hi")]


async def test_no_more_are_taken_than_can_be_read() -> None:
    agents = tuple(Agent(f"agt_{number}", f"agent{number}") for number in range(MOST_RECIPIENTS + 2))
    async with opened(agents=agents) as desk:
        await desk.type("hi")
        await desk.press("alt+s", *["tab", "down"] * len(agents))
        assert desk.has(f"Enter send to {MOST_RECIPIENTS}")
        assert desk.notices()[-1] == f"{MOST_RECIPIENTS} at most."


async def test_answers_stand_side_by_side_where_there_is_room_else_below() -> None:
    async with opened(size=(120, 30)) as desk:
        await _both(desk)
        assert any("the first says" in row and "the second says" in row for row in desk.rows())
        await desk.resize(80, 30)
        rows = desk.rows()
        first, second = (
            next(at for at, row in enumerate(rows) if words in row) for words in ("first says", "second says")
        )
        assert first < second


async def test_answers_of_new_sessions_are_told_apart_by_their_agents() -> None:
    async with opened(size=(120, 30)) as desk:
        await desk.type("what now?")
        await desk.press("alt+s", "space", "down", "space", "enter")
        for made in desk.engine.sent(CreateSession):
            session = make_session("what now?", id=made.session_id, agent=made.agent, state=SessionState.RUNNING)
            await desk.feed(SessionChanged(session))

        titles = desk.rows()[1]
        assert titles.index("workspace · what now?") < titles.index("echo · what now?")
        await desk.resize(50, 30)
        assert desk.has("echo · what now?")


async def test_each_has_its_own_state_and_error() -> None:
    async with opened(size=(120, 30)) as desk:
        await _both(desk)
        failed = replace(ONE, state=SessionState.FAILED)
        turn = make_turn(1, "what now?", id=ONE.id, state=TurnState.FAILED, error="too hot", text="the first says")
        await desk.feed(TurnChanged(ONE.id, turn), SessionChanged(failed))
        assert desk.has("failed: too hot")
        assert any("failed" in row and "running" in row for row in desk.rows())


async def test_a_long_turn_that_ends_in_view_rings_no_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []

    def ring(session: Session, *_: object) -> tuple[str, ...]:
        rung.append(session.id)
        return ()

    monkeypatch.setattr("superserve_tui.ui.app.alert_sequences", ring)
    async with opened(size=(120, 30)) as desk:
        await _both(desk)
        elsewhere = make_session("Elsewhere", state=SessionState.RUNNING, server_id="ses_9")
        turn = make_turn(1, "what now?", state=TurnState.COMPLETED, duration_ms=600_000)
        for session in (ONE, elsewhere):
            await desk.feed(SessionChanged(session), TurnChanged(session.id, turn))
        await desk.until(lambda: rung)
        assert rung == [elsewhere.id]


async def test_enter_goes_on_with_the_one_that_has_the_focus() -> None:
    async with opened(size=(120, 30)) as desk:
        await _both(desk)
        done = replace(TWO, state=SessionState.IDLE, is_unread=True)
        await desk.feed(SessionChanged(done))
        await desk.press("tab", "enter")
        assert not desk.has_dialog
        assert desk.main.model.current_id == TWO.id
        assert desk.composer.has_focus
        assert MarkUnread(TWO.id, False) in desk.engine.sent(MarkUnread)
        assert desk.has("the second says")


async def test_the_answer_that_has_the_focus_is_copied_and_its_turn_stopped() -> None:
    async with opened(size=(120, 30)) as desk:
        await _both(desk)
        assert desk.has("y copy   ctrl+x stop")
        await desk.press("tab", "y")
        await desk.until(lambda: desk.copied)
        assert desk.copied == ["the second says"]
        await desk.press("ctrl+x")

        assert desk.engine.sent(StopTurn) == [StopTurn(TWO.id)]


async def test_where_no_turn_runs_any_more_nothing_is_stopped() -> None:
    async with opened(size=(120, 30)) as desk:
        await _both(desk)
        await desk.feed(SessionChanged(ONE))
        await desk.press("ctrl+x")

        assert desk.engine.sent(StopTurn) == []
        assert "Nothing runs here." in desk.notices()


async def test_escape_leaves_and_stops_nothing() -> None:
    async with opened(size=(120, 30)) as desk:
        await _both(desk)
        await desk.type("\x1b\x1b")
        assert not desk.has_dialog
        assert desk.engine.sent(StopTurn) == []
        await desk.feed(TextAppended(ONE.id, ONE.id, " more"))
        assert desk.main.beside is None


async def test_a_session_that_is_deleted_meanwhile_breaks_nothing() -> None:
    async with opened(size=(120, 30)) as desk:
        await _both(desk)
        await desk.feed(SessionRemoved(ONE.id))
        desk.rows()
        await desk.press("enter")
        assert not desk.has_dialog
        assert desk.main.model.current_id is None


@pytest.mark.parametrize("size", [(20, 5), (80, 24), (160, 50)])
async def test_six_fit_into_any_window(size: tuple[int, int]) -> None:
    agents = tuple(Agent(f"agt_{number}", f"agent{number}") for number in range(MOST_RECIPIENTS))
    async with opened(size=size, agents=agents) as desk:
        await desk.type("hi")
        await desk.press("alt+s", *["tab", "down"] * len(agents), "enter")
        assert isinstance(desk.screen, SideBySide)
        desk.rows()
        await desk.press(*["tab"] * 5)
        last = list(desk.screen.query(Column))[-1]
        assert last.has_focus_within
        desk.rows()


@pytest.mark.parametrize("text", ["a\x1b[31mred\x1b]0;t\x07", "[/] [bold]x", "日本語" * 40, "\u202eevil\n\n"])
async def test_foreign_names_are_shown_safely(text: str) -> None:
    session: Session = make_session(text, agent=text, state=SessionState.IDLE, server_id="ses_1")
    async with opened(sessions=(session,), agents=(Agent("agt_1", text),)) as desk:
        desk.composer.put(f"message {text}")
        await desk.press("alt+s")
        desk.rows()
        await desk.press("tab", "down", "tab", "enter")
        desk.rows()
