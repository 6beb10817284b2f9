"""`Store`: what the engine and the command line see of the saved sessions.

May import: domain, protocol, the standard library, sqlite3 (as a type).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from types import TracebackType
from typing import Self, TypeVar

from superserve_tui.domain import SearchHit, ServerSession, Session, Stretch, Turn
from superserve_tui.protocol import ToolCall
from superserve_tui.store import search, sessions, transcripts
from superserve_tui.store.finder import Finder
from superserve_tui.store.storage import BUSY_LIMIT_S, Storage
from superserve_tui.store.writer import BATCH_S, RETRY_S, Writer

__all__ = ["Store"]

_CLOSE_S = 5.0
_T = TypeVar("_T")


class Store:
    """Remembers sessions, transcripts, and what servers still hold for us.

    Every method may be called from any thread and returns at once. Calls take effect in their order. What a
    future stands for is committed when it is done; it never fails: where a read is not possible it resolves to
    nothing, and what can't be written to disk is kept in memory and told once through `on_problem`.

    As a context manager it is started, waited for and closed:

        with Store(path, on_problem=report) as store:
            saved = store.sessions().result()

    Args:
        path: The database file; it and its folder are made, for this person's eyes only.
        on_problem: Told what happened and what the person can do, on the store's thread, each kind once.
        now: Wall time, aware UTC.
        batch_s: Seconds that an append may stay off the disk.
        retry_s: Seconds between tries of a file that could not be written.
        busy_limit_s: Seconds that another process may hold the file until saving goes on in memory.
        max_pages: The most pages of 4 KiB that the file may grow to; None for no limit.
    """

    def __init__(
        self,
        path: Path,
        *,
        on_problem: Callable[[str, str], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        batch_s: float = BATCH_S,
        retry_s: float = RETRY_S,
        busy_limit_s: float = BUSY_LIMIT_S,
        max_pages: int | None = None,
    ) -> None:
        self._now = now
        self._storage = Storage(
            path, on_problem=on_problem, now=now, busy_limit_s=busy_limit_s, max_pages=max_pages
        )
        self._writer = Writer(self._storage, on_problem=on_problem, batch_s=batch_s, retry_s=retry_s)
        self._finder = Finder(path)
        self._known: dict[str, Session] = {}
        """The sessions as last read or saved; of the store's thread."""

    def start(self) -> Future[None]:
        """Open the file. The future fails with `StoreError`, and only then, where a newer version made the file.

        Nothing is saved in that case, all else goes on as usual.
        """
        opened = self._writer.start()
        self._writer.post(lambda connection: sessions.purge(connection, self._now()))
        return opened

    def close(self, deadline_s: float) -> bool:
        """Write what is queued and end the threads; blocks up to `deadline_s` seconds. Calls after it do nothing.

        Returns:
            Whether everything is in the file.
        """
        deadline = time.monotonic() + deadline_s
        is_saved = self._writer.close(deadline_s)
        self._finder.close(max(0.0, deadline - time.monotonic()))
        return is_saved

    def __enter__(self) -> Self:
        self.start().result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(_CLOSE_S)

    def sessions(self) -> Future[tuple[Session, ...]]:
        """All saved sessions but those in the trash, newest activity first."""

        def load(connection: Connection) -> tuple[Session, ...]:
            found = sessions.load_sessions(connection)
            self._known.update((session.id, session) for session in found)
            return found

        return self._read(load, ())

    def find(self, id_prefix: str) -> Future[tuple[Session, ...]]:
        """Sessions whose local id, or one of whose server ids, begins so; an exact id alone where there is one.

        Case, dashes and a leading `ses_` don't count.
        """
        return self._read(partial(sessions.find_sessions, id_prefix=id_prefix), ())

    def transcript(self, session_id: str) -> Future[tuple[Turn, ...]]:
        """A session's turns by number, queued ones included, with all text that was appended."""
        return self._read(partial(transcripts.load_turns, session_id=session_id), ())

    def stretch(self, session_id: str, *, before: int | None = None, limit: int | None = None) -> Future[Stretch]:
        """The last `limit` turns that were sent (None: all), before that number, where one is given."""
        read = partial(transcripts.load_stretch, session_id=session_id, before=before, limit=limit)
        return self._read(read, Stretch((), 0))

    def turn_counts(self) -> Future[dict[str, int]]:
        """For each session that has turns, the highest turn number."""
        return self._read(transcripts.turn_counts, {})

    def unfinished_turns(self) -> Future[tuple[tuple[str, Turn], ...]]:
        """`(session id, turn)` for every turn that is queued, sent or streaming."""
        return self._read(transcripts.load_unfinished, ())

    def live_server_sessions(self) -> Future[tuple[ServerSession, ...]]:
        """Every server session that is not known to be ended."""
        return self._read(sessions.live_server_sessions, ())

    def save_session(self, session: Session) -> Future[None]:
        """Insert or replace a session. Done when it is on disk. It does not come back from the trash by that."""

        def save(connection: Connection) -> None:
            self._known[session.id] = session
            sessions.save_session(connection, session)

        return self._write(save)

    def save_stray_draft(self, owner: str, text: str) -> Future[None]:
        """Keep an app instance's draft that belongs to no session, in place of its last; an empty one goes."""
        return self._write(partial(sessions.save_stray_draft, owner=owner, text=text))

    def stray_drafts(self) -> Future[dict[str, str]]:
        """Those drafts, by the app instance that left them."""
        return self._read(sessions.stray_drafts, {})

    def save_turn(self, session_id: str, turn: Turn) -> Future[None]:
        """Insert or replace a turn, text and calls included. Done when it is on disk."""

        def save(connection: Connection) -> None:
            known = self._known.get(session_id)
            if known is not None and not transcripts.has_session(connection, session_id):
                sessions.save_session(connection, known)  # the file was broken or removed, and is a new one
            transcripts.save_turn(connection, session_id, turn)

        return self._write(save)

    def append(self, turn_id: str, *, text: str, calls: Sequence[ToolCall], events_seen: int) -> None:
        """More of a streaming turn: text to add, calls that began or ended, and the event count that goes with
        them, in one transaction; on disk within half a second.
        """
        self._writer.append(turn_id, text, calls, events_seen)

    def remove_turn(self, turn_id: str) -> None:
        """A queued message was taken out."""
        self._writer.post(partial(transcripts.remove_turn, turn_id=turn_id))

    def delete_session(self, session_id: str, at: datetime) -> None:
        """To the trash; what lies there for 30 days is removed for good at the next start."""
        self._writer.post(partial(sessions.delete_session, session_id=session_id, at=at))

    def restore_session(self, session_id: str) -> Future[Session | None]:
        """Back from the trash."""
        restore: Callable[[Connection], Session | None] = partial(sessions.restore_session, session_id=session_id)
        return self._writer.submit(restore, None, is_write=True)

    def save_server_session(self, server_session: ServerSession) -> Future[None]:
        """Insert or replace a line of the ledger."""
        return self._write(partial(sessions.save_server_session, line=server_session))

    def take_over(self, dead: str, owner: str) -> Future[None]:
        """All that one app instance held is another's, in one transaction: of several claimants one gets it all."""
        return self._write(partial(sessions.take_over, dead=dead, owner=owner))

    def search(self, query: str, *, limit: int = 100) -> Future[tuple[SearchHit, ...]]:
        """Full-text search over titles, prompts, answers and tool inputs, grouped by session.

        The best come first; of very many the newest.
        All words must be found in one place, the last one at least as a beginning; "quoted words" as they stand.
        It sees what was saved before it. Runs on a thread of its own and delays no save.
        """
        found: Future[tuple[SearchHit, ...]] = Future()

        def prepare(connection: Connection) -> tuple[SearchHit, ...] | None:
            return search.search(connection, query, limit) if self._storage.is_in_memory else None

        def go_on(prepared: Future[tuple[SearchHit, ...] | None]) -> None:
            hits = prepared.result()
            if hits is None:
                self._finder.find(query, limit, found, on_damaged=repair)
            elif found.set_running_or_notify_cancel():
                found.set_result(hits)

        def repair() -> None:
            mended = self._write(search.rebuild_index)
            mended.add_done_callback(lambda _: self._finder.find(query, limit, found))

        nothing: tuple[SearchHit, ...] | None = ()
        self._read(prepare, nothing).add_done_callback(go_on)
        return found

    def prompts(self, *, limit: int = 500) -> Future[tuple[str, ...]]:
        """Messages sent before, newest first, without repeats, over all sessions."""
        return self._read(partial(transcripts.load_prompts, limit=limit), ())

    def changed_elsewhere(self) -> Future[bool]:
        """Whether another process has changed the file since this was last asked (or since the start)."""
        return self._read(self._storage.was_changed_elsewhere, False)

    def flush(self) -> Future[None]:
        """Done when everything queued so far is on disk."""
        return self._write(lambda _: None)

    def _read(self, run: Callable[[Connection], _T], default: _T) -> Future[_T]:
        return self._writer.submit(run, default, is_write=False)

    def _write(self, run: Callable[[Connection], None]) -> Future[None]:
        return self._writer.submit(run, None, is_write=True)
