"""The messages that wait: seen, edited, moved, removed, sent after all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from superserve_tui.domain import MessageReturned, QueueChanged, SessionState, TurnState
from superserve_tui.engine import MoveQueued, RemoveQueued, ResumeQueue, TakeBackQueued
from superserve_tui.ui.modals.queue import QueueDialog
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session, make_turn

BUSY = make_session("Talk", state=SessionState.RUNNING, server_id="ses_a")
WAITING = tuple(make_turn(number, f"wait {number}", state=TurnState.QUEUED) for number in (2, 3, 4))


@asynccontextmanager
async def _queue(*, is_paused: bool = False) -> AsyncIterator[OpenedApp]:
    state = SessionState.IDLE if is_paused else SessionState.RUNNING
    async with opened() as desk:
        await desk.open(replace(BUSY, state=state, is_queue_paused=is_paused))
        await desk.feed(QueueChanged(BUSY.id, WAITING))
        await desk.press("f4")
        assert isinstance(desk.screen, QueueDialog)
        yield desk


async def test_every_waiting_message_is_shown_in_order() -> None:
    async with _queue() as desk:
        rows = [row for row in desk.rows() if ". wait" in row and "↳" not in row]
        assert [row.strip().split("  ")[0] for row in rows] == ["1. wait 2", "2. wait 3", "3. wait 4"]


async def test_enter_takes_a_message_back_into_the_composer() -> None:
    async with _queue() as desk:
        await desk.press("down", "enter")
        assert desk.engine.sent(TakeBackQueued) == [TakeBackQueued(BUSY.id, WAITING[1].id)]
        await desk.feed(MessageReturned(BUSY.id, "wait 3"))
        assert desk.composer.text == "wait 3"
        assert desk.composer.has_focus


async def test_a_message_moves_and_the_cursor_goes_with_it() -> None:
    async with _queue() as desk:
        await desk.press("K", "J", "shift+down")
        first = WAITING[0].id
        assert [(each.turn_id, each.places) for each in desk.engine.sent(MoveQueued)] == [
            (first, -1),
            (first, 1),
            (first, 1),
        ]
        await desk.feed(QueueChanged(BUSY.id, (WAITING[1], WAITING[0], WAITING[2])))
        await desk.press("J")
        assert desk.engine.sent(MoveQueued)[-1].turn_id == first


async def test_a_removed_message_is_in_the_history() -> None:
    async with _queue() as desk:
        await desk.press("d")
        assert desk.engine.sent(RemoveQueued) == [RemoveQueued(BUSY.id, WAITING[0].id)]
        await desk.feed(QueueChanged(BUSY.id, WAITING[1:]))
        await desk.press("escape", "up")
        assert desk.composer.text == "wait 2"


async def test_the_dialog_closes_when_nothing_waits_any_more() -> None:
    async with _queue() as desk:
        await desk.feed(QueueChanged(BUSY.id, ()))
        assert not desk.has_dialog


async def test_a_queue_of_another_session_changes_nothing_here() -> None:
    async with _queue() as desk:
        await desk.feed(QueueChanged("0" * 32, ()))
        assert desk.has_dialog


async def test_a_paused_queue_can_be_sent_and_a_running_one_need_not() -> None:
    async with _queue(is_paused=True) as desk:
        await desk.press("s")
        assert desk.engine.sent(ResumeQueue) == [ResumeQueue(BUSY.id)]
        assert not desk.has_dialog
    async with _queue() as desk:
        assert not desk.has("send now")
        await desk.press("s")
        assert desk.engine.sent(ResumeQueue) == []


async def test_without_a_waiting_message_there_is_no_dialog() -> None:
    async with opened() as desk:
        await desk.open(BUSY)
        await desk.press("f4")
        assert not desk.has_dialog
        await desk.see("No message waits here.")
