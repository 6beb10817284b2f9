"""What was said so far, as a text that can go ahead of a message to an agent that does not know it.

May import: domain's transcript, the standard library.
"""

from __future__ import annotations

from collections.abc import Iterable

from superserve_tui.domain.transcript import Turn, TurnState

__all__ = ["RECAP_CHARS", "recap_of", "with_recap"]

RECAP_CHARS = 400_000
"""Of a recap, at most: a server takes bodies of 4 MB, and no model's memory is longer than this."""

_HEAD = "This is what was said before, in a session that has ended:"
_TAIL = "That was the recap; here is my message."


def recap_of(turns: Iterable[Turn], *, limit: int = RECAP_CHARS) -> str:
    """The messages and answers in order, as they were sent; the oldest are left out beyond `limit` characters.

    Empty where nothing was said. A turn whose message never arrived is no part of it.
    """
    pieces: list[str] = []
    room = limit
    said = [turn for turn in turns if turn.state is not TurnState.QUEUED]
    for turn in reversed(said):
        piece = _piece(turn)
        if len(piece) > room:
            break
        pieces.insert(0, piece)
        room -= len(piece)
    if not said:
        return ""
    left_out = len(said) - len(pieces)
    if left_out:
        pieces.insert(0, f"({left_out} earlier turn{'s' if left_out > 1 else ''} left out.)")
    return "\n\n".join((_HEAD, *pieces, _TAIL))


def with_recap(recap: str, prompt: str) -> str:
    """The one message that is sent: the recap ahead of the person's own words."""
    return f"{recap.rstrip()}\n\n{prompt}" if recap.strip() else prompt


def _piece(turn: Turn) -> str:
    answer = turn.text.strip("\n") or "(There was no answer.)"
    end = "" if turn.state is TurnState.COMPLETED else f"\n(This answer was not finished: {turn.state}.)"
    return f"I said:\n{turn.prompt}\n\nYou answered:\n{answer}{end}"
