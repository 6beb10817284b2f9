"""Keys that come in one read, as from a fast hand over a slow line: each counts once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from textual.widgets import Input

from superserve_tui.domain import TranscriptLoaded
from superserve_tui.engine import CreateSession, SaveDraft, SendPrompt
from superserve_tui.ui.widgets.row_editor import RowEditor
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session


async def test_enter_twice_in_a_dialog_answers_once() -> None:
    async with opened() as desk:
        await desk.press("ctrl+n")
        await desk.type("\r\r")

        assert len(desk.engine.sent(CreateSession)) == 1
        assert desk.screen is desk.main


async def test_escape_after_enter_in_one_read_answers_once() -> None:
    async with opened() as desk:
        await desk.press("ctrl+n")
        await desk.type("\r\x1b")

        assert len(desk.engine.sent(CreateSession)) == 1
        assert desk.screen is desk.main


@pytest.mark.parametrize(
    "opener", ["\x10", "\x13", "\x12", "/"], ids=["palette", "switcher", "sent before", "slash"]
)
async def test_keys_typed_right_after_a_dialogs_key_edit_its_line_in_their_order(opener: str) -> None:
    async with opened() as desk:
        await desk.type(f"{opener}the\x7f\x7fheme\x1b[D\x1b[Dx\x1b[Fy")
        await desk.until(lambda: desk.has_dialog)

        await desk.until(lambda: desk.screen.query_one(Input).value == "thexmey")
        assert desk.composer.text == ""


async def test_a_slash_that_is_taken_back_in_the_same_read_opens_nothing() -> None:
    async with opened() as desk:
        await desk.type("/t\x7f\x7fhello")
        await desk.until(lambda: desk.composer.text == "hello")

        assert not desk.has_dialog


async def test_keys_that_edit_the_message_do_so_in_their_order() -> None:
    async with opened() as desk:
        await desk.type("two\x7f\x7fhree\x1b[Done \x1b[F four\x17five")

        assert desk.composer.text == "threone e five"


async def test_keys_that_edit_a_title_do_so_in_their_order() -> None:
    async with opened(sessions=(make_session("talk"),)) as desk:
        desk.sidebar.focus()
        await desk.type("\x1bOQ\x7f\x7fxt\x1b[D-")

        assert desk.main.query_one(RowEditor).value == "x-t"


HERE, THERE = make_session("here"), replace(make_session("there"), id="b" * 32)
NEXT, BACK = "\x1b[1;3B", "\x1e"


async def two_sessions(desk: OpenedApp) -> None:
    """Two idle sessions, the first on screen."""
    await desk.feed(TranscriptLoaded(THERE.id, ()))
    await desk.open(HERE)


@pytest.mark.parametrize("pause_s", [0.0, 0.001, 0.003, 0.01])
async def test_what_is_typed_right_after_another_session_was_chosen_is_for_that_one(pause_s: float) -> None:
    async with opened(sessions=(HERE, THERE)) as desk:
        await two_sessions(desk)
        await desk.type(NEXT)
        await asyncio.sleep(pause_s)
        await desk.type("a message")
        await desk.until(lambda: desk.composer.text == "a message")
        await desk.settle()

        assert desk.main.model.current_id == THERE.id
        assert desk.engine.sent(SaveDraft) == []


async def test_a_message_sent_after_switching_in_one_read_goes_to_the_session_switched_to() -> None:
    async with opened(sessions=(HERE, THERE)) as desk:
        await two_sessions(desk)
        await desk.type(f"for here\r{NEXT}for there\r{BACK}for here again\r")
        await desk.until(lambda: len(desk.engine.sent(SendPrompt)) == 3)

        sent = [(prompt.session_id, prompt.prompt) for prompt in desk.engine.sent(SendPrompt)]
        assert sent == [(HERE.id, "for here"), (THERE.id, "for there"), (HERE.id, "for here again")]


async def test_what_is_typed_before_switching_in_one_read_stays_a_draft_of_its_session() -> None:
    async with opened(sessions=(HERE, THERE)) as desk:
        await two_sessions(desk)
        await desk.type(f"half a thought{NEXT}x")
        await desk.until(lambda: desk.composer.text == "x")

        (saved,) = desk.engine.sent(SaveDraft)
        assert (saved.session_id, saved.text) == (HERE.id, "half a thought")
