"""The start: what is saved is read, and what an instance that is gone left behind is taken over.

May import: domain, protocol, engine's own modules, the standard library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future

from superserve_tui.domain import (
    QueueChanged,
    ServerSession,
    Session,
    SessionChanged,
    SessionsLoaded,
    SessionState,
    Turn,
    TurnState,
)
from superserve_tui.engine.expiry import Expiry
from superserve_tui.engine.leaving import Leaving
from superserve_tui.engine.turns import Turns
from superserve_tui.engine.world import Work, World
from superserve_tui.protocol.records import dataclass

__all__ = ["Recovery"]

LOAD_WAIT_S = 10.0
"""How long the start waits for the store to read."""


@dataclass(frozen=True, slots=True)
class _Saved:
    """What the store holds."""

    sessions: tuple[Session, ...]
    unfinished: tuple[tuple[str, Turn], ...]
    entries: tuple[ServerSession, ...]
    counts: dict[str, int]

    @property
    def owners(self) -> dict[str, str]:
        """The app instance that holds each live server session."""
        return {entry.server_id: entry.owner for entry in self.entries}


class Recovery:
    """Takes sessions over: all at the start, one of another instance once that is gone. For the engine's thread."""

    def __init__(self, world: World, *, turns: Turns, leaving: Leaving, expiry: Expiry) -> None:
        self._world = world
        self._turns = turns
        self._leaving = leaving
        self._expiry = expiry
        self._claims: dict[str, list[Callable[[bool], None]]] = {}

    def load(self) -> None:
        """Read what is saved, take over what nobody holds, tell. Blocks while the store reads."""
        world, stray_draft = self._world, ""
        try:
            saved = self._read()
            stray_draft = self._take_stray_drafts()
            if dead := self._dead_owners(saved):
                for owner in dead:
                    world.store.take_over(owner, world.backends.owner)
                saved = self._read()
            for session in saved.sessions:
                world.works[session.id] = Work(session, last_number=saved.counts.get(session.id, 0))
            owed = self._take_ledger(saved.entries)
        finally:
            world.tell(SessionsLoaded(tuple(work.session for work in world.works.values()), stray_draft))
        owners = saved.owners
        for work in world.works.values():
            world.hold(work, world.holder_of(work.session, owners))
        self._leaving.settle(owed)
        self._recover(list(world.works.values()), saved.unfinished)

    def claim(self, work: Work, then: Callable[[bool], None]) -> None:
        """Take a session over if the instance that held it is gone; `then` is told whether it is ours now.

        With it comes all that the dead instance left: the store gives that to one claimant only, however many
        there are. Claims of one session are answered in the order they came.
        """
        session_id, holder, world = work.session.id, work.holder, self._world
        if session_id in self._claims:
            self._claims[session_id].append(then)
            return
        self._claims[session_id] = [then]

        def read() -> _Saved | None:
            if holder is None or world.backends.is_alive(holder):
                return None
            world.store.take_over(holder, world.backends.owner)
            return self._read()

        def answered(future: Future[_Saved | None]) -> None:
            claims = self._claims.pop(session_id)
            saved = None if future.exception() is not None else future.result()
            if saved is not None and holder is not None:
                self._take_over(holder, saved)
            is_ours = world.works.get(session_id) is work and work.holder is None
            for claimed in claims:
                claimed(is_ours)

        world.errand(read, answered)

    def restored(self, session: Session, turns: Iterable[Turn]) -> None:
        """A session came back from the trash; its server session was ended when it went there."""
        world = self._world
        if session.id in world.works:
            return
        saved = tuple(turns)
        last_number = max((turn.number for turn in saved), default=0)
        work = Work(session, last_number=last_number, last_begun=last_number)
        work.queue = [turn for turn in saved if turn.state is TurnState.QUEUED]
        world.works[session.id] = work
        state = session.state
        if session.server_id is not None and not state.is_over and session.server_id not in world.ledger:
            state = SessionState.ENDED
        elif state.is_busy:
            state = SessionState.IDLE
        world.put(work, state=state, deleted_at=None, is_queue_paused=bool(work.queue))
        world.tell(QueueChanged(session.id, tuple(work.queue)))

    # -- inside

    def _take_stray_drafts(self) -> str:
        """What was typed before any session was open in instances that are gone; it is this one's from now on."""
        store, backends = self._world.store, self._world.backends
        left = {
            owner: text
            for owner, text in store.stray_drafts().result(LOAD_WAIT_S).items()
            if owner != backends.owner and not backends.is_alive(owner)
        }
        text = "\n\n".join(left.values())
        if left:
            store.save_stray_draft(backends.owner, text)
            for owner in left:
                store.save_stray_draft(owner, "")
        return text

    def _read(self) -> _Saved:
        """All that a start needs; blocks while the store reads. Any thread."""
        store = self._world.store
        reads = store.sessions(), store.unfinished_turns(), store.live_server_sessions(), store.turn_counts()
        return _Saved(
            reads[0].result(LOAD_WAIT_S),
            reads[1].result(LOAD_WAIT_S),
            reads[2].result(LOAD_WAIT_S),
            reads[3].result(LOAD_WAIT_S),
        )

    def _dead_owners(self, saved: _Saved) -> list[str]:
        """App instances that are gone and hold something; those that are alive are asked about once."""
        owners = {*saved.owners.values(), *(each.busy_in for each in saved.sessions if each.busy_in)}
        backends = self._world.backends
        return sorted(owner for owner in owners if owner != backends.owner and not backends.is_alive(owner))

    def _take_ledger(self, entries: Iterable[ServerSession]) -> list[ServerSession]:
        """Take over the live server sessions that are ours by now; returns those whose end is owed."""
        world = self._world
        mine = [
            entry
            for entry in entries
            if entry.owner == world.backends.owner and entry.server_id not in world.ledger
        ]
        world.ledger.update((entry.server_id, entry) for entry in mine)
        return [entry for entry in mine if entry.is_end_owed]

    def _take_over(self, holder: str, saved: _Saved) -> None:
        """What `holder` held is ours, unless another claimant was first."""
        world, owners = self._world, saved.owners
        sessions = {session.id: session for session in saved.sessions}
        self._leaving.settle(self._take_ledger(saved.entries))
        taken = []
        for work in [work for work in world.works.values() if work.holder == holder]:
            work.session = sessions.get(work.session.id, work.session)
            work.last_number = max(work.last_number, saved.counts.get(work.session.id, 0))
            now_held_by = world.holder_of(work.session, owners)
            world.hold(work, now_held_by)
            if now_held_by is None:
                world.tell(SessionChanged(work.session))
                taken.append(work)
        for session in saved.sessions:
            if session.id not in world.works and world.is_owner_of(session, owners):
                work = world.works[session.id] = Work(session, last_number=saved.counts.get(session.id, 0))
                world.tell(SessionChanged(session))
                taken.append(work)
        self._recover(taken, saved.unfinished)

    def _recover(self, works: list[Work], unfinished: Iterable[tuple[str, Turn]]) -> None:
        """Pick up the turns that ran and hold back those that waited."""
        running: dict[str, Turn] = {}
        queued: dict[str, list[Turn]] = {}
        for session_id, turn in unfinished:
            if turn.state is TurnState.QUEUED:
                queued.setdefault(session_id, []).append(turn)
            else:
                running[session_id] = turn
        for work in works:
            session_id = work.session.id
            if work.holder is None:
                self._recover_one(work, running.get(session_id), queued.get(session_id, []))

    def _recover_one(self, work: Work, running: Turn | None, queued: list[Turn]) -> None:
        world, state = self._world, work.session.state
        found = [*queued, running] if running is not None else queued
        work.last_number = work.last_begun = max([work.last_number, *(turn.number for turn in found)])
        if queued:
            world.put_queue(work, queued)
        if queued and not work.session.is_queue_paused:
            world.put(work, is_queue_paused=True)
        if running is not None:
            self._turns.pick_up(work, running)
        elif state.is_busy:
            is_stopping = state is SessionState.STOPPING
            world.put(work, state=SessionState.IDLE if is_stopping else SessionState.INTERRUPTED)
        elif work.session.server_id in world.ledger:
            self._expiry.ask(work)
