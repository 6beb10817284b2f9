"""A slash at the beginning of a message: a command for the app, or the message after all."""

from __future__ import annotations

import pytest

from superserve_tui.domain import SessionState
from superserve_tui.engine import CreateSession, Quit, SendPrompt, StopTurn
from superserve_tui.ui.modals.help import HelpDialog
from superserve_tui.ui.modals.new_session import NewSessionDialog
from superserve_tui.ui.modals.palette import Palette
from superserve_tui.ui.modals.picker import Picker
from superserve_tui.ui.modals.switcher import Switcher
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session, make_turn


def _sent(desk: OpenedApp) -> list[str]:
    return [each.prompt for each in desk.engine.sent(SendPrompt)]


@pytest.mark.parametrize("is_burst", [True, False], ids=["in one read", "key by key"])
async def test_a_command_and_enter_runs_it(is_burst: bool) -> None:
    async with opened() as desk:
        for text in ["/theme\r"] if is_burst else "/theme\r":
            await desk.type(text)
        await desk.until(lambda: isinstance(desk.screen, Picker) and not isinstance(desk.screen, Palette))
        await desk.settle()
        assert desk.has("superserve-paper")
        assert desk.composer.text == ""
        assert (_sent(desk), desk.engine.sent(CreateSession)) == ([], [])


@pytest.mark.parametrize(
    ("word", "dialog"), [("help", HelpDialog), ("clear", NewSessionDialog), ("resume", Switcher)]
)
async def test_names_from_elsewhere_lead_to_the_same(word: str, dialog: type) -> None:
    async with opened() as desk:
        await desk.type(f"/{word}\r")
        await desk.until(lambda: isinstance(desk.screen, dialog))


async def test_exit_quits() -> None:
    async with opened() as desk:
        await desk.type("/exit\r")
        await desk.until(lambda: desk.engine.sent(Quit) == [Quit(keep=False)])


async def test_stop_stops_the_running_turn_at_once_and_says_where_none_runs() -> None:
    session = make_session(state=SessionState.RUNNING, server_id="ses_1")
    async with opened() as desk:
        await desk.open(session, make_turn(1))
        await desk.type("/stop\r")
        await desk.until(lambda: desk.engine.sent(StopTurn) == [StopTurn(session.id)])
        desk.main.leave_current()
        desk.main.action_session_stop()
        await desk.settle()
        assert desk.notices() == ["Nothing runs here."]


async def test_what_is_no_command_is_the_message() -> None:
    async with opened() as desk:
        await desk.type("/etc/hosts: what is it?")
        await desk.press("enter")
        assert not desk.has_dialog
        assert (desk.composer.text, _sent(desk)) == ("/etc/hosts: what is it?", [])
        await desk.press("enter")

        assert _sent(desk) == ["/etc/hosts: what is it?"]


async def test_escape_gives_the_text_back_and_backspace_takes_the_slash_back() -> None:
    async with opened() as desk:
        await desk.type("/usr")
        await desk.press("escape")
        assert (desk.composer.text, desk.has_dialog) == ("/usr", False)
        await desk.type("/bin")
        assert desk.composer.text == "/usr/bin"
        await desk.press("ctrl+c")
        await desk.type("/n")
        await desk.press("backspace", "backspace")
        assert (desk.composer.text, desk.has_dialog) == ("", False)
        await desk.type("n")

        assert desk.composer.text == "n"


async def test_what_follows_a_command_in_one_read_is_kept_and_not_sent() -> None:
    async with opened() as desk:
        await desk.type("/stop\rhello")
        await desk.until(lambda: desk.composer.text == "hello")

        assert _sent(desk) == []
