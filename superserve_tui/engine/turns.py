"""Turns as the person has them: sent, queued, stopped, picked up; and how each is closed.

May import: domain, protocol, engine's own modules, the standard library.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from uuid import uuid4

from superserve_tui.domain import (
    LinkChanged,
    LiveTurn,
    MessageReturned,
    Problem,
    ProblemRaised,
    Session,
    SessionExpired,
    SessionState,
    StatusReported,
    Trigger,
    Turn,
    TurnChanged,
    TurnRemoved,
    TurnState,
    with_recap,
)
from superserve_tui.engine.appends import Appends
from superserve_tui.engine.drafts import returned, without_message
from superserve_tui.engine.problems import problem_of
from superserve_tui.engine.run import TurnRun
from superserve_tui.engine.world import Work, World
from superserve_tui.protocol import CallState, FinishReason, title_from

__all__ = ["STOP_DEADLINE_S", "Turns"]

STOP_DEADLINE_S = 0.4
"""How long a stop waits for the server's word; it is done within 0.5 s whatever the server says (PROMISES 11)."""

_STOPPED_UNSENT = "Stopped before it was sent: the message is back."
_STOPPED_UNANSWERED = "Stopped before an answer came: the message is back. The agent may have seen it."

_NOT_HANDED_OVER = "This server can't hand a running turn to another connection."
_LINK_KEPT = "The turn keeps the one that it has: wait, or stop it with Escape twice."

_ENDINGS = {
    TurnState.COMPLETED: Trigger.COMPLETED,
    TurnState.FAILED: Trigger.FAILED,
    TurnState.CANCELLED: Trigger.CANCELLED,
    TurnState.INTERRUPTED: Trigger.LINK_LOST,
    TurnState.UNKNOWN: Trigger.FAILED,
}


