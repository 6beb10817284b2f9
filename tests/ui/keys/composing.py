"""What the composer's keys do."""

from __future__ import annotations

from superserve_tui.engine import SendPrompt
from tests.support.opened_app import OpenedApp
from tests.ui.keys.scene import FIRST, Press, scenario


@scenario("message.send")
async def enter_sends_and_empties_the_composer(desk: OpenedApp, press: Press) -> None:
    await desk.type("  a message")
    await press()

    assert desk.engine.sent(SendPrompt) == [SendPrompt(FIRST.id, "  a message")]
    assert desk.composer.text == ""


@scenario("message.newline")
async def a_new_line_sends_nothing(desk: OpenedApp, press: Press) -> None:
    await desk.type("one")
    await press()
    await desk.type("two")

    assert desk.composer.text == "one\ntwo"
    assert desk.engine.sent(SendPrompt) == []


@scenario("message.earlier")
async def earlier_brings_back_what_was_sent(desk: OpenedApp, press: Press) -> None:
    await desk.type("one\rtwo\r")
    await press()
    assert desk.composer.text == "two"
    await press()
    assert desk.composer.text == "one"
    await press()
    assert desk.composer.text == "one"


@scenario("message.later")
async def later_leads_back_to_the_draft(desk: OpenedApp, press: Press) -> None:
    await desk.type("one\rtwo\rdraft")
    await desk.press("up", "up")
    assert desk.composer.text == "one"
    await press()
    assert desk.composer.text == "two"
    await press()
    assert desk.composer.text == "draft"
    await press()
    assert desk.composer.text == "draft"
