"""What leads out of the app: links, and the looks that are remembered."""

from __future__ import annotations

from superserve_tui.domain import Turn, TurnState
from superserve_tui.ui.widgets.log import MessageLog
from tests.support.manual_clock import ManualClock
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session

SESSION = make_session("A talk")
TURN = Turn(
    id="a" * 32,
    number=1,
    prompt="hello",
    created_at=ManualClock().now(),
    state=TurnState.COMPLETED,
    text="See [the guide](https://example.com/a?b=c).",
    duration_ms=5,
)


async def _click_link(desk: OpenedApp, target: str) -> None:
    log = desk.main.query_one(MessageLog)
    log.post_message(MessageLog.LinkClicked(log, target))
    await desk.settle()


async def test_a_link_shows_its_whole_target_before_anything_happens() -> None:
    async with opened() as desk:
        await desk.open(SESSION, TURN)
        await _click_link(desk, "https://example.com/a?b=c")
        assert desk.has_dialog
        assert desk.has("https://example.com/a?b=c")
        await desk.press("escape")
        assert len(desk.app.screen_stack) == 1
        assert desk.copied == []


async def test_a_link_can_be_copied_instead() -> None:
    async with opened() as desk:
        await desk.open(SESSION, TURN)
        await _click_link(desk, "https://example.com/")
        await desk.press("right", "enter")
        await desk.until(lambda: desk.copied)
        assert desk.copied == ["https://example.com/"]


async def test_themes_are_shown_as_the_cursor_comes_to_them_and_the_chosen_one_is_remembered() -> None:
    remembered: list[tuple[str, str]] = []

    def remember(key: str, value: str) -> str:
        remembered.append((key, value))
        return "remembered"

    async with opened(remember=remember) as desk:
        before = desk.app.theme
        await desk.main.run_action("app_theme")
        await desk.settle()
        await desk.press("down")
        assert desk.app.theme != before
        await desk.press("escape")
        assert (desk.app.theme, remembered) == (before, [])
        await desk.main.run_action("app_theme")
        await desk.settle()
        await desk.press("down", "enter")
        await desk.until(lambda: remembered)
        assert remembered == [("theme", desk.app.theme)]
