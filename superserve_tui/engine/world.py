"""All sessions and what is going on in them: the state that the engine's thread alone reads and writes.

May import: domain, protocol, engine.errands, engine.outbox, engine.ports, engine.run, engine.timers, the standard
library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import Any, TypeVar

from superserve_tui.domain import (
    Change,
    LinkChanged,
    LiveTurn,
    Problem,
    ProblemRaised,
    QueueChanged,
    ServerSession,
    Session,
    SessionChanged,
    SessionState,
    Trigger,
    Turn,
    next_state,
)
from superserve_tui.engine.errands import Errands
from superserve_tui.engine.outbox import Outbox
from superserve_tui.engine.ports import Backends, Clock, StorePort
from superserve_tui.engine.run import TurnRun
from superserve_tui.engine.timers import Timers

__all__ = ["Answer", "Work", "World"]

_Result = TypeVar("_Result")

HELD_ELSEWHERE = "open in another window"
"""What stands where the words about a session's link do."""

ERRAND_THREADS = 8
"""Plain requests that may be under way at once; a server that hangs must not hold up the others."""

FAREWELL_THREADS = 32
"""Stops and ends that may be under way at once: never behind plain requests, and a quit has 3 s for all of them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An errand or a read came back: `then` is called with the future on the engine's thread."""

    future: Future[Any]
    then: Callable[[Future[Any]], None]


@dataclass(slots=True)
class Work:
    """A saved session and what is going on in it."""

    session: Session
    last_number: int = 0
    """The highest turn number it has."""
    last_begun: int = 0
    """The highest number of a turn that was sent: one from the queue that comes after it gets a new number."""
    live: LiveTurn | None = None
    """The turn that runs."""
    run: TurnRun | None = None
    """Its thread; None as soon as nothing that it says counts any more."""
    queue: list[Turn] = field(default_factory=list)
    """Messages that wait, in order."""
    server_count: int | None = None
    """The server's `message_count` as last known; None where it has to be asked for."""
    was_stopped: bool = False
    """The turn before was stopped, and the agent may still be at it."""
    cancelling: Future[bool] | None = None
    """The server is being told of a stop: no message may overtake that, or it would be cancelled itself."""
    edition: int = 0
    """Counts turns that began, ended or were taken out; a transcript read before the last of them is stale."""
    holder: str | None = None
    """Another app instance that holds it: it is read, not written."""

    @property
    def is_untouched(self) -> bool:
        """Whether it was made and nothing ever put into it: no message, no draft, no name."""
        session = self.session
        is_bare = session.state is SessionState.DRAFT and not (session.title or session.draft or session.is_pinned)
        return is_bare and self.last_number == 0 and not self.queue


