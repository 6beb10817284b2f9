"""What a program writes to a terminal, taken apart: text, control characters, escape sequences."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["SequenceSplitter", "parts_of"]

_CONTROL = "\x00-\x1f\x7f-\x9f"
_PART = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    r"|\x1b[\]PX^_][^\x1b\x07]*(?:\x07|\x1b\\)"  # OSC, DCS, SOS, PM, APC: strings with an end
    r"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"  # everything else that begins with an escape
    rf"|[{_CONTROL}]"
    rf"|[^{_CONTROL}]+"
)
_LONGEST = 4096
"""Characters until an unfinished sequence counts as one that never ends."""


class SequenceSplitter:
    """Splits a stream that comes in pieces; a sequence that is cut is held back until its rest is there."""

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, text: str) -> Iterator[str]:
        """The parts that are whole now: runs of plain text, single control characters, whole sequences."""
        text = self._rest + text
        place = 0
        while place < len(text):
            found = _PART.match(text, place)
            assert found is not None  # every character is in one of the two last classes
            part = found.group()
            if part == "\x1b" and len(text) - place < _LONGEST and _may_go_on(text[place:]):
                break
            yield part
            place = found.end()
        self._rest = text[place:]


def parts_of(text: str) -> list[str]:
    """The parts of a whole text; what is left of a cut sequence comes character by character."""
    splitter = SequenceSplitter()
    parts = list(splitter.feed(text))
    return parts + list(splitter._rest)


_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x1b\x07]*\x1b?|[ -/]*)\Z")


def _may_go_on(text: str) -> bool:
    return _UNFINISHED.match(text) is not None
