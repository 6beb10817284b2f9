"""How fast an answer appears: word by word like somebody writing, but never slow.

May import: the agents' base; the standard library.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from superserve_tui.server.agents.base import TurnSink

__all__ = ["INSTANT", "Pace", "split_pieces"]

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_WORD = re.compile(r"\s*\S+\s*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


@dataclass(frozen=True, slots=True)
class Pace:
    """The rhythm of an answer."""

    tick_s: float = 0.008
    """Seconds between two sends; the app draws every 33 ms, so finer steps would not be seen."""
    words_per_tick: int = 2
    """250 words a second, a quick model's speed."""
    lines_per_tick: int = 3
    """Lines of a code block; nobody reads them as they come."""
    longest_s: float = 1.0
    """What takes longer at this speed goes faster, so that it ends in about this time."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def stream(self, text: str, sink: TurnSink) -> None:
        """Send `text` in pieces; joined they are exactly `text`. Cancelling stops between two pieces."""
        pieces = [
            (piece, 1 / (self.lines_per_tick if is_line else self.words_per_tick))
            for piece, is_line in split_pieces(text)
        ]
        ticks = sum(weight for _, weight in pieces)
        speed = max(1.0, ticks * self.tick_s / self.longest_s)
        held: list[str] = []
        filled = 0.0
        for piece, weight in pieces:
            held.append(piece)
            filled += weight
            if filled >= speed - 1e-9:
                sink.text("".join(held))
                held.clear()
                filled = 0.0
                await self.sleep(self.tick_s)
        sink.text("".join(held))  # fmt: skip


INSTANT = Pace(tick_s=0.0)
"""No waiting, for programs and tests; the loop still gets its turn between two pieces."""


def split_pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Words of prose and whole lines of code blocks, each with its blanks; True for a line."""
    fence = ""
    for line in _LINE.findall(text):
        match = _FENCE.match(line)
        if fence:
            yield line, True
            if match is not None and match[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif match is not None:
            fence = match[1]
            yield line, True
        else:
            yield from ((word, False) for word in _WORD.findall(line) or ([line] if line else []))
