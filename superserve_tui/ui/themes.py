"""Two themes of our own: ink for dark rooms, paper for light ones.

May import: textual.
"""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

__all__ = ["DEFAULT_THEME", "THEMES", "theme_names"]

DEFAULT_THEME = "superserve-ink"

THEMES = (
    Theme(
        name="superserve-ink",
        primary="#7aa2c9",
        secondary="#8fb8a8",
        accent="#d9a066",
        foreground="#d5d8dc",
        background="#14171a",
        surface="#1a1e22",
        panel="#22272c",
        success="#8fbf8a",
        warning="#d9b166",
        error="#d87c7c",
        dark=True,
        variables={
            "block-cursor-text-style": "none",
            "button-focus-text-style": "bold",
            "block-cursor-background": "#2c3a47",
            "block-cursor-foreground": "#e8ebee",
            "input-selection-background": "#7aa2c9 30%",
            "scrollbar": "#2b3238",
            "scrollbar-hover": "#3a434b",
            "scrollbar-active": "#7aa2c9",
            "scrollbar-background": "#14171a",
            "scrollbar-background-hover": "#14171a",
            "scrollbar-background-active": "#14171a",
            "scrollbar-corner-color": "#14171a",
        },
    ),
    Theme(
        name="superserve-paper",
        primary="#2f6690",
        secondary="#3a7d6b",
        accent="#9a5b13",
        foreground="#24292e",
        background="#faf8f4",
        surface="#f2efe9",
        panel="#e8e4dc",
        success="#2f7d3b",
        warning="#8a6100",
        error="#b3372f",
        dark=False,
        variables={
            "block-cursor-text-style": "none",
            "button-focus-text-style": "bold",
            "block-cursor-background": "#cfdde8",
            "block-cursor-foreground": "#1b1f23",
            "input-selection-background": "#2f6690 25%",
            "scrollbar": "#d6d0c4",
            "scrollbar-hover": "#c4bcae",
            "scrollbar-active": "#2f6690",
            "scrollbar-background": "#faf8f4",
            "scrollbar-background-hover": "#faf8f4",
            "scrollbar-background-active": "#faf8f4",
            "scrollbar-corner-color": "#faf8f4",
        },
    ),
)


def theme_names() -> frozenset[str]:
    """The names of all themes: ours and Textual's."""
    return frozenset(BUILTIN_THEMES) | {theme.name for theme in THEMES}
