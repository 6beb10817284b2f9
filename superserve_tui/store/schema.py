"""The database's tables, as an ordered list of steps: step n brings `user_version` n-1 to n.

A step that has been released is never changed; a new one is added, with its test.

May import: the standard library.
"""

from __future__ import annotations

__all__ = ["MIGRATIONS", "Migration"]

Migration = tuple[str, ...]
"""The statements of one step."""

# Times are integer microseconds since 1970, UTC. Rows of `search` find their source by number:
# session.key * 4 for a title, turn.key * 4 + 1, 2, 3 for its prompt, answer and tool inputs; so keys are never
# used twice (AUTOINCREMENT). `server_session` has no foreign key: a line of the ledger outlives its session.
_FIRST: Migration = (
    """
    CREATE TABLE session (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        profile TEXT NOT NULL,
        agent TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        state TEXT NOT NULL,
        title TEXT,
        server_id TEXT,
        server_ids TEXT NOT NULL,
        server_url TEXT,
        idle_timeout_s INTEGER NOT NULL,
        message_count INTEGER NOT NULL,
        last_activity_at INTEGER,
        is_pinned INTEGER NOT NULL,
        is_unread INTEGER NOT NULL,
        is_kept INTEGER NOT NULL,
        is_attached INTEGER NOT NULL,
        is_queue_paused INTEGER NOT NULL,
        draft TEXT NOT NULL,
        deleted_at INTEGER
    )
    """,
    """
    CREATE TABLE turn (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        session_key INTEGER NOT NULL REFERENCES session (key) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        state TEXT NOT NULL,
        started_at INTEGER,
        duration_ms INTEGER,
        max_turns_reached INTEGER NOT NULL,
        max_turns_message TEXT,
        server_id TEXT,
        events_seen INTEGER NOT NULL,
        count_before INTEGER,
        revises TEXT,
        error TEXT,
        prompt TEXT NOT NULL,
        calls TEXT,
        text TEXT NOT NULL
    )
    """,
    "CREATE INDEX turn_by_session ON turn (session_key, number)",
    "CREATE INDEX turn_by_time ON turn (created_at)",
    "CREATE INDEX turn_unfinished ON turn (state) WHERE state IN ('queued', 'sent', 'streaming')",
    """
    CREATE TABLE chunk (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        turn_key INTEGER NOT NULL REFERENCES turn (key) ON DELETE CASCADE,
        text TEXT NOT NULL,
        calls TEXT,
        events_seen INTEGER NOT NULL
    )
    """,
    "CREATE INDEX chunk_by_turn ON chunk (turn_key, key)",
    """
    CREATE TABLE server_session (
        server_id TEXT PRIMARY KEY NOT NULL,
        server_url TEXT NOT NULL,
        session_id TEXT NOT NULL,
        profile TEXT NOT NULL,
        owner TEXT NOT NULL,
        is_kept INTEGER NOT NULL,
        is_attached INTEGER NOT NULL,
        is_end_owed INTEGER NOT NULL,
        ended_at INTEGER
    ) WITHOUT ROWID
    """,
    "CREATE VIRTUAL TABLE search USING fts5 (body, tokenize = 'unicode61 remove_diacritics 2')",
    """
    CREATE TRIGGER session_gone AFTER DELETE ON session BEGIN
        DELETE FROM search WHERE rowid = old.key * 4;
    END
    """,
    """
    CREATE TRIGGER turn_gone AFTER DELETE ON turn BEGIN
        DELETE FROM search WHERE rowid IN (old.key * 4 + 1, old.key * 4 + 2, old.key * 4 + 3);
    END
    """,
)

_BUSY_IN: Migration = ("ALTER TABLE session ADD COLUMN busy_in TEXT",)

_DRAFT_REVISES: Migration = ("ALTER TABLE session ADD COLUMN draft_revises TEXT",)

_STRAY_DRAFT: Migration = (
    "CREATE TABLE stray_draft (owner TEXT PRIMARY KEY NOT NULL, text TEXT NOT NULL) WITHOUT ROWID",
)

MIGRATIONS: tuple[Migration, ...] = (_FIRST, _BUSY_IN, _DRAFT_REVISES, _STRAY_DRAFT)
