"""What a stream calls while it is read.

May import: the standard library, protocol.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from superserve_tui.protocol import RunResult, SuperserveError, ToolCall

__all__ = ["Callbacks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Callbacks:
    """Functions that a stream calls on the thread that reads it; each may be left out.

    An exception that one of them raises ends the stream and reaches whoever reads it.
    """

    on_text: Callable[[str], object] | None = None
    """More text of the answer."""
    on_tool_start: Callable[[ToolCall], object] | None = None
    """A tool call began."""
    on_tool_end: Callable[[ToolCall], object] | None = None
    """A tool call ended."""
    on_finish: Callable[[RunResult], object] | None = None
    """The turn ended, in whatever way; called once, not after `on_error`."""
    on_error: Callable[[SuperserveError], object] | None = None
    """The request failed before a stream began; called once, and the error is raised as well."""
    on_wait: Callable[[float, str], object] | None = None
    """The server is busy: the message is sent again after so many seconds, for that reason."""
    on_reconnect: Callable[[int, int], object] | None = None
    """The link was lost: try n of m follows, after a wait."""
    on_connected: Callable[[], object] | None = None
    """The link is up again after it was lost."""
