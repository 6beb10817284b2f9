"""What the tools took, added up: by tool, and over the session.

May import: ui.words, textual, rich.
"""

from __future__ import annotations

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from superserve_tui.ui.widgets.call_runs import CallRuns
from superserve_tui.ui.widgets.line_list import fit
from superserve_tui.ui.words import duration

__all__ = ["ToolTotals", "turn_total"]

_TOOLS = 4
"""Tools with a line of their own; the others share one."""


def turn_total(count: int, took_ms: int) -> str:
    """How many calls, and the times of those that ended added up: `4 calls · 1.3 s`."""
    if not count:
        return ""
    return f"{count} call{'s' if count > 1 else ''}" + (f" · {duration(took_ms)}" if took_ms else "")


class ToolTotals(Widget):
    """A few quiet lines below the pane; none where they would say what is seen already."""

    COMPONENT_CLASSES = {"totals--name", "totals--muted"}

    DEFAULT_CSS = """
    ToolTotals {
        height: auto;
        padding: 1 1 0 1;
        display: none;
        & > .totals--name { color: $foreground; }
        & > .totals--muted { color: $text-muted; }
    }
    ToolTotals.-has-lines { display: block; }
    """

    _lines: tuple[tuple[str, str, str], ...] = ()
    """Name, count and time of each line; a note has no time."""

    def show(self, runs: CallRuns, session: tuple[int, int]) -> None:
        """The sums of a turn's calls that ended.

        Args:
            runs: The turn's calls.
            session: How many calls the whole session made, and their milliseconds.
        """
        lines: list[tuple[str, str, str]] = []
        if 1 < len(runs.tools) < sum(count for count, _ in runs.tools.values()):
            tools = sorted(runs.tools.items(), key=lambda item: (-item[1][1], item[0]))
            shown = _TOOLS if len(tools) > _TOOLS + 1 else _TOOLS + 1
            lines += [(name, f"×{count}", duration(took_ms)) for name, (count, took_ms) in tools[:shown]]
            if rest := [sums for _, sums in tools[shown:]]:
                took_ms = sum(took_ms for _, took_ms in rest)
                lines.append((f"{len(rest)} more", f"×{sum(count for count, _ in rest)}", duration(took_ms)))
        if session[0] > len(runs.calls) > 0:
            lines.append(("whole session", f"×{session[0]}", duration(session[1])))
        if runs.is_order_assumed:
            lines.append(("≈ which call ended is assumed", "", ""))
        if tuple(lines) != self._lines:
            is_taller = len(lines) != len(self._lines)
            self._lines = tuple(lines)
            self.set_class(bool(lines), "-has-lines")
            self.refresh(layout=is_taller)

    def render(self) -> Text:
        """Names at the left, counts and times in columns at the right."""
        width = self.content_size.width
        muted, name_look = self._look("totals--muted"), self._look("totals--name")
        counts = max((cell_len(count) for _, count, _ in self._lines), default=0)
        text = Text(no_wrap=True, end="")
        for name, count, time in self._lines:
            end = f" {count:>{counts}} {time:>7}" if time else ""
            shown = fit(name, max(1, width - cell_len(end)))
            look = name_look if time and name != "whole session" else muted
            text.append("\n" if text else "")
            text.append(shown + " " * (width - cell_len(shown) - cell_len(end)), look)
            text.append(end, muted)
        return text

    def _look(self, name: str) -> Style:
        return Style(color=self.get_component_rich_style(name).color)
