"""The first screen, before any session is open: every key is safe there, and what is typed is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from superserve_tui.domain import PromptsFound, SessionRemoved, SessionsLoaded, SessionState, TranscriptLoaded
from superserve_tui.engine import CreateSession, DeleteSession, ListAgents, SaveDraft, SaveStrayDraft, SendPrompt
from superserve_tui.ui.actions import ACTIONS, Where
from superserve_tui.ui.screens.main import DRAFT_S
from tests.support.opened_app import opened
from tests.support.saved import make_session

IDLE = make_session("Some talk", state=SessionState.IDLE, server_id="ses_abc")
KEYS = [
    key for each in ACTIONS if each.where is Where.ALL and each.id not in ("app.quit",) for key in each.keys[:1]
]


@pytest.mark.parametrize("key", KEYS)
async def test_every_key_is_safe_before_a_session_is_open(key: str) -> None:
    async with opened() as desk:
        await desk.press(key, "escape", key, "x", "escape")
        assert desk.app.is_running
        desk.rows()


@pytest.mark.parametrize("keys", ["tt", "1hello", "tjj", "mhello", "qq"])
async def test_keys_typed_on_in_jump_mode_go_where_it_led(keys: str) -> None:
    async with opened(sessions=(IDLE,)) as desk:
        await desk.open(IDLE)
        await desk.type("\x0f" + keys)
        await desk.settle()
        assert desk.app.is_running
        assert not desk.has_dialog
        if keys == "mhello":
            assert desk.composer.text == "hello"


async def test_jump_mode_asked_for_twice_at_once_is_one() -> None:
    async with opened(sessions=(IDLE,)) as desk:
        await desk.type("\x0f\x0f")
        await desk.settle()
        await desk.press("escape", "escape")
        assert not desk.has_dialog


async def test_find_says_that_there_is_nothing_to_find_in() -> None:
    async with opened(sessions=(IDLE,)) as desk:
        await desk.press("ctrl+f")
        assert desk.notices() == ["There is no transcript to find anything in yet."]
        await desk.open(IDLE)
        await desk.press("ctrl+f")
        await desk.type("words")
        await desk.see("no hit")


async def test_a_draft_without_a_session_is_saved_and_goes_with_the_message() -> None:
    async with opened() as desk:
        await desk.type("not yet")
        await desk.until(lambda: desk.engine.sent(SaveStrayDraft) == [SaveStrayDraft("not yet")], f"{DRAFT_S} s")
        await desk.press("enter")
        assert desk.engine.sent(SaveStrayDraft)[1:] == [SaveStrayDraft("")]
        assert [each.prompt for each in desk.engine.sent(SendPrompt)] == ["not yet"]
        kinds = [type(each) for each in desk.engine.commands]
        assert kinds.index(CreateSession) < kinds.index(SendPrompt)


async def test_a_draft_without_a_session_is_saved_at_quitting() -> None:
    async with opened() as desk:
        await desk.type("half a")
        await desk.press("ctrl+q")
        assert desk.engine.sent(SaveStrayDraft) == [SaveStrayDraft("half a")]


async def test_a_draft_without_a_session_is_there_at_the_next_start() -> None:
    async with opened() as desk:
        await desk.feed(SessionsLoaded((IDLE,), "from before"))
        assert desk.composer.text == "from before"


async def test_a_draft_from_before_does_not_take_the_place_of_what_was_typed_by_now() -> None:
    async with opened() as desk:
        await desk.type("by now")
        await desk.feed(SessionsLoaded((IDLE,), "from before"))
        assert desk.composer.text == "by now"
        await desk.until(lambda: desk.engine.sent(SaveStrayDraft), "it is saved")
        assert desk.engine.sent(SaveStrayDraft)[-1] == SaveStrayDraft("from before\n\nby now")
        await desk.press("up")
        assert desk.composer.text == "from before"
        await desk.press("enter")
        assert SaveStrayDraft("") in desk.engine.sent(SaveStrayDraft)


async def test_it_goes_along_into_the_session_that_is_opened() -> None:
    async with opened(sessions=(IDLE,)) as desk:
        await desk.type("not yet")
        await desk.until(lambda: desk.engine.sent(SaveStrayDraft), "it is saved")
        desk.main.open_session(IDLE.id)
        await desk.settle()
        assert desk.composer.text == "not yet"
        saves = [each for each in desk.engine.commands if isinstance(each, SaveDraft | SaveStrayDraft)]
        assert saves[-2:] == [SaveDraft(IDLE.id, "not yet"), SaveStrayDraft("")]


async def test_where_another_draft_stands_it_goes_into_the_history_and_stays_saved() -> None:
    async with opened(sessions=(replace(IDLE, draft="there"),)) as desk:
        await desk.type("not yet")
        await desk.until(lambda: desk.engine.sent(SaveStrayDraft), "it is saved")
        desk.main.open_session(IDLE.id)
        await desk.settle()
        assert desk.composer.text == "there"
        assert desk.engine.sent(SaveStrayDraft)[1:] == []
        await desk.press("up")
        assert desk.composer.text == "not yet"


async def test_a_session_that_is_deleted_elsewhere_leaves_what_was_typed() -> None:
    async with opened(sessions=(IDLE,)) as desk:
        await desk.open(IDLE)
        await desk.type("half a message")
        await desk.feed(SessionRemoved(IDLE.id, is_elsewhere=True))
        assert desk.composer.text == "half a message"
        assert "deleted in another window" in desk.notices()[0]
        assert SaveStrayDraft("half a message") in desk.engine.sent(SaveStrayDraft)


async def test_deleted_is_said_once_it_is() -> None:
    async with opened(sessions=(IDLE, replace(IDLE, id="e" * 32, title="Other"))) as desk:
        await desk.open(IDLE)
        desk.sidebar.focus()
        await desk.press("d")
        assert desk.engine.sent(DeleteSession) == [DeleteSession(IDLE.id)]
        assert desk.notices() == []
        await desk.feed(SessionRemoved(IDLE.id))
        assert "U in the list of sessions brings it back" in desk.notices()[0]
        assert desk.composer.text == ""


async def test_the_dialog_for_a_new_session_asks_who_is_there_now() -> None:
    async with opened(profiles=("local", "far")) as desk:
        await desk.feed(TranscriptLoaded(IDLE.id, ()))
        desk.engine.forget()
        await desk.press("ctrl+n")
        assert desk.engine.sent(ListAgents) == [ListAgents("local"), ListAgents("far")]


async def test_a_walk_through_the_history_never_takes_the_place_of_the_draft() -> None:
    other = replace(IDLE, id="e" * 32, title="Other")
    async with opened(sessions=(IDLE, other)) as desk:
        await desk.open(IDLE)
        await desk.feed(PromptsFound(("sent before",)))
        await desk.type("real draft")
        await desk.until(lambda: SaveDraft(IDLE.id, "real draft") in desk.engine.sent(SaveDraft), "it is saved")
        await desk.press("up")
        assert desk.composer.text == "sent before"
        desk.main.save_draft()
        desk.main.open_session(other.id)
        desk.main.open_session(IDLE.id)
        await desk.settle()
        assert desk.composer.text == "real draft"
        assert [each for each in desk.engine.sent(SaveDraft) if "before" in each.text] == []


@pytest.mark.parametrize("key", ["enter", "ctrl+c"])
async def test_a_draft_outlives_what_is_done_with_an_older_message(key: str) -> None:
    async with opened(sessions=(IDLE,)) as desk:
        await desk.open(IDLE)
        await desk.feed(PromptsFound(("sent before",)))
        await desk.type("real draft")
        await desk.press("up", key)
        assert desk.composer.text == ""
        await desk.press("up", "up")
        assert desk.composer.text == "real draft"


async def test_a_draft_outlives_an_older_message_that_was_changed() -> None:
    async with opened(sessions=(IDLE, replace(IDLE, id="e" * 32))) as desk:
        await desk.open(IDLE)
        await desk.feed(PromptsFound(("sent before",)))
        await desk.type("real draft")
        await desk.press("up")
        await desk.type(" changed")
        desk.main.open_session("e" * 32)
        desk.main.open_session(IDLE.id)
        await desk.settle()
        assert desk.composer.text == "sent before changed"
        await desk.press("up")
        assert desk.composer.text == "real draft"


async def test_a_draft_is_saved_at_quitting_from_a_walk() -> None:
    async with opened() as desk:
        await desk.feed(PromptsFound(("sent before",)))
        await desk.type("half a")
        await desk.press("up", "ctrl+q")
        assert desk.engine.sent(SaveStrayDraft) == [SaveStrayDraft("half a")]
