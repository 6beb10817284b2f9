"""What the engine needs from the world, as Protocols: a store, a service, a clock.

May import: domain, protocol, the standard library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from threading import Event as Flag
from time import monotonic
from typing import Protocol

from superserve_tui.domain import SearchHit, ServerSession, Session, Stretch, Turn
from superserve_tui.protocol import Agent, Event, Listing, RunResult, SessionInfo, ToolCall
from superserve_tui.protocol.records import dataclass

__all__ = [
    "Backends",
    "Clock",
    "ServicePort",
    "SessionOpening",
    "StorePort",
    "StreamHooks",
    "SystemClock",
    "TurnStream",
]


class Clock(Protocol):
    """Time, so that tests need no sleep."""

    def now(self) -> datetime:
        """Wall time, aware UTC."""

    def monotonic(self) -> float:
        """Seconds that never go back."""

    def wait(self, flag: Flag, timeout_s: float) -> bool:
        """Wait until `flag` is set (True) or that many seconds are over (False). Any thread."""


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """Wall time, aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return monotonic()

    def wait(self, flag: Flag, timeout_s: float) -> bool:
        """Wait until `flag` is set (True) or that many seconds are over (False). Any thread."""
        return flag.wait(timeout_s)


class StorePort(Protocol):
    """What remembers. Writes are queued and done in order on the store's own thread; every call is safe from
    any thread and returns at once. A write that fails (a full disk) never stops the app: the store tells once
    through its own callback and goes on.
    """

    def sessions(self) -> Future[tuple[Session, ...]]:
        """All saved sessions but those in the trash, newest activity first."""

    def transcript(self, session_id: str) -> Future[tuple[Turn, ...]]:
        """A session's turns by number, queued ones included, with all text that was appended."""

    def stretch(self, session_id: str, *, before: int | None = None, limit: int | None = None) -> Future[Stretch]:
        """The last `limit` turns that were sent (None: all), before that number, where one is given."""

    def turn_counts(self) -> Future[dict[str, int]]:
        """For each session, the highest turn number it has."""

    def unfinished_turns(self) -> Future[tuple[tuple[str, Turn], ...]]:
        """`(session id, turn)` for every turn that is queued, sent or streaming."""

    def live_server_sessions(self) -> Future[tuple[ServerSession, ...]]:
        """Every server session that is not known to be ended."""

    def save_session(self, session: Session) -> Future[None]:
        """Insert or replace a session. Done when it is on disk."""

    def save_stray_draft(self, owner: str, text: str) -> Future[None]:
        """Keep an app instance's draft that belongs to no session, in place of its last; an empty one goes."""

    def stray_drafts(self) -> Future[dict[str, str]]:
        """Those drafts, by the app instance that left them."""

    def save_turn(self, session_id: str, turn: Turn) -> Future[None]:
        """Insert or replace a turn, text and calls included. Done when it is on disk."""

    def append(self, turn_id: str, *, text: str, calls: Sequence[ToolCall], events_seen: int) -> None:
        """More of a streaming turn: text to add, calls that began or ended, and the event count that goes with
        them, in one transaction; on disk within half a second.
        """

    def remove_turn(self, turn_id: str) -> None:
        """A queued message was taken out."""

    def delete_session(self, session_id: str, at: datetime) -> None:
        """To the trash; what lies there for 30 days is removed for good at the next start."""

    def restore_session(self, session_id: str) -> Future[Session | None]:
        """Back from the trash."""

    def save_server_session(self, server_session: ServerSession) -> Future[None]:
        """Insert or replace a line of the ledger."""

    def take_over(self, dead: str, owner: str) -> Future[None]:
        """All that one app instance held is another's, in one transaction: of several claimants one gets it all."""

    def search(self, query: str, *, limit: int = 100) -> Future[tuple[SearchHit, ...]]:
        """Full-text search over titles, prompts, answers and tool inputs: the best first, of many the newest."""

    def prompts(self, *, limit: int = 500) -> Future[tuple[str, ...]]:
        """Messages sent before, newest first, without repeats, over all sessions."""

    def changed_elsewhere(self) -> Future[bool]:
        """Whether another process has changed the file since this was last asked (or since the start)."""

    def flush(self) -> Future[None]:
        """Done when everything queued so far is on disk."""


