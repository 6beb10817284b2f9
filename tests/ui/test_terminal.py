"""How the terminal is read, over a pipe in its place."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import pytest
from textual import events
from textual.app import App
from textual.message import Message

from superserve_tui.ui.terminal import TerminalDriver
from tests.support.waiting import wait_for


class _Reader(TerminalDriver):
    """Reads a pipe; keeps what it reads."""

    def __init__(self, app: App[object], fileno: int) -> None:
        super().__init__(app)
        self.fileno = fileno
        self.messages: list[Message] = []

    def process_message(self, message: Message) -> None:
        self.messages.append(message)


@contextmanager
def _reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[_Reader, int]]:
    """A driver whose thread reads, and the end to write to."""
    with open(os.devnull, encoding="utf-8") as nothing:
        monkeypatch.setattr(sys, "__stdin__", nothing)
        read_end, write_end = os.pipe()
        reader = _Reader(App(), read_end)
        thread = threading.Thread(target=reader.run_input_thread)
        thread.start()
        try:
            yield reader, write_end
        finally:
            reader.exit_event.set()
            thread.join(5)
            os.close(read_end)
            with suppress(OSError):
                os.close(write_end)
        assert not thread.is_alive()


def _keys(reader: _Reader) -> list[str]:
    return [message.key for message in reader.messages if isinstance(message, events.Key)]


async def test_bytes_that_are_no_text_end_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with _reading(monkeypatch) as (reader, write_end):
        os.write(write_end, b"a\xff\xfe\xc3")
        os.write(write_end, b"\xa9b\x1b")
        wait_for(lambda: _keys(reader)[-1:] == ["escape"])

    characters = [message.character for message in reader.messages if isinstance(message, events.Key)]
    assert characters == ["a", "\ufffd", "\ufffd", "é", "b", "\x1b"]


async def test_a_terminal_that_is_gone_hangs_the_app_up(monkeypatch: pytest.MonkeyPatch) -> None:
    told = threading.Event()

    def hung_up(number: int, frame: FrameType | None) -> None:
        told.set()

    before = signal.signal(signal.SIGHUP, hung_up)
    try:
        with _reading(monkeypatch) as (_, write_end):
            os.close(write_end)
            wait_for(told.is_set)
    finally:
        signal.signal(signal.SIGHUP, before)
