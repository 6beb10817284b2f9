"""What the UI knows: the latest facts about sessions, agents and the transcripts that were opened.

Changes from the engine are the only writer. May import: domain, engine, protocol, the log's document.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from superserve_tui.domain import (
    AgentsListed,
    CallChanged,
    Change,
    EarlierLoaded,
    HeartbeatSeen,
    LinkChanged,
    Problem,
    QueueChanged,
    Session,
    SessionChanged,
    SessionRemoved,
    SessionsLoaded,
    SessionState,
    StatusReported,
    TextAppended,
    TranscriptLoaded,
    Turn,
    TurnChanged,
    TurnRemoved,
    in_list_order,
)
from superserve_tui.engine import Clock
from superserve_tui.protocol import Agent, ToolCall
from superserve_tui.ui.silence import Silence

if TYPE_CHECKING:
    from superserve_tui.ui.widgets.log import LogDocument

__all__ = ["Model", "OpenTranscript"]

OPEN_TRANSCRIPTS = 40
"""Transcripts kept ready for switching; the one used longest ago goes first, unless its turn runs."""


@dataclass(slots=True)
class OpenTranscript:
    """A transcript that has been opened: its document for the log and its turns' latest facts."""

    document: LogDocument
    is_loaded: bool = False
    earlier: int = 0
    """How many turns stand before those that are here, and have not been read yet."""
    turns: list[Turn] = field(default_factory=list)
    """The latest snapshot of each turn, by number; a running turn's text is in the document only."""
    calls: list[ToolCall] = field(default_factory=list)
    """The calls of the last turn."""

    @property
    def is_whole(self) -> bool:
        """Whether all of it is here."""
        return self.is_loaded and not self.earlier

    @property
    def last_turn(self) -> Turn | None:
        """The newest turn."""
        return self.turns[-1] if self.turns else None

    @property
    def told(self) -> list[Turn]:
        """All turns, the last with the calls that it has made so far."""
        return [*self.turns[:-1], *(replace(turn, calls=tuple(self.calls)) for turn in self.turns[-1:])]

    def turn_of(self, turn_id: str | None) -> Turn | None:
        """The turn with that id; the newest where there is none."""
        return next((turn for turn in reversed(self.turns) if turn.id == turn_id), self.last_turn)

    def calls_of(self, turn: Turn) -> Sequence[ToolCall]:
        """What is known of a turn's calls."""
        return self.calls if turn is self.last_turn else turn.calls

    def call_totals(self) -> tuple[int, int]:
        """How many calls the whole session made, and their milliseconds, of those that ended."""
        known = [self.calls_of(turn) for turn in self.turns]
        took_ms = sum(call.duration_ms or 0 for calls in known for call in calls)
        return sum(map(len, known)), took_ms

    def set_turn(self, turn: Turn) -> None:
        """Add a turn or replace what is known of it."""
        for index in range(len(self.turns) - 1, -1, -1):
            if self.turns[index].id == turn.id:
                self.turns[index] = turn
                break
        else:
            self.turns.append(turn)
        if self.turns[-1].id == turn.id:
            self.calls = list(turn.calls)

    def put_before(self, change: EarlierLoaded) -> None:
        """Take in what stands before the turns that are here; others were asked for before it was opened anew."""
        if not self.earlier or self.turns[0].number != change.before:
            return
        if self.earlier != len(change.turns) + change.earlier:
            self.is_loaded = False
            return
        self.turns[:0] = change.turns
        self.earlier = change.earlier
        self.document.fill(change.turns)

    def set_call(self, turn_id: str, call: ToolCall) -> None:
        """Add a call of the last turn or replace what is known of it."""
        last = self.last_turn
        if last is None or last.id != turn_id:
            return
        if call.index < len(self.calls):
            self.calls[call.index] = call
        else:
            self.calls.append(call)


