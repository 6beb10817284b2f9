"""Lists that are narrowed by what is typed: the palette, messages sent before, the switcher, the recipients."""

from __future__ import annotations

import pytest

from superserve_tui.domain import SearchFinished, SearchHit, SessionState
from superserve_tui.ui.modals.picker import PickList
from tests.support.opened_app import opened
from tests.support.saved import make_session

TALK = make_session("Some talk", state=SessionState.IDLE, server_id="ses_abc")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (("ctrl+p",), "No action matches."),
        (("slash",), "No action matches. Enter keeps it as the message."),
        (("h", "i", "enter", "ctrl+r"), "Nothing matches."),
        (("h", "i", "alt+s"), "Nobody matches."),
    ],
)
async def test_where_nothing_matches_that_is_said(keys: tuple[str, ...], words: str) -> None:
    async with opened(sessions=(TALK,)) as desk:
        await desk.press(*keys)
        assert not desk.has(words)
        await desk.type("zzzz")
        assert desk.has(words)
        await desk.press("ctrl+u")

        assert not desk.has(words)


async def test_a_list_that_is_empty_from_the_start_says_so_too() -> None:
    async with opened() as desk:
        await desk.press("ctrl+r")

        assert desk.has("Nothing here yet.")


async def test_the_switcher_says_that_nothing_matches_once_the_transcripts_are_searched() -> None:
    async with opened(sessions=(TALK,)) as desk:
        await desk.press("ctrl+s")
        await desk.type("zzzz")
        await desk.settle()
        assert not desk.has("Nothing matches.")
        await desk.feed(SearchFinished("zzzz", ()))
        assert desk.has("Nothing matches.")
        await desk.feed(SearchFinished("zzzz", (SearchHit(TALK.id, "Some talk", 2, "text", "zzzz"),)))

        assert not desk.has("Nothing matches.")


async def test_no_two_actions_of_the_palette_have_the_same_name() -> None:
    async with opened() as desk:
        await desk.press("ctrl+p")
        names = [item.label for item in desk.screen.query_one(PickList)._items.values()]

        assert len(names) > 40
        assert len(set(names)) == len(names)
        assert {"previous session", "next session", "previous message", "next message"} <= set(names)
