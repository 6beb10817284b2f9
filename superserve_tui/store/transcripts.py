"""Turns, as SQL on a connection that is handed in.

A turn is one row. While it streams, what is appended becomes rows of `chunk`, each with the calls that changed
and the event count that goes with it, so that a long answer is not written again at every append; saving the
turn folds them away. Tool calls are one JSON list per row: a transcript of 1,000 turns is read in two queries.

Runs on the thread that owns the connection, inside the transaction that is open there.

May import: domain, protocol, the standard library, sqlite3.
"""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection
from typing import Any

from superserve_tui.domain import Stretch, Turn, TurnState
from superserve_tui.protocol import ToolCall, scrub
from superserve_tui.store.columns import (
    LARGEST,
    calls_from_json,
    calls_to_json,
    from_micros,
    optional_integer,
    optional_text,
    to_integer,
    to_micros,
)
from superserve_tui.store.search import index_answer, index_prompt

__all__ = [
    "append",
    "has_session",
    "load_prompts",
    "load_stretch",
    "load_turns",
    "load_unfinished",
    "remove_turn",
    "save_turn",
    "turn_counts",
]

_COLUMNS = (
    "id, session_key, number, created_at, state, started_at, duration_ms, max_turns_reached, max_turns_message, "
    "server_id, events_seen, count_before, revises, error, prompt, calls, text"
)
_SELECT = f"SELECT {', '.join(f'turn.{name}' for name in ('key', *_COLUMNS.split(', ')))} FROM turn"
_UPSERT = f"""
    INSERT INTO turn ({_COLUMNS}) VALUES ({", ".join("?" * 17)})
    ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS.split(", ")[1:])}
    RETURNING key
"""


def has_session(connection: Connection, session_id: str) -> bool:
    """Whether the session is in this database (the trash counts)."""
    return connection.execute("SELECT 1 FROM session WHERE id = ?", (session_id,)).fetchone() is not None


def save_turn(connection: Connection, session_id: str, turn: Turn) -> None:
    """Insert or replace a turn with its text and calls; what was appended before is folded away.

    Its message can be found from now on, its answer and tool inputs once it is over.

    Raises:
        sqlite3.IntegrityError: there is no such session.
    """
    found = connection.execute("SELECT key FROM session WHERE id = ?", (session_id,)).fetchone()
    old = connection.execute("SELECT key, state, prompt, text, calls FROM turn WHERE id = ?", (turn.id,)).fetchone()
    prompt, text, calls = scrub(turn.prompt), scrub(turn.text), calls_to_json(turn.calls)
    (key,) = connection.execute(
        _UPSERT,
        (
            turn.id,
            found[0] if found else None,
            to_integer(turn.number),
            to_micros(turn.created_at),
            turn.state.value,
            to_micros(turn.started_at),
            optional_integer(turn.duration_ms),
            turn.max_turns_reached,
            optional_text(turn.max_turns_message),
            optional_text(turn.server_id),
            to_integer(turn.events_seen),
            optional_integer(turn.count_before),
            turn.revises,
            optional_text(turn.error),
            prompt,
            calls,
            text,
        ),
    ).fetchone()
    if old is not None:
        connection.execute("DELETE FROM chunk WHERE turn_key = ?", (key,))
    if old is None or old[2] != prompt:
        index_prompt(connection, key, prompt)
    if turn.state.is_over and (old is None or not _state(old[1]).is_over or old[3:] != (text, calls)):
        index_answer(connection, key, text, turn.calls)


def append(connection: Connection, turn_id: str, text: str, calls: Sequence[ToolCall], events_seen: int) -> None:
    """More of a streaming turn; of a turn that is not there (any more) nothing is kept."""
    connection.execute(
        "INSERT INTO chunk (turn_key, text, calls, events_seen) SELECT key, ?, ?, ? FROM turn WHERE id = ?",
        (scrub(text), calls_to_json(calls), to_integer(events_seen), turn_id),
    )


def remove_turn(connection: Connection, turn_id: str) -> None:
    """Take a turn out for good."""
    connection.execute("DELETE FROM turn WHERE id = ?", (turn_id,))


def load_turns(connection: Connection, session_id: str) -> tuple[Turn, ...]:
    """A session's turns by number, with all text that was appended."""
    clause = "JOIN session ON session.key = turn.session_key WHERE session.id = ?"
    return tuple(turn for _, turn in _load(connection, clause, "ORDER BY turn.number, turn.key", (session_id,)))


