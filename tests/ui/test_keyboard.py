"""What a terminal sends becomes events; above all, a paste stays a paste."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import constants, events
from textual.message import Message

from superserve_tui.ui import keyboard
from superserve_tui.ui.keyboard import PasteSafeParser

START, END = "\x1b[200~", "\x1b[201~"


def _words(messages: list[Message]) -> list[str]:
    """Keys by name, pastes as what was pasted."""
    words = []
    for message in messages:
        match message:
            case events.Key():
                words.append(message.key)
            case events.Paste():
                words.append(f"paste {message.text}")
            case _:
                words.append(type(message).__name__)
    return words


def _read(*pieces: str) -> list[str]:
    parser = PasteSafeParser()
    return _words([message for piece in pieces for message in parser.feed(piece)])


@pytest.mark.parametrize(
    "pasted",
    ["plain", "a\r\nb\r", "red \x1b[31mtext\x1b[0m\r\nmore\r", "\x1b]0;x\r", "\x1b[5~\x03\x11", "\x1b", "x\x1b[20"],
)
def test_nothing_in_a_paste_becomes_a_key(pasted: str) -> None:
    assert _read(f"{START}{pasted}{END}\r") == [f"paste {pasted}", "enter"]


def test_an_end_mark_inside_a_paste_does_not_get_the_rest_typed() -> None:
    assert _read(f"{START}good{END}rm -rf /\r{END}\r") == [f"paste good{END}rm -rf /\r", "enter"]


def test_two_pastes_in_one_read_are_two() -> None:
    assert _read(f"{START}one{END}x{START}two{END}") == ["paste one", "x", "paste two"]


def test_a_start_mark_inside_a_paste_is_text() -> None:
    assert _read(f"{START}one{START}two{END}") == [f"paste one{START}two"]


def test_keys_around_a_paste_are_keys() -> None:
    assert _read(f"a\x1b[A{START}b{END}\x1bOPc") == ["a", "up", "paste b", "f1", "c"]


@given(st.data())
def test_any_chunking_of_a_paste_gives_the_same(data: st.DataObject) -> None:
    sent = f"ab\x1b[B{START}one\x1b[31m\r\ntwo{END}c\x1b[3~"
    cuts = sorted(data.draw(st.sets(st.integers(1, len(sent) - 1))))
    pieces = [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]

    assert _read(*pieces) == ["a", "b", "down", "paste one\x1b[31m\r\ntwo", "c", "delete"]


@pytest.mark.parametrize(("sent", "key"), [("\x1b", "escape"), ("\x1bc", "alt+c")])
def test_a_lone_escape_is_a_key_once_nothing_more_came(
    monkeypatch: pytest.MonkeyPatch, sent: str, key: str
) -> None:
    now = 100.0
    monkeypatch.setattr(keyboard, "monotonic", lambda: now)
    monkeypatch.setattr("textual._parser.get_time", lambda: now)
    parser = PasteSafeParser()
    assert _words(list(parser.feed(sent))) == []
    assert _words(list(parser.tick())) == []
    assert parser.is_waiting
    now += constants.ESCAPE_DELAY + 0.001
    assert _words(list(parser.tick())) == [key]
    assert not parser.is_waiting


def test_the_rest_of_a_sequence_may_come_in_the_next_read() -> None:
    assert _read("\x1b", "[A", "\x1b[20", "~", "\x1b[2", "00~x", f"y{END}") == ["up", "f9", "paste xy"]


def test_a_large_paste_in_small_reads_is_one() -> None:
    text = "0123456789\n" * 20_000
    sent = f"{START}{text}{END}"
    pieces = [sent[at : at + 4096] for at in range(0, len(sent), 4096)]

    assert _read(*pieces) == [f"paste {text}"]


def test_what_was_held_is_told_at_the_end_of_input() -> None:
    assert _read("a\x1b", "") == ["a", "escape"]
