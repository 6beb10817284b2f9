"""Which sessions need the person, and the walk from one to the next.

May import: domain, ui.words, the standard library.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from superserve_tui.domain import Session, SessionState
from superserve_tui.ui.words import EXPIRES_SOON_S, expires_in_s

__all__ = ["Walk", "needing"]


def needing(sessions: Iterable[Session], *, unnoticed: Collection[str], now: datetime) -> list[Session]:
    """The sessions that need the person, the most urgent first; the given order among equals.

    Args:
        sessions: In the order of the list.
        unnoticed: Ids of those that expired while they were not on screen. Most of a store expired long ago and
            needs nobody: one that did counts only with these, with news, or with text that waits to be sent.
        now: Wall time, aware UTC.
    """
    ranked = [(rank, each) for each in sessions if (rank := _rank(each, each.id in unnoticed, now)) is not None]
    return [each for _, each in sorted(ranked, key=lambda pair: pair[0])]


def _rank(session: Session, is_unnoticed: bool, now: datetime) -> int | None:
    match session.state:
        case SessionState.FAILED:
            return 0
        case SessionState.INTERRUPTED:
            return 1
        case SessionState.EXPIRED if is_unnoticed or session.is_unread or session.draft.strip():
            return 2
    if session.is_unread:
        return 3
    left_s = expires_in_s(session, now)
    return 4 if left_s is not None and left_s <= EXPIRES_SOON_S else None


class Walk:
    """A round through the sessions that need the person: each once, then from the start.

    One that was visited is read by then, or still failed: neither its mark nor its place says where the round is.
    """

    def __init__(self) -> None:
        self._visited: set[str] = set()

    def step(self, needing: Sequence[Session], current_id: str | None) -> str | None:
        """The session to go to; None where no other needs the person."""
        self._visited &= {each.id for each in needing}  # what needs them again is news
        others = [each.id for each in needing if each.id != current_id]
        ahead = [each for each in others if each not in self._visited]
        if not ahead:
            self._visited.clear()
            ahead = others
        if not ahead:
            return None
        self._visited.add(ahead[0])
        return ahead[0]
