"""Each key of the table of actions does what the table says."""

from __future__ import annotations

import pytest

from superserve_tui.ui.actions import ACTIONS, Action, Where, bindings_for
from superserve_tui.ui.screens.main import MainScreen
from tests.ui.keys import anywhere, composing, listing, reading
from tests.ui.keys.scene import SCENARIOS, focus, scene

_MODULES = anywhere, composing, listing, reading
"""Imported for their scenarios."""

_BY_TYPING = {
    "enter": "\r",
    "escape": "\x1b",
    "ctrl+j": "\n",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "ctrl+home": "\x1b[1;5H",
    "ctrl+end": "\x1b[1;5F",
    "alt+up": "\x1b[1;3A",
    "alt+down": "\x1b[1;3B",
    "alt+s": "\x1bs",
    "alt+c": "\x1bc",
    "ctrl+backslash": "\x1c",
    "ctrl+right_square_bracket": "\x1d",
    "ctrl+circumflex_accent": "\x1e",
    "right_curly_bracket": "}",
    "left_curly_bracket": "{",
    "space": " ",
    "slash": "/",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f6": "\x1b[17~",
    "f7": "\x1b[18~",
    "f8": "\x1b[19~",
    "f9": "\x1b[20~",
    "f12": "\x1b[24~",
}
"""What xterm sends for keys that are no character."""


def _bytes_of(key: str) -> str:
    if key in _BY_TYPING:
        return _BY_TYPING[key]
    if key.startswith("ctrl+") and len(key) == 6:
        return chr(ord(key[-1]) & 0x1F)
    assert len(key) == 1, f"what does a terminal send for {key}?"
    return key


@pytest.mark.parametrize(
    ("each", "key"), [pytest.param(each, key, id=f"{each.id}-{key}") for each in ACTIONS for key in each.keys]
)
async def test_a_key_does_what_its_action_is_for(each: Action, key: str) -> None:
    """From the bytes of a terminal to a command or a change on screen."""
    async with scene() as desk:
        focus(desk, each.where)
        await desk.settle()

        async def press() -> None:
            await desk.type(_bytes_of(key))

        await SCENARIOS[each.id](desk, press)


def test_every_action_has_a_scenario() -> None:
    assert {each.id for each in ACTIONS if each.keys} == set(SCENARIOS)


def test_every_action_outside_the_composer_has_its_method() -> None:
    missing = [
        each.id
        for each in ACTIONS
        if each.where is not Where.COMPOSER and not callable(getattr(MainScreen, f"action_{each.method}", None))
    ]
    assert missing == []


def test_no_key_means_two_things_in_one_pane() -> None:
    for where in Where:
        keys = [key for each in ACTIONS if each.where is where for key in each.keys]
        assert len(keys) == len(set(keys)), where


def test_no_action_hangs_on_a_key_that_terminals_do_not_send() -> None:
    deaf = {"ctrl+h", "ctrl+i", "ctrl+m", "ctrl+left_square_bracket", "shift+enter", "ctrl+enter", "ctrl+tab"}
    deaf |= {"alt+enter", *(f"ctrl+{digit}" for digit in range(10)), *(f"alt+{digit}" for digit in range(10))}
    assert [each.id for each in ACTIONS if each.keys and set(each.keys) <= deaf] == []


def test_bindings_are_made_from_the_table() -> None:
    for where in Where:
        made = {binding.id: binding.key for binding in bindings_for(where)}
        assert made == {each.id: ",".join(each.keys) or "none" for each in ACTIONS if each.where is where}
