"""The keys of a dialog and what they do.

May import: textual.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.widgets import Static

__all__ = ["KeyHints"]


class KeyHints(Static):
    """Names of keys brighter than what they do, as in the key bar; wraps where the bar would leave some out.

    Words without a key say why one of them does nothing now.

    Args:
        keys: Names of keys and what they do, the most useful first.
    """

    DEFAULT_CSS = "KeyHints { height: auto; margin-top: 1; color: $text-muted; }"

    def __init__(self, *keys: tuple[str, str]) -> None:
        super().__init__(_line(keys))

    def show(self, *keys: tuple[str, str]) -> None:
        """Other keys."""
        self.update(_line(keys))


def _line(keys: Iterable[tuple[str, str]]) -> Content:
    return Content("   ").join(
        Content.assemble((key, "$foreground"), " ", label) if key else Content.styled(label, "$warning")
        for key, label in keys
    )
