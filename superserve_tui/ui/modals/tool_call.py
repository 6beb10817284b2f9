"""One tool call, whole: its input and its times.

May import: domain, protocol, textual, rich.
"""

from __future__ import annotations

import asyncio
import json

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from superserve_tui.domain import clean, clean_line
from superserve_tui.protocol import CallState, ToolCall
from superserve_tui.ui.modals.dialog import Dialog
from superserve_tui.ui.widgets.key_hints import KeyHints
from superserve_tui.ui.widgets.log.highlight import highlight
from superserve_tui.ui.widgets.log.palette import SYNTAX
from superserve_tui.ui.words import duration

__all__ = ["ToolCallDialog", "input_as_text"]

_SHOWN_CHARS = 200_000
_COLOURED_CHARS = 50_000
"""More stays plain: it would take longer to draw than to read."""
_LOOKS = {
    "keyword": "$primary",
    "string": "$success",
    "number": "$warning",
}
"""Colours of the parts of JSON; what stands between has the text's own."""


def input_as_text(call: ToolCall) -> str:
    """The call's input: a text as it is, anything else as indented JSON."""
    if isinstance(call.input, str):
        return call.input
    return json.dumps(call.input, ensure_ascii=False, indent=2)


class ToolCallDialog(Dialog[str]):
    """Shows the call; `y` answers with its input, to be copied."""

    BINDINGS = [Binding("y", "copy", "Copy", show=False), Binding("enter", "cancel", show=False)]

    DEFAULT_CSS = """
    ToolCallDialog > Vertical { width: 90; }
    ToolCallDialog VerticalScroll { height: auto; max-height: 24; background: $surface; padding: 0 1; }
    ToolCallDialog VerticalScroll Static { height: auto; }
    """

    def __init__(self, call: ToolCall) -> None:
        super().__init__()
        self._call = call

    def compose(self) -> ComposeResult:
        """Name and times, then the input."""
        call = self._call
        shown = clean(input_as_text(call))
        if len(shown) > _SHOWN_CHARS:
            shown = shown[:_SHOWN_CHARS] + "\n… (more: y copies it whole)"
        with Vertical():
            yield Static(Text(clean_line(call.name, limit=80)), classes="dialog--title")
            yield Static(Text(_times(call)), classes="dialog--text")
            with VerticalScroll():
                yield Static(Text(shown), id="input")
            yield KeyHints(("y", "copy the input"), ("Up Down", "scroll"), ("Esc", "close"))

    def on_mount(self) -> None:
        """Colour the input, once it is on screen."""
        if not isinstance(self._call.input, str):
            self._colour(clean(input_as_text(self._call)))

    @work(exit_on_error=False)
    async def _colour(self, text: str) -> None:
        lines = await asyncio.to_thread(highlight, text, "json") if len(text) <= _COLOURED_CHARS else None
        if lines is not None:
            pieces = [piece for line in lines for piece in (*line, ("\n", 0))][:-1]
            coloured = Content.assemble(*((part, _LOOKS.get(SYNTAX[kind], "")) for part, kind in pieces))
            self.query_one("#input", Static).update(coloured)

    def action_copy(self) -> None:
        """Answer with the input."""
        self.dismiss(input_as_text(self._call))


def _times(call: ToolCall) -> str:
    """What became of it, how long that took, and when it began."""
    began = f"{duration(call.started_ms)} into the turn"
    if call.state is CallState.RUNNING:
        return f"running since {began}"
    took = "" if call.duration_ms is None else f"took {duration(call.duration_ms)}, "
    assumed = "; which call ended was not said, the oldest is assumed" if call.is_order_assumed else ""
    return f"{call.state}, {took}began {began}{assumed}"
