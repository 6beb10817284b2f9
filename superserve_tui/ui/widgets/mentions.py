"""Files that a message names: how they are found by a few letters, and how they are written.

May import: domain, the standard library.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Sequence

from superserve_tui.domain import clean
from superserve_tui.protocol.records import dataclass

__all__ = ["Candidate", "best_matches", "candidates_of", "mention_of"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be meant."""

    path: str
    """POSIX, relative to the folder; foreign text."""
    low: str
    """It in lower case."""
    name_at: int
    """Where its last part begins."""


def candidates_of(paths: Iterable[str]) -> list[Candidate]:
    """Files made ready to be looked through; their order is kept."""
    return [Candidate(path, path.lower(), path.rfind("/") + 1) for path in paths]


def best_matches(query: str, candidates: Sequence[Candidate], *, limit: int) -> list[str]:
    """The paths that a person may mean by `query`, the likeliest first.

    A name that begins with it, then a name and a path that have it in them, then paths with its letters in order,
    the closest together first; among equals the shorter path. Linear: the matcher of the dialogs takes a second for
    20,000 paths, and for ever where a path repeats a letter often.
    """
    if not query:
        return [each.path for each in candidates[:limit]]
    wanted = query.lower()
    ranked = ((rank, place) for place, each in enumerate(candidates) if (rank := _rank(wanted, each)) is not None)
    return [candidates[place].path for _, place in heapq.nsmallest(limit, ranked)]


def mention_of(path: str) -> str:
    """How a message names a file: `@path`; one with spaces, quotes or unprintable characters as a JSON string.

    So each name stands in one piece and means one file, and no control character gets into a message.
    """
    if path.isprintable() and not any(sign in path for sign in " \"'\\`"):
        return f"@{path}"
    is_safe = clean(path) == path
    return f"@{json.dumps(path, ensure_ascii=not is_safe)}"


def _rank(wanted: str, candidate: Candidate) -> tuple[int, int, int] | None:
    """The smaller, the better; None where its letters are not there in order."""
    low, length = candidate.low, len(candidate.low)
    if low.startswith(wanted, candidate.name_at):
        return 0, 0, length
    at = low.rfind(wanted)
    if at >= 0:
        return (1 if at > candidate.name_at else 2), 0, length
    start = at = low.find(wanted[0])
    for letter in wanted[1:]:
        if at < 0:
            return None
        at = low.find(letter, at + 1)
    return (3, at - start, length) if at >= 0 else None
