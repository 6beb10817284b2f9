"""Turns for the message log, and a bare app that shows one."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from rich.style import Style
from textual.app import App, ComposeResult

from superserve_tui.domain import Turn, TurnState
from superserve_tui.protocol import CallState, ToolCall
from superserve_tui.ui.widgets.log import LogDocument, MessageLog
from superserve_tui.ui.widgets.log.palette import Palette

__all__ = ["LogStage", "document_of", "make_call", "make_turn", "palette", "rows_of", "screen_of"]

WRITTEN_AT = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)


def make_turn(
    number: int = 1,
    text: str = "",
    *,
    prompt: str = "the question",
    state: TurnState = TurnState.COMPLETED,
    calls: tuple[ToolCall, ...] = (),
    error: str | None = None,
    server_id: str | None = "server-one",
    max_turns_message: str | None = None,
) -> Turn:
    """A turn with an answer."""
    return Turn(
        f"{number:032x}",
        number,
        prompt,
        WRITTEN_AT,
        state=state,
        text=text,
        calls=calls,
        error=error,
        duration_ms=3400 if state.is_over else None,
        max_turns_reached=max_turns_message is not None,
        max_turns_message=max_turns_message,
        server_id=server_id,
    )


def make_call(
    index: int = 0,
    *,
    name: str = "read_file",
    offset: int = 0,
    state: CallState = CallState.COMPLETED,
    said: object = "README.md",
) -> ToolCall:
    """A tool call."""
    duration_ms = None if state is CallState.RUNNING else 12
    return ToolCall(index, name, {"path": said}, state, offset, 0, duration_ms)


def palette() -> Palette:
    """Styles without colour."""
    return Palette(lambda _: Style(), Style(), Style(reverse=True))


def document_of(*turns: Turn, width: int = 60) -> LogDocument:
    """A document of these turns, at a width."""
    document = LogDocument("session", agent="workspace", clock=lambda: 100.0)
    document.load(turns)
    document.resize(width, palette())
    return document


def rows_of(document: LogDocument, height: int = 500) -> list[str]:
    """What the last `height` rows of a document read, after a frame."""
    document.sync(None)
    _, lines = document.lines(height)
    return [
        "".join(segment.text for segment in line.row.segments).rstrip() if line.row is not None else ""
        for line in lines
    ]


def screen_of(log: MessageLog) -> list[str]:
    """What the widget paints, row by row."""
    strips = log.render_lines(log.size.region)
    return [re.sub(r"\s+$", "", strip.text) for strip in strips]


class LogStage(App[None]):
    """An app with nothing but a log; collects what it tells."""

    def __init__(self, document: LogDocument) -> None:
        super().__init__()
        self.facts: list[MessageLog.Fact] = []
        self._document = document

    def compose(self) -> ComposeResult:
        yield MessageLog(self._document)

    @property
    def log_widget(self) -> MessageLog:
        """The log."""
        return self.query_one(MessageLog)

    def on_message_log_link_clicked(self, message: MessageLog.LinkClicked) -> None:
        self.facts.append(message)

    def on_message_log_call_clicked(self, message: MessageLog.CallClicked) -> None:
        self.facts.append(message)

    def on_log_view_follow_changed(self, message: MessageLog.FollowChanged) -> None:
        self.facts.append(message)

    def on_message_log_cursor_moved(self, message: MessageLog.CursorMoved) -> None:
        self.facts.append(message)

    def on_message_log_selecting_changed(self, message: MessageLog.SelectingChanged) -> None:
        self.facts.append(message)

    def on_message_log_copy_asked(self, message: MessageLog.CopyAsked) -> None:
        self.facts.append(message)
