"""Sessions and the ledger of server sessions, as SQL on a connection that is handed in.

Runs on the thread that owns the connection, inside the transaction that is open there.

May import: domain, protocol, the standard library, sqlite3.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from sqlite3 import Connection
from typing import Any

from superserve_tui.domain import ServerSession, Session, SessionState
from superserve_tui.protocol import dumps, scrub
from superserve_tui.store.columns import (
    from_micros,
    names_from_json,
    optional_text,
    to_integer,
    to_micros,
)
from superserve_tui.store.search import index_title

__all__ = [
    "TRASH_KEPT",
    "delete_session",
    "find_sessions",
    "live_server_sessions",
    "load_sessions",
    "purge",
    "restore_session",
    "save_server_session",
    "save_session",
    "save_stray_draft",
    "stray_drafts",
    "take_over",
]

TRASH_KEPT = timedelta(days=30)
"""How long a deleted session can be brought back, and an ended line of the ledger is kept."""

_COLUMNS = (
    "id, profile, agent, created_at, state, title, server_id, server_ids, server_url, idle_timeout_s, "
    "message_count, last_activity_at, is_pinned, is_unread, is_kept, is_attached, is_queue_paused, draft, "
    "draft_revises, busy_in, deleted_at"
)
_SELECT = f"SELECT {_COLUMNS} FROM session"
_NEWEST_FIRST = "ORDER BY coalesce(last_activity_at, created_at) DESC, key DESC"

# An update, never a REPLACE: that would delete the row first, and every turn with it. Only a restore brings a
# session back from the trash: a late save of one that was deleted meanwhile must not.
_UPSERT = f"""
    INSERT INTO session ({_COLUMNS}) VALUES ({", ".join("?" * 21)})
    ON CONFLICT (id) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS.split(", ")[1:-1])},
    deleted_at = coalesce(excluded.deleted_at, deleted_at)
"""


def save_session(connection: Connection, session: Session) -> None:
    """Insert or replace a session; its title can be found from now on."""
    old = connection.execute("SELECT key, title FROM session WHERE id = ?", (session.id,)).fetchone()
    title = optional_text(session.title)
    connection.execute(
        _UPSERT,
        (
            session.id,
            scrub(session.profile),
            scrub(session.agent),
            to_micros(session.created_at),
            session.state.value,
            title,
            optional_text(session.server_id),
            dumps(session.server_ids),
            optional_text(session.server_url),
            to_integer(session.idle_timeout_s),
            to_integer(session.message_count),
            to_micros(session.last_activity_at),
            session.is_pinned,
            session.is_unread,
            session.is_kept,
            session.is_attached,
            session.is_queue_paused,
            scrub(session.draft),
            session.draft_revises,
            optional_text(session.busy_in),
            to_micros(session.deleted_at),
        ),
    )
    if old is None:
        (key,) = connection.execute("SELECT key FROM session WHERE id = ?", (session.id,)).fetchone()
        index_title(connection, key, title)
    elif old[1] != title:
        index_title(connection, old[0], title)


def load_sessions(connection: Connection) -> tuple[Session, ...]:
    """All but those in the trash, newest activity first."""
    return tuple(_session(row) for row in connection.execute(f"{_SELECT} WHERE deleted_at IS NULL {_NEWEST_FIRST}"))


def find_sessions(connection: Connection, id_prefix: str) -> tuple[Session, ...]:
    """Sessions whose local id, or one of whose server ids, begins so; an exact id alone where there is one.

    Case, dashes and a leading `ses_` don't count. An empty prefix finds nothing.
    """
    prefix = _bare(id_prefix)
    if not prefix:
        return ()
    found = []
    exact = []
    for session in load_sessions(connection):
        ids = {_bare(name) for name in (session.id, session.server_id or "", *session.server_ids)}
        if any(name.startswith(prefix) for name in ids):
            found.append(session)
        if prefix in ids:
            exact.append(session)
    return tuple(exact or found)


def delete_session(connection: Connection, session_id: str, at: datetime) -> None:
    """To the trash; a session that lies there already keeps its date."""
    connection.execute(
        "UPDATE session SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL", (to_micros(at), session_id)
    )


def restore_session(connection: Connection, session_id: str) -> Session | None:
    """Back from the trash; None where no such session is known."""
    connection.execute("UPDATE session SET deleted_at = NULL WHERE id = ?", (session_id,))
    row = connection.execute(f"{_SELECT} WHERE id = ?", (session_id,)).fetchone()
    return None if row is None else _session(row)


def purge(connection: Connection, now: datetime) -> None:
    """Remove for good what has lain in the trash for `TRASH_KEPT`, and old lines of the ledger."""
    limit = to_micros(now - TRASH_KEPT)
    connection.execute("DELETE FROM session WHERE deleted_at <= ?", (limit,))
    connection.execute("DELETE FROM server_session WHERE ended_at <= ?", (limit,))


def save_server_session(connection: Connection, line: ServerSession) -> None:
    """Insert or replace a line of the ledger; its key is the server session's id."""
    connection.execute(
        "INSERT OR REPLACE INTO server_session"
        " (server_id, server_url, session_id, profile, owner, is_kept, is_attached, is_end_owed, ended_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            scrub(line.server_id),
            scrub(line.server_url),
            line.session_id,
            scrub(line.profile),
            scrub(line.owner),
            line.is_kept,
            line.is_attached,
            line.is_end_owed,
            to_micros(line.ended_at),
        ),
    )


