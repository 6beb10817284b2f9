"""The part of a text that a search found, on one line.

FTS5 has a function for it, whose time grows with the square of a word's occurrences: minutes where a long answer
says a common word 100,000 times. This one looks at the first few occurrences only.

May import: the standard library.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import islice

from superserve_tui.protocol.records import dataclass

__all__ = ["Term", "snippet"]

_WORDS = 8
"""Words that are shown before the hit; twice as many from it on."""

_BEFORE, _AFTER = 70, 120
"""Characters that are shown at most before the hit, and from it on."""

_WORD_START = 20
"""How far a hit inside a word is moved to that word's beginning, in characters."""

_OCCURRENCES = 40
"""Occurrences of each term that are looked at to find a place with most of the terms."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a quoted phrase of a query."""

    text: str
    is_quoted: bool

    @property
    def has_words(self) -> bool:
        """Whether the index can know any of it: signs and emoji are not in it."""
        return any(sign.isalnum() for sign in self.text)


def snippet(text: str, terms: Sequence[Term]) -> str:
    """Where most of `terms` stand together in `text`, with the words around them; foreign text."""
    at = _place(_folded(text), [_folded(term.text) for term in terms])
    start = at
    while start and at - start < _WORD_START and not text[start - 1].isspace():
        start -= 1
    before = text[max(0, start - _BEFORE) : start].split()
    after = text[start : start + _AFTER].split()
    is_cut_left = start > _BEFORE or len(before) > _WORDS
    is_cut_right = start + _AFTER < len(text) or len(after) > _WORDS * 2
    line = " ".join([*before[-_WORDS:], *after[: _WORDS * 2]])
    return ("…" if is_cut_left else "") + line + ("…" if is_cut_right else "")


def _place(text: str, words: Sequence[str]) -> int:
    """Where the most of `words` stand close together; 0 where none does."""
    found = [_places(text, word) for word in words]
    best, most = 0, 0
    for at in sorted({at for places in found for at in places}):
        near = sum(any(at <= place < at + _AFTER for place in places) for places in found)
        if near > most:
            best, most = at, near
    return best


def _places(text: str, word: str) -> list[int]:
    """Where `word` begins a word, whatever stands between its parts; else wherever it stands."""
    parts = re.findall(r"\w+", word)
    patterns = [re.escape(word)]
    if parts:
        joined = r"\W{1,8}".join(re.escape(part) for part in parts)
        patterns = [rf"(?<!\w){joined}", joined, *patterns]
    for pattern in patterns:
        places = [match.start() for match in islice(re.finditer(pattern, text), _OCCURRENCES)]
        if places:
            return places
    return []


def _folded(text: str) -> str:
    """`text` without case and accents, sign for sign, so that places are the same in both."""
    if text.isascii():
        return text.lower()
    return text.translate({ord(sign): _base(sign) for sign in set(text)})


def _base(sign: str) -> str:
    return unicodedata.normalize("NFD", sign)[0].lower()[:1] or sign
