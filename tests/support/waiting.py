"""Waiting for something that another thread does, without a sleep of a guessed length."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

__all__ = ["DEADLINE_S", "wait_for"]

DEADLINE_S = 20.0
"""How long a test waits for what must happen before it fails."""

_TURN_S = 0.001


def wait_for(condition: Callable[[], object], deadline_s: float = DEADLINE_S, *, what: str = "") -> None:
    """Return as soon as `condition()` is true.

    Args:
        condition: Looked at about every millisecond, on the calling thread.
        deadline_s: Seconds until it counts as failed.
        what: What was waited for, for the failure's message.

    Raises:
        AssertionError: it was not true in time.
    """
    never = threading.Event()
    until = monotonic() + deadline_s
    while not condition():
        assert monotonic() < until, f"not within {deadline_s} s: {what or condition}"
        never.wait(_TURN_S)
