"""A store in memory: every write in order, each of them held or failed as a test likes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from superserve_tui.domain import SearchHit, ServerSession, Session, Stretch, Turn, TurnState
from superserve_tui.protocol import ToolCall
from tests.support.holding import Hold

__all__ = ["MemoryStore"]

_Result = TypeVar("_Result")

_UNFINISHED = (TurnState.QUEUED, TurnState.SENT, TurnState.STREAMING)


class MemoryStore:
    """A `StorePort` as the real one behaves: one queue, in which reads wait behind writes.

    What was done is "on disk": it outlives the engine, and a second one may be started on it.
    """

    def __init__(self) -> None:
        self.saved_sessions: dict[str, Session] = {}
        self.saved_turns: dict[str, dict[str, Turn]] = {}
        """Per session, by turn id."""
        self.ledger: dict[str, ServerSession] = {}
        self.trash: dict[str, Session] = {}
        self.writes: list[tuple[Any, ...]] = []
        """`(name, argument, ...)` of every write that was done, in order."""
        self.save_error: Exception | None = None
        """Raised by every save from now on; the futures fail."""
        self.read_error: Exception | None = None
        self.is_changed_elsewhere = False
        """What the engine is told when it asks next; a test that writes past the engine sets it."""
        self.stray: dict[str, str] = {}
        """The drafts that belong to no session, by app instance."""
        self._lock = threading.RLock()
        self._waiting: list[Callable[[], None]] = []
        self._is_held = False
        self._blocked: Hold | None = None

    # -- for the test

    def hold(self) -> None:
        """From now on everything waits."""
        with self._lock:
            self._is_held = True

    def release(self) -> None:
        """Do what waits, and go on."""
        with self._lock:
            self._is_held = False
            waiting, self._waiting = self._waiting, []
            for job in waiting:
                job()

    def turn(self, turn_id: str) -> Turn | None:
        """The turn as it is on disk."""
        with self._lock:
            for turns in self.saved_turns.values():
                if turn_id in turns:
                    return turns[turn_id]
            return None

    def turns(self, session_id: str) -> list[Turn]:
        """A session's turns on disk, by number."""
        with self._lock:
            return sorted(self.saved_turns.get(session_id, {}).values(), key=lambda turn: turn.number)

    def block_saves(self) -> Hold:
        """The next save of a session blocks the thread that asks for it: the engine stands still meanwhile."""
        self._blocked = Hold()
        return self._blocked

    # -- the port

    def sessions(self) -> Future[tuple[Session, ...]]:
        return self._read(lambda: tuple(self.saved_sessions.values()))

    def transcript(self, session_id: str) -> Future[tuple[Turn, ...]]:
        return self._read(lambda: tuple(self.turns(session_id)))

    def stretch(self, session_id: str, *, before: int | None = None, limit: int | None = None) -> Future[Stretch]:
        def read() -> Stretch:
            sent = [turn for turn in self.turns(session_id) if turn.state is not TurnState.QUEUED]
            there = [turn for turn in sent if before is None or turn.number < before]
            earlier = 0 if limit is None else max(0, len(there) - limit)
            return Stretch(tuple(there[earlier:]), earlier)

        return self._read(read)

    def turn_counts(self) -> Future[dict[str, int]]:
        return self._read(
            lambda: {
                session_id: max(turn.number for turn in turns.values())
                for session_id, turns in self.saved_turns.items()
                if turns
            }
        )

    def unfinished_turns(self) -> Future[tuple[tuple[str, Turn], ...]]:
        return self._read(
            lambda: tuple(
                (session_id, turn)
                for session_id in self.saved_sessions
                for turn in self.turns(session_id)
                if turn.state in _UNFINISHED
            )
        )

    def live_server_sessions(self) -> Future[tuple[ServerSession, ...]]:
        return self._read(lambda: tuple(entry for entry in self.ledger.values() if entry.ended_at is None))

    def save_session(self, session: Session) -> Future[None]:
        def save() -> None:
            if session.id not in self.trash:
                self.saved_sessions[session.id] = session

        blocked, self._blocked = self._blocked, None
        if blocked is not None:
            blocked.here()
        return self._write(save, "save_session", session)

    def save_stray_draft(self, owner: str, text: str) -> Future[None]:
        def save() -> None:
            self.stray.pop(owner, None)
            self.stray.update({owner: text} if text else {})

        return self._write(save, "save_stray_draft", owner, text)

    def stray_drafts(self) -> Future[dict[str, str]]:
        return self._read(lambda: dict(self.stray))

    def save_turn(self, session_id: str, turn: Turn) -> Future[None]:
        def save() -> None:
            self.saved_turns.setdefault(session_id, {})[turn.id] = turn

        return self._write(save, "save_turn", session_id, turn)

    def append(self, turn_id: str, *, text: str, calls: Sequence[ToolCall], events_seen: int) -> None:
        def save() -> None:
            for turns in self.saved_turns.values():
                if turn_id in turns:
                    turn = turns[turn_id]
                    by_index = {call.index: call for call in turn.calls}
                    by_index.update((call.index, call) for call in calls)
                    turns[turn_id] = replace(
                        turn, text=turn.text + text, calls=tuple(by_index.values()), events_seen=events_seen
                    )

        self._write(save, "append", turn_id, text, tuple(calls), events_seen)

    def remove_turn(self, turn_id: str) -> None:
        def remove() -> None:
            for turns in self.saved_turns.values():
                turns.pop(turn_id, None)

        self._write(remove, "remove_turn", turn_id)

    def delete_session(self, session_id: str, at: datetime) -> None:
        def delete() -> None:
            session = self.saved_sessions.pop(session_id, None)
            if session is not None:
                self.trash[session_id] = replace(session, deleted_at=at)

        self._write(delete, "delete_session", session_id)

    def restore_session(self, session_id: str) -> Future[Session | None]:
        def restore() -> Session | None:
            session = self.trash.pop(session_id, None)
            if session is None:
                return None
            self.saved_sessions[session_id] = replace(session, deleted_at=None)
            return self.saved_sessions[session_id]

        return self._write(restore, "restore_session", session_id)

    def save_server_session(self, server_session: ServerSession) -> Future[None]:
        def save() -> None:
            self.ledger[server_session.server_id] = server_session

        return self._write(save, "save_server_session", server_session)

    def take_over(self, dead: str, owner: str) -> Future[None]:
        def take() -> None:
            for entry in list(self.ledger.values()):
                if entry.owner == dead and entry.ended_at is None:
                    self.ledger[entry.server_id] = replace(entry, owner=owner)
            for session in list(self.saved_sessions.values()):
                if session.busy_in == dead:
                    self.saved_sessions[session.id] = replace(session, busy_in=owner)

        return self._write(take, "take_over", dead, owner)

    def changed_elsewhere(self) -> Future[bool]:
        def look() -> bool:
            is_changed, self.is_changed_elsewhere = self.is_changed_elsewhere, False
            return is_changed

        return self._read(look)

    def search(self, query: str, *, limit: int = 100) -> Future[tuple[SearchHit, ...]]:
        def find() -> tuple[SearchHit, ...]:
            return tuple(
                SearchHit(session.id, session.title or "", turn.number, "prompt", turn.prompt)
                for session in self.saved_sessions.values()
                for turn in self.turns(session.id)
                if query in turn.prompt
            )[:limit]

        return self._read(find)

    def prompts(self, *, limit: int = 500) -> Future[tuple[str, ...]]:
        def find() -> tuple[str, ...]:
            found = [turn for session_id in self.saved_sessions for turn in self.turns(session_id)]
            found.sort(key=lambda turn: turn.created_at, reverse=True)
            return tuple(dict.fromkeys(turn.prompt for turn in found))[:limit]

        return self._read(find)

    def flush(self) -> Future[None]:
        return self._read(lambda: None)

    # -- inside

    def _read(self, run: Callable[[], _Result]) -> Future[_Result]:
        return self._queue(run, lambda: self.read_error)

    def _write(self, run: Callable[[], _Result], *record: Any) -> Future[_Result]:
        def do() -> _Result:
            self.writes.append(record)
            return run()

        return self._queue(do, lambda: self.save_error)

    def _queue(self, run: Callable[[], _Result], fault: Callable[[], Exception | None]) -> Future[_Result]:
        future: Future[_Result] = Future()

        def job() -> None:
            error = fault()
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(run())

        with self._lock:
            if self._is_held:
                self._waiting.append(job)
            else:
                job()
        return future
