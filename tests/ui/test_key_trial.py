"""Keys that are tried: what arrived, what the app takes it for, what it does; without the app and in it."""

from __future__ import annotations

import pytest
from textual import events

from superserve_tui.engine import Quit
from superserve_tui.ui.key_report import report, shown_bytes
from superserve_tui.ui.key_trial import KeyTrial, sent_for
from superserve_tui.ui.keymap import Keymap, make_keymap
from tests.support.opened_app import OpenedApp, opened
from tests.support.waiting import wait_for


def _told(*sent: str, keymap: Keymap | None = None) -> tuple[list[str], KeyTrial]:
    """What is told of these reads, each waited for to its end."""
    lines: list[str] = []
    trial = KeyTrial(keymap or make_keymap({}), lines.append)
    for text in sent:
        trial.feed(text)

        def is_through() -> bool:
            trial.tick()
            return not trial.is_waiting

        wait_for(is_through)
    return lines, trial


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        ("\x1d", "ctrl+] ^] needs me (everywhere) [ctrl+right_square_bracket]"),
        ("\x1b[19~", "F8 ^[[19~ needs me (everywhere)"),
        ("\r", "Enter ^M send (composer), open (tools, sessions)"),
        ("\n", "ctrl+j ^J new line (composer)"),
        ("x", "x x export (transcript, sessions), typed (composer)"),
        ("\x08", "Backspace ^H no action"),
        ("\x7f", "Backspace ^? no action"),
        ("ü", "ü ü typed (composer)"),
        ("\x1b[1;5H", "ctrl+Home ^[[1;5H top (everywhere)"),
        ("\x1b[27u", "Esc ^[[27u back (everywhere) [escape]"),
        ("\x1b[200~a\nb\x1b[201~", "paste ^[[200~a^Jb^[[201~ 3 characters, as one piece"),
    ],
)
def test_a_key_is_told_with_what_was_sent_and_what_it_does(sent: str, line: str) -> None:
    lines, _ = _told(sent)

    assert [" ".join(each.split()) for each in lines] == [line]


def test_keys_of_one_read_are_told_each_with_its_own_bytes() -> None:
    lines, _ = _told("a\x1b[A\x1b[19~b")

    assert [line.split()[:2] for line in lines] == [["a", "a"], ["Up", "^[[A"], ["F8", "^[[19~"], ["b", "b"]]


def test_a_lone_escape_is_told_once_nothing_follows_and_the_second_ends_it() -> None:
    lines, trial = _told("\x1b", "x", "\x1b")
    assert ([line.split()[0] for line in lines], trial.is_over) == (["Esc", "x", "Esc"], False)

    lines, trial = _told("\x1b", "\x1b")
    assert ([line.split()[0] for line in lines], trial.is_over) == (["Esc", "Esc"], True)


def test_ctrl_q_ends_it_and_what_follows_is_not_told() -> None:
    lines, trial = _told("\x11abc")

    assert (len(lines), trial.is_over) == (1, True)
    assert "quit (everywhere)" in lines[0]


def test_a_key_of_a_whole_read_is_told_from_the_others() -> None:
    read = "\x1b[19~\x1dx\x1b[A"

    assert sent_for(events.Key("ctrl+right_square_bracket", None), read) == "\x1d"
    assert sent_for(events.Key("up", None), read) == "\x1b[A"
    assert sent_for(events.Key("escape", None), "\x1b") == "\x1b"
    assert sent_for(events.Paste("ab"), "\x1b[200~ab\x1b[201~") == "\x1b[200~ab\x1b[201~"


def test_moved_keys_are_told_as_they_are_moved() -> None:
    keymap = make_keymap({"session.new": "f10", "app.palette": "none"})
    lines, _ = _told("\x1b[21~", "\x0e", "\x10", keymap=keymap)

    assert [line.split(maxsplit=2)[2] for line in lines] == [
        "new (everywhere)",
        "no action",
        "no action",
    ]


def test_what_was_sent_never_controls_the_terminal() -> None:
    assert shown_bytes("\x1b]0;x\x07\x9b\u202e\x7f") == "^[]0;x^G\\u009b\\u202e^?"
    assert shown_bytes("a" * 100) == "a" * 24 + "…"
    assert report(events.Paste("\x1b[2J" * 9), "\x1b[2J" * 9, make_keymap({})).isprintable()


# -- in the app


async def _open(desk: OpenedApp) -> None:
    await desk.press("ctrl+p")
    await desk.type("try keys")
    await desk.press("enter")
    await desk.see("Press any key")


async def test_in_the_app_every_key_is_shown_and_nothing_comes_of_it() -> None:
    async with opened(size=(80, 24)) as desk:
        await _open(desk)
        for key in ("ctrl+n", "f1", "ctrl+c", "tab", "enter", "escape", "G"):
            await desk.press(key)
        assert [line.split()[0] for line in desk.rows() if "(everywhere)" in line] != []
        assert desk.has("ctrl+n")
        assert desk.has("new (everywhere)")
        assert desk.has("last (transcript), typed (composer)")
        assert len(desk.app.screen_stack) == 2
        await desk.press("escape", "escape")

        assert not desk.has_dialog


async def test_ctrl_q_closes_it_and_does_not_quit() -> None:
    async with opened() as desk:
        await _open(desk)
        await desk.press("ctrl+q")

        assert not desk.has_dialog
        assert desk.engine.sent(Quit) == []
