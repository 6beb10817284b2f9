"""Lines as they come in: whole messages of several, pipes in any pieces, commands and their table."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from superserve_tui.plain import Inbox, PipeInput, Writer
from superserve_tui.plain.command_table import COMMAND_WORDS, COMMANDS, Typed, help_lines, parse
from superserve_tui.plain.inbox import InputEnded, Item, LineTyped, OutputChanged
from superserve_tui.plain.message import MessageLines
from tests.support.plain_bench import running_plain
from tests.support.waiting import wait_for

FENCE = '"""'


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    inbox = Inbox()
    yield inbox
    inbox.close()


@contextmanager
def piped(inbox: Inbox) -> Iterator[tuple[PipeInput, int]]:
    """What reads a pipe, and the pipe's other end."""
    reader, writer = os.pipe()
    lines = PipeInput(reader, inbox)
    lines.start()
    try:
        yield lines, writer
    finally:
        os.close(reader)


def taken(inbox: Inbox, is_enough: Callable[[list[Item]], bool]) -> list[Item]:
    """What has come, once that is enough."""
    received: list[Item] = []

    def look() -> bool:
        received.extend(inbox.wait(0))
        return is_enough(received)

    wait_for(look)
    return received


def messages(*lines: str) -> list[str]:
    gathered = MessageLines()
    whole = [message for line in lines if (message := gathered.add(line)) is not None]
    assert not gathered.is_open
    return whole


def test_a_line_is_a_message() -> None:
    assert messages("one", "", "two  ") == ["one", "", "two  "]


def test_a_backslash_at_the_end_goes_on() -> None:
    assert messages("one\\", "two \\", "", "three") == ["one\ntwo \n", "three"]


def test_a_fence_takes_everything_as_it_is() -> None:
    assert messages(FENCE, "one\\", "", "/quit", f" {FENCE} ", "two") == ["one\\\n\n/quit", "two"]


def test_a_fence_within_a_line_is_text() -> None:
    assert messages(f"{FENCE}one", "two\\", FENCE) == [f"{FENCE}one", f"two\n{FENCE}"]


def test_a_message_that_is_taken_early_leaves_nothing_for_the_next() -> None:
    gathered = MessageLines()
    gathered.add(FENCE)
    gathered.add("half")
    assert gathered.is_open
    assert gathered.take() == "half"
    assert gathered.add("next") == "next"


@pytest.mark.parametrize(
    ("line", "typed"),
    [
        ("/help", Typed("help", "")),
        ("/SWITCH  two words ", Typed("switch", "two words")),
        ("/", Typed("", "")),
        ("//x", None),
        ("x /help", None),
        (" /help", None),
        ("", None),
    ],
)
def test_what_begins_with_one_slash_is_a_command(line: str, typed: Typed | None) -> None:
    assert parse(line) == typed


def test_every_command_of_the_table_is_done_and_explained(tmp_path: Path) -> None:
    with running_plain(tmp_path) as bench:
        for command in COMMANDS:
            if command.name not in ("quit", "new", "agents"):
                bench.ask(f"/{command.name}")
        bench.until_prompt()
        assert "there is no command" not in bench.page.text
    assert all(any(line.startswith(word) for line in help_lines()) for word in COMMAND_WORDS)


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0")), max_size=5), st.data()
)
def test_a_pipe_gives_its_lines_whatever_its_pieces(lines: list[str], data: st.DataObject) -> None:
    content = "".join(f"{line}\r\n" if index % 2 else f"{line}\n" for index, line in enumerate(lines)).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=4)))
    inbox = Inbox()
    with piped(inbox) as (_, writer):
        for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True):
            os.write(writer, content[start:end])
        os.close(writer)
        received = taken(inbox, lambda items: InputEnded() in items)
    inbox.close()
    assert received[:-1] == [LineTyped(line) for line in lines]


def test_the_last_line_of_a_pipe_needs_no_end(inbox: Inbox) -> None:
    with piped(inbox) as (_, writer):
        os.write(writer, b"no end \xff")
        os.close(writer)
        received = taken(inbox, lambda items: InputEnded() in items)
    assert received == [LineTyped("no end \ufffd"), InputEnded()]


def test_a_pipe_without_end_waits_until_its_lines_are_taken(inbox: Inbox) -> None:
    with piped(inbox) as (lines, writer):
        os.write(writer, b"line\n" * 500)
        taken(inbox, lambda items: len(items) >= 200)
        assert inbox.wait(0.05) == []
        lines.line_taken()
        assert inbox.wait(5) == [LineTyped("line")]
        for _ in range(500):
            lines.line_taken()
        os.close(writer)
        taken(inbox, lambda items: InputEnded() in items)


class StuckStream(io.StringIO):
    """A terminal that takes nothing until the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def write(self, text: str) -> int:
        self.released.wait(5)
        return super().write(text)


def test_writing_waits_for_no_terminal(inbox: Inbox) -> None:
    stream = StuckStream()
    writer = Writer(stream, inbox)
    writer.put("one ")
    writer.put("two")
    assert not writer.is_idle
    assert not writer.close(0.01)
    stream.released.set()
    assert writer.close(5)
    assert stream.getvalue() == "one two"
    assert inbox.wait(5)[-1] == OutputChanged()


class BrokenStream(io.StringIO):
    """Its reader is gone."""

    def flush(self) -> None:
        raise BrokenPipeError


def test_a_closed_output_is_told_and_takes_everything(inbox: Inbox) -> None:
    stream = BrokenStream()
    writer = Writer(stream, inbox)
    writer.put("one")
    assert inbox.wait(5)[0] == OutputChanged(is_closed=True)
    writer.put("two")
    assert writer.close(5)
    assert stream.getvalue() == "one"
