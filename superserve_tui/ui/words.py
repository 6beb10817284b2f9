"""How states, ages and durations are put in words and signs; one place, so that all panes agree.

May import: domain, protocol, the standard library.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from superserve_tui.domain import Session, SessionState, clean_line
from superserve_tui.protocol import CallState

__all__ = [
    "EXPIRES_SOON_S",
    "SPINNER",
    "age",
    "countdown",
    "duration",
    "elapsed",
    "expires_in_s",
    "glyph",
    "session_title",
    "size",
]

EXPIRES_SOON_S = 300
"""From here on a session counts as about to expire."""

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
"""Frames of the sign for something that runs; all one cell wide."""

_GLYPHS = {
    SessionState.DRAFT: "◦",
    SessionState.STARTING: "◌",
    SessionState.RUNNING: "●",
    SessionState.STOPPING: "◌",
    SessionState.IDLE: "○",
    SessionState.FAILED: "✗",
    SessionState.INTERRUPTED: "!",
    SessionState.EXPIRED: "×",
    SessionState.ENDED: "–",
}


def glyph(state: SessionState, *, frame: int = 0) -> str:
    """The one-cell sign of a state; busy ones turn with `frame`."""
    return SPINNER[frame % len(SPINNER)] if state.is_busy else _GLYPHS[state]


def call_glyph(state: CallState, *, frame: int = 0) -> str:
    """The one-cell sign of a tool call; one that runs turns with `frame`."""
    match state:
        case CallState.RUNNING:
            return SPINNER[frame % len(SPINNER)]
        case CallState.COMPLETED:
            return "✓"
        case CallState.INTERRUPTED:
            return "!"


def session_title(session: Session, *, limit: int = 80) -> str:
    """A session's title on one line, safe to show."""
    return clean_line(session.title or "", limit=limit) or "New session"


def duration(milliseconds: int) -> str:
    """A duration in at most six signs: `8 ms`, `1.2 s`, `42 s`, `3m 05s`, `2h 07m`."""
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    seconds = milliseconds / 1000
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02d}m"


def elapsed(span: timedelta) -> str:
    """How long something has been going on, in whole seconds; a clock that went back counts as none."""
    seconds = max(0, int(span.total_seconds()))
    return f"{seconds} s" if seconds < 60 else duration(seconds * 1000)


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago, in a few signs: `now`, `5m`, `3h`, `2d`, `5w`; a time ahead of the clock is `now`."""
    if moment is None:
        return ""
    seconds = (now - moment) / timedelta(seconds=1)
    for size, unit in ((604_800, "w"), (86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return "now"


def expires_in_s(session: Session, now: datetime) -> float | None:
    """Seconds until the server ends the session, by our clock, never negative; None where nothing counts down."""
    is_waiting = session.state in (SessionState.IDLE, SessionState.FAILED, SessionState.INTERRUPTED)
    if not is_waiting or session.server_id is None or session.last_activity_at is None:
        return None
    idle_s = max(0.0, (now - session.last_activity_at).total_seconds())
    return max(0.0, session.idle_timeout_s - idle_s)


def countdown(seconds: float) -> str:
    """A countdown as an estimate: `~28 min`, `~45 s`."""
    if seconds >= 7200:
        return f"~{seconds / 3600:.0f} h"
    return f"~{seconds / 60:.0f} min" if seconds >= 90 else f"~{seconds:.0f} s"


def size(size_bytes: int) -> str:
    """A size in decimal units: `340 bytes`, `12.3 kB`, `4.0 MB`."""
    if size_bytes < 1000:
        return f"{size_bytes} byte{'' if size_bytes == 1 else 's'}"
    return f"{size_bytes / 1000:.1f} kB" if size_bytes < 999_950 else f"{size_bytes / 1_000_000:.1f} MB"
