"""The database file: opened, made private, upgraded, moved aside when broken, copied to memory.

Errors of opening:

    StoreError
    └── NewerSchemaError    a newer version made the file; it is left as it is

May import: the standard library, sqlite3.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from superserve_tui.store.schema import MIGRATIONS, Migration

__all__ = [
    "NewerSchemaError",
    "StoreError",
    "connect_read_only",
    "is_busy",
    "is_corrupt",
    "is_item_fault",
    "is_only_index_damaged",
    "move_aside",
    "open_database",
    "open_in_memory",
    "primary_code",
]


class StoreError(Exception):
    """The saved sessions can't be used. `str(error)` is one readable line."""


class NewerSchemaError(StoreError):
    """A newer version of the app made the file: it is neither read nor changed."""


BUSY_TIMEOUT_MS = 1000
"""How long SQLite waits by itself for another process's transaction, in milliseconds."""

_LOCK_WAIT_S = 10.0
"""How long opening waits for another process that opens or upgrades the same file."""

_QUICK_CHECK_BYTES = 8 * 1024 * 1024
"""Files up to this size are checked whole at opening (some 20 ms); larger ones when a fault shows."""

_MEMORY_COPY_BYTES = 256 * 1024 * 1024
"""A larger file is not copied to memory when it can't be written: old transcripts are then not readable."""

_ITEM_FAULTS = frozenset(
    {
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_TOOBIG,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_MISUSE,
        sqlite3.SQLITE_RANGE,
    }
)


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's result code without its extension; `SQLITE_MISUSE` for what Python's module refused itself."""
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else sqlite3.SQLITE_MISUSE


def is_corrupt(error: sqlite3.Error) -> bool:
    """Whether the file is broken."""
    return primary_code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process had it."""
    return primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_item_fault(error: sqlite3.Error) -> bool:
    """Whether the fault lies in one statement or its values, not in the file or the disk."""
    return primary_code(error) in _ITEM_FAULTS


def open_database(
    path: Path,
    *,
    now: datetime,
    migrations: Sequence[Migration] = MIGRATIONS,
    max_pages: int | None = None,
) -> tuple[sqlite3.Connection, Path | None]:
    """Open the file for writing; make it, and its folder, where there is none.

    Args:
        path: The file.
        now: For the name of a broken file that is moved aside.
        migrations: The steps that lead to the present schema.
        max_pages: The most pages that the file may grow to; None for no limit.

    Returns:
        The connection (in autocommit mode), and where a broken file was moved to, None where it was sound.

    Raises:
        NewerSchemaError: a newer version made it.
        OSError, sqlite3.Error: it can't be opened, read or written.
    """
    _make_private_folder(path.parent)
    with _opening_lock(path):
        _refuse_newer(path, len(migrations))
        try:
            return _open_sound(path, migrations, max_pages), None
        except sqlite3.DatabaseError as error:
            if not is_corrupt(error):
                raise
        aside = _move_aside(path, now)
        return _open_sound(path, migrations, max_pages), aside


def move_aside(path: Path, inode: int, *, now: datetime) -> Path | None:
    """Move a broken file, and what belongs to it, to `NAME.corrupt-DATE`; never over another file.

    Args:
        path: The file.
        inode: Its inode when it was opened: another process may have moved it already.
        now: The date.

    Returns:
        The new name; None where another process was first.
    """
    with _opening_lock(path):
        try:
            if path.stat().st_ino != inode:
                return None
        except FileNotFoundError:
            return None
        return _move_aside(path, now)


def open_in_memory(path: Path | None) -> sqlite3.Connection:
    """A database in memory with what the file holds, as far as it can be read; nothing on disk is touched."""
    memory = sqlite3.connect(":memory:", isolation_level=None)
    if path is not None:
        try:
            if path.stat().st_size <= _MEMORY_COPY_BYTES:
                with closing(connect_read_only(path)) as disk:
                    disk.backup(memory)
        except (OSError, sqlite3.Error):
            memory.close()
            memory = sqlite3.connect(":memory:", isolation_level=None)
    if _user_version(memory) != len(MIGRATIONS):
        memory.close()
        memory = sqlite3.connect(":memory:", isolation_level=None)
        _migrate(memory, MIGRATIONS, None)
    memory.execute("PRAGMA foreign_keys = ON")
    return memory