class World:
    """The engine's collaborators and sessions, with the few ways in which they change.

    For the engine's thread only, but for `errand` and `when_done`, whose work comes back to it.
    """

    def __init__(
        self,
        *,
        store: StorePort,
        backends: Backends,
        outbox: Outbox,
        clock: Clock,
        inbox: SimpleQueue[Any],
        keep_sessions: bool = False,
    ) -> None:
        self.store = store
        self.backends = backends
        self.outbox = outbox
        self.clock = clock
        self.inbox = inbox
        self.keep_sessions = keep_sessions
        """Server sessions made from now on outlive the app (`--keep`)."""
        self.is_leaving = False
        """A quit is under way: no message goes out any more."""
        self.timers = Timers(clock.monotonic)
        self.on_moved: Callable[[Work], None] = lambda _: None
        """Called after a session went to another state."""
        self.works: dict[str, Work] = {}
        self.runs: dict[TurnRun, None] = {}
        """Every run whose thread is not through, stopped ones too, in the order they began."""
        self.ledger: dict[str, ServerSession] = {}
        """Server sessions that are live as far as we know, by server id."""
        self._skipped: dict[tuple[str, str], int] = {}
        """By profile and kind, how many rows of its list could not be read."""
        self._errands = Errands(ERRAND_THREADS, name="errand")
        self._farewells = Errands(FAREWELL_THREADS, name="farewell")

    def tell(self, change: Change) -> None:
        """Hand a change to whoever watches."""
        self.outbox.put(change)

    def tell_skipped(self, profile: str, noun: str, count: int) -> None:
        """So many rows of a profile's list could not be read; told once, until there are more or fewer."""
        before, self._skipped[profile, noun] = self._skipped.get((profile, noun), 0), count
        if count and count != before:
            words = f"1 {noun} is left out: its row" if count == 1 else f"{count} {noun}s are left out: their rows"
            self.tell(ProblemRaised(Problem(f"{profile}: {words} can't be read.", "")))

    def put(self, work: Work, **fields: object) -> None:
        """Change a session's fields, write it down and tell. One that was deleted meanwhile stays so."""
        work.session = replace(work.session, **fields)  # type: ignore[arg-type]
        if work.holder is None:
            busy_in = self.backends.owner if work.session.state.is_busy else None
            if work.session.busy_in != busy_in:
                work.session = replace(work.session, busy_in=busy_in)
        if self.works.get(work.session.id) is not work:
            return
        if work.holder is None:
            self.store.save_session(work.session)
        self.tell(SessionChanged(work.session))

    def move(self, work: Work, trigger: Trigger, **fields: object) -> None:
        """Take a session to its next state by the one table."""
        self.put(work, state=next_state(work.session.state, trigger), **fields)
        self.on_moved(work)

    def holder_of(self, session: Session, owners: Mapping[str, str]) -> str | None:
        """The other app instance, dead or alive, whose turn runs in a session, or that holds its server session.

        Args:
            session: As it is saved.
            owners: The owner of each live server session.
        """
        me = self.backends.owner
        candidates = (owners.get(session.server_id or ""), session.busy_in)
        return next((owner for owner in candidates if owner is not None and owner != me), None)

    def is_owner_of(self, session: Session, owners: Mapping[str, str]) -> bool:
        """Whether the store says that this instance runs the session's turn or holds its server session."""
        return self.backends.owner in (owners.get(session.server_id or ""), session.busy_in)

    def hold(self, work: Work, holder: str | None) -> None:
        """Another instance holds the session from now on, or none does; say so."""
        if work.holder != holder:
            work.holder = holder
            is_held = holder is not None
            self.tell(LinkChanged(work.session.id, HELD_ELSEWHERE if is_held else "", is_elsewhere=is_held))

    def put_queue(self, work: Work, queue: list[Turn]) -> None:
        """Replace the waiting messages and tell."""
        work.queue = queue
        self.tell(QueueChanged(work.session.id, tuple(queue)))

    def record(self, entry: ServerSession) -> None:
        """Write a line of the ledger."""
        if entry.ended_at is None:
            self.ledger[entry.server_id] = entry
        else:
            self.ledger.pop(entry.server_id, None)
        self.store.save_server_session(entry)

    def forget_server(self, work: Work) -> None:
        """The session's server session is over, one way or another: nothing is left to end."""
        entry = self.ledger.get(work.session.server_id or "")
        if entry is not None:
            self.record(replace(entry, ended_at=self.clock.now(), is_end_owed=False))
        work.server_count = None

    def errand(self, do: Callable[[], _Result], then: Callable[[Future[_Result]], None]) -> None:
        """Do something that blocks on another thread; `then` gets the future on the engine's thread."""
        self.when_done(self._errands.submit(do), then)

    def farewell(self, do: Callable[[], _Result], then: Callable[[Future[_Result]], None]) -> Future[_Result]:
        """An errand that stops or ends something, and so must not wait behind those that may hang."""
        future = self._farewells.submit(do)
        self.when_done(future, then)
        return future

    def when_done(self, future: Future[_Result], then: Callable[[Future[_Result]], None]) -> None:
        """Call `then` with the future, on the engine's thread, once it is done."""
        future.add_done_callback(lambda done: self.inbox.put(Answer(done, then)))

    def close(self) -> None:
        """Take no more errands; those under way are let go."""
        self._errands.close()
        self._farewells.close()
