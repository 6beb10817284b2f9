"""Lists that are narrowed by what is typed: the palette, messages sent before, the switcher, the recipients."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from superserve_tui.domain import SearchFinished, SearchHit, SessionState
from superserve_tui.ui.modals.picker import PickList
from tests.support.manual_clock import ManualClock
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


@pytest.mark.parametrize(
    ("query", "snippet", "seen"),
    [
        ("src", "…```text ├── src ``` and so on…", "…├── src and so on…"),
        ("text", "…```text ├── src", "…text ├── src"),
        ("tilde", "~~~ tilde ~~~ a ~~~~b c", "tilde a c"),
        ("a tick", "a `tick` and ``two``", "a `tick` and ``two``"),
    ],
)
async def test_a_hit_is_shown_without_the_fences_around_code(query: str, snippet: str, seen: str) -> None:
    async with opened(sessions=(TALK,)) as desk:
        await desk.press("ctrl+s")
        await desk.type(query)
        await desk.feed(SearchFinished(query, (SearchHit(TALK.id, "Some talk", 2, "text", snippet),)))

        assert any(row.strip() == seen for row in desk.rows())


@pytest.mark.parametrize("before", [0, 70])
async def test_a_long_hit_is_cut_with_an_ellipsis_around_the_words_looked_for(before: int) -> None:
    snippet = "x " * (before // 2) + "needle " + "y " * 50
    async with opened(sessions=(TALK,), size=(80, 24)) as desk:
        await desk.press("ctrl+s")
        await desk.type("needle")
        await desk.feed(SearchFinished("needle", (SearchHit(TALK.id, "Some talk", 2, "text", snippet),)))

        (row,) = (row.strip() for row in desk.rows() if "needle y" in row)
        assert row.endswith("y…")
        assert row.startswith("…x" if before else "needle")


async def test_hits_of_sessions_with_one_title_are_told_apart_by_agent_and_age() -> None:
    now = ManualClock().now()
    sessions = tuple(
        replace(TALK, id=f"{number:032x}", agent=agent, last_activity_at=now - timedelta(hours=number))
        for number, agent in ((1, "echo"), (2, "workspace"))
    )
    async with opened(sessions=sessions) as desk:
        await desk.press("ctrl+s")
        await desk.type("needle")
        hits = tuple(SearchHit(each.id, "Some talk", 3, "text", "a needle") for each in sessions)
        await desk.feed(SearchFinished("needle", (*hits, SearchHit("0" * 32, "Gone", 1, "text", "a needle"))))

        rows = [" ".join(row.split()) for row in desk.rows()]
        for row in ("Some talk · turn 3 echo · 1h", "Some talk · turn 3 workspace · 2h", "Gone · turn 1"):
            assert row in rows


async def test_what_may_be_typed_into_the_switcher_is_said_whole_in_80_columns() -> None:
    async with opened(size=(80, 24)) as desk:
        await desk.press("ctrl+s")

        assert any(row.rstrip().endswith("agent: state: tool: before: after:") for row in desk.rows())
