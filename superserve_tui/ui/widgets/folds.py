"""Large texts in the composer, each shown as one short label; what stands behind a label is never lost.

May import: the standard library.
"""

from __future__ import annotations

import re

__all__ = ["Folds"]

FOLDED_LINES = 20
FOLDED_CHARACTERS = 2000
"""A text with more lines or characters than these, come in one piece, is folded."""

LINE_CHARACTERS = 200
"""A first or last line with more characters is folded with the rest."""

_LABEL = re.compile(r"\[pasted: [\w., ]{1,48} #(\d{1,9})\]")


class Folds:
    """The large texts of this run, and the labels that stand for them.

    A label is plain text in the document, such as `[pasted: 214 lines, 18 kB #1]`, and its number leads to what it
    stands for. So the document is all the state there is: undoing, moving and deleting need no book-keeping, and
    nothing is ever taken out of the list that labels lead to.
    """

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._labels: list[str] = []

    def fold(self, text: str) -> str:
        """`text` as it is shown: with labels for what was folded before, and for its middle if it is still large.

        The first and the last line stay where they are short: they are how a person knows a message again.
        `expand` gives `text` again, whatever it holds: what only looks like a label in it is folded too.
        """
        shown = self._with_known(text)
        if not _is_large(shown):
            return shown
        first, _, rest = text.partition("\n")
        middle, _, last = rest.rpartition("\n")
        if not _is_large(middle) or max(len(first), len(last)) > LINE_CHARACTERS:
            return self.label(text)
        label = self.label(middle)  # before the ends are looked at: they may look like it
        return "\n".join((self._with_known(first), label, self._with_known(last)))

    def fold_paste(self, text: str) -> str:
        """A paste as it is shown: as one label if it is large."""
        shown = self._with_known(text)
        return self.label(text) if _is_large(shown) else shown

    def label(self, text: str) -> str:
        """The label that stands for a text; the same text has the same one."""
        if text in self._texts:
            return self._labels[self._texts.index(text)]
        lines = _lines(text)
        size = f"{lines} line{'s' if lines != 1 else ''}, {_size(len(text.encode('utf-8', 'replace')))}"
        self._texts.append(text)
        self._labels.append(f"[pasted: {size} #{len(self._texts)}]")
        return self._labels[-1]

    def expand(self, shown: str) -> str:
        """What the person means: every label replaced by its text."""
        if "[pasted: " not in shown:
            return shown
        return _LABEL.sub(
            lambda found: self._texts[int(found[1]) - 1] if self._is_label(found) else found[0], shown
        )

    def spans(self, line: str) -> list[tuple[int, int]]:
        """Where labels begin and end in a line of the document."""
        if "[pasted: " not in line:
            return []
        return [found.span() for found in _LABEL.finditer(line) if self._is_label(found)]

    def _with_known(self, text: str) -> str:
        """`text` with labels for what was folded before, and for what only looks like a label."""
        known = -1
        while known != len(self._labels):  # a new label may be what another part of the text looks like
            known = len(self._labels)
            for start, end in self.spans(text):
                self.label(text[start:end])
        pieces = [(text, False)]
        for folded, label in sorted(zip(self._texts, self._labels, strict=True), key=lambda pair: -len(pair[0])):
            if len(folded) <= len(text) and folded in text:
                pieces = [each for piece in pieces for each in _split(piece, folded, label)]
        return "".join(piece for piece, _ in pieces)

    def _is_label(self, found: re.Match[str]) -> bool:
        number = int(found[1])
        return 1 <= number <= len(self._labels) and self._labels[number - 1] == found[0]


def _split(piece: tuple[str, bool], folded: str, label: str) -> list[tuple[str, bool]]:
    """A piece of text with the label between its parts; one that is a label stays as it is."""
    text, is_label = piece
    if is_label:
        return [piece]
    first, *rest = text.split(folded)
    return [(first, False), *(each for part in rest for each in ((label, True), (part, False)))]


def _is_large(text: str) -> bool:
    return len(text) > FOLDED_CHARACTERS or _lines(text) > FOLDED_LINES


def _lines(text: str) -> int:
    return text.count("\n") + (not text.endswith("\n"))


def _size(count: int) -> str:
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
