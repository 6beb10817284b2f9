"""How a process ended and what it said last, in words for the person.

May import: the agents' base and stderr_ring, the standard library.
"""

from __future__ import annotations

import re
import signal

from superserve_tui.server.agents.base import AgentFailure
from superserve_tui.server.agents.stderr_ring import StderrRing

__all__ = ["exit_words", "failure_with_last_words"]

_SHOWN_LOG_LINES = 5
"""Lines of standard error in a failure: where it happened; the rest is in the agent's log."""

_SHOWN_LINE = 400
"""Characters of each of them."""

_BESIDE_THE_POINT = re.compile(r"\s|\W*\Z|Node\.js v\d")
"""Lines that do not say what was wrong: indented ones (stack frames, source), bare signs, and Node's last one."""


def exit_words(status: int, *, who: str = "it") -> str:
    """`it ended with exit code 3`, from an exit code or a negative signal number."""
    if status >= 0:
        return f"{who} ended with exit code {status}"
    try:
        return f"{who} was ended by signal {signal.Signals(-status).name}"
    except ValueError:
        return f"{who} was ended by signal {-status}"


def failure_with_last_words(what: str, code: str, log: StderrRing) -> AgentFailure:
    """The failure of a turn whose process can't go on.

    One sentence with the line of standard error that says most, for a Python traceback its last; below it the last
    lines as they are, where there are several. Only what came since `StderrRing.begin_turn` counts.

    Args:
        what: What happened, without a full stop.
        code: See `AgentFailure`.
        log: What the process wrote.
    """
    lines = [line[:_SHOWN_LINE] for line in log.lines_of_turn() if line.strip()]
    if not lines:
        return AgentFailure(f"{what}.", code=code)
    reason = next((line for line in reversed(lines) if not _BESIDE_THE_POINT.match(line)), lines[-1]).strip()
    shown = lines[-_SHOWN_LOG_LINES:] if len(lines) > 1 else []
    return AgentFailure("\n".join([f"{what}: {reason}", *shown]), code=code)
