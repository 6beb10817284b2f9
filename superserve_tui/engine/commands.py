"""What may be asked of the engine, imperative; each is handed over and the caller goes on.

May import: the standard library.
"""

from __future__ import annotations

from superserve_tui.protocol.records import dataclass

__all__ = [
    "AttachSession",
    "Command",
    "ContinueSession",
    "CreateSession",
    "DeleteSession",
    "DropUntouched",
    "EndFarSession",
    "EndSession",
    "FindPrompts",
    "KeepSessions",
    "ListAgents",
    "ListFarSessions",
    "MarkUnread",
    "MoveQueued",
    "OpenSession",
    "PinSession",
    "Quit",
    "ReadAgentLog",
    "ReadEarlier",
    "ReadTranscript",
    "Reconnect",
    "RemoveQueued",
    "RenameSession",
    "RestoreSession",
    "ResumeQueue",
    "SaveDraft",
    "SaveStrayDraft",
    "SearchTranscripts",
    "SendPrompt",
    "StopTurn",
    "TakeBackQueued",
]


@dataclass(frozen=True, slots=True)
class CreateSession:
    """Make a saved session; the server learns of it with its first message."""

    session_id: str
    """A fresh local id, chosen by the caller, who can so go on with it at once."""
    profile: str
    agent: str
    idle_timeout_s: int
    title: str | None = None


@dataclass(frozen=True, slots=True)
class SendPrompt:
    """Send a message, or queue it while a turn runs."""

    session_id: str
    prompt: str
    revises: str | None = None
    """Id of the turn whose message this is again, changed or not."""


@dataclass(frozen=True, slots=True)
class StopTurn:
    """Stop the running turn; what came is kept."""

    session_id: str
    gives_back: bool = False
    """Where nothing of an answer came, the message goes back to the composer (`MessageReturned`)."""


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Pick the interrupted turn up where it was cut; give one that runs in silence another connection."""

    session_id: str


@dataclass(frozen=True, slots=True)
class ContinueSession:
    """Go on in a new server session under the same row."""

    session_id: str
    prompt: str
    recap: str = ""
    """What goes ahead of the message, in one with it: its agent knows nothing of what was said before."""


@dataclass(frozen=True, slots=True)
class EndSession:
    """End the session on its server."""

    session_id: str


@dataclass(frozen=True, slots=True)
class RenameSession:
    """Give it another title."""

    session_id: str
    title: str


@dataclass(frozen=True, slots=True)
class PinSession:
    """Keep it at the top of the list, or not."""

    session_id: str
    is_pinned: bool


@dataclass(frozen=True, slots=True)
class MarkUnread:
    """Set or clear its unread mark."""

    session_id: str
    is_unread: bool


@dataclass(frozen=True, slots=True)
class DeleteSession:
    """Move it to the trash; a running turn is stopped and its server session ended."""

    session_id: str


@dataclass(frozen=True, slots=True)
class DropUntouched:
    """The person leaves it: where nothing was ever put into it, it goes from the list."""

    session_id: str


@dataclass(frozen=True, slots=True)
class RestoreSession:
    """Bring it back from the trash."""

    session_id: str


@dataclass(frozen=True, slots=True)
class SaveDraft:
    """Remember what stands in its composer."""

    session_id: str
    text: str
    revises: str | None = None
    """Id of the turn whose message it is again."""


@dataclass(frozen=True, slots=True)
class SaveStrayDraft:
    """Remember what stands in the composer while no session is open; the next start brings it back."""

    text: str


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Answer with its transcript (`TranscriptLoaded`)."""

    session_id: str
    last: int | None = None
    """How many turns, from its end; None for all."""


@dataclass(frozen=True, slots=True)
class ReadEarlier:
    """Answer with turns that stand before those told so far (`EarlierLoaded`)."""

    session_id: str
    before: int
    """Number of the first turn that was told."""
    limit: int
    """The most turns."""


@dataclass(frozen=True, slots=True)
class ReadTranscript:
    """Answer with its transcript as it is now (`TranscriptRead`), to be written elsewhere; nothing is opened."""

    session_id: str


@dataclass(frozen=True, slots=True)
class ReadAgentLog:
    """Answer with what its agent wrote to its log (`AgentLogRead`)."""

    session_id: str


@dataclass(frozen=True, slots=True)
class RemoveQueued:
    """Take a waiting message out of the queue."""

    session_id: str
    turn_id: str


@dataclass(frozen=True, slots=True)
class TakeBackQueued:
    """Take a waiting message out of the queue and give its text back (`MessageReturned`)."""

    session_id: str
    turn_id: str


@dataclass(frozen=True, slots=True)
class MoveQueued:
    """Let a waiting message go out sooner or later."""

    session_id: str
    turn_id: str
    places: int
    """Negative: sooner. Beyond an end means to that end."""


@dataclass(frozen=True, slots=True)
class ResumeQueue:
    """Send the waiting messages after all."""

    session_id: str


@dataclass(frozen=True, slots=True)
class ListAgents:
    """Answer with a profile's agents (`AgentsListed`)."""

    profile: str


@dataclass(frozen=True, slots=True)
class ListFarSessions:
    """Answer with the live sessions of a profile's server (`FarSessionsListed`)."""

    profile: str


@dataclass(frozen=True, slots=True)
class AttachSession:
    """Go on with a session that was made elsewhere; quitting never ends it."""

    session_id: str
    """A fresh local id, chosen by the caller."""
    profile: str
    server_id: str


@dataclass(frozen=True, slots=True)
class EndFarSession:
    """End a session on its server that is not saved here."""

    profile: str
    server_id: str


@dataclass(frozen=True, slots=True)
class SearchTranscripts:
    """Answer with the hits of a full-text search (`SearchFinished`)."""

    query: str


@dataclass(frozen=True, slots=True)
class FindPrompts:
    """Answer with the messages sent before (`PromptsFound`)."""


@dataclass(frozen=True, slots=True)
class KeepSessions:
    """The server sessions of this run outlive the app, whatever ends it; or they do not, after all."""

    is_kept: bool


@dataclass(frozen=True, slots=True)
class Quit:
    """End the sessions that this instance holds, or keep them, and finish (`QuitFinished`)."""

    keep: bool = False


Command = (
    CreateSession
    | SendPrompt
    | StopTurn
    | Reconnect
    | ContinueSession
    | EndSession
    | RenameSession
    | PinSession
    | MarkUnread
    | DeleteSession
    | DropUntouched
    | RestoreSession
    | SaveDraft
    | SaveStrayDraft
    | OpenSession
    | ReadAgentLog
    | ReadTranscript
    | ReadEarlier
    | RemoveQueued
    | TakeBackQueued
    | MoveQueued
    | ResumeQueue
    | ListAgents
    | ListFarSessions
    | AttachSession
    | EndFarSession
    | SearchTranscripts
    | FindPrompts
    | KeepSessions
    | Quit
)