def load_stretch(connection: Connection, session_id: str, *, before: int | None, limit: int | None) -> Stretch:
    """The last `limit` turns that were sent, before the turn with that number; None: all.

    Costs what it reads, and next to nothing for what stands before it.
    """
    found = connection.execute("SELECT key FROM session WHERE id = ?", (session_id,)).fetchone()
    if found is None:
        return Stretch((), 0)
    (session_key,), end = found, LARGEST if before is None else to_integer(before)
    first = None
    if limit is not None:
        first = connection.execute(
            "SELECT number FROM turn WHERE session_key = ? AND number < ? AND state != 'queued'"
            " ORDER BY number DESC LIMIT 1 OFFSET ?",
            (session_key, end, limit - 1),
        ).fetchone()
    start = first[0] if first is not None else -LARGEST
    clause = "WHERE turn.session_key = ? AND turn.number >= ? AND turn.number < ? AND turn.state != 'queued'"
    turns = _load(connection, clause, "ORDER BY turn.number, turn.key", (session_key, start, end))
    # Counted by the indexes alone: the one of the numbers, and the one of what is unfinished.
    (numbered,) = connection.execute(
        "SELECT count(*) FROM turn WHERE session_key = ? AND number < ?", (session_key, start)
    ).fetchone()
    (waiting,) = connection.execute(
        "SELECT count(*) FROM turn WHERE state IN ('queued', 'sent', 'streaming') AND state = 'queued'"
        " AND session_key = ? AND number < ?",
        (session_key, start),
    ).fetchone()
    return Stretch(tuple(turn for _, turn in turns), numbered - waiting)


def load_unfinished(connection: Connection) -> tuple[tuple[str, Turn], ...]:
    """`(session id, turn)` for every turn that is queued, sent or streaming and not in the trash."""
    clause = (
        "JOIN session ON session.key = turn.session_key"
        " WHERE turn.state IN ('queued', 'sent', 'streaming') AND session.deleted_at IS NULL"
    )
    found = _load(connection, clause, "ORDER BY turn.session_key, turn.number, turn.key", ())
    ids = dict(connection.execute("SELECT key, id FROM session"))
    return tuple((ids[session_key], turn) for session_key, turn in found)


def turn_counts(connection: Connection) -> dict[str, int]:
    """For each session that has turns, the highest number."""
    rows = connection.execute(
        "SELECT id, (SELECT max(number) FROM turn WHERE session_key = session.key) FROM session"
        " WHERE deleted_at IS NULL"
    )
    return {session_id: number for session_id, number in rows if number is not None}


def load_prompts(connection: Connection, limit: int) -> tuple[str, ...]:
    """Messages sent before, newest first, without repeats; not those that still wait or lie in the trash."""
    rows = connection.execute(
        "SELECT prompt FROM turn JOIN session ON session.key = turn.session_key"
        " WHERE turn.state != 'queued' AND session.deleted_at IS NULL ORDER BY turn.created_at DESC, turn.key DESC"
    )
    found: dict[str, None] = {}
    for (prompt,) in rows:
        if len(found) >= limit:
            break
        found.setdefault(prompt)
    return tuple(found)


def _load(connection: Connection, clause: str, order: str, values: tuple[str | int, ...]) -> list[tuple[int, Turn]]:
    chunks: dict[int, list[tuple[str, str | None, int]]] = {}
    for key, *rest in connection.execute(
        "SELECT chunk.turn_key, chunk.text, chunk.calls, chunk.events_seen"
        f" FROM turn JOIN chunk ON chunk.turn_key = turn.key {clause} ORDER BY chunk.key",
        values,
    ):
        chunks.setdefault(key, []).append((rest[0], rest[1], rest[2]))
    rows = connection.execute(f"{_SELECT} {clause} {order}", values)
    return [(row[2], _turn(row, chunks.get(row[0], []))) for row in rows]


def _turn(row: tuple[Any, ...], chunks: list[tuple[str, str | None, int]]) -> Turn:
    created_at = from_micros(row[4]) or from_micros(0)
    assert created_at is not None
    calls = calls_from_json(row[16])
    text = row[17]
    events_seen = row[11]
    if chunks:
        text += "".join(chunk[0] for chunk in chunks)
        events_seen = max(events_seen, chunks[-1][2])
        by_index = {call.index: call for call in calls}
        for chunk in chunks:
            by_index.update((call.index, call) for call in calls_from_json(chunk[1]))
        calls = list(by_index.values())
    return Turn(
        id=row[1],
        number=row[3],
        created_at=created_at,
        state=_state(row[5]),
        started_at=from_micros(row[6]),
        duration_ms=row[7],
        max_turns_reached=bool(row[8]),
        max_turns_message=row[9],
        server_id=row[10],
        events_seen=events_seen,
        count_before=row[12],
        revises=row[13],
        error=row[14],
        prompt=row[15],
        calls=tuple(calls),
        text=text,
    )


def _state(word: str) -> TurnState:
    try:
        return TurnState(word)
    except ValueError:
        return TurnState.UNKNOWN  # a word that was edited in: one odd row must not hide the transcript
