"""The one line that stands for the pane of tool calls where there is no room.

May import: domain, protocol, ui.words, textual, rich.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text
from textual.widget import Widget

from superserve_tui.protocol import CallState, ToolCall
from superserve_tui.ui.widgets.call_runs import end_of, tool_name
from superserve_tui.ui.widgets.line_list import fit
from superserve_tui.ui.widgets.log.frame import input_gist
from superserve_tui.ui.words import call_glyph, duration

__all__ = ["ToolTicker"]


class ToolTicker(Widget):
    """One line that says what the tools do, where the pane has no room."""

    DEFAULT_CSS = """
    ToolTicker { height: 1; padding: 0 2; color: $text-muted; display: none; }
    ToolTicker.-has-calls { display: block; }
    """

    _pieces: tuple[str, str] = ("", "")

    def show(self, calls: Sequence[ToolCall], frame: int, elapsed_ms: int) -> None:
        """The running call, else the last one, and how many there were."""
        self.set_class(bool(calls), "-has-calls")
        if not calls:
            return
        running = [call for call in calls if call.state is CallState.RUNNING]
        call = running[-1] if running else calls[-1]
        count = f"{len(calls)} tool{'s' if len(calls) > 1 else ''}"
        sign = call_glyph(call.state, frame=frame)
        words = f"{sign} {tool_name(call)} {input_gist(call.input)}"
        pieces = words, f" · {duration(end_of(call, elapsed_ms // 100 * 100) - call.started_ms)} · {count}"
        if pieces != self._pieces:
            self._pieces = pieces
            self.refresh()

    def render(self) -> Text:
        """What the call is, cut to what its clock leaves."""
        words, end = self._pieces
        return Text(fit(words, max(8, self.size.width - cell_len(end))) + end, no_wrap=True, overflow="ellipsis")
