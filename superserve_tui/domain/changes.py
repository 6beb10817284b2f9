"""Facts about sessions and turns, past tense, for whoever watches: the UI, a line-mode front end, a test.

They cross threads, so all are frozen. Text of one part may be merged on the way; ends always arrive.

May import: protocol, the standard library.
"""

from __future__ import annotations

from math import ceil

from superserve_tui.domain.session import Session
from superserve_tui.domain.transcript import SearchHit, Turn
from superserve_tui.protocol import Agent, SessionInfo, ToolCall
from superserve_tui.protocol.records import dataclass

__all__ = [
    "AgentLogRead",
    "AgentsListed",
    "CallChanged",
    "Change",
    "EarlierLoaded",
    "FarSession",
    "FarSessionsListed",
    "HeartbeatSeen",
    "LinkChanged",
    "MessageReturned",
    "Problem",
    "ProblemRaised",
    "PromptsFound",
    "QueueChanged",
    "QuitFinished",
    "QuitProgressed",
    "SearchFinished",
    "SessionChanged",
    "SessionExpired",
    "SessionRemoved",
    "SessionsLoaded",
    "StatusReported",
    "TextAppended",
    "TranscriptLoaded",
    "TranscriptRead",
    "TurnChanged",
    "TurnRemoved",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that went wrong, in words for a person."""

    what: str
    """What happened: one sentence; may quote foreign text."""
    hint: str
    """What the person can do: one sentence; empty where nothing helps."""
    is_login: bool = False
    """Logging in would help."""


@dataclass(frozen=True, slots=True)
class SessionsLoaded:
    """The saved sessions were read at the start."""

    sessions: tuple[Session, ...]
    stray_draft: str = ""
    """What was typed last while no session was open, and was not sent."""


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """A session was made or has changed; the newest fact about it."""

    session: Session


@dataclass(frozen=True, slots=True)
class SessionRemoved:
    """A session left the list (to the trash)."""

    session_id: str
    is_elsewhere: bool = False
    """Another app instance did it."""


@dataclass(frozen=True, slots=True)
class TranscriptLoaded:
    """A session's transcript up to now; later changes build on it."""

    session_id: str
    turns: tuple[Turn, ...]
    earlier: int = 0
    """How many turns stand before these, to be asked for (`ReadEarlier`); 0: these are all."""


@dataclass(frozen=True, slots=True)
class EarlierLoaded:
    """Turns of a transcript that stand before those told so far."""

    session_id: str
    before: int
    """They end right before the turn with that number."""
    turns: tuple[Turn, ...]
    earlier: int
    """How many stand before these."""


@dataclass(frozen=True, slots=True)
class TranscriptRead:
    """A session's transcript as it was when it was asked for, to be written elsewhere; nothing builds on it."""

    session_id: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class TurnChanged:
    """A turn was added, or anything of it but its growing text has changed. Carries the whole turn."""

    session_id: str
    turn: Turn


@dataclass(frozen=True, slots=True)
class TurnRemoved:
    """A turn left the transcript: its message was not taken, or it was taken out of the queue."""

    session_id: str
    turn_id: str


@dataclass(frozen=True, slots=True)
class TextAppended:
    """The answer of a turn grew by `text`."""

    session_id: str
    turn_id: str
    text: str


@dataclass(frozen=True, slots=True)
class CallChanged:
    """A tool call of a turn began or ended."""

    session_id: str
    turn_id: str
    call: ToolCall


@dataclass(frozen=True, slots=True)
class StatusReported:
    """What the agent says that it does now; empty when that is over. Foreign text."""

    session_id: str
    text: str


@dataclass(frozen=True, slots=True)
class HeartbeatSeen:
    """The server of a running turn is alive, though the agent says nothing."""

    session_id: str


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """How a running turn's connection is; empty when all is well. Our words, which may quote a server's."""

    session_id: str
    text: str
    is_elsewhere: bool = False
    """Another app instance holds the session: leaving this one neither stops its turns nor ends it."""
    is_lost: bool = False
    """The connection is gone, and another one is tried for."""
    resumes_at: float | None = None
    """When a wait is over that the server asked for, on the engine's monotonic clock."""

    def words(self, now: float) -> str:
        """What to say of it at that time, on the same clock."""
        if self.resumes_at is None:
            return self.text
        return f"{self.text} in {max(0, ceil(self.resumes_at - now))} s"


@dataclass(frozen=True, slots=True)
class QueueChanged:
    """The messages that wait in a session, in order."""

    session_id: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class SessionExpired:
    """A message found its session gone; the text is kept here until the person decides."""

    session_id: str
    prompt: str


@dataclass(frozen=True, slots=True)
class MessageReturned:
    """A message's text goes back to the composer: the server certainly did not take it, or the person wants it."""

    session_id: str
    prompt: str
    note: str = ""
    """What to say of it, where nothing else does; our words."""
    revises: str | None = None
    """Id of the turn whose message it is again."""


@dataclass(frozen=True, slots=True)
class AgentLogRead:
    """The end of what a session's agent wrote to its log (standard error), or why there is none. Foreign text."""

    session_id: str
    lines: tuple[str, ...]
    """Oldest first."""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class AgentsListed:
    """The agents of a profile, or why they could not be listed."""

    profile: str
    agents: tuple[Agent, ...]
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class FarSession:
    """A live session as its server lists it."""

    info: SessionInfo
    session_id: str | None
    """The saved session that it belongs to; None: it was made elsewhere."""


@dataclass(frozen=True, slots=True)
class FarSessionsListed:
    """The live sessions of a profile's server, or why they could not be listed."""

    profile: str
    sessions: tuple[FarSession, ...]
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class SearchFinished:
    """Hits of a full-text search."""

    query: str
    hits: tuple[SearchHit, ...]


@dataclass(frozen=True, slots=True)
class PromptsFound:
    """Messages sent before, newest first, over all sessions."""

    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProblemRaised:
    """Something went wrong that the person should know of."""

    problem: Problem
    session_id: str | None = None
    """The session it concerns; None for the app as a whole."""


@dataclass(frozen=True, slots=True)
class QuitProgressed:
    """Sessions are being ended: `done` of `total`."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class QuitFinished:
    """Everything is ended or written down: the app may go."""

    failed: int
    """Ends that did not get through; the next start tries them again."""
    why: str = ""
    """What was in the way of one of them, in words; empty where none failed."""


Change = (
    SessionsLoaded
    | SessionChanged
    | SessionRemoved
    | TranscriptLoaded
    | EarlierLoaded
    | TranscriptRead
    | TurnChanged
    | TurnRemoved
    | TextAppended
    | CallChanged
    | StatusReported
    | HeartbeatSeen
    | LinkChanged
    | QueueChanged
    | SessionExpired
    | MessageReturned
    | AgentLogRead
    | AgentsListed
    | FarSessionsListed
    | SearchFinished
    | PromptsFound
    | ProblemRaised
    | QuitProgressed
    | QuitFinished
)
