"""The `store` thread: one queue; what is queued together goes to disk in one transaction.

Jobs run in the order they were submitted. One that somebody waits for is committed at once, with all that was
queued before it; the others within `BATCH_S`.

May import: protocol, the standard library, sqlite3 (as a type).
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from sqlite3 import Connection
from typing import Any, TypeVar

from superserve_tui.protocol import ToolCall
from superserve_tui.store import transcripts
from superserve_tui.store.database import StoreError
from superserve_tui.store.storage import Job, Storage

__all__ = ["BATCH_S", "Writer"]

BATCH_S = 0.25
"""The longest that a job which nobody waits for stays off the disk: PROMISES 23 allows a second."""

RETRY_S = 5.0
"""How often a file that could not be written is tried again, in seconds."""

_MAX_BATCH = 2000
"""Jobs in one transaction, so that ten instances can take turns."""

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(slots=True)
class _Growth:
    """What was appended to one turn since the last batch: it becomes one row, however many pieces it came in."""

    turn_id: str
    pieces: list[str] = field(default_factory=list)
    calls: dict[int, ToolCall] = field(default_factory=dict)
    events_seen: int = 0

    def add(self, text: str, calls: Sequence[ToolCall], events_seen: int) -> None:
        if text:
            self.pieces.append(text)
        for call in calls:
            self.calls[call.index] = call
        self.events_seen = events_seen

    def save(self, connection: Connection) -> None:
        transcripts.append(
            connection, self.turn_id, "".join(self.pieces), tuple(self.calls.values()), self.events_seen
        )


class Writer:
    """Runs jobs on its own thread. Every public method may be called from any thread and returns at once.

    Args:
        storage: Where the jobs run; the thread's own from now on.
        on_problem: Told of a fault that nothing here foresaw.
        batch_s: Seconds that a job which nobody waits for may wait.
        retry_s: Seconds between tries of a file that could not be written.
    """

    def __init__(
        self,
        storage: Storage,
        *,
        on_problem: Callable[[str, str], None],
        batch_s: float = BATCH_S,
        retry_s: float = RETRY_S,
    ) -> None:
        self._storage = storage
        self._on_problem = on_problem
        self._batch_s = batch_s
        self._retry_s = retry_s
        self._changed = threading.Condition()
        self._queue: deque[Job[Any]] = deque()
        self._growing: dict[str, _Growth] = {}
        self._oldest_at = 0.0
        self._is_urgent = False
        self._is_closing = False
        self._is_saved = False
        self._retry_at = 0.0
        self._opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)

    def start(self) -> Future[None]:
        """Start the thread; done when the file is open. Fails with `StoreError` where it is a newer app's."""
        self._thread.start()
        return self._opened

    def submit(self, run: Callable[[Connection], _T], default: _T, *, is_write: bool) -> Future[_T]:
        """Queue a job that somebody waits for."""
        job = Job(run, default, is_write, Future())
        self._put(job)
        assert job.future is not None
        return job.future

    def post(self, run: Callable[[Connection], None]) -> None:
        """Queue a write that nobody waits for."""
        self._put(Job(run, None, is_write=True))

    def append(self, turn_id: str, text: str, calls: Sequence[ToolCall], events_seen: int) -> None:
        """Queue more of a streaming turn."""
        with self._changed:
            growth = self._growing.get(turn_id)
            if growth is None:
                growth = _Growth(turn_id)
                self._put(Job(growth.save, None, is_write=True), is_append=True)
                self._growing[turn_id] = growth
            growth.add(text, calls, events_seen)

    def close(self, deadline_s: float) -> bool:
        """Write what is queued and end the thread, within `deadline_s`; returns whether all is in the file."""
        with self._changed:
            self._is_closing = True
            self._storage.hurry(time.monotonic() + deadline_s / 2)
            self._changed.notify()
            unheard = [] if self._thread.ident is not None else list(self._queue)
        if self._thread.ident is None:
            for job in unheard:
                job.resolve(job.default)
            return not any(job.is_write for job in unheard)
        self._thread.join(deadline_s)
        return self._is_saved and not self._thread.is_alive()

    def _put(self, job: Job[Any], *, is_append: bool = False) -> None:
        with self._changed:
            if job.is_write and not is_append:
                self._growing.clear()  # what is appended from now on comes after it
            if self._is_closing:
                job.resolve(job.default)
                return
            if not self._queue:
                self._oldest_at = time.monotonic()
            self._queue.append(job)
            if job.future is not None:
                self._is_urgent = True
            if job.future is not None or len(self._queue) == 1:
                self._changed.notify()

    def _run(self) -> None:
        """The thread's entry."""
        try:
            self._storage.open()
        except StoreError as error:
            self._opened.set_exception(error)
        except Exception as error:  # noqa: BLE001 - the thread's own catch: nothing may end it
            self._note_unforeseen(error)
            self._opened.set_exception(StoreError(f"the saved sessions can't be opened: {error}"))
        else:
            self._opened.set_result(None)
        is_last = False
        while not is_last:
            jobs, is_last = self._take()
            try:
                self._process(jobs)
            except Exception as error:  # noqa: BLE001 - the thread's own catch: nothing may end it
                self._note_unforeseen(error)
                for job in jobs:
                    job.resolve(job.default)
        self._is_saved = self._storage.close()

    def _process(self, jobs: list[Job[Any]]) -> None:
        if jobs:
            for job, result in zip(jobs, self._storage.run(jobs), strict=True):
                job.resolve(result)
        if self._storage.is_in_memory and time.monotonic() >= self._retry_at:
            self._storage.try_file_again()
            self._retry_at = time.monotonic() + self._retry_s

    def _take(self) -> tuple[list[Job[Any]], bool]:
        """The next batch, when it is due; and whether it is the last."""
        with self._changed:
            while not self._queue and not self._is_closing:
                if not self._changed.wait(self._retry_s if self._storage.is_in_memory else None):
                    return [], False
            while not self._is_urgent and not self._is_closing:
                left = self._oldest_at + self._batch_s - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            jobs = [self._queue.popleft() for _ in range(min(len(self._queue), _MAX_BATCH))]
            self._growing.clear()
            self._is_urgent = any(job.future is not None for job in self._queue)
            return jobs, self._is_closing and not self._queue

    def _note_unforeseen(self, error: Exception) -> None:
        _log.exception("the store's thread met something unforeseen")
        self._on_problem(f"Something could not be saved: {error}.", "The debug log has the details.")
