"""Follows the runs: what their threads tell becomes what happened to turns and sessions.

May import: domain, protocol, engine's own modules, the standard library.
"""

from __future__ import annotations

from concurrent.futures import Future

from superserve_tui.domain import (
    LinkChanged,
    LiveTurn,
    MessageReturned,
    Problem,
    ProblemRaised,
    ServerSession,
    SessionExpired,
    SessionState,
    Trigger,
    TurnChanged,
    TurnState,
)
from superserve_tui.engine.leaving import Leaving
from superserve_tui.engine.problems import problem_of
from superserve_tui.engine.reports import Outcome, RunEnded, RunLinkChanged, RunOpened, RunReady
from superserve_tui.engine.run import TurnRun
from superserve_tui.engine.turns import Turns
from superserve_tui.engine.world import Work, World
from superserve_tui.protocol import Event, EventTooLargeError

__all__ = ["Following"]

BATCH = 500
"""Events of one run folded before others get their turn: some milliseconds."""

_NOT_SENT = Problem("The message was not sent.", "Press Enter to send it.")
_LOST = "The connection was lost and could not be picked up."
_EXPIRED = "The session was gone from the server before the turn could be picked up."
_UNSURE = "Whether the message arrived is not known."


class Following:
    """Takes the runs' reports. For the engine's thread only."""

    def __init__(self, world: World, turns: Turns, leaving: Leaving) -> None:
        self._world = world
        self._turns = turns
        self._leaving = leaving

    def opened(self, message: RunOpened) -> None:
        """A server session was made, whatever became of the run and its session: write it down first of all."""
        world, run, server_id = self._world, message.run, message.info.id
        run.is_opening = False
        entry = ServerSession(
            server_id=server_id,
            session_id=run.session.id,
            profile=run.session.profile,
            server_url=message.server_url,
            owner=world.backends.owner,
            is_kept=world.keep_sessions,
        )
        world.record(entry)
        work = world.works.get(run.session.id)
        is_wanted = work is not None and not work.session.state.is_over and work.session.server_id is None
        if work is not None and is_wanted:
            world.put(
                work,
                server_id=server_id,
                server_url=message.server_url,
                server_ids=(*work.session.server_ids, server_id),
                is_kept=world.keep_sessions,
                is_attached=False,
            )
        self._leaving.opened(entry, run, is_wanted=is_wanted)

    def ready(self, message: RunReady) -> None:
        """Write the turn down, then let the message go out; never before a stop that the server must hear of."""
        run = message.run
        run.is_opening = False
        work = self._current(run)
        if work is None or work.live is None:
            return
        work.server_count = message.count_before
        work.live.update(server_id=message.server_id, count_before=message.count_before)
        turn = work.live.snapshot()
        cancelling = work.cancelling

        def saved(_: Future[None]) -> None:
            if cancelling is None:
                run.release()
            else:
                cancelling.add_done_callback(lambda _: run.release())

        self._world.store.save_turn(work.session.id, turn).add_done_callback(saved)
        self._world.tell(TurnChanged(work.session.id, turn))

    def events(self, run: TurnRun, *, limit: int = BATCH) -> None:
        """Fold what waits in the run's feed, up to `limit` events."""
        work = self._current(run)
        if work is None:
            run.feed.close()
            return
        try:
            for event in run.feed.take(limit):
                self._event(work, event)
                if work.run is not run:
                    run.feed.close()
                    return
        finally:
            run.feed.tell_rest()

    def link_changed(self, message: RunLinkChanged) -> None:
        """Tell how the connection is. A turn that had begun and is found again runs, silent as it may be."""
        work = self._current(message.run)
        if work is None:
            return
        if message.is_found and work.live is not None and work.live.events_seen:
            self._begun(work, work.live)
        change = LinkChanged(work.session.id, message.text, is_lost=message.is_lost, resumes_at=message.resumes_at)
        self._world.tell(change)

    def ended(self, message: RunEnded) -> None:
        """A run's thread is through; what it still has to give comes first."""
        run = message.run
        if run.feed.has_events:
            self._world.inbox.put(message)
            self.events(run)
            return
        self._world.runs.pop(run, None)
        self._leaving.run_ended(run)
        work = self._current(run)
        if work is not None and work.live is not None:
            self._settle(work, message)

    # -- inside

    def _current(self, run: TurnRun) -> Work | None:
        """The session of a run, unless the session has gone on without it."""
        work = self._world.works.get(run.session.id)
        return work if work is not None and work.run is run else None

    def _event(self, work: Work, event: Event) -> None:
        live = work.live
        assert live is not None
        self._begun(work, live)
        change = live.fold(event)
        if change is not None:
            self._world.tell(change)
        if live.is_over:
            self._turns.close(work)
        else:
            self._turns.appends.note(live, change)

    def _begun(self, work: Work, live: LiveTurn) -> None:
        """The turn runs; said once."""
        if work.session.state is SessionState.STARTING:
            live.update(state=TurnState.STREAMING)
            work.was_stopped = False
            self._world.move(work, Trigger.FIRST_EVENT)
            self._world.tell(TurnChanged(work.session.id, live.snapshot()))

    def _settle(self, work: Work, message: RunEnded) -> None:
        live, error = work.live, message.error
        assert live is not None
        match message.outcome:
            case Outcome.GONE:
                self._gone(work, message)
            case Outcome.NOT_TAKEN if not live.events_seen:
                self._turns.take_back(work, Trigger.FAILED)
                self._world.tell(MessageReturned(work.session.id, live.prompt, revises=live.revises))
                problem = _NOT_SENT if error is None else problem_of(error)
                self._world.tell(ProblemRaised(problem, work.session.id))
            case Outcome.UNKNOWN:
                live.update(state=TurnState.UNKNOWN)
                live.fail(_words(error, _UNSURE))
                self._turns.close(work)
            case Outcome.STREAM_OVER | Outcome.LOST | Outcome.NOT_TAKEN:
                self._cut(work, message)

    def _cut(self, work: Work, message: RunEnded) -> None:
        """The stream ended without a terminal event; what came is kept."""
        live, failure = work.live, message.failure
        assert live is not None
        if isinstance(message.error, EventTooLargeError):
            live.fail("event too large")
        elif failure is not None and failure.code == "event_too_large":
            live.fail(failure.message)
        else:
            live.interrupt(failure.message if failure is not None else _words(message.error, _LOST))
        self._turns.close(work)

    def _gone(self, work: Work, message: RunEnded) -> None:
        """The server does not have the session: the text is kept and the person is asked."""
        live = work.live
        assert live is not None
        self._world.forget_server(work)
        if not message.run.is_pick_up:
            self._turns.take_back(work, Trigger.GONE)
            self._world.tell(SessionExpired(work.session.id, live.prompt))
            return
        if live.events_seen:
            live.interrupt(_EXPIRED)
        else:
            live.update(state=TurnState.UNKNOWN)
            live.fail(_UNSURE)
        self._turns.close(work, Trigger.GONE)


def _words(error: Exception | None, otherwise: str) -> str:
    return problem_of(error).what if error is not None else otherwise
