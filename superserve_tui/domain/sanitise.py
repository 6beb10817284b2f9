"""Foreign text made safe to show: no control byte reaches the terminal, nothing readable is lost (PROMISES 15).

The store keeps text as it was sent; this is applied on the way out only. Whole escape sequences go, so that
coloured output reads well; of an unfinished one only the control character goes and its text stays.

May import: the standard library.
"""

from __future__ import annotations

import re

__all__ = ["StreamCleaner", "clean", "clean_line"]

# C0 without tab and newline, DEL, C1, line and paragraph separators' neighbours that reorder text
# (bidi embeddings, overrides, isolates), tag characters, and what Unicode says never stands in text.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)

_SEQUENCE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]"  # CSI: colours, cursor
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f\n]{0,4096}(?:\x07|\x1b\\\\|\x9c)"  # OSC, DCS and kin
    "|\x1b[ -/]{0,4}[0-Z\\\\^-~]"  # two-character sequences
)

_INTRODUCER = re.compile("[\x1b\x90\x98\x9b\x9d-\x9f]")

_UNFINISHED = re.compile(
    "(?:"
    "(?:\x1b\\[|\x9b)[0-?]{0,64}[ -/]{0,8}"
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f\n]{0,4096}\x1b?"
    "|\x1b[ -/]{0,4}"
    "|\r"
    ")\\Z"
)
"""What the next piece of a text may yet make a sequence, or one line end."""

_LONGEST = 2 + 4096 + 1
"""Characters of the longest unfinished sequence."""

_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029\x0b\x0c\x85]")
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    """`text` without control characters but newline and tab; any other line end becomes a newline."""
    if text.isascii() and text.isprintable():
        return text
    if _UNSAFE.search(text) is None and "\u2028" not in text and "\u2029" not in text:
        return text
    if _INTRODUCER.search(text) is not None:
        text = _SEQUENCE.sub("", text)
    return _UNSAFE.sub("", _LINE_ENDS.sub("\n", text))


def clean_line(text: str, *, limit: int | None = None) -> str:
    """`text` on one line: cleaned, white space folded, cut to `limit` characters with an ellipsis."""
    if limit is not None:
        text = text[: limit * 8 + 256]
    line = _SPACES.sub(" ", clean(text)).strip()
    if limit is not None and len(line) > limit:
        return line[: max(0, limit - 1)].rstrip() + "…"
    return line


class StreamCleaner:
    """`clean` for a text that comes in pieces: whatever the pieces, together they give what `clean` gives.

    What may be the beginning of a sequence is held back until the next piece shows what it is. One thread.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """The next piece; returns what is ready to be shown, which may be nothing."""
        text = self._held + piece
        self._held = ""
        tail = text[-_LONGEST:]
        if _INTRODUCER.search(tail) is not None or tail.endswith("\r"):
            unfinished = _UNFINISHED.search(tail)
            if unfinished is not None:
                self._held = unfinished[0]
                text = text[: len(text) - len(self._held)]
        return clean(text)

    def end(self) -> str:
        """Nothing more comes: what was held back, cleaned."""
        held, self._held = self._held, ""
        return clean(held)
