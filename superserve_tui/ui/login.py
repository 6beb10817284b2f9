"""What the UI needs to log a person in, as a Protocol: who does it stays outside.

May import: protocol, the standard library.
"""

from __future__ import annotations

from typing import Protocol

from superserve_tui.protocol.records import dataclass

__all__ = ["LoginCode", "LoginFlow"]


@dataclass(frozen=True, slots=True)
class LoginCode:
    """What the person needs elsewhere; foreign text."""

    address: str
    """Where to type the code: an http or https address."""
    code: str


class LoginFlow(Protocol):
    """One login by a code that is typed elsewhere. `start` and `wait` block: on a thread, one after the other."""

    def start(self) -> LoginCode:
        """Ask for a code. Raises errors of the tree in `protocol/errors.py`."""

    def wait(self) -> str:
        """Wait until the code was typed, save the key; returns what to say. Raises as `start`, and OSError."""

    def stop(self) -> None:
        """Give up; what blocks ends with an error. Any thread, any number of times."""
