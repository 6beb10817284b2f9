"""The ledger of server sessions: what was made, by whom, and what must still be ended.

May import: the standard library.
"""

from __future__ import annotations

from datetime import datetime

from superserve_tui.protocol.records import dataclass

__all__ = ["ServerSession"]


@dataclass(frozen=True, slots=True)
class ServerSession:
    """A session on a server that this store has made or attached."""

    server_id: str
    session_id: str
    """The saved session that it serves."""
    profile: str
    server_url: str
    """Base URL of its server."""
    owner: str
    """The app instance that holds it."""
    is_kept: bool = False
    """Not ended by quitting."""
    is_attached: bool = False
    """Made elsewhere: not ended by quitting."""
    is_end_owed: bool = False
    """It was to be ended and that did not get through: the next start tries again."""
    ended_at: datetime | None = None
    """When it was ended, or found gone; aware UTC; None while it is live as far as we know."""
