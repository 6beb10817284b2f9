"""What plain mode knows: the latest facts, a number for each session, and what it waits for.

May import: domain, protocol, the standard library.
"""

from __future__ import annotations

from dataclasses import replace

from superserve_tui.domain import (
    Addressee,
    AgentsListed,
    Change,
    MessageReturned,
    ProblemRaised,
    QueueChanged,
    Session,
    SessionChanged,
    SessionExpired,
    SessionRemoved,
    SessionsLoaded,
    Turn,
    clean_line,
    in_list_order,
)
from superserve_tui.protocol import Agent

__all__ = ["Model"]


class Model:
    """Changes are the only writer, but for what the person chose."""

    def __init__(self) -> None:
        self.is_loaded = False
        """Whether the saved sessions are known."""
        self.sessions: dict[str, Session] = {}
        self.queues: dict[str, tuple[Turn, ...]] = {}
        self.agents: dict[str, tuple[Agent, ...]] = {}
        """The agents of each profile that has answered."""
        self.shown_intents: set[Agent] = set()
        """Agents without trust whose intent was printed, each as it was then."""
        self.listed_agents: list[Addressee] = []
        """The agents as they were listed last, by their number there."""
        self.current_id: str | None = None
        self.expired: SessionExpired | None = None
        """The message that asks whether it should go on in a new session."""
        self.deleted: list[str] = []
        """Sessions that were deleted in this run, the last one last."""
        self.deleting: set[str] = set()
        """Sessions on their way to the trash."""
        self.restoring: set[str] = set()
        """Sessions on their way back from there."""
        self.renaming: dict[str, str] = {}
        """The titles that are not in force yet, by session."""
        self.own: set[str] = set()
        """Sessions that this run has sent to."""
        self.needs_agents = False
        """Nobody is named: the profile's agents must be known before a message can go out."""
        self.has_failed = False
        """A message of this run got no answer, or only the beginning of one."""
        self.is_leaving = False
        """The sessions are being ended."""
        self._numbers: dict[str, int] = {}
        self._unanswered: set[str] = set()

    @property
    def current(self) -> Session | None:
        """The session that messages go to."""
        return self.sessions.get(self.current_id or "")

    @property
    def current_queue(self) -> tuple[Turn, ...]:
        """The messages that wait in it."""
        return self.queues.get(self.current_id or "", ())

    @property
    def is_moving(self) -> bool:
        """Whether a session is on its way to the trash, back, or to another title: what follows may be about it."""
        return bool(self.deleting or self.restoring or self.renaming)

    @property
    def is_busy(self) -> bool:
        """Whether a turn is under way in the session that messages go to, or one is about to be."""
        current = self.current
        return self.current_id in self._unanswered or (current is not None and current.state.is_busy)

    @property
    def is_unanswered(self) -> bool:
        """Whether nobody knows yet what became of the message that was sent last."""
        return self.current_id in self._unanswered

    @property
    def is_own_busy(self) -> bool:
        """Whether anything that this run has sent is still at work."""
        return any(self._is_at_work(session_id) for session_id in self.own)

    def ordered(self) -> list[Session]:
        """All sessions in the order of every list."""
        return in_list_order(self.sessions.values())

    def number(self, session_id: str) -> int:
        """What the session is called here; the same until the end of this run."""
        return self._numbers.setdefault(session_id, len(self._numbers) + 1)

    def by_number(self, number: int) -> Session | None:
        """The session with that number."""
        return next((each for each in self.sessions.values() if self.number(each.id) == number), None)

    def matching(self, words: str) -> list[Session]:
        """Sessions whose title and agent hold every word, or whose id begins with it."""
        wanted = words.casefold().split()
        bare = words.strip().removeprefix("ses_").replace("-", "").casefold()
        return [each for each in self.ordered() if _has_id(each, bare) or _has_words(each, wanted)]

    def untrusted(self, to: Addressee) -> Agent | None:
        """The agent that `to` names, where it needs a yes first."""
        agents = self.agents.get(to.profile, ())
        return next((each for each in agents if each.name == to.agent and each.is_untrusted), None)

    def trusted(self, to: Addressee, agent: Agent) -> None:
        """The person said yes to it; what else is to be known of it comes with the next listing."""
        others = (each for each in self.agents.get(to.profile, ()) if each.id != agent.id)
        self.agents[to.profile] = (*others, replace(agent, deps_status="none", deps_error=None))

    def expect(self, session: Session) -> None:
        """A session was asked for: it counts as there before the engine has told of it."""
        self.sessions[session.id] = session
        self.number(session.id)

    def without_draft(self, session_id: str) -> None:
        """The text that was kept there has been thrown away."""
        self.sessions[session_id] = replace(self.sessions[session_id], draft="", draft_revises=None)

    def sent(self, session_id: str) -> None:
        """A message was handed over: until it is seen to be under way, its session counts as busy."""
        self.own.add(session_id)
        self._unanswered.add(session_id)

    def apply(self, change: Change) -> None:
        """Take one fact in."""
        match change:
            case SessionsLoaded():
                self.is_loaded = True
                self.sessions |= {session.id: session for session in change.sessions}
                for session in self.ordered():
                    self.number(session.id)
            case SessionChanged():
                self.sessions[change.session.id] = change.session
                self.restoring.discard(change.session.id)
                if self.renaming.get(change.session.id) == change.session.title:
                    self.renaming.pop(change.session.id, None)
                if change.session.state.is_busy:
                    self._unanswered.discard(change.session.id)
            case SessionRemoved():
                self.deleted.append(change.session_id)
                self.deleting.discard(change.session_id)
                self._forget(change.session_id)
            case QueueChanged():
                self._queue_changed(change)
            case SessionExpired():
                self.expired = change
                self._unanswered.discard(change.session_id)
            case MessageReturned():
                self._unanswered.discard(change.session_id)
            case ProblemRaised():
                self._unanswered.discard(change.session_id or "")
                self.deleting.discard(change.session_id or "")
                self.restoring.discard(change.session_id or "")
                self.renaming.pop(change.session_id or "", None)
            case AgentsListed() if change.problem is None:
                self.agents[change.profile] = change.agents
            case _:
                pass

    def _queue_changed(self, change: QueueChanged) -> None:
        before = self.queues.get(change.session_id, ())
        session = self.sessions.get(change.session_id)
        self.queues[change.session_id] = change.turns
        self._unanswered.discard(change.session_id)
        is_at_rest = session is not None and not session.state.is_busy and not session.is_queue_paused
        if is_at_rest and len(change.turns) < len(before):  # the first of them is about to be sent
            self._unanswered.add(change.session_id)

    def _forget(self, session_id: str) -> None:
        self.sessions.pop(session_id, None)
        self.queues.pop(session_id, None)
        self._unanswered.discard(session_id)
        self.renaming.pop(session_id, None)
        self.own.discard(session_id)
        if self.expired is not None and self.expired.session_id == session_id:
            self.expired = None

    def _is_at_work(self, session_id: str) -> bool:
        session = self.sessions.get(session_id)
        if session_id in self._unanswered:
            return True
        if session is None:
            return False
        return session.state.is_busy or (bool(self.queues.get(session_id)) and not session.is_queue_paused)


def _has_id(session: Session, bare: str) -> bool:
    server_id = (session.server_id or "").removeprefix("ses_").replace("-", "")
    return len(bare) >= 4 and (session.id.startswith(bare) or server_id.startswith(bare))


def _has_words(session: Session, wanted: list[str]) -> bool:
    text = f"{clean_line(session.title or '')} {session.agent}".casefold()
    return bool(wanted) and all(word in text for word in wanted)