class Model:
    """The facts, and which session is on screen.

    Args:
        clock: Time.
        group_by: What the list of sessions is grouped by: time, agent or profile.
    """

    def __init__(self, clock: Clock, *, group_by: str = "time") -> None:
        self._clock, self.group_by = clock, group_by
        self.sessions: dict[str, Session] = {}
        self.current_id: str | None = None
        self.unnoticed: set[str] = set()
        """Sessions that expired while another was on screen, and were not opened since."""
        self.agents: dict[str, tuple[Agent, ...]] = {}
        """The agents of each profile that has been asked."""
        self.agent_problems: dict[str, Problem] = {}
        self.queues: dict[str, tuple[Turn, ...]] = {}
        self._links: dict[str, LinkChanged] = {}
        self._elsewhere: set[str] = set()
        self._lost: set[str] = set()
        self.silence = Silence(clock.monotonic)
        self._open: OrderedDict[str, OpenTranscript] = OrderedDict()

    @property
    def current(self) -> Session | None:
        """The session on screen."""
        return self.sessions.get(self.current_id) if self.current_id else None

    @property
    def to_end(self) -> list[Session]:
        """The sessions that are ended with this app, unless the person keeps them."""
        return [each for each in self._live if not each.is_kept]

    @property
    def kept(self) -> list[Session]:
        """The sessions that the person keeps: they go on without this app."""
        return [each for each in self._live if each.is_kept]

    @property
    def _live(self) -> list[Session]:
        """Those of ours that a server has; other instances have theirs in the same store."""
        return [
            each
            for each in self.sessions.values()
            if (each.server_id or each.state.is_busy)
            and not (each.state.is_over or each.is_attached or each.id in self._elsewhere)
        ]

    def is_elsewhere(self, session_id: str) -> bool:
        """Whether another app instance holds it."""
        return session_id in self._elsewhere

    def is_lost(self, session_id: str) -> bool:
        """Whether its turn's connection is gone, and another one is tried for."""
        return session_id in self._lost

    def link_words(self, session_id: str) -> str:
        """How its turn's connection is; empty where all is well."""
        link = self._links.get(session_id)
        return link.words(self._clock.monotonic()) if link is not None else ""

    @property
    def transcript(self) -> OpenTranscript | None:
        """The transcript on screen."""
        return self._open.get(self.current_id) if self.current_id else None

    def ordered(self) -> list[Session]:
        """All sessions in the sidebar's order."""
        return in_list_order(self.sessions.values(), group_by=self.group_by)

    def open(self, session_id: str) -> OpenTranscript:
        """The transcript of a session, made empty where it has not been opened yet."""
        transcript = self._open.get(session_id)
        if transcript is None:
            from superserve_tui.ui.widgets.log import LogDocument

            session = self.sessions.get(session_id)
            agent = session.agent if session else "agent"
            transcript = self._open[session_id] = OpenTranscript(
                LogDocument(session_id, agent=agent, clock=self._clock.monotonic, now=self._clock.now)
            )
            self._close_oldest()
        self._open.move_to_end(session_id)
        return transcript

    def expect(self, session_id: str, *, profile: str, agent: str, now: datetime) -> None:
        """A session was asked for: it can be shown before the engine has told of it."""
        self.sessions[session_id] = Session(id=session_id, profile=profile, agent=agent, created_at=now)
        self.open(session_id).is_loaded = True

    def set_draft(self, session_id: str, text: str, *, revises: str | None = None) -> None:
        """What stands in a session's composer was saved."""
        self.sessions[session_id] = replace(self.sessions[session_id], draft=text, draft_revises=revises)

    def apply(self, change: Change) -> None:
        """Take one fact in."""
        match change:
            case SessionsLoaded():
                self.sessions |= {session.id: session for session in change.sessions}
            case SessionChanged():
                self._note_expiry(change.session)
                self.sessions[change.session.id] = change.session
            case SessionRemoved():
                self.sessions.pop(change.session_id, None)
                self._open.pop(change.session_id, None)
            case QueueChanged():
                self.queues[change.session_id] = change.turns
            case HeartbeatSeen():
                self.silence.beat(change.session_id)
            case LinkChanged():
                self._links[change.session_id] = change
                (self._elsewhere.add if change.is_elsewhere else self._elsewhere.discard)(change.session_id)
                (self._lost.add if change.is_lost else self._lost.discard)(change.session_id)
            case AgentsListed():
                self._set_agents(change)
            case _:
                self._apply_to_transcript(change)

    def _apply_to_transcript(self, change: Change) -> None:
        if isinstance(change, TextAppended | CallChanged | StatusReported | TurnChanged):
            self.silence.heard(change.session_id)
        match change:
            case TranscriptLoaded():
                transcript = self.open(change.session_id)
                transcript.is_loaded, transcript.earlier = True, change.earlier
                transcript.turns = list(change.turns)
                transcript.calls = list(change.turns[-1].calls) if change.turns else []
                transcript.document.load(change.turns, earlier=change.earlier)
            case EarlierLoaded():
                if opened := self._open.get(change.session_id):
                    opened.put_before(change)
            case TurnChanged():
                if opened := self._open.get(change.session_id):
                    opened.set_turn(change.turn)
                    opened.document.set_turn(change.turn)
            case TurnRemoved():
                if opened := self._open.get(change.session_id):
                    opened.turns = [turn for turn in opened.turns if turn.id != change.turn_id]
                    opened.calls = list(opened.turns[-1].calls) if opened.turns else []
                    opened.document.remove_turn(change.turn_id)
            case TextAppended():
                if opened := self._open.get(change.session_id):
                    opened.document.append_text(change.turn_id, change.text)
            case CallChanged():
                if opened := self._open.get(change.session_id):
                    opened.set_call(change.turn_id, change.call)
                    opened.document.set_call(change.turn_id, change.call)
            case StatusReported():
                if opened := self._open.get(change.session_id):
                    opened.document.set_status(change.text)
            case _:
                pass

    def _note_expiry(self, session: Session) -> None:
        before = self.sessions.get(session.id)
        if session.state is not SessionState.EXPIRED:
            self.unnoticed.discard(session.id)
        elif session.id != self.current_id and before is not None and not before.state.is_over:
            self.unnoticed.add(session.id)

    def _set_agents(self, change: AgentsListed) -> None:
        if change.problem is None:
            self.agents[change.profile] = change.agents
            self.agent_problems.pop(change.profile, None)
        else:
            self.agent_problems[change.profile] = change.problem

    def _close_oldest(self) -> None:
        for session_id in list(self._open)[: max(0, len(self._open) - OPEN_TRANSCRIPTS)]:
            session = self.sessions.get(session_id)
            if session_id != self.current_id and not (session and session.state.is_busy):
                del self._open[session_id]
