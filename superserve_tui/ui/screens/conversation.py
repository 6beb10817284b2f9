"""What a session brings on the screen: its transcript and all that belongs to one.

Loaded when the first session is opened: the start shows none, and the transcript is a quarter of the UI.

May import: the UI's own modules, textual.
"""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from superserve_tui.ui.actions import Where, bindings_for
from superserve_tui.ui.widgets.find_bar import FindBar
from superserve_tui.ui.widgets.kept import Line
from superserve_tui.ui.widgets.log import MessageLog
from superserve_tui.ui.widgets.queue_strip import QueueStrip
from superserve_tui.ui.widgets.tool_pane import ToolPane
from superserve_tui.ui.widgets.tool_ticker import ToolTicker
from superserve_tui.ui.widgets.tool_totals import ToolTotals

__all__ = ["Conversation", "Tools", "Transcript"]


class Transcript(MessageLog):
    """The log with its keys."""

    HAS_OWN_BEAT = False
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for(Where.LOG)]


class Tools(ToolPane):
    """The pane with its keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        each for each in bindings_for(Where.TOOLS) if each.id not in ("tools.open",)
    ]


class Conversation:
    """The widgets, mounted in their places on the main screen when made.

    Args:
        screen: The main screen, composed.
    """

    def __init__(self, screen: Widget) -> None:
        self.log = Transcript(id="log")
        self.below = Line(id="below")
        """Says that there is more below."""
        self.find_bar = FindBar(id="find")
        self.ticker = ToolTicker(id="ticker")
        self.queue_strip = QueueStrip(id="queue")
        self.tool_pane = Tools(id="tool-list")
        self.tool_totals = ToolTotals(id="tool-totals")
        self.log.display = self.below.display = False  # until there is something to read
        main = screen.query_one("#main")
        main.mount(self.log, before="#welcome")
        main.mount(self.below, self.find_bar, self.ticker, self.queue_strip, before="#files")
        screen.query_one("#tools").mount(self.tool_pane, self.tool_totals)
