"""Ending server sessions: one by a key, all at quit, and those that an earlier quit still owes.

May import: domain, protocol, engine's own modules, the standard library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial

from superserve_tui.domain import (
    ProblemRaised,
    QuitFinished,
    QuitProgressed,
    ServerSession,
    Trigger,
    can,
)
from superserve_tui.engine.problems import problem_of
from superserve_tui.engine.run import TurnRun
from superserve_tui.engine.world import Work, World
from superserve_tui.protocol import NotFoundError

__all__ = ["QUIT_DEADLINE_S", "Leaving"]

QUIT_DEADLINE_S = 2.2
"""Seconds that a quit waits for the ends; the app is gone within 3 s all the same (PROMISES 22), and the rest of
its way out takes 0.4 s on a machine that is busy with other things."""


class Leaving:
    """Ends server sessions, each at most once at a time. For the engine's thread only."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ending: set[str] = set()
        """Server sessions whose end is under way."""
        self._waiting: set[str] = set()
        """Those of them that a quit waits for."""
        self._opening: set[TurnRun] = set()
        """Runs that a quit waits for, because they may still make a server session."""
        self._marked: set[str] = set()
        """Server sessions that were marked as kept in this run; a change of mind takes that back."""
        self._total = 0
        self._is_finished = False
        self._why = ""
        """What was in the way of the last end that failed."""
        self._on_finished: Callable[[], None] = lambda: None

    def end(self, work: Work) -> None:
        """End one session on the person's word; an attached one too."""
        entry = self._world.ledger.get(work.session.server_id or "")
        if entry is not None:
            self._end(entry, is_asked=True)
        elif can(work.session.state, Trigger.END):
            self._world.move(work, Trigger.END)

    def settle(self, entries: Iterable[ServerSession]) -> None:
        """End what an earlier quit could not."""
        for entry in entries:
            self._end(entry)

    def opened(self, entry: ServerSession, run: TurnRun, *, is_wanted: bool) -> None:
        """A server session was made; what nobody waits for any more is ended, kept ones aside."""
        if entry.is_kept:
            self._marked.add(entry.server_id)
        if self._world.is_leaving:
            self._opening.discard(run)
            if self._is_finished:
                self.owe_late(entry)
            elif self._is_to_end(entry):
                self._wait_for(entry)
            self._finish_if_done()
        elif not is_wanted:
            self._end(entry)

    def owe_late(self, entry: ServerSession) -> None:
        """A server session was made when nothing can be ended any more: the next start does."""
        if self._is_to_end(entry):
            self._owe(entry)

    def run_ended(self, run: TurnRun) -> None:
        """A run is through: it makes no server session any more."""
        if run in self._opening:
            self._opening.discard(run)
            self._finish_if_done()

    def is_to_end(self, server_id: str | None) -> bool:
        """Whether quitting now would end that server session; one that is still to be made counts."""
        entry = self._world.ledger.get(server_id or "")
        return entry is None or self._is_to_end(entry)

    def keep_sessions(self, is_kept: bool) -> None:
        """The sessions of this run outlive the app, those made already too; or they do not, after all."""
        if is_kept:
            self._keep_all()
            return
        self._world.keep_sessions = False
        for server_id in self._marked:
            if entry := self._world.ledger.get(server_id):
                self._mark(entry, is_kept=False)
        self._marked.clear()

    def quit(self, *, keep: bool, on_finished: Callable[[], None]) -> None:
        """End every session that this instance holds, in parallel, or mark them as kept. Once."""
        world = self._world
        self._on_finished = on_finished
        world.is_leaving = True
        if keep:
            self._keep_all()
        mine = [entry for entry in world.ledger.values() if self._is_to_end(entry)]
        if any(entry.is_kept and entry.owner == world.backends.owner for entry in world.ledger.values()):
            world.backends.keep()
        self._opening = {run for run in world.runs if run.is_opening}
        world.timers.after("quit", QUIT_DEADLINE_S, self._finish)
        for entry in mine:
            self._wait_for(entry)
        self._tell_progress()
        self._finish_if_done()

    # -- inside

    def _is_to_end(self, entry: ServerSession) -> bool:
        return entry.owner == self._world.backends.owner and not entry.is_attached and not entry.is_kept

    def _keep_all(self) -> None:
        self._world.keep_sessions = True
        for entry in list(self._world.ledger.values()):
            if not self._is_to_end(entry) or entry.is_end_owed:
                continue
            self._mark(entry, is_kept=True)
            self._marked.add(entry.server_id)

    def _mark(self, entry: ServerSession, *, is_kept: bool) -> None:
        self._world.record(replace(entry, is_kept=is_kept))
        work = self._world.works.get(entry.session_id)
        if work is not None and work.session.server_id == entry.server_id:
            self._world.put(work, is_kept=is_kept)

    def _wait_for(self, entry: ServerSession) -> None:
        self._waiting.add(entry.server_id)
        self._total += 1
        self._end(entry)

    def _end(self, entry: ServerSession, *, is_asked: bool = False) -> None:
        server_id = entry.server_id
        if server_id in self._ending:
            return
        self._ending.add(server_id)

        def ended(done: Future[None]) -> None:
            self._ending.discard(server_id)
            self._ended(server_id, done.exception(), is_asked=is_asked)

        self._world.farewell(partial(self._call, entry), ended)

    def _call(self, entry: ServerSession) -> None:
        try:
            service = self._world.backends.service(entry.profile, entry.server_url)
        except NotFoundError:
            return  # the server itself has ended, and its sessions with it
        service.end_session(entry.server_id)

    def _ended(self, server_id: str, error: BaseException | None, *, is_asked: bool) -> None:
        world = self._world
        entry = world.ledger.get(server_id)
        is_waited_for = server_id in self._waiting
        self._waiting.discard(server_id)
        if entry is not None and error is None:
            self._note_ended(entry)
        elif entry is not None and is_waited_for:
            self._why = problem_of(error).what if isinstance(error, Exception) else ""
            self._owe(entry)
        elif is_asked and isinstance(error, Exception):
            session_id = entry.session_id if entry is not None else None
            world.tell(ProblemRaised(problem_of(error), session_id))
        if is_waited_for:
            self._tell_progress()
            self._finish_if_done()

    def _note_ended(self, entry: ServerSession) -> None:
        world = self._world
        world.record(replace(entry, ended_at=world.clock.now(), is_end_owed=False))
        self._show_ended(entry)

    def _owe(self, entry: ServerSession) -> None:
        self._world.record(replace(entry, is_end_owed=True))
        self._show_ended(entry)

    def _show_ended(self, entry: ServerSession) -> None:
        work = self._world.works.get(entry.session_id)
        if work is None or work.session.server_id != entry.server_id:
            return
        if can(work.session.state, Trigger.END):
            self._world.move(work, Trigger.END)

    def _tell_progress(self) -> None:
        self._world.tell(QuitProgressed(self._total - len(self._waiting), self._total))

    def _finish_if_done(self) -> None:
        if not self._waiting and not self._opening:
            self._finish()

    def _finish(self) -> None:
        if self._is_finished:
            return
        self._is_finished = True
        self._world.timers.cancel("quit")
        late, self._waiting = self._waiting, set()
        for server_id in late:
            if entry := self._world.ledger.get(server_id):
                self._why = self._why or "The server did not answer in time."
                self._owe(entry)
        owed = sum(entry.is_end_owed for entry in self._world.ledger.values())
        self._world.tell(QuitFinished(failed=owed, why=self._why if owed else ""))
        self._on_finished()
