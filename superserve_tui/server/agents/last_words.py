"""How a process ended and what it said last, in words for the person.

May import: the agents' base and stderr_ring, the standard library.
"""

from __future__ import annotations

import signal

from superserve_tui.server.agents.base import AgentFailure
from superserve_tui.server.agents.stderr_ring import StderrRing

__all__ = ["exit_words", "failure_with_last_words"]

_SHOWN_LOG_LINES = 12
"""Lines of standard error in a failure: a short traceback, not a screenful."""

_SHOWN_LINE = 400
"""Characters of each of them."""


def exit_words(status: int) -> str:
    """`it ended with exit code 3`, from an exit code or a negative signal number."""
    if status >= 0:
        return f"it ended with exit code {status}"
    try:
        return f"it was ended by signal {signal.Signals(-status).name}"
    except ValueError:
        return f"it was ended by signal {-status}"


def failure_with_last_words(what: str, code: str, log: StderrRing) -> AgentFailure:
    """The failure of a turn whose process can't go on, with the end of what it wrote to standard error."""
    lines = [line[:_SHOWN_LINE] for line in log.lines()[-_SHOWN_LOG_LINES:]]
    tail = "\nIts last words on standard error:\n" + "\n".join(lines) if lines else ""
    return AgentFailure(f"{what}. The next message starts it again.{tail}", code=code)
