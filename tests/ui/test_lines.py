"""What is copied, cut and pasted in lines and areas to type in goes the app's own ways."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.widgets import Input, TextArea

from superserve_tui.config import Config
from superserve_tui.domain import TurnState
from superserve_tui.ui.modals import RecapDialog
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session, make_turn

SESSION = make_session("A talk")
TURN = make_turn(1, "hello", text="words", state=TurnState.COMPLETED)


async def _line(desk: OpenedApp, key: str) -> Input:
    """A line with the keyboard: of a dialog, the find bar, the filter of the list."""
    await desk.open(SESSION, TURN)
    if key == "filter":
        desk.sidebar.focus()
        await desk.press("slash")
    else:
        await desk.press(key)
    line = desk.screen.focused
    assert isinstance(line, Input)
    line.value = "some words"
    line.select_all()
    await desk.settle()
    return line


@pytest.mark.parametrize("key", ["f2", "ctrl+f", "filter"])
async def test_what_is_selected_in_a_line_is_copied_and_cut_by_the_apps_own_way(key: str) -> None:
    async with opened() as desk:
        line = await _line(desk, key)
        await desk.press("ctrl+c")
        await desk.until(lambda: desk.copied == ["some words"])
        assert line.value == "some words"
        await desk.until(lambda: desk.notices() == ["Copied 10 characters"])

        line.select_all()
        await desk.press("ctrl+x")
        await desk.until(lambda: desk.copied == ["some words"] * 2)
        assert line.value == ""
        await desk.press("ctrl+v")
        assert line.value == "some words"


async def test_what_is_cut_from_the_message_goes_the_apps_way() -> None:
    async with opened() as desk:
        await desk.type("a message")
        await desk.press("shift+home", "ctrl+x")
        await desk.until(lambda: desk.copied == ["a message"])
        assert desk.composer.text == ""
        await desk.press("ctrl+v")
        assert desk.composer.text == "a message"


async def test_what_was_cut_elsewhere_comes_into_a_line_cleaned() -> None:
    async with opened() as desk:
        line = await _line(desk, "f2")
        desk.app.copy_to_clipboard("one\n\x1b[31mtwo\x07")
        await desk.press("ctrl+v")
        assert line.value == "one two"
        await desk.until(lambda: desk.copied == ["one\ntwo"])


@pytest.mark.parametrize("key", ["ctrl+f", "filter"])
async def test_ctrl_c_in_a_line_with_nothing_selected_leaves_the_line_and_the_draft_alone(key: str) -> None:
    async with opened() as desk:
        await desk.type("a draft")
        line = await _line(desk, key)
        line.action_end()
        await desk.press("ctrl+c")
        assert not line.has_focus
        assert desk.composer.text == "a draft"
        assert desk.copied == []


async def test_a_paste_into_a_recap_is_cleaned_and_a_cut_goes_the_apps_way() -> None:
    async with opened() as desk:
        await desk.open(SESSION, TURN)
        desk.app.push_screen(RecapDialog((TURN,), "next"))
        await desk.until(lambda: isinstance(desk.screen, RecapDialog))
        await desk.press("tab")
        area = desk.screen.focused
        assert isinstance(area, TextArea)
        area.select_all()
        await desk.press("ctrl+x")
        await desk.until(lambda: len(desk.copied) == 1)
        await desk.type("\x1b[200~a\x1b]52;c;eA==\x07b\x9b31m\x1b[201~")
        assert area.text == "ab"


@pytest.mark.parametrize("theme", ["superserve-ink", "superserve-paper"])
@pytest.mark.parametrize("keys", [("ctrl+p",), ("ctrl+s",), ("f9", "f9", "slash")], ids=" ".join)
async def test_what_may_be_typed_into_a_line_can_be_read(theme: str, keys: tuple[str, ...]) -> None:
    async with opened(sessions=(SESSION,), config=Config(theme=theme)) as desk:
        await desk.press(*keys)
        line = desk.screen.focused
        assert isinstance(line, Input)
        style = desk.look(line.placeholder[1:])
        assert style.color is not None
        assert style.bgcolor is not None

        assert _contrast(Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)) >= 4.5


def _contrast(one: Color, other: Color) -> float:
    """How far two colours are apart, as WCAG counts it: 1 to 21."""
    dark, light = sorted(map(_luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
