"""What Textual keeps of widgets that are gone.

May import: textual.
"""

from __future__ import annotations

from textual._styles_cache import StylesCache

__all__ = ["forget_closed_widgets"]


def forget_closed_widgets() -> None:
    """Give up what Textual keeps of the last 1,024 widgets that it painted: all their rows, some 60 kB for each.

    In 8.2.8 `StylesCache.get_inner_outer`, a method, remembers its results, and with them every object that it was
    called on. They are colours, worked out again in microseconds.
    """
    clear = getattr(StylesCache.get_inner_outer, "cache_clear", None)
    if clear is not None:
        clear()
