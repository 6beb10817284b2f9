"""A saved session and the one table of its states (what may follow what).

May import: protocol, the standard library.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from superserve_tui.protocol import DEFAULT_IDLE_TIMEOUT_S
from superserve_tui.protocol.records import dataclass

__all__ = ["TRANSITIONS", "Session", "SessionState", "Trigger", "can", "in_list_order", "next_state"]


class SessionState(StrEnum):
    """Where a session stands; the value is the word that people see."""

    DRAFT = "draft"
    """Saved here, unknown to any server until its first message."""
    STARTING = "starting"
    """A message is on its way."""
    RUNNING = "running"
    """The turn streams; a thread runs."""
    STOPPING = "stopping"
    """The person stopped the turn."""
    IDLE = "idle"
    """The server waits for the next message."""
    FAILED = "failed"
    """The last turn failed; the session goes on."""
    INTERRUPTED = "interrupted"
    """The link was lost and could not be picked up."""
    EXPIRED = "expired"
    """The server does not have the session any more."""
    ENDED = "ended"
    """It was ended on purpose."""

    @property
    def is_busy(self) -> bool:
        """Whether a turn is under way: messages queue."""
        return self in _BUSY

    @property
    def is_over(self) -> bool:
        """Whether the server session is gone: the next message needs a new one."""
        return self in (SessionState.EXPIRED, SessionState.ENDED)


_BUSY = frozenset({SessionState.STARTING, SessionState.RUNNING, SessionState.STOPPING})


class Trigger(StrEnum):
    """What moves a session from one state to another."""

    SEND = "send"
    """The person sends a message or tries one again."""
    CONTINUE = "continue"
    """The person goes on in a new server session."""
    FIRST_EVENT = "first_event"
    """The turn's first event arrived, or the link to it is up again."""
    COMPLETED = "completed"
    """The turn ended well."""
    CANCELLED = "cancelled"
    """The server cancelled the turn."""
    FAILED = "failed"
    """The turn failed, or its message was refused."""
    LINK_LOST = "link_lost"
    """The stream was cut and can't be picked up."""
    STOP = "stop"
    """The person stops the turn."""
    STOPPED = "stopped"
    """The stop took effect, or took too long to wait for."""
    RECONNECT = "reconnect"
    """The person asks for the running turn again."""
    GONE = "gone"
    """The server says that it does not have the session."""
    END = "end"
    """The session was ended on the server."""


_S, _T = SessionState, Trigger
_AT_REST = {_T.SEND: _S.STARTING, _T.GONE: _S.EXPIRED, _T.END: _S.ENDED}

TRANSITIONS: dict[SessionState, dict[Trigger, SessionState]] = {
    _S.DRAFT: {_T.SEND: _S.STARTING},
    _S.STARTING: {
        _T.FIRST_EVENT: _S.RUNNING,
        _T.COMPLETED: _S.IDLE,
        _T.CANCELLED: _S.IDLE,
        _T.FAILED: _S.FAILED,
        _T.LINK_LOST: _S.INTERRUPTED,
        _T.GONE: _S.EXPIRED,
        _T.STOP: _S.STOPPING,
    },
    _S.RUNNING: {
        _T.FIRST_EVENT: _S.RUNNING,
        _T.COMPLETED: _S.IDLE,
        _T.CANCELLED: _S.IDLE,
        _T.FAILED: _S.FAILED,
        _T.LINK_LOST: _S.INTERRUPTED,
        _T.GONE: _S.EXPIRED,
        _T.STOP: _S.STOPPING,
    },
    _S.STOPPING: {_T.STOPPED: _S.IDLE, _T.GONE: _S.EXPIRED},
    _S.IDLE: _AT_REST,
    _S.FAILED: _AT_REST,
    _S.INTERRUPTED: {**_AT_REST, _T.RECONNECT: _S.STARTING},
    _S.EXPIRED: {_T.CONTINUE: _S.STARTING},
    _S.ENDED: {_T.CONTINUE: _S.STARTING, _T.GONE: _S.EXPIRED},
}
"""For each state, what may happen and where it leads. What is not in it can't happen there."""


def can(state: SessionState, trigger: Trigger) -> bool:
    """Whether `trigger` may happen in `state`."""
    return trigger in TRANSITIONS[state]


def next_state(state: SessionState, trigger: Trigger) -> SessionState:
    """Where `trigger` leads from `state`.

    Raises:
        ValueError: it can't happen there.
    """
    try:
        return TRANSITIONS[state][trigger]
    except KeyError:
        raise ValueError(f"{trigger} can't happen to a session that is {state}") from None


@dataclass(frozen=True, slots=True)
class Session:
    """One row of the sidebar and one transcript, however many server sessions it has had."""

    id: str
    """Local id: 32 hex digits."""
    profile: str
    """The profile whose server it lives on."""
    agent: str
    """The agent's name."""
    created_at: datetime
    """Aware UTC."""
    state: SessionState = SessionState.DRAFT
    title: str | None = None
    """What the person, or else the first message, called it; foreign text."""
    server_id: str | None = None
    """Id of the present server session; None while draft."""
    server_ids: tuple[str, ...] = ()
    """Every server session it has had, oldest first."""
    server_url: str | None = None
    """Base URL of the server that has `server_id`; embedded servers have a new one at each start."""
    idle_timeout_s: int = DEFAULT_IDLE_TIMEOUT_S
    """Idle seconds after which the server ends it."""
    message_count: int = 0
    """Messages that the person sent, over all server sessions."""
    last_activity_at: datetime | None = None
    """The last message, answer or resume; aware UTC."""
    is_pinned: bool = False
    is_unread: bool = False
    """A turn ended that has not been on screen."""
    is_kept: bool = False
    """Chosen to live on after quit."""
    is_attached: bool = False
    """Made elsewhere: never ended by quitting."""
    is_queue_paused: bool = False
    """A turn failed or was stopped: queued messages wait for a key."""
    draft: str = ""
    """What stands in its composer, unsent."""
    draft_revises: str | None = None
    """Id of the turn whose message the draft is, to be sent again."""
    busy_in: str | None = None
    """The app instance whose turn runs in it; None at rest."""
    deleted_at: datetime | None = None
    """When it went to the trash; aware UTC."""


def in_list_order(sessions: Iterable[Session], *, group_by: str = "time") -> list[Session]:
    """As every list shows them: pinned ones first, then by group, the newest activity first.

    Args:
        sessions: In any order.
        group_by: `time` (no further groups), `agent` or `profile`.
    """
    newest = sorted(sessions, key=lambda each: each.last_activity_at or each.created_at, reverse=True)
    if group_by == "agent":
        newest.sort(key=lambda each: each.agent)
    elif group_by == "profile":
        newest.sort(key=lambda each: each.profile)
    return sorted(newest, key=lambda each: not each.is_pinned)
