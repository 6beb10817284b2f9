"""The log view: what an agent wrote to standard error, cleaned, read again by a key, and copied."""

from __future__ import annotations

from dataclasses import replace

from textual.containers import VerticalScroll

from superserve_tui.domain import AgentLogRead, Problem, SessionState
from superserve_tui.engine import ReadAgentLog
from superserve_tui.ui.modals.agent_log import AgentLogDialog
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session

SESSION = make_session("Some talk", agent="noisy", state=SessionState.IDLE, server_id="ses_abc")
OTHER = replace(SESSION, id="f" * 32, title="Another")


async def open_log(desk: OpenedApp) -> None:
    await desk.open(SESSION)
    await desk.press("f12")
    assert isinstance(desk.screen, AgentLogDialog)


async def test_the_end_of_the_log_is_in_view_and_another_key_reads_it_again() -> None:
    async with opened() as desk:
        await open_log(desk)
        assert desk.has("Log of noisy")
        assert desk.has("reading …")
        await desk.feed(AgentLogRead(SESSION.id, tuple(f"line {number}" for number in range(100))))
        assert desk.has("line 99")
        assert not desk.has("line 0 ")
        await desk.press("home")
        await desk.until(lambda: desk.screen.query_one(VerticalScroll).scroll_y == 0)
        assert desk.has("line 1")

        await desk.press("r")
        await desk.feed(AgentLogRead(SESSION.id, ("anew",)))
        assert desk.has("anew")
        assert desk.engine.sent(ReadAgentLog) == [ReadAgentLog(SESSION.id)] * 2


async def test_control_sequences_and_markup_of_a_log_are_shown_as_text() -> None:
    async with opened() as desk:
        await open_log(desk)
        await desk.feed(AgentLogRead(SESSION.id, ("\x1b]52;c;eA==\x07 [b]bold[/b] a[0] [/]", "\x9b2J \u202e x")))

        assert desk.has("[b]bold[/b] a[0] [/]")


async def test_y_copies_the_lines() -> None:
    async with opened() as desk:
        await open_log(desk)
        await desk.feed(AgentLogRead(SESSION.id, ("one", "two")))
        await desk.press("y")
        await desk.until(lambda: desk.copied)

        assert desk.copied == ["one\ntwo"]
        assert not desk.has_dialog


async def test_a_silent_agent_and_a_server_without_logs_are_told_apart() -> None:
    async with opened() as desk:
        await open_log(desk)
        await desk.feed(AgentLogRead(SESSION.id, ()))
        assert desk.has("It has written nothing to standard error.")
        await desk.feed(
            AgentLogRead(SESSION.id, (), Problem("The log is not offered here.", "This server tells none."))
        )
        assert desk.has("The log is not offered here. This server tells none.")


async def test_the_log_of_another_session_is_not_shown_in_its_place() -> None:
    async with opened() as desk:
        await open_log(desk)
        await desk.feed(AgentLogRead(OTHER.id, ("theirs",)))

        assert desk.has("reading …")
        assert not desk.has("theirs")


async def test_in_the_list_it_is_that_of_the_session_under_the_cursor() -> None:
    async with opened(sessions=(SESSION, OTHER)) as desk:
        desk.main.open_session(SESSION.id)
        desk.sidebar.focus()
        desk.sidebar.move_to(OTHER.id)
        await desk.press("f12")

        assert desk.engine.sent(ReadAgentLog) == [ReadAgentLog(OTHER.id)]


async def test_without_a_session_there_is_no_log() -> None:
    async with opened() as desk:
        await desk.press("f12")

        assert not desk.has_dialog
