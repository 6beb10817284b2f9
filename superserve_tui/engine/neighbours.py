"""Other app instances on the same store: what they change is seen here, what they hold is left alone, and what one
that is gone has left behind is taken over.

May import: domain, engine.ports, engine.recovery, engine.world, the standard library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from functools import partial

from superserve_tui.domain import (
    QueueChanged,
    Session,
    SessionChanged,
    SessionRemoved,
    Turn,
    TurnChanged,
    TurnRemoved,
    TurnState,
)
from superserve_tui.engine.recovery import Recovery
from superserve_tui.engine.world import Work, World

__all__ = ["LOOK_S", "Neighbours"]

LOOK_S = 1.0
"""Seconds between two looks: a change elsewhere shows here within 2 s, and a look costs one PRAGMA (some 30 us)."""


class Neighbours:
    """Looks at the store once a second. For the engine's thread only.

    Args:
        world: The sessions.
        recovery: Takes over what a dead instance left.
        reload: Called with a session whose transcript is to be told anew.
    """

    def __init__(self, world: World, recovery: Recovery, *, reload: Callable[[Work], None]) -> None:
        self._world = world
        self._recovery = recovery
        self._reload = reload
        self._is_stale = False
        """What was read last was out of date when it came: read again, whatever the store says."""
        self._seen: dict[str, dict[str, Turn]] = {}
        """The turns last told of each transcript that was asked for, by session and turn."""

    def watch(self) -> None:
        """Look again in a while, until the app is left."""
        if not self._world.is_leaving:
            self._world.timers.after("neighbours", LOOK_S, self._look)

    def opened(self, work: Work, turns: Iterable[Turn]) -> None:
        """A transcript was told, or its end: where another instance goes on with it, it is followed from here."""
        self._seen[work.session.id] = {turn.id: turn for turn in turns}

    # -- inside

    def _look(self) -> None:
        world = self._world
        owners = {work.holder for work in world.works.values() if work.holder is not None}
        dead = {owner for owner in owners if not world.backends.is_alive(owner)}
        for work in [work for work in world.works.values() if work.holder in dead]:
            self._recovery.claim(work, partial(self._claimed, work))

        def asked(done: Future[bool]) -> None:
            is_changed = done.exception() is None and done.result()
            if is_changed or self._is_stale:
                self._read()
            else:
                self.watch()

        world.when_done(world.store.changed_elsewhere(), asked)

    def _claimed(self, work: Work, is_ours: bool) -> None:
        if is_ours and work.session.id in self._seen:
            self._reload(work)

    def _read(self) -> None:
        world, store = self._world, self._world.store
        before = {session_id: work.session for session_id, work in world.works.items()}
        entries, counts, sessions = store.live_server_sessions(), store.turn_counts(), store.sessions()

        def read(_: Future[tuple[Session, ...]]) -> None:
            self._is_stale = False
            if all(each.exception() is None for each in (entries, counts, sessions)):
                owners = {entry.server_id: entry.owner for entry in entries.result()}
                self._compare(before, sessions.result(), owners, counts.result())
            self.watch()

        world.when_done(sessions, read)  # the store answers in order: the other two are there by then

    def _compare(
        self,
        before: Mapping[str, Session],
        saved: tuple[Session, ...],
        owners: Mapping[str, str],
        counts: Mapping[str, int],
    ) -> None:
        world = self._world
        if not saved:
            return  # a store that can't be read answers with nothing; that is no reason to show an empty list
        for session in saved:
            work = world.works.get(session.id)
            holder = world.holder_of(session, owners)
            is_claimed = world.is_owner_of(session, owners)
            if work is None and is_claimed:
                self._is_stale = True  # it is being taken over, and comes with that
            elif work is None and session.id not in before:
                work = world.works[session.id] = Work(session, last_number=counts.get(session.id, 0))
                world.tell(SessionChanged(session))
                world.hold(work, holder)
            elif work is not None and not _is_ours(world, work, is_claimed=is_claimed):
                self._adopt(work, session, holder, counts.get(session.id, 0), before)
        self._drop_missing(before, {session.id for session in saved})

    def _drop_missing(self, before: Mapping[str, Session], saved: set[str]) -> None:
        """What was deleted elsewhere leaves the list; `before` is what was here when the store was asked."""
        world = self._world
        for session_id, session in before.items():
            work = world.works.get(session_id)
            if session_id not in saved and work is not None and work.session is session and work.run is None:
                world.timers.cancel(("expiry", session_id))
                del world.works[session_id]
                self._seen.pop(session_id, None)
                world.tell(SessionRemoved(session_id, is_elsewhere=True))

    def _adopt(
        self, work: Work, session: Session, holder: str | None, count: int, before: Mapping[str, Session]
    ) -> None:
        """Take what another instance wrote about a session that is not at work here."""
        world = self._world
        if work.session is not before.get(session.id):
            self._is_stale = True  # it changed here since the store was asked
            return
        is_changed = work.session != session
        work.last_number = max(work.last_number, count)
        if is_changed:
            work.session = session
            if holder is None:
                world.on_moved(work)
            else:
                world.timers.cancel(("expiry", session.id))  # whoever holds it asks
            world.tell(SessionChanged(session))
        is_streaming = holder is not None and session.state.is_busy
        if session.id in self._seen and (is_changed or is_streaming):
            self._follow(work)
        world.hold(work, holder)

    def _follow(self, work: Work) -> None:
        """Tell what is new in a transcript that is on view here and written elsewhere."""
        world, session_id, edition = self._world, work.session.id, work.edition

        def read(done: Future[tuple[Turn, ...]]) -> None:
            is_here = world.works.get(session_id) is work and work.edition == edition and work.run is None
            if done.exception() is not None or not is_here:
                return
            turns, seen = done.result(), self._seen.get(session_id, {})
            first = min((turn.number for turn in seen.values()), default=0)  # those before it are long over
            sent = {turn.id: turn for turn in turns if turn.number >= first and turn.state is not TurnState.QUEUED}
            self._seen[session_id] = sent
            for turn_id in seen.keys() - sent.keys():
                world.tell(TurnRemoved(session_id, turn_id))
            for turn in sent.values():
                if turn != seen.get(turn.id):
                    world.tell(TurnChanged(session_id, turn))
            waiting = tuple(turn for turn in turns if turn.state is TurnState.QUEUED)
            if work.holder is not None:
                world.tell(QueueChanged(session_id, waiting))

        world.when_done(world.store.transcript(session_id), read)


def _is_ours(world: World, work: Work, *, is_claimed: bool) -> bool:
    """Whether nobody else writes to the session: this instance is at work in it, or has its server session.

    One that the store says is ours while here another still holds it is being taken over: that must find it as it
    was left.
    """
    if work.run is not None or work.session.server_id in world.ledger:
        return True
    return is_claimed and work.holder is not None
