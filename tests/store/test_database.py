"""The file: private, upgraded with a copy of what was before, never changed by an older app."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from superserve_tui.store import NewerSchemaError, StoreError
from superserve_tui.store.database import open_database, open_in_memory
from superserve_tui.store.schema import MIGRATIONS
from tests.support.processes import run_python
from tests.support.saved import NOW, Problems, done, make_session, make_turn, open_store

_NEXT = (*MIGRATIONS, ("ALTER TABLE session ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'",))
_BROKEN = (*MIGRATIONS, ("ALTER TABLE session ADD COLUMN colour TEXT", "ALTER TABLE nowhere ADD COLUMN x"))


def _saved(path: Path) -> None:
    with open_store(path) as store:
        session = make_session("kept")
        store.save_session(session)
        done(store.save_turn(session.id, make_turn()))


def _ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277, 0o777])
def test_files_are_0600_in_folders_0700_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "a" / "b" / "sessions.db"
    listed = run_python(
        f"""
        import os, sys
        from pathlib import Path
        from superserve_tui.store import Store
        os.umask({umask})
        path = Path({str(path)!r})
        with Store(path, on_problem=lambda what, hint: sys.exit(what)) as store:
            store.flush().result()
            for each in (path.parent.parent, path.parent, *sorted(path.parent.iterdir())):
                print(each.name, oct(each.stat().st_mode & 0o777))
        """
    )
    assert listed.split("\n") == [
        "a 0o700",
        "b 0o700",
        "sessions.db 0o600",
        "sessions.db-shm 0o600",
        "sessions.db-wal 0o600",
        "sessions.db.lock 0o600",
        "",
    ]


def test_a_file_and_folder_that_stand_open_are_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "data" / "sessions.db"
    _saved(path)
    path.chmod(0o644)
    path.parent.chmod(0o755)
    _saved(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_step_1_makes_every_table(tmp_path: Path) -> None:
    connection, _ = open_database(tmp_path / "sessions.db", now=NOW, migrations=MIGRATIONS[:1])
    with closing(connection):
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert {"session", "turn", "chunk", "server_session", "search"} <= tables
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_later_steps_keep_what_was_there_and_know_nothing_of_it(tmp_path: Path, version: int) -> None:
    """Who runs a turn (step 2), and what a draft revises (step 3)."""
    path = tmp_path / "sessions.db"
    connection, _ = open_database(path, now=NOW, migrations=MIGRATIONS[:version])
    with closing(connection):
        connection.execute(
            "INSERT INTO session (id, profile, agent, created_at, state, title, server_ids, idle_timeout_s,"
            " message_count, is_pinned, is_unread, is_kept, is_attached, is_queue_paused, draft)"
            " VALUES ('a', 'local', 'echo', 0, 'idle', 'kept', '[]', 60, 1, 1, 0, 0, 0, 0, 'half a line')"
        )
    with open_store(path) as store:
        (session,) = done(store.sessions())
    assert (session.title, session.is_pinned, session.draft) == ("kept", True, "half a line")
    assert (session.busy_in, session.draft_revises) == (None, None)


def test_an_upgrade_keeps_a_copy_of_what_was_before(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    _saved(path)
    connection, _ = open_database(path, now=NOW, migrations=_NEXT)
    with closing(connection):
        assert connection.execute("SELECT title, colour FROM session").fetchall() == [("kept", "red")]
    backup = tmp_path / f"sessions.db.version-{len(MIGRATIONS)}"
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert _ask(backup, "SELECT title FROM session") == [("kept",)]
    assert _ask(backup, "PRAGMA user_version") == [(len(MIGRATIONS),)]
    assert not list(tmp_path.glob("*.part*"))


def test_an_upgrade_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    _saved(path)
    before = _ask(path, "SELECT name, sql FROM sqlite_master")
    with pytest.raises(sqlite3.OperationalError):
        open_database(path, now=NOW, migrations=_BROKEN)
    assert _ask(path, "SELECT name, sql FROM sqlite_master") == before
    assert _ask(path, "PRAGMA user_version") == [(len(MIGRATIONS),)]


def test_a_newer_file_is_refused_and_not_a_byte_of_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    _saved(path)
    _ask(path, "PRAGMA user_version = 99")
    before = path.read_bytes()
    problems = Problems()
    store = open_store(path, problems)
    with pytest.raises(StoreError, match=r"newer version .*format 99"):
        done(store.start())
    session = make_session()
    done(store.save_session(session))
    assert done(store.sessions()) == (session,)
    assert store.close(5) is False
    assert path.read_bytes() == before
    assert len(problems.told) == 1


def test_a_newer_version_that_is_still_in_the_write_ahead_log_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    _saved(path)
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version = 99")
        before = path.read_bytes()
        assert before[63] != 99
        with pytest.raises(NewerSchemaError):
            open_database(path, now=NOW)
        assert path.read_bytes() == before


def test_an_upgrade_by_another_instance_while_this_one_runs_ends_writing(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    problems = Problems()
    store = open_store(path, problems)
    done(store.start())
    _ask(path, "PRAGMA user_version = 99")
    done(store.save_session(make_session("too late")))
    assert [session.title for session in done(store.sessions())] == ["too late"]
    assert store.close(5) is False
    assert _ask(path, "SELECT * FROM session") == []
    assert "newer version" in problems.told[0][0]


def test_memory_has_the_whole_schema(tmp_path: Path) -> None:
    with closing(open_in_memory(tmp_path / "nothing.db")) as memory:
        assert memory.execute("SELECT * FROM turn").fetchall() == []
