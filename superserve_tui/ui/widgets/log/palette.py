"""The log's styles, resolved once from the theme: a style looked up per row costs more than the row.

May import: rich, the log's own modules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rich.style import Style

from superserve_tui.ui.widgets.log.inline import BOLD, CODE, FAINT, IMAGE, ITALIC, LINK, STRIKE

__all__ = ["COMPONENTS", "STYLES", "SYNTAX", "Palette"]

SYNTAX: Final = ("", "keyword", "string", "number", "comment", "name", "builtin", "inserted", "deleted")
"""Classes of highlighted code; a token carries the position in this tuple."""

_NAMES: Final = (
    "you",
    "agent",
    "muted",
    "prompt",
    "prompt-bar",
    "heading",
    "code",
    "fence",
    "fence-label",
    "quote",
    "bullet",
    "link",
    "line",
    "tool",
    "running",
    "ok",
    "failed",
    "warning",
    "cursor",
    "caret",
    "hit",
    "hit-current",
)

COMPONENTS: Final = frozenset(
    {f"message-log--{name}" for name in _NAMES} | {f"message-log--syntax-{name}" for name in SYNTAX if name}
)
"""The component classes that the theme is asked for."""

STYLES: Final = """
LogView {
    height: 1fr;
    background: $background;
    color: $foreground;
    overflow-x: hidden;
    overflow-y: auto;
    scrollbar-gutter: stable;
    scrollbar-size-vertical: 1;

    & > .message-log--you { color: $accent; text-style: bold; }
    & > .message-log--agent { color: $primary; text-style: bold; }
    & > .message-log--muted { color: $text-muted; }
    & > .message-log--prompt { background: $surface; color: $foreground; }
    & > .message-log--prompt-bar { background: $surface; color: $accent; }
    & > .message-log--heading { color: $primary; }
    & > .message-log--code { color: $secondary; }
    & > .message-log--fence { background: $surface; color: $foreground; }
    & > .message-log--fence-label { background: $surface; color: $text-muted; text-style: italic; }
    & > .message-log--quote { color: $secondary; }
    & > .message-log--bullet { color: $primary; }
    & > .message-log--link { color: $primary; }
    & > .message-log--line { color: $foreground 30%; }
    & > .message-log--tool { color: $foreground 85%; }
    & > .message-log--running { color: $accent; }
    & > .message-log--ok { color: $success; }
    & > .message-log--failed { color: $error; }
    & > .message-log--warning { color: $warning; }
    & > .message-log--cursor { color: $primary; }
    & > .message-log--caret { text-style: reverse; }
    & > .message-log--hit { background: $warning 35%; }
    & > .message-log--hit-current { background: $warning; color: $background; }
    & > .message-log--syntax-keyword { color: $primary; }
    & > .message-log--syntax-string { color: $success; }
    & > .message-log--syntax-number { color: $warning; }
    & > .message-log--syntax-comment { color: $text-muted; text-style: italic; }
    & > .message-log--syntax-name { color: $accent; }
    & > .message-log--syntax-builtin { color: $secondary; }
    & > .message-log--syntax-inserted { color: $success; }
    & > .message-log--syntax-deleted { color: $error; }
}
"""
"""The widget's own styles: semantic colours only."""


class Palette:
    """Styles by name, each with its background, so that a row needs no further pass.

    Args:
        lookup: Gives the style of a component class.
        base: The widget's own style.
        selection: The style of selected text.
    """

    def __init__(self, lookup: Callable[[str], Style], base: Style, selection: Style) -> None:
        self.base = base
        self.selection = selection
        self._named = {name: base + lookup(f"message-log--{name}") for name in _NAMES}
        fence = self._named["fence"]
        self.syntax = tuple(
            fence + lookup(f"message-log--syntax-{name}") + Style(bgcolor=fence.bgcolor) if name else fence
            for name in SYNTAX
        )
        self._marked: dict[tuple[str, int], Style] = {}

    def __getitem__(self, name: str) -> Style:
        return self._named[name]

    def marked(self, base: str, marks: int, target: str | None = None) -> Style:
        """The style of text with `marks` on top of the style called `base` (empty for the widget's own)."""
        key = (base, marks)
        style = self._marked.get(key)
        if style is None:
            style = self._named[base] if base else self.base
            if marks & CODE:
                style += self._named["code"]
            if marks & (FAINT | IMAGE):
                style += Style(color=self._named["muted"].color, italic=bool(marks & IMAGE))
            if marks & LINK:
                link = self._named["link"]
                style += Style(color=link.color, underline=True)
            style += Style(
                bold=True if marks & BOLD else None,
                italic=True if marks & ITALIC else None,
                strike=True if marks & STRIKE else None,
            )
            self._marked[key] = style
        return style if target is None else style + Style(meta={"link": target})