class Turns:
    """What happens to turns. For the engine's thread only."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.appends = Appends(world)

    # -- asked for by the person

    def send(self, work: Work, prompt: str, *, revises: str | None = None) -> None:
        """Send a message; queue it while a turn runs; where the session is over, ask first."""
        if work.session.state is SessionState.STOPPING:
            self.finish_stop(work)
        session = work.session
        if session.state.is_over:
            self._world.put(work, **returned(session, prompt, revises))
            self._world.tell(SessionExpired(session.id, prompt))
            return
        rest = _draft_without(session, prompt)
        turn = self._new_turn(work, prompt, revises)
        if not session.state.is_busy:
            self._begin(work, turn, Trigger.SEND, **rest)
            return
        self._world.store.save_turn(session.id, turn)
        self._world.put_queue(work, [*work.queue, turn])
        if rest:
            self._world.put(work, **rest)

    def continue_in_new(self, work: Work, prompt: str, *, recap: str = "") -> None:
        """Send a message in a new server session under the same row, with a recap of what was said ahead of it."""
        work.session = replace(work.session, server_id=None, server_url=None)
        work.server_count = None
        work.was_stopped = False
        rest = _draft_without(work.session, prompt)
        turn = self._new_turn(work, with_recap(recap, prompt), None)
        self._begin(work, turn, Trigger.CONTINUE, **rest)

    def stop(self, work: Work, *, at_once: bool = False, gives_back: bool = False) -> None:
        """Stop the running turn: its connection now, the agent as soon as the server hears of it.

        Args:
            at_once: Tell the server nothing and wait for nothing: its session is about to be ended.
            gives_back: Where nothing of an answer came, the person wants the text of the message again.
        """
        run, live = work.run, work.live
        if run is None or live is None:
            if at_once and work.session.state is SessionState.STOPPING:
                self.finish_stop(work)
            return
        run.stop()
        live.stop()
        turn = self._put_away(work, live)
        has_left = turn.server_id is not None
        work.was_stopped = work.was_stopped or has_left
        self._world.move(work, Trigger.STOP, is_queue_paused=bool(work.queue))
        if gives_back and turn.state is TurnState.STOPPED and not (turn.text or turn.calls):
            self._give_back(work, turn)
        if at_once or not has_left:
            self.finish_stop(work)
            return
        key = ("stop", work.session.id)
        self._world.timers.after(key, STOP_DEADLINE_S, lambda: self.finish_stop(work))
        self._cancel_on_server(work, turn)

    def finish_stop(self, work: Work) -> None:
        """The stop has taken effect, or was waited for long enough."""
        self._world.timers.cancel(("stop", work.session.id))
        if work.session.state is not SessionState.STOPPING:
            return
        self._world.move(work, Trigger.STOPPED, last_activity_at=self._world.clock.now())

    def reconnect(self, work: Work, turn: Turn) -> None:
        """Pick an interrupted turn up where it was cut; the calls that the cut closed run again."""
        calls = tuple(
            replace(call, state=CallState.RUNNING, duration_ms=None)
            if call.state is CallState.INTERRUPTED
            else call
            for call in turn.calls
        )
        turn = replace(turn, state=TurnState.STREAMING, error=None, duration_ms=None, calls=calls)
        self._world.store.save_turn(work.session.id, turn)
        self._world.move(work, Trigger.RECONNECT)
        self._run(work, turn, is_pick_up=True)

    def renew_link(self, work: Work) -> None:
        """Another connection for a turn that runs in silence.

        The one that it has is let go only once the server is known to hand the turn over: one that does not would
        take a closed connection for a stop.
        """
        run, live, world, session = work.run, work.live, self._world, work.session
        if run is None or live is None or session.server_id is None:
            return
        server_id, after = session.server_id, live.events_seen
        world.tell(LinkChanged(session.id, "asking for another connection"))

        def ask() -> bool:
            return world.backends.service(session.profile, session.server_url).can_attach(server_id, after)

        def answered(future: Future[bool]) -> None:
            if work.run is not run:
                return
            world.tell(LinkChanged(session.id, ""))
            error = future.exception()
            if error is None and future.result():
                run.reconnect()
                return
            what = problem_of(error).what if isinstance(error, Exception) else _NOT_HANDED_OVER
            world.tell(ProblemRaised(Problem(what, _LINK_KEPT), session.id))

        world.errand(ask, answered)

    def resume_queue(self, work: Work) -> None:
        """Send the waiting messages after all."""
        if work.session.state is SessionState.STOPPING:
            self.finish_stop(work)
        if work.session.is_queue_paused:
            self._world.put(work, is_queue_paused=False)
        if not work.session.state.is_busy:
            self._next_queued(work)

    def remove_queued(self, work: Work, turn_id: str) -> None:
        """Take a waiting message out."""
        queue = [turn for turn in work.queue if turn.id != turn_id]
        if len(queue) < len(work.queue):
            self._world.store.remove_turn(turn_id)
            self._world.put_queue(work, queue)

    def take_back_queued(self, work: Work, turn_id: str) -> None:
        """Take a waiting message out and give its text back; one that has gone out meanwhile stays where it is."""
        turn = next((turn for turn in work.queue if turn.id == turn_id), None)
        if turn is None:
            return
        fields = returned(work.session, turn.prompt, turn.revises)
        self._world.put(work, **fields)  # first: no text is ever nowhere
        self.remove_queued(work, turn_id)
        self._world.tell(MessageReturned(work.session.id, turn.prompt, revises=turn.revises))

    def move_queued(self, work: Work, turn_id: str, places: int) -> None:
        """Move a waiting message; the numbers, by which a restart orders them, stay with the places."""
        at = next((place for place, turn in enumerate(work.queue) if turn.id == turn_id), None)
        if at is None:
            return
        moved = list(work.queue)
        moved.insert(min(max(at + places, 0), len(moved) - 1), moved.pop(at))
        queue = [replace(turn, number=old.number) for turn, old in zip(moved, work.queue, strict=True)]
        changed = [turn for turn, old in zip(queue, work.queue, strict=True) if turn != old]
        for turn in changed:
            self._world.store.save_turn(work.session.id, turn)
        if changed:
            self._world.put_queue(work, queue)

    def pick_up(self, work: Work, turn: Turn) -> None:
        """Go on with a turn that ran when the app went away (its state says sent or streaming)."""
        self._world.put(work, state=SessionState.STARTING)
        self._run(work, turn, is_pick_up=True)

    # -- how a turn ends

    def close(self, work: Work, trigger: Trigger | None = None) -> None:
        """The live turn is over by itself: note it, and send what waits.

        Args:
            trigger: What that means to the session, where the turn's own end does not say it.
        """
        live = work.live
        assert live is not None
        turn = self._put_away(work, live)
        is_well = turn.finish_reason is FinishReason.COMPLETED
        is_paused = bool(work.queue) and (work.session.is_queue_paused or not is_well)
        self._world.move(
            work,
            trigger or _ENDINGS[turn.state],
            is_unread=True,
            last_activity_at=self._world.clock.now(),
            is_queue_paused=is_paused,
        )
        if not is_paused:
            self._next_queued(work)

    def take_back(self, work: Work, trigger: Trigger) -> None:
        """The live turn's message was certainly not taken: out of the transcript, back to the composer."""
        world, live = self._world, work.live
        assert live is not None
        self._let_go(work, live)
        session = work.session
        world.move(
            work,
            trigger,
            message_count=max(0, session.message_count - 1),
            is_queue_paused=bool(work.queue),
            **returned(session, live.prompt, live.revises),
        )
        world.store.remove_turn(live.id)
        world.tell(TurnRemoved(session.id, live.id))

    # -- inside

    def _give_back(self, work: Work, turn: Turn) -> None:
        """A turn was stopped before anything came: its text back to the composer, where it can be changed.

        A message that certainly did not leave is out of the transcript; one that the server may have stays there.
        """
        world, session = self._world, work.session
        note = _STOPPED_UNANSWERED
        world.put(work, **returned(session, turn.prompt, turn.revises))  # first: no text is ever nowhere
        if turn.server_id is None:
            note = _STOPPED_UNSENT
            world.put(work, message_count=max(0, session.message_count - 1))
            world.store.remove_turn(turn.id)
            world.tell(TurnRemoved(session.id, turn.id))
        world.tell(MessageReturned(session.id, turn.prompt, note, turn.revises))

    def _new_turn(self, work: Work, prompt: str, revises: str | None) -> Turn:
        work.last_number += 1
        return Turn(
            id=uuid4().hex,
            number=work.last_number,
            prompt=prompt,
            created_at=self._world.clock.now(),
            revises=revises,
        )

    def _begin(self, work: Work, turn: Turn, trigger: Trigger, **fields: object) -> None:
        """Write a turn down as sent, before the session that says so, and start its run.

        It gets its `server_id` when all is ready for the message to leave: without one, it certainly has not.
        """
        world, session = self._world, work.session
        now = world.clock.now()
        if turn.number < work.last_begun:
            work.last_number += 1
            turn = replace(turn, number=work.last_number)
        work.last_begun = turn.number
        turn = replace(turn, state=TurnState.SENT, started_at=now, server_id=None)
        world.store.save_turn(session.id, turn)
        world.move(
            work,
            trigger,
            title=session.title or title_from(turn.prompt) or None,
            message_count=session.message_count + 1,
            last_activity_at=now,
            **fields,
        )
        self._run(work, turn, is_pick_up=False)

    def _run(self, work: Work, turn: Turn, *, is_pick_up: bool) -> None:
        world = self._world
        opening = [run for run in world.runs if run.is_opening and run.session.id == work.session.id]
        run = TurnRun(
            work.session,
            turn,
            backends=world.backends,
            inbox=world.inbox,
            clock=world.clock,
            is_pick_up=is_pick_up,
            server_count=work.server_count,
            was_stopped=work.was_stopped,
            previous=opening,
        )
        work.live = LiveTurn(work.session.id, turn, clock=world.clock.monotonic)
        work.run = run
        work.edition += 1
        world.runs[run] = None
        world.tell(TurnChanged(work.session.id, turn))
        run.start()

    def _let_go(self, work: Work, live: LiveTurn) -> None:
        """Nothing of the live turn's run counts any more."""
        work.live = work.run = None
        work.server_count = None
        work.edition += 1
        self.appends.drop(live.id)
        self._world.tell(StatusReported(work.session.id, ""))
        self._world.tell(LinkChanged(work.session.id, ""))

    def _put_away(self, work: Work, live: LiveTurn) -> Turn:
        """Save and tell the live turn as it ended."""
        turn, count = live.snapshot(), work.server_count
        self._let_go(work, live)
        if turn.finish_reason in (FinishReason.COMPLETED, FinishReason.FAILED) and count is not None:
            work.server_count = count + 1
        self._world.store.save_turn(work.session.id, turn)
        self._world.tell(TurnChanged(work.session.id, turn))
        return turn

    def _cancel_on_server(self, work: Work, turn: Turn) -> None:
        session, server_id = work.session, turn.server_id or ""

        def cancel() -> bool:
            return self._world.backends.service(session.profile, session.server_url).cancel_turn(server_id)

        def answered(future: Future[bool]) -> None:
            if work.cancelling is future:
                work.cancelling = None
                if work.session.state is SessionState.STOPPING and future.exception() is None:
                    self.finish_stop(work)

        work.cancelling = self._world.farewell(cancel, answered)

    def _next_queued(self, work: Work) -> None:
        if not work.queue or self._world.is_leaving:
            return
        turn, *rest = work.queue
        self._world.put_queue(work, rest)
        if work.session.state.is_over:
            self._world.store.remove_turn(turn.id)
            self.send(work, turn.prompt)
        else:
            self._begin(work, turn, Trigger.SEND)


def _draft_without(session: Session, prompt: str) -> dict[str, str | None]:
    """What changes in a session's draft as a message is sent; nothing where that was another text."""
    draft = without_message(session.draft, prompt)
    return {} if draft == session.draft else {"draft": draft, "draft_revises": None}
