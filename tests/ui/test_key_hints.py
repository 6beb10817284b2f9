"""The line of keys at the bottom of a dialog."""

from __future__ import annotations

import pytest

from tests.support.opened_app import opened


@pytest.mark.parametrize("opener", ["f1", "f2", "ctrl+s", "ctrl+n", "ctrl+p", "ctrl+r"])
async def test_the_keys_of_a_dialog_have_the_two_tones_of_the_key_bar(opener: str) -> None:
    async with opened(sessions=()) as desk:
        await desk.press("ctrl+n", "enter")
        key, label = desk.look("ctrl+p actions"), desk.look("actions")
        await desk.press(opener)

        assert desk.look("Esc close").color == key.color
        assert desk.look("close").color != key.color != label.color
