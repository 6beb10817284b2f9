"""Keys that were moved: how people write them, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from superserve_tui.config import Config
from superserve_tui.engine import Quit
from superserve_tui.ui.actions import ACTIONS, SIGNS, action, key_name, parse_key
from superserve_tui.ui.keymap import key_notices, make_keymap
from tests.support.opened_app import opened


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("ctrl+]", "ctrl+right_square_bracket"),
        (" F8 ", "f8"),
        ("PgUp", "pageup"),
        ("G", "G"),
        ("!", "exclamation_mark"),
        ("+", "plus"),
        ("ctrl++", "ctrl+plus"),
        ("Ctrl+Shift+F5", "ctrl+shift+f5"),
        ("alt+Up", "alt+up"),
        ("Esc", "escape"),
        ("ctrl+slash", "ctrl+slash"),
    ],
)
def test_a_key_is_read_as_people_write_it(written: str, key: str) -> None:
    assert parse_key(written) == key


def test_every_key_is_read_as_it_is_shown() -> None:
    keys = {key for each in ACTIONS for key in each.keys} | {f"ctrl+{name}" for name in SIGNS.values()}

    assert {key: parse_key(key_name(key)) for key in keys} == {key: key for key in keys}


@pytest.mark.parametrize(
    ("action_id", "written", "words"),
    [
        ("session.nwe", "f5", "there is no such action; did you mean session.new?"),
        ("message.send", "f5", "the composer needs it"),
        ("session.new", "ctrl+i", "arrives as Tab"),
        ("session.new", "n", "needed for typing"),
        ("session.new", "Space", "needed for typing"),
        ("session.new", "!", "needed for typing"),
    ],
)
def test_a_key_that_can_not_be_is_named_and_the_default_stays(action_id: str, written: str, words: str) -> None:
    keymap = make_keymap({action_id: written})

    ((about, sentence),) = keymap.faults
    assert (about, keymap.overrides) == (action_id, {})
    assert words in sentence
    assert keymap.keys(action("session.new")) == ("ctrl+n",)


@pytest.mark.parametrize("written", ["ctrl+5", "shift+Enter", "alt+1"])
def test_a_key_that_seldom_arrives_is_named_and_moved(written: str) -> None:
    keymap = make_keymap({"session.new": written})

    assert "does not arrive in many terminals" in keymap.faults[0][1]
    assert keymap.keys(action("session.new")) == (parse_key(written),)


@pytest.mark.parametrize(
    ("configured", "clash"),
    [
        ({"session.new": "ctrl+s"}, "ctrl+s is meant for session.switch as well"),
        ({"log.fold": "y"}, "y is meant for log.copy_message as well"),
        ({"log.fold": "ctrl+n"}, "ctrl+n is meant for session.new as well"),
        ({"sidebar.pin": "y"}, ""),
        ({"session.new": "ctrl+s", "session.switch": "none"}, ""),
    ],
)
def test_two_actions_of_one_key_are_named(configured: dict[str, str], clash: str) -> None:
    assert [words for _, words in make_keymap(configured).faults] == ([clash] if clash else [])


def test_none_takes_the_key_away() -> None:
    keymap = make_keymap({"session.new": "none"})

    assert (keymap.keys(action("session.new")), keymap.name(action("session.new"))) == ((), "")


def test_faults_are_found_in_the_file_quoted_or_not(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('theme = "x"\n[keys]\n"session.new" = "ctrl+i"\nsession.switch = "ctrl+m"\n')

    notices = key_notices(make_keymap({"session.new": "ctrl+i", "session.switch": "ctrl+m", "a.b": "f5"}), path)

    assert [notice.line for notice in notices] == [3, 4, 2]
    assert str(notices[0]).startswith(f'{path}:3: keys."session.new": ctrl+i arrives as Tab')


def test_without_faults_no_file_is_read(tmp_path: Path) -> None:
    assert key_notices(make_keymap({"session.new": "f10"}), tmp_path / "none.toml") == ()


async def test_a_moved_key_works_and_its_old_one_does_not() -> None:
    async with opened(config=Config(keys={"app.quit": "f10", "session.new": "ctrl+i"})) as desk:
        assert any("arrives as Tab" in notice for notice in desk.notices())
        await desk.press("ctrl+q")
        assert desk.engine.sent(Quit) == []
        await desk.press("f10")

        assert desk.engine.sent(Quit) == [Quit(keep=False)]
