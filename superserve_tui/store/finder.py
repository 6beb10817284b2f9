"""The `store-search` thread: searches on a connection of their own that can't write, so that none delays a save.

May import: domain, the standard library, sqlite3.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

from superserve_tui.domain import SearchHit
from superserve_tui.protocol.records import dataclass
from superserve_tui.store.database import connect_read_only, is_corrupt
from superserve_tui.store.search import search

__all__ = ["Finder"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Task:
    """One search, for the thread that searches."""

    query: str
    limit: int
    found: Future[tuple[SearchHit, ...]]
    on_damaged: Callable[[], None] | None


class Finder:
    """Searches the file. Every public method may be called from any thread and returns at once.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._queue: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection | None = None
        self._is_closing = False

    def find(
        self,
        query: str,
        limit: int,
        found: Future[tuple[SearchHit, ...]],
        *,
        on_damaged: Callable[[], None] | None = None,
    ) -> None:
        """Search, and resolve `found`; with nothing where that fails. The thread starts with the first search.

        Args:
            query: What a person typed.
            limit: The most hits.
            found: Resolved on this thread.
            on_damaged: Called in place of resolving `found` where the file, or its index alone, is damaged.
        """
        with self._lock:
            if not self._is_closing:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="store-search", daemon=True)
                    self._thread.start()
                self._queue.put(_Task(query, limit, found, on_damaged))
                return
        _resolve(found, ())

    def close(self, deadline_s: float) -> bool:
        """Break off what runs, resolve what waits, end the thread; returns whether it ended in time."""
        with self._lock:
            self._is_closing = True
            if self._connection is not None:
                self._connection.interrupt()
        if self._thread is None:
            return True
        self._queue.put(None)
        self._thread.join(deadline_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        """The thread's entry."""
        while (task := self._queue.get()) is not None:
            hits: tuple[SearchHit, ...] = ()
            try:
                hits = self._search(task.query, task.limit)
            except Exception as error:  # noqa: BLE001 - the thread's own catch: nothing may end it
                _log.info("a search failed: %s", error)
                if isinstance(error, sqlite3.Error) and is_corrupt(error) and task.on_damaged is not None:
                    task.on_damaged()
                    continue
            _resolve(task.found, hits)

    def _search(self, query: str, limit: int) -> tuple[SearchHit, ...]:
        # One connection per search costs half a millisecond, and is always to the file that is there now.
        with closing(connect_read_only(self._path)) as connection:
            with self._lock:
                if self._is_closing:
                    return ()
                self._connection = connection
            try:
                return search(connection, query, limit)
            finally:
                with self._lock:
                    self._connection = None


def _resolve(found: Future[tuple[SearchHit, ...]], hits: tuple[SearchHit, ...]) -> None:
    if not found.done() and found.set_running_or_notify_cancel():
        found.set_result(hits)
