"""How long a running turn has been silent, and whether its server at least is alive (PROMISES 9).

May import: the standard library.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Silence"]

SILENCE_S = 2.0
"""Silence up to this long is not worth a word."""

OFFER_S = 10.0
"""From here on without a byte, the ways out are offered: another connection, or a stop."""


class Silence:
    """When each session was last heard of.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._data: dict[str, float] = {}
        self._bytes: dict[str, float] = {}

    def heard(self, session_id: str) -> None:
        """Text, a tool, a status, or the turn's begin."""
        self._data[session_id] = self._bytes[session_id] = self._clock()

    def beat(self, session_id: str) -> None:
        """A heartbeat: the link is alive."""
        self._bytes[session_id] = self._clock()

    def is_silent(self, session_id: str) -> bool:
        """Whether a running turn says nothing."""
        return self._clock() - self._data.get(session_id, self._clock()) >= SILENCE_S

    def is_dead(self, session_id: str) -> bool:
        """Whether not even a sign of life has come for so long that the person may want another connection."""
        return self._clock() - self._bytes.get(session_id, self._clock()) >= OFFER_S

    def words(self, session_id: str) -> str:
        """What to say of a running turn; empty while it speaks."""
        if session_id not in self._data:
            return ""
        now = self._clock()
        without_bytes_s, without_data_s = now - self._bytes[session_id], now - self._data[session_id]
        if without_bytes_s >= SILENCE_S:
            return f"no data for {without_bytes_s:.0f} s"
        return f"waiting {without_data_s:.0f} s" if without_data_s >= SILENCE_S else ""
