'''A message of several lines, line by line: by a backslash at the end, or between lines of """.

May import: the standard library.
'''

from __future__ import annotations

__all__ = ["MessageLines"]

_FENCE = '"""'


class MessageLines:
    """Gathers lines until they are a whole message."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._is_fenced = False

    @property
    def is_open(self) -> bool:
        """Whether a message has begun that has no end yet."""
        return self._is_fenced or bool(self._lines)

    def add(self, line: str) -> str | None:
        """The next line; returns the message once it is whole."""
        if line.strip() == _FENCE and (self._is_fenced or not self._lines):
            if self._is_fenced:
                return self.take()
            self._is_fenced = True
            return None
        if self._is_fenced:
            self._lines.append(line)
            return None
        if line.endswith("\\"):
            self._lines.append(line[:-1])
            return None
        self._lines.append(line)
        return self.take()

    def take(self) -> str:
        """What has been gathered, whole or not; the next line begins a new message."""
        text = "\n".join(self._lines)
        self._lines, self._is_fenced = [], False
        return text