def connect_read_only(path: Path) -> sqlite3.Connection:
    """A connection that can't write; for a file in a folder that can't be written to, too.

    Raises:
        sqlite3.Error: it can't be read.
    """
    address = path.absolute().as_uri()
    options = "mode=ro"
    if not os.access(path.parent, os.W_OK) and not _with_suffix(path, "-wal").exists():
        options += "&immutable=1"  # without the right to make the -shm file, WAL can't be read in any other way
    connection = sqlite3.connect(f"{address}?{options}", uri=True, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    return connection


def _open_sound(path: Path, migrations: Sequence[Migration], max_pages: int | None) -> sqlite3.Connection:
    _make_private_file(path)
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # what was deleted for good is not in the file any more
        connection.execute("PRAGMA journal_size_limit = 16777216")
        if max_pages is not None:
            connection.execute(f"PRAGMA max_page_count = {max_pages}")
        if path.stat().st_size <= _QUICK_CHECK_BYTES:
            faults = _faults(connection)
            if faults and not all(_is_of_index(fault) for fault in faults):
                raise _corrupt(faults[0])
        _migrate(connection, migrations, path)
        connection.execute("SELECT count(*) FROM session").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection, migrations: Sequence[Migration], path: Path | None) -> None:
    version = _user_version(connection)
    if version == len(migrations):
        return
    if version > 0 and path is not None:
        _back_up(connection, _with_suffix(path, f".version-{version}"))
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in migrations[version:]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _back_up(connection: sqlite3.Connection, target: Path) -> None:
    """Copy the database as it is, whole or not at all, before it is upgraded."""
    part = _with_suffix(target, ".part")
    part.unlink(missing_ok=True)
    _make_private_file(part)
    with closing(sqlite3.connect(part)) as copy:
        connection.backup(copy)
    part.replace(target)


def _refuse_newer(path: Path, known: int) -> None:
    """Look at the version on a connection that can't write: to open it for writing would change it."""
    if not _has_content(path):
        return
    with closing(connect_read_only(path)) as connection:
        try:
            version = _user_version(connection)
        except sqlite3.DatabaseError:
            return  # broken, or busy: found out again, and dealt with, when it is opened for writing
    if version > known:
        raise newer_schema(path, version, known)


def newer_schema(path: Path, version: int, known: int) -> NewerSchemaError:
    """The error for a file with version `version` where `known` is the newest that is known."""
    return NewerSchemaError(
        f"{path} was written by a newer version of superserve-tui (format {version}, this one knows {known}); "
        "it is left as it is: update superserve-tui, or name another folder in SUPERSERVE_TUI_DATA"
    )


def _corrupt(message: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(message)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def is_only_index_damaged(connection: sqlite3.Connection) -> bool:
    """Whether every table is sound, so that a fault that was met can only be one of the search index."""
    try:
        return all(_is_of_index(fault) for fault in _faults(connection))
    except sqlite3.Error:
        return False


def _faults(connection: sqlite3.Connection) -> list[str]:
    rows = [str(row) for (row,) in connection.execute("PRAGMA quick_check (20)")]
    return [] if rows == ["ok"] else rows


def _is_of_index(fault: str) -> bool:
    return "fts5" in fault.lower()  # newer versions of SQLite look into it too


def _user_version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _move_aside(path: Path, now: datetime) -> Path:
    stem = f".corrupt-{now:%Y%m%d-%H%M%S}"
    target = _with_suffix(path, stem)
    count = 1
    while target.exists():
        count += 1
        target = _with_suffix(path, f"{stem}-{count}")
    path.rename(target)
    for ending in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            _with_suffix(path, ending).rename(_with_suffix(target, ending))
    return target


@contextmanager
def _opening_lock(path: Path) -> Iterator[None]:
    """One process at a time opens, upgrades or moves aside; best effort where the file system has no locks."""
    try:
        descriptor = os.open(_with_suffix(path, ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield
        return
    try:
        with suppress(OSError):
            os.fchmod(descriptor, 0o600)
            _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    deadline = time.monotonic() + _LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return
            time.sleep(0.02)
        else:
            return


def _make_private_folder(folder: Path) -> None:
    """Make the folder, and those above it, with mode 0700 whatever the umask; close one that stands open.

    Rights are only ever taken away: what a person made read-only stays so.
    """
    missing = []
    parent = folder
    while not parent.exists():
        missing.append(parent)
        parent = parent.parent
    for each in reversed(missing):
        with suppress(FileExistsError):
            each.mkdir(mode=0o700)
        each.chmod(0o700)
    if not missing:
        status = folder.stat()
        is_shared = bool(status.st_mode & stat.S_ISVTX)  # such as /tmp
        if status.st_mode & 0o077 and not is_shared and status.st_uid == os.geteuid():
            with suppress(OSError):
                folder.chmod(status.st_mode & 0o700)


def _make_private_file(path: Path) -> None:
    """Make the file, or close it to others; SQLite gives its own files beside it the same mode.

    A file that is there is not opened: closing it would drop the locks that SQLite has on it in this process.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        for ending in ("", "-wal", "-shm"):
            with suppress(OSError):
                each = _with_suffix(path, ending)
                each.chmod(each.stat().st_mode & 0o600)
        return
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def _with_suffix(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
