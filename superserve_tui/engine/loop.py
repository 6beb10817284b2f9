"""The engine's thread: one inbox, one writer of all sessions.

May import: domain, protocol, engine's own modules, the standard library.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, assert_never

from superserve_tui.domain import (
    AgentsListed,
    MessageReturned,
    Problem,
    ProblemRaised,
    PromptsFound,
    SearchFinished,
    Session,
    SessionRemoved,
    SessionState,
    TranscriptLoaded,
    Trigger,
    Turn,
    TurnState,
    can,
    with_recap,
)
from superserve_tui.engine import commands as do
from superserve_tui.engine.agent_logs import AgentLogs
from superserve_tui.engine.drafts import with_message
from superserve_tui.engine.expiry import Expiry
from superserve_tui.engine.far import Far
from superserve_tui.engine.following import Following
from superserve_tui.engine.leaving import Leaving
from superserve_tui.engine.neighbours import Neighbours
from superserve_tui.engine.problems import problem_of
from superserve_tui.engine.reading import Reading
from superserve_tui.engine.recovery import Recovery
from superserve_tui.engine.reports import RunEnded, RunHasEvents, RunLinkChanged, RunOpened, RunReady
from superserve_tui.engine.turns import Turns
from superserve_tui.engine.world import Answer, Work, World
from superserve_tui.protocol import Agent, Listing, NotFoundError

__all__ = ["EngineLoop", "Stop"]

_log = logging.getLogger(__name__)

BATCH = 100
"""Items taken before the timers get their turn again; a flood must not starve them."""

JOIN_S = 0.5
"""How long, in seconds, the end waits for all run threads together."""

_HELD_ELSEWHERE = Problem("This session is open in another window.", "Close it there, or start a new one.")

_NOT_IN_TRASH = Problem("That session is not in the trash any more.", "")

_Sending = do.SendPrompt | do.ContinueSession
_ForAnyone = (
    do.OpenSession | do.DropUntouched | do.ReadEarlier | do.ReadTranscript | do.MarkUnread | do.ReadAgentLog
)


class Stop:
    """Ends the loop."""


class EngineLoop:
    """Takes commands, run reports and answers from the inbox, one at a time.

    Args:
        world: The sessions and collaborators; from `run` on it belongs to this thread.
        on_quit_finished: Called once everything is ended or written down.
    """

    def __init__(self, world: World, *, on_quit_finished: Callable[[], None]) -> None:
        self._world = world
        self._turns = Turns(world)
        self._leaving = Leaving(world)
        self._following = Following(world, self._turns, self._leaving)
        self._recovery = Recovery(world, turns=self._turns, leaving=self._leaving, expiry=Expiry(world))
        self._far = Far(world)
        self._agent_logs = AgentLogs(world)
        self._reading = Reading(world, on_opened=lambda work, turns: self._neighbours.opened(work, turns))
        self._neighbours = Neighbours(world, self._recovery, reload=self._reading.open)
        self._on_quit_finished = on_quit_finished

    def run(self) -> None:
        """The thread's body: until `Stop` comes."""
        inbox: SimpleQueue[Any] = self._world.inbox
        self._guarded(self._recovery.load)
        self._neighbours.watch()
        timers = self._world.timers
        while True:
            try:
                item = inbox.get(timeout=timers.wait_s())
                taken = 1
                while not isinstance(item, Stop):
                    self._guarded(self._take, item)
                    if taken == BATCH:
                        break
                    item = inbox.get_nowait()
                    taken += 1
                else:
                    return self._guarded(self._end)
            except Empty:
                pass
            self._guarded(timers.run_due)

    def _end(self) -> None:
        """Let every connection go; turns that still run stay as they are on disk, to be picked up."""
        world = self._world
        self._turns.appends.flush()
        for run in world.runs:
            run.stop()
        deadline = monotonic() + JOIN_S
        for run in world.runs:
            run.join(max(0.0, deadline - monotonic()))
        world.close()
        while not world.inbox.empty():
            item = world.inbox.get_nowait()
            if isinstance(item, RunOpened):
                self._following.opened(item)

    def _guarded(self, step: Callable[..., None], *args: Any) -> None:
        try:
            step(*args)
        except Exception as error:  # noqa: BLE001 - the thread's entry: the unknown becomes a problem that is told
            _log.exception("engine step failed")
            self._world.tell(ProblemRaised(problem_of(error)))

    def _take(self, item: Any) -> None:
        match item:
            case RunHasEvents():
                self._following.events(item.run)
            case RunEnded():
                self._following.ended(item)
            case RunReady():
                self._following.ready(item)
            case RunOpened():
                self._following.opened(item)
            case RunLinkChanged():
                self._following.link_changed(item)
            case Answer():
                item.then(item.future)
            case Problem():
                self._world.tell(ProblemRaised(item))
            case None:
                pass
            case _:
                self._command(item)

    # -- commands

    def _command(self, command: do.Command) -> None:
        match command:
            case do.CreateSession():
                self._create(command)
            case do.ListAgents():
                self._list_agents(command.profile)
            case do.ListFarSessions():
                self._far.list(command.profile)
            case do.AttachSession():
                self._far.attach(command)
            case do.EndFarSession():
                self._far.end(command)
            case do.SearchTranscripts():
                self._search(command.query)
            case do.FindPrompts():
                self._world.when_done(self._world.store.prompts(), self._prompts_found)
            case do.RestoreSession():
                self._restore(command.session_id)
            case do.SaveStrayDraft():
                self._world.store.save_stray_draft(self._world.backends.owner, command.text)
            case do.KeepSessions():
                self._leaving.keep_sessions(command.is_kept)
            case do.Quit():
                self._quit(keep=command.keep)
            case _:
                work = self._world.works.get(command.session_id)
                if work is None:
                    return
                if work.holder is None or isinstance(command, _ForAnyone):
                    self._session_command(work, command)
                elif not isinstance(command, do.SaveDraft):
                    self._claim(work, command)

    def _session_command(self, work: Work, command: do.Command) -> None:
        world, turns = self._world, self._turns
        match command:
            case do.SendPrompt() | do.ContinueSession():
                self._send(work, command)
            case do.StopTurn():
                turns.stop(work, gives_back=command.gives_back)
            case do.Reconnect():
                self._reconnect(work)
            case do.EndSession():
                turns.stop(work, at_once=True)
                self._leaving.end(work)
            case do.RenameSession():
                world.put(work, title=command.title.strip() or None)
            case do.PinSession():
                world.put(work, is_pinned=command.is_pinned)
            case do.MarkUnread():
                if work.session.is_unread != command.is_unread:
                    world.put(work, is_unread=command.is_unread)
            case do.DeleteSession():
                self._delete(work)
            case do.DropUntouched():
                if work.is_untouched:
                    self._delete(work)
            case do.SaveDraft():
                session = replace(work.session, draft=command.text, draft_revises=command.revises)
                if work.session != session:
                    work.session = session
                    world.store.save_session(session)
            case do.OpenSession():
                self._reading.open(work, last=command.last)
            case do.ReadEarlier():
                self._reading.earlier(work, before=command.before, limit=command.limit)
            case do.ReadTranscript():
                self._reading.whole(work)
            case do.ReadAgentLog():
                self._agent_logs.read(work)
            case do.RemoveQueued():
                turns.remove_queued(work, command.turn_id)
            case do.TakeBackQueued():
                turns.take_back_queued(work, command.turn_id)
            case do.MoveQueued():
                turns.move_queued(work, command.turn_id, command.places)
            case do.ResumeQueue():
                turns.resume_queue(work)
            case (
                do.CreateSession()
                | do.ListAgents()
                | do.ListFarSessions()
                | do.AttachSession()
                | do.EndFarSession()
                | do.SearchTranscripts()
                | do.FindPrompts()
                | do.RestoreSession()
                | do.SaveStrayDraft()
                | do.KeepSessions()
                | do.Quit()
            ):
                pass
            case _:
                assert_never(command)

    def _claim(self, work: Work, command: do.Command) -> None:
        """Another instance holds the session: go on if that has gone, else say so and give the text back."""

        def claimed(is_ours: bool) -> None:
            if is_ours:
                self._session_command(work, command)
                return
            if isinstance(command, _Sending):
                revises = command.revises if isinstance(command, do.SendPrompt) else None
                self._world.tell(MessageReturned(work.session.id, command.prompt, revises=revises))
            self._world.tell(ProblemRaised(_HELD_ELSEWHERE, work.session.id))

        self._recovery.claim(work, claimed)

    def _create(self, command: do.CreateSession) -> None:
        if command.session_id in self._world.works:
            return
        session = Session(
            id=command.session_id,
            profile=command.profile,
            agent=command.agent,
            created_at=self._world.clock.now(),
            title=command.title,
            idle_timeout_s=command.idle_timeout_s,
        )
        work = Work(session)
        self._world.works[session.id] = work
        self._world.put(work)
        self._world.tell(TranscriptLoaded(session.id, ()))

    def _send(self, work: Work, command: _Sending) -> None:
        if self._world.is_leaving:
            self._world.put(work, draft=with_message(work.session.draft, command.prompt))
        elif isinstance(command, do.SendPrompt):
            self._turns.send(work, command.prompt, revises=command.revises)
        elif can(work.session.state, Trigger.CONTINUE):
            self._turns.continue_in_new(work, command.prompt, recap=command.recap)
        elif not work.session.state.is_busy:
            self._turns.send(work, with_recap(command.recap, command.prompt))

    def _reconnect(self, work: Work) -> None:
        if work.run is not None and work.run.hurry():
            return
        if work.session.state is SessionState.RUNNING:
            self._turns.renew_link(work)
            return

        def loaded(done: Future[tuple[Turn, ...]]) -> None:
            sent = [turn for turn in done.result() if turn.state is not TurnState.QUEUED]
            is_here = self._world.works.get(work.session.id) is work and not self._world.is_leaving
            is_possible = is_here and can(work.session.state, Trigger.RECONNECT)
            if sent and sent[-1].state is TurnState.INTERRUPTED and is_possible:
                self._turns.reconnect(work, sent[-1])

        self._world.when_done(self._world.store.transcript(work.session.id), loaded)

    def _delete(self, work: Work) -> None:
        world, session_id = self._world, work.session.id
        self._turns.stop(work, at_once=True)
        if not work.session.is_attached:
            self._leaving.end(work)
        world.timers.cancel(("expiry", session_id))
        world.store.delete_session(session_id, world.clock.now())
        del world.works[session_id]
        world.tell(SessionRemoved(session_id))

    def _restore(self, session_id: str) -> None:
        world = self._world

        def restored(done: Future[Session | None]) -> None:
            session = done.result()
            if session is not None:
                world.when_done(
                    world.store.transcript(session.id),
                    lambda turns: self._recovery.restored(session, turns.result()),
                )
            elif session_id not in world.works:
                world.tell(ProblemRaised(_NOT_IN_TRASH, session_id))

        world.when_done(world.store.restore_session(session_id), restored)

    def _list_agents(self, profile: str) -> None:
        def listed(future: Future[Listing[Agent]]) -> None:
            error = future.exception()
            if error is None:
                self._world.tell(AgentsListed(profile, tuple(future.result())))
                self._world.tell_skipped(profile, "agent", future.result().skipped)
                return
            problem = problem_of(error if isinstance(error, Exception) else RuntimeError(str(error)))
            if isinstance(error, NotFoundError):
                problem = Problem("serves no sessions here", "Check the profile's address.")
            self._world.tell(AgentsListed(profile, (), problem))

        self._world.errand(lambda: self._world.backends.service(profile).list_agents(), listed)

    def _search(self, query: str) -> None:
        def found(future: Future[Any]) -> None:
            hits = () if future.exception() else future.result()
            self._world.tell(SearchFinished(query, hits))

        self._world.when_done(self._world.store.search(query), found)

    def _prompts_found(self, done: Future[tuple[str, ...]]) -> None:
        self._world.tell(PromptsFound(() if done.exception() else done.result()))

    def _quit(self, *, keep: bool) -> None:
        if self._world.is_leaving:
            return
        for work in self._world.works.values():
            if not keep and work.holder is None and self._leaving.is_to_end(work.session.server_id):
                self._turns.stop(work, at_once=True)
        self._leaving.quit(keep=keep, on_finished=self._on_quit_finished)
