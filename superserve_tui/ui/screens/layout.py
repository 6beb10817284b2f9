"""Which panes a window of a given size shows; the person's wishes come first where they fit.

May import: the standard library.
"""

from __future__ import annotations

from enum import StrEnum

from superserve_tui.protocol.records import dataclass

__all__ = ["Layout", "ToolsMode", "lay_out"]

SIDEBAR_WIDTH = 96
"""From this width on the sidebar stands beside the transcript; below it lies over it when asked for."""

TOOLS_WIDTH = 116
"""From this width on there is room for the tool pane."""

TOOLS_LEAST_WIDTH = 60
"""Below this width the tool pane would leave no room for the transcript, even where it is wanted."""

SIDEBAR_CELLS = 32
"""Of the sidebar, where it stands beside the transcript."""

WIDE_TOOLS_WIDTH = 152
"""From this width on, the sidebar aside, the tool pane is wide: 100 cells of text, gutters, and 48."""

WIDE_NOTICE_WIDTH = 168
"""From this width on, the sidebar aside, a wide notice stands beside the text: 100 cells, gutters, and 64."""

BARS_HEIGHT = 8
"""Below this height the title and the key bar give their lines to the transcript."""


AIRY_HEIGHT = 28
"""From this height on there is air around title and composer."""


class ToolsMode(StrEnum):
    """How the tools are shown."""

    AUTO = "auto"
    """The pane where there is room, else one line."""
    FULL = "full"
    LINE = "line"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Layout:
    """What is on screen."""

    has_sidebar: bool
    is_sidebar_over: bool
    """It lies over the transcript and goes when a session is chosen."""
    has_tool_pane: bool
    has_wide_tools: bool
    """There is room for more of what each call was given."""
    has_ticker: bool
    has_wide_notices: bool
    """What pops up is wide: there is no tool pane to lie over, or it stands beside all text."""
    has_bars: bool
    is_low: bool
    """Few lines: no air above the title and around the composer."""


def lay_out(width: int, height: int, *, sidebar: bool | None, tools: ToolsMode) -> Layout:
    """The panes for a window.

    Args:
        width: Cells.
        height: Lines.
        sidebar: Whether the person wants the sidebar; None: where there is room.
        tools: How the person wants the tools.
    """
    is_wide = width >= SIDEBAR_WIDTH
    has_sidebar = is_wide if sidebar is None else sidebar
    wants_tool_pane = tools is ToolsMode.FULL or (tools is ToolsMode.AUTO and width >= TOOLS_WIDTH)
    has_tool_pane = wants_tool_pane and width >= TOOLS_LEAST_WIDTH
    rest = width - (SIDEBAR_CELLS if has_sidebar and is_wide else 0)
    return Layout(
        has_sidebar=has_sidebar,
        is_sidebar_over=has_sidebar and not is_wide,
        has_tool_pane=has_tool_pane,
        has_wide_tools=rest >= WIDE_TOOLS_WIDTH,
        has_ticker=tools is ToolsMode.LINE or (tools is not ToolsMode.OFF and not has_tool_pane),
        has_wide_notices=not has_tool_pane or rest >= WIDE_NOTICE_WIDTH,
        has_bars=height >= BARS_HEIGHT,
        is_low=height < AIRY_HEIGHT,
    )