class Backends(Protocol):
    """Where the servers are. Safe from any thread."""

    @property
    def owner(self) -> str:
        """The id of this app instance, for the ledger."""

    def service(self, profile: str, server_url: str | None = None) -> ServicePort:
        """The server of a profile; blocks while an embedded one starts.

        Args:
            profile: The profile's name.
            server_url: The server that a session remembers; None for a new session.

        Raises:
            NotFoundError: that server is gone (an embedded one that has ended).
            SuperserveError: there is no such profile, or no key for it, or its server can't be started.
        """

    def is_alive(self, owner: str) -> bool:
        """Whether that app instance runs now."""

    def keep(self) -> None:
        """Sessions are left running: an embedded server of ours must outlive us."""


class TurnStream(Protocol):
    """One turn's events, each exactly as often as the wire brings it; reconnects by itself.

    Iterated on one thread; `abort` from any.
    """

    def __iter__(self) -> Iterator[Event]:
        """The events up to the terminal one, or up to where the link was lost for good."""

    def abort(self) -> None:
        """Close the connection; the iteration ends within 50 ms, without an exception."""

    def reconnect(self) -> None:
        """Let the connection go and pick the turn up on another, by itself as after a loss."""

    def hurry(self) -> bool:
        """Cut short the wait before the next try to get a lost link back; whether there was one."""

    @property
    def result(self) -> RunResult:
        """What the turn came to, once the iteration is over: says why, where no terminal event did."""


@dataclass(frozen=True, slots=True)
class StreamHooks:
    """What a stream tells besides its events, on the thread that reads it."""

    on_reconnect: Callable[[int, int], None]
    """The link is lost: try n of m follows."""
    on_connected: Callable[[], None]
    """The link is up again."""
    on_wait: Callable[[float, str], None]
    """The server asks to wait so many seconds, for that reason, before it takes the message."""


class SessionOpening(Protocol):
    """One server session that is being made. `make` on one thread, `abandon` from any."""

    def make(self) -> SessionInfo:
        """Make it. Blocks."""

    def abandon(self) -> None:
        """Give it up: `make` raises within 50 ms, unless the server may be making the session already."""


class ServicePort(Protocol):
    """A server that speaks PROTOCOL, with our key. Calls block; every one is safe from any thread.

    All raise errors of the tree in `protocol/errors.py`.
    """

    @property
    def base_url(self) -> str:
        """Its address."""

    def list_agents(self) -> Listing[Agent]:
        """The agents that sessions can be made with; bad rows are passed over and counted."""

    def list_sessions(self) -> Listing[SessionInfo]:
        """The sessions that the server has, whoever made them, newest first; bad rows as above."""

    def open_session(self, agent: str, *, title: str | None, idle_timeout_s: int) -> SessionOpening:
        """A session that is made when it is asked for; checks the agent's readiness first."""

    def get_session(self, server_id: str) -> SessionInfo:
        """The session as the server sees it."""

    def resume_session(self, server_id: str) -> SessionInfo:
        """Make an idle session active again."""

    def end_session(self, server_id: str) -> None:
        """End it; 404, 409 and 410 count as done."""

    def agent_log(self, server_id: str) -> Sequence[str] | None:
        """The last lines of the agent's own log; None where the server does not offer that."""

    def cancel_turn(self, server_id: str) -> bool:
        """Stop the running turn; False where the server does not offer that."""

    def send_message(self, server_id: str, prompt: str, hooks: StreamHooks) -> TurnStream:
        """A stream that sends `prompt` when it is first iterated."""

    def attach(self, server_id: str, after: int, hooks: StreamHooks) -> TurnStream:
        """The running turn's events from number `after` + 1 on."""

    def can_attach(self, server_id: str, after: int) -> bool:
        """Whether the server hands the running turn to another connection, from event number `after` + 1 on."""
