"""The last lines that an agent wrote to standard error, in bounded memory however much it writes.

May import: the standard library.
"""

from __future__ import annotations

__all__ = ["StderrRing"]

MAX_LINES = 200
"""Lines that are kept: what a traceback and its surroundings need."""

MAX_BYTES = 64 * 1024
"""Bytes that are kept, since one line may be any length."""


class StderrRing:
    """Keeps the end of a byte stream, and gives it as lines. Used on the server's loop only."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._cut = False
        self._turn_began_at = 0
        """Where in `_bytes` the turn's part begins; negative where that is cut off."""

    def feed(self, data: bytes) -> None:
        """More of the stream."""
        self._bytes += data
        if len(self._bytes) > 2 * MAX_BYTES:  # half of the copying that cutting at each read would cost
            self._turn_began_at -= len(self._bytes) - MAX_BYTES
            del self._bytes[:-MAX_BYTES]
            self._cut = True

    def begin_turn(self) -> None:
        """What comes from now on belongs to another turn."""
        self._turn_began_at = len(self._bytes)

    def note(self, line: str) -> None:
        """A line of our own, on its own line."""
        if self._bytes and not self._bytes.endswith(b"\n"):
            self._bytes += b"\n"
        self.feed(line.encode("utf-8", "replace") + b"\n")

    def lines(self) -> list[str]:
        """The last lines, oldest first, without their line breaks; a line that was cut in front is left out."""
        return self._lines_from(0)

    def lines_of_turn(self) -> list[str]:
        """Those of them that came since the last `begin_turn`."""
        return self._lines_from(self._turn_began_at)

    def _lines_from(self, start: int) -> list[str]:
        oldest = max(0, len(self._bytes) - MAX_BYTES)
        data = bytes(self._bytes[max(start, oldest) :])
        lines = data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
        is_cut = start < oldest or (self._cut and start <= 0)
        if is_cut and len(lines) > 1:
            del lines[0]
        if lines and not lines[-1]:
            del lines[-1]
        return lines[-MAX_LINES:]
