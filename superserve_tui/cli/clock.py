"""Times for a person.

May import: the standard library.
"""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["ago", "now"]


def now() -> datetime:
    """Wall time, aware UTC."""
    return datetime.now(UTC)


def ago(moment: datetime | None) -> str:
    """How long ago, in one unit; a date beyond a month, `unknown` for None; the future is `now`."""
    if moment is None:
        return "unknown"
    seconds = (now() - moment).total_seconds()
    if seconds < 60:
        return "now"
    for size, name in ((3600, "min"), (86_400, "h")):
        if seconds < size:
            return f"{int(seconds // (60 if name == 'min' else 3600))} {name} ago"
    if seconds < 31 * 86_400:
        days = int(seconds // 86_400)
        return f"{days} day{'s' if days > 1 else ''} ago"
    return f"{moment.astimezone():%Y-%m-%d}"