def live_server_sessions(connection: Connection) -> tuple[ServerSession, ...]:
    """Every line that is not known to be ended."""
    rows = connection.execute(
        "SELECT server_id, session_id, profile, server_url, owner, is_kept, is_attached, is_end_owed"
        " FROM server_session WHERE ended_at IS NULL ORDER BY server_id"
    )
    return tuple(
        ServerSession(
            server_id=row[0],
            session_id=row[1],
            profile=row[2],
            server_url=row[3],
            owner=row[4],
            is_kept=bool(row[5]),
            is_attached=bool(row[6]),
            is_end_owed=bool(row[7]),
        )
        for row in rows
    )


def take_over(connection: Connection, dead: str, owner: str) -> None:
    """All that one app instance held is another's: live server sessions, and turns that ran."""
    connection.execute("UPDATE server_session SET owner = ? WHERE owner = ? AND ended_at IS NULL", (owner, dead))
    connection.execute("UPDATE session SET busy_in = ? WHERE busy_in = ?", (owner, dead))


def _bare(name: str) -> str:
    return name.strip().lower().removeprefix("ses_").replace("-", "")


def _session(row: tuple[Any, ...]) -> Session:
    created_at = from_micros(row[3]) or from_micros(0)
    assert created_at is not None
    return Session(
        id=row[0],
        profile=row[1],
        agent=row[2],
        created_at=created_at,
        state=_state(row[4]),
        title=row[5],
        server_id=row[6],
        server_ids=names_from_json(row[7]),
        server_url=row[8],
        idle_timeout_s=row[9],
        message_count=row[10],
        last_activity_at=from_micros(row[11]),
        is_pinned=bool(row[12]),
        is_unread=bool(row[13]),
        is_kept=bool(row[14]),
        is_attached=bool(row[15]),
        is_queue_paused=bool(row[16]),
        draft=row[17],
        draft_revises=row[18],
        busy_in=row[19],
        deleted_at=from_micros(row[20]),
    )


def _state(word: str) -> SessionState:
    try:
        return SessionState(word)
    except ValueError:
        return SessionState.INTERRUPTED  # a word that was edited in: one odd row must not hide the whole list


def save_stray_draft(connection: Connection, owner: str, text: str) -> None:
    """Replace an app instance's draft that belongs to no session; an empty one only goes."""
    connection.execute("DELETE FROM stray_draft WHERE owner = ?", (owner,))
    if text:
        connection.execute("INSERT INTO stray_draft (owner, text) VALUES (?, ?)", (owner, scrub(text)))


def stray_drafts(connection: Connection) -> dict[str, str]:
    """The drafts that belong to no session, by the app instance that left them."""
    return dict(connection.execute("SELECT owner, text FROM stray_draft"))
