"""Which way a copied text takes to a clipboard, and what is known of its arrival (PROMISES 18).

Every call blocks, a second per tool at most: call it from any thread but the one that draws.

May import: config, domain, protocol, the standard library.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

from superserve_tui.clipboard.tools import desktop_copy, desktop_tool, has_desktop, has_tmux, tmux_copy
from superserve_tui.config import write_private
from superserve_tui.domain import clean
from superserve_tui.protocol.records import dataclass

__all__ = ["OSC52_LIMIT", "TOOL_TIMEOUT_S", "CopyReport", "Route", "copy", "likely_route", "size_words"]

OSC52_LIMIT = 74_994
"""Bytes of text that terminals commonly take by OSC 52: 100,000 bytes of base64, less its frame."""

TOOL_TIMEOUT_S = 1.0
"""Seconds that each tool gets."""

_FILE_NAME = "clip.txt"
_DEAF_TERMINALS = frozenset({"", "dumb", "linux"})
"""Values of TERM whose terminals have no clipboard to set."""


class Route(StrEnum):
    """Where a copied text went."""

    DESKTOP = "desktop"
    """The desktop's own tool took it."""
    TMUX = "tmux"
    """A tmux buffer has it; tmux passes it on to its terminal, which does not answer."""
    TERMINAL = "terminal"
    """Written to the terminal as OSC 52, which is not answered."""
    FILE = "file"
    NONE = "none"
    """There was nothing to copy, or no way to keep it."""


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What became of a copied text."""

    route: Route
    size_bytes: int
    """Bytes of the cleaned text in UTF-8."""
    is_confirmed: bool
    """Something answered that the clipboard, or the file, has it."""
    tool: str | None = None
    """The desktop's tool, where that took it."""
    path: Path | None = None
    """The file, where one was written."""
    is_too_large: bool = False
    """Larger than the terminal takes."""
    problem: str | None = None
    """Why it could not be kept."""

    def describe(self) -> str:
        """One line for a person, which claims no more than is known."""
        size = size_words(self.size_bytes)
        match self.route:
            case Route.DESKTOP:
                return f"Copied {size} with {self.tool}"
            case Route.TMUX if self.path is not None:
                return f"Copied {size} to tmux's buffer; too large for the terminal, so also saved to {self.path}"
            case Route.TMUX if self.is_too_large:
                return f"Copied {size} to tmux's buffer; too large for the terminal's clipboard"
            case Route.TMUX:
                return f"Copied {size} to tmux's buffer; the terminal does not answer, so paste to check"
            case Route.TERMINAL:
                return f"Sent {size} to the terminal (OSC 52); it does not answer, so paste to check"
            case Route.FILE:
                why = "too large for the terminal" if self.is_too_large else "no clipboard within reach"
                return f"Saved {size} to {self.path} ({why})"
            case Route.NONE:
                return f"Not copied: {self.problem}" if self.problem else "Nothing to copy"


def copy(
    text: str,
    *,
    environ: Mapping[str, str],
    write_terminal: Callable[[str], None] | None,
    folder: Path,
    tool_timeout_s: float = TOOL_TIMEOUT_S,
) -> CopyReport:
    """Copy `text`, cleaned, by the first way that works. Never raises for what the world does.

    Args:
        text: Source text, as sent.
        environ: The environment, which says what desktop, tmux and ssh there are.
        write_terminal: Writes to the terminal; None where there is none. Called on this thread.
        folder: Where the file goes if nothing else takes the text; made with mode 0700 if missing.
        tool_timeout_s: Seconds that each tool gets.
    """
    text = clean(text)
    data = text.encode("utf-8", "replace")
    size = len(data)
    if not data:
        return CopyReport(Route.NONE, 0, is_confirmed=False)
    tool = desktop_copy(data, environ, timeout_s=tool_timeout_s) if has_desktop(environ) else None
    is_in_tmux = has_tmux(environ) and tmux_copy(data, environ, timeout_s=tool_timeout_s)
    if tool is not None:
        return CopyReport(Route.DESKTOP, size, is_confirmed=True, tool=tool)
    is_too_large = size > OSC52_LIMIT
    if is_in_tmux and not is_too_large:
        return CopyReport(Route.TMUX, size, is_confirmed=False)
    if write_terminal is not None and not is_too_large and _has_osc52(environ):
        try:
            write_terminal(f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\x07")
        except OSError:
            pass
        else:
            return CopyReport(Route.TERMINAL, size, is_confirmed=False)
    path = folder / _FILE_NAME
    try:
        write_private(path, data)
    except OSError as error:
        if is_in_tmux:
            return CopyReport(Route.TMUX, size, is_confirmed=False, is_too_large=True)
        problem = f"no clipboard within reach, and {path} can't be written ({error.strerror or error})"
        return CopyReport(Route.NONE, size, is_confirmed=False, is_too_large=is_too_large, problem=problem)
    route = Route.TMUX if is_in_tmux else Route.FILE
    return CopyReport(route, size, is_confirmed=route is Route.FILE, path=path, is_too_large=is_too_large)


def likely_route(environ: Mapping[str, str], *, has_terminal: bool) -> tuple[Route, str | None]:
    """The way that a short text would take now, with the desktop's tool where that is it; copies nothing."""
    if has_desktop(environ) and (tool := desktop_tool(environ, timeout_s=TOOL_TIMEOUT_S)):
        return Route.DESKTOP, tool
    if has_tmux(environ):
        return Route.TMUX, None
    if has_terminal and _has_osc52(environ):
        return Route.TERMINAL, None
    return Route.FILE, None


def size_words(size_bytes: int) -> str:
    """A size for a person, in decimal units."""
    if size_bytes < 1000:
        return f"{size_bytes} byte{'' if size_bytes == 1 else 's'}"
    if size_bytes < 999_950:
        return f"{size_bytes / 1000:.1f} kB"
    return f"{size_bytes / 1_000_000:.1f} MB"


def _has_osc52(environ: Mapping[str, str]) -> bool:
    return environ.get("TERM", "") not in _DEAF_TERMINALS
