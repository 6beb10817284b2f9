"""What a session remembers, so that `it`, `the second one` and `more` mean something.

May import: this package's questions; the standard library.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from superserve_tui.server.agents.workspace.questions import Question, Reference, Target

__all__ = ["Memory", "Offer"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A question that waits for a choice."""

    choices: tuple[str, ...]
    """Paths, in the order shown."""
    question: Question
    """What is asked about the chosen one."""


@dataclass(slots=True)
class Memory:
    """The state of one conversation. It belongs to the event loop's thread."""

    path: str = ""
    """The file or folder talked about last; empty: none yet."""
    symbol: str = ""
    """The symbol talked about last."""
    is_about_symbol: bool = False
    """The symbol was the latest, not the file around it."""
    listed: tuple[str, ...] = ()
    """The paths of the last list, in its order."""
    position: int = -1
    """Which of them was looked at last; -1: none."""
    offer: Offer | None = None
    shown_to: int = 0
    """Last line of `path` that was shown; 0: nothing was cut off."""
    has_explained: bool = False
    """How a model is connected was told at length."""
    question: Question | None = field(default=None)
    """The last question that a `what about X` can repeat."""

    def look_at(self, path: str) -> None:
        """A file or folder is the subject now."""
        self.path = path
        self.is_about_symbol = False
        self.shown_to = 0
        if path in self.listed:
            self.position = self.listed.index(path)

    def speak_of(self, symbol: str, path: str = "") -> None:
        """A symbol is the subject now, and the file that defines it."""
        if path:
            self.look_at(path)
        self.symbol = symbol
        self.is_about_symbol = True

    def show_list(self, paths: Sequence[str]) -> None:
        """A list was shown; `first`, `next` and `last` walk through it. One of one is the subject at once."""
        self.listed = tuple(dict.fromkeys(paths))
        self.position = -1
        if len(self.listed) == 1:
            self.look_at(self.listed[0])

    def recall(self, target: Target) -> str:
        """The path that a reference means; empty where there is none."""
        match target.reference:
            case Reference.IT:
                return self.path or (self.listed[0] if len(self.listed) == 1 else "")
            case Reference.NEXT:
                return self._at(self.position + 1)
            case Reference.PREVIOUS:
                return self._at(self.position - 1)
            case Reference.LAST:
                return self.listed[-1] if self.listed else ""
            case Reference.NUMBER:
                return self._at(target.number - 1)
            case None:
                return ""

    def _at(self, index: int) -> str:
        return self.listed[index] if 0 <= index < len(self.listed) else ""
