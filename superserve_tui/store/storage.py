"""Where the jobs run: the file while it works, memory while it does not. Owned by one thread.

What can go wrong, and what is done:

    the file is broken             moved aside, a fresh one begun, the jobs run there
    only the search index is       made new
    it was removed or replaced     opened again
    the disk is full, read-only,   the content is copied to memory, the jobs run there and are noted down; when the
      held by another process      file works again they are run on it
    a newer app upgraded it        as above, but it is not written to again
    one job's own fault            that job has no effect, the others do

Each is told once.

May import: protocol, the standard library, sqlite3.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from superserve_tui.protocol.records import dataclass
from superserve_tui.store.database import (
    NewerSchemaError,
    StoreError,
    is_busy,
    is_corrupt,
    is_item_fault,
    is_only_index_damaged,
    move_aside,
    newer_schema,
    open_database,
    open_in_memory,
    primary_code,
)
from superserve_tui.store.schema import MIGRATIONS
from superserve_tui.store.search import rebuild_index

__all__ = ["BUSY_LIMIT_S", "Job", "Storage"]

BUSY_LIMIT_S = 4.0
"""How long another process may hold the file until the jobs go on in memory: a message must not wait for ever."""

_TRIES = 4
"""A batch is run again after each recovery; more than one in a row is rare, four mean that nothing helps."""

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Job(Generic[_T]):
    """Something to do with the database, inside a transaction."""

    run: Callable[[sqlite3.Connection], _T]
    default: _T
    """What the future resolves to when the job fails."""
    is_write: bool
    future: Future[_T] | None = None
    """Whoever waits; None for a job that can wait for its batch."""

    def resolve(self, result: _T) -> None:
        """Tell the result; nothing where nobody waits (any more)."""
        if self.future is not None and not self.future.done() and self.future.set_running_or_notify_cancel():
            self.future.set_result(result)


class _FileGoneError(Exception):
    """The file is not the one that was opened."""


class Storage:
    """The database, whatever happens to its file. Every method belongs to the thread that called `open`.

    Args:
        path: The file.
        on_problem: Told what happened and what the person can do, each kind once.
        now: Wall time, aware UTC.
        busy_limit_s: Seconds that another process may hold the file until the jobs go on in memory.
        max_pages: The most pages that the file may grow to; None for no limit.
    """

    def __init__(
        self,
        path: Path,
        *,
        on_problem: Callable[[str, str], None],
        now: Callable[[], datetime],
        busy_limit_s: float = BUSY_LIMIT_S,
        max_pages: int | None = None,
    ) -> None:
        self.path = path
        self._on_problem = on_problem
        self._now = now
        self._busy_limit_s = busy_limit_s
        self._max_pages = max_pages
        self._disk: sqlite3.Connection | None = None
        self._inode = 0
        self._memory: sqlite3.Connection | None = None
        self._journal: list[Job[Any]] = []
        self._may_return = True
        self._told: set[str] = set()
        self._busy_deadline: float | None = None
        self._data_version: int | None = None

    @property
    def is_in_memory(self) -> bool:
        """Whether the file can't be used now. May be read from any thread."""
        return self._memory is not None

    def open(self) -> None:
        """Open the file, or memory in its place.

        Raises:
            NewerSchemaError: the file is a newer app's; memory is used.
        """
        try:
            self._open_disk()
        except NewerSchemaError as error:
            self._may_return = False
            self._memory = open_in_memory(None)
            self._tell(f"{error}.", "Nothing is saved.")
            raise
        except (OSError, sqlite3.Error) as error:
            self._degrade(error)

    def run(self, jobs: Sequence[Job[Any]]) -> list[Any]:
        """Run jobs in one transaction; returns their results, the defaults of those that failed."""
        for _ in range(_TRIES):
            try:
                results = self._transact(self._memory or self._checked_disk(), jobs)
            except (OSError, sqlite3.Error, StoreError, _FileGoneError) as error:
                self._recover(error)
            else:
                break
        else:
            results = [job.default for job in jobs]
        if self._memory is not None:
            self._journal.extend(job for job in jobs if job.is_write)
        return results

    def try_file_again(self) -> bool:
        """Write to the file what was kept in memory; returns whether the file is in use (again)."""
        if self._memory is None:
            return True
        if not self._may_return or not self._journal:
            return False
        try:
            if self._disk is None:
                self._open_disk()
            self._transact(self._checked_disk(), self._journal)
        except _FileGoneError:
            self._close_disk()
            return False
        except (OSError, sqlite3.Error, StoreError) as error:
            _log.info("the store's file still can't be written: %s", error)
            return False
        self._memory.close()
        self._memory = None
        self._journal = []
        return True

    def hurry(self, deadline: float) -> None:
        """Wait for other processes until `deadline` (monotonic) only. May be called from any thread."""
        self._busy_deadline = deadline

    def was_changed_elsewhere(self, connection: sqlite3.Connection) -> bool:
        """Whether another connection has changed the file since this was last asked."""
        if connection is not self._disk:
            return False
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        before, self._data_version = self._data_version, int(version)
        return before != self._data_version

    def close(self) -> bool:
        """Close everything; returns whether all that was written is in the file."""
        is_saved = self._memory is None or self.try_file_again() or not self._journal
        if self._memory is not None:
            self._memory.close()
            self._memory = None
        self._close_disk()
        return is_saved

    def _open_disk(self) -> None:
        self._disk, aside = open_database(self.path, now=self._now(), max_pages=self._max_pages)
        self._inode = self.path.stat().st_ino
        (self._data_version,) = self._disk.execute("PRAGMA data_version").fetchone()
        if aside is not None:
            self._tell_moved(aside)

    def _checked_disk(self) -> sqlite3.Connection:
        """The connection to the file that is there now: writes into a removed one would be lost unseen."""
        try:
            if self._disk is not None and self.path.stat().st_ino == self._inode:
                return self._disk
        except FileNotFoundError:
            pass
        raise _FileGoneError

    def _close_disk(self) -> None:
        if self._disk is not None:
            self._disk.close()
            self._disk = None

    def _transact(self, connection: sqlite3.Connection, jobs: Sequence[Job[Any]]) -> list[Any]:
        is_write = any(job.is_write for job in jobs)
        if is_write and connection is self._disk:
            # What somebody waits for outlives a loss of power too; of a streaming answer the last moments need not.
            is_awaited = any(job.is_write and job.future is not None for job in jobs)
            connection.execute(f"PRAGMA synchronous = {'FULL' if is_awaited else 'NORMAL'}")
        try:
            self._begin(connection, "BEGIN IMMEDIATE" if is_write else "BEGIN")
            if connection is self._disk:
                (version,) = connection.execute("PRAGMA user_version").fetchone()
                if version > len(MIGRATIONS):
                    raise newer_schema(self.path, version, len(MIGRATIONS))
            results = [self._run_one(connection, job) for job in jobs]
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        return results

    def _begin(self, connection: sqlite3.Connection, statement: str) -> None:
        deadline = time.monotonic() + self._busy_limit_s
        while True:
            try:
                connection.execute(statement)
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() > min(deadline, self._busy_deadline or deadline):
                    raise
            else:
                return

    def _run_one(self, connection: sqlite3.Connection, job: Job[Any]) -> Any:
        connection.execute("SAVEPOINT job")
        try:
            result = job.run(connection)
        except (sqlite3.Error, ValueError, OverflowError) as error:
            if isinstance(error, sqlite3.Error) and not is_item_fault(error):
                raise
            connection.execute("ROLLBACK TO job")
            connection.execute("RELEASE job")
            _log.exception("a job of the store failed")
            self._tell(f"Something could not be {'saved' if job.is_write else 'read'}: {error}.", "")
            return job.default
        connection.execute("RELEASE job")
        return result

    def _recover(self, error: Exception) -> None:
        _log.warning("the store meets a fault: %s", error)
        if self._memory is not None:
            return
        try:
            match error:
                case _FileGoneError():
                    self._close_disk()
                    self._open_disk()
                    self._tell(f"{self.path} was removed or replaced: saving goes on in the file there now.", "")
                case sqlite3.Error() if is_corrupt(error):
                    if self._disk is not None and is_only_index_damaged(self._disk):
                        self._transact(self._disk, [Job(rebuild_index, None, is_write=True)])
                    else:
                        self._start_afresh()
                case NewerSchemaError():
                    self._may_return = False
                    self._degrade(error)
                case _:
                    self._degrade(error)
        except (OSError, sqlite3.Error, StoreError) as second:
            _log.warning("and its cure another: %s", second)
            if isinstance(second, sqlite3.Error) and is_corrupt(second) and self._disk is not None:
                self._start_afresh()
            else:
                self._degrade(second)

    def _start_afresh(self) -> None:
        self._close_disk()
        aside = move_aside(self.path, self._inode, now=self._now())
        self._open_disk()
        if aside is not None:
            self._tell_moved(aside)

    def _degrade(self, error: Exception) -> None:
        self._memory = open_in_memory(self.path if self._may_return else None)
        hint = "The chat goes on; it is kept in memory, and saved as soon as that works."
        code = primary_code(error) if isinstance(error, sqlite3.Error) else None
        if isinstance(error, NewerSchemaError):
            self._tell(f"{error}.", "Nothing is saved from now on.")
        elif code == sqlite3.SQLITE_FULL:
            self._tell(
                f"Nothing can be saved: the disk that holds {self.path} is full.", f"Free some space. {hint}"
            )
        elif code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            self._tell(f"Nothing can be saved: another program holds {self.path}.", hint)
        else:
            reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
            self._tell(
                f"Nothing can be saved in {self.path}: {reason}.",
                f"Check its folder, or name another in SUPERSERVE_TUI_DATA. {hint}",
            )

    def _tell_moved(self, aside: Path) -> None:
        self._tell(
            f"The saved sessions in {self.path} can't be read: the file is broken.",
            f"It was moved to {aside.name}, and a new one was begun.",
        )

    def _tell(self, what: str, hint: str) -> None:
        if what not in self._told:
            self._told.add(what)
            self._on_problem(what, hint)
