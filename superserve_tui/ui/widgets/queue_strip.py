"""The messages that wait, between transcript and composer.

May import: domain, textual, rich.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.widgets import Static

from superserve_tui.domain import Turn, clean_line

__all__ = ["QueueStrip"]

_SHOWN = 3


class QueueStrip(Static):
    """One line per waiting message, the first ones; hidden when nothing waits."""

    DEFAULT_CSS = """
    QueueStrip { height: auto; max-height: 4; padding: 0 2; color: $text-muted; display: none; }
    QueueStrip.-waiting { display: block; }
    """

    def show(self, turns: Sequence[Turn], *, is_paused: bool) -> None:
        """These messages, in order."""
        self.set_class(bool(turns), "-waiting")
        lines = [
            f"↳ {number}. {clean_line(turn.prompt, limit=200)}" for number, turn in enumerate(turns[:_SHOWN], 1)
        ]
        if is_paused and turns:
            lines.append("queue paused: Enter on an empty line sends the next, ctrl+c takes the last back; F4: all")
        elif len(turns) > _SHOWN:
            lines.append(f"  and {len(turns) - _SHOWN} more; F4 shows all")
        self.update(Text("\n".join(lines), no_wrap=True, overflow="ellipsis"))
