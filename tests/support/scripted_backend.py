"""A server whose every step a test decides: `Backends`, `ServicePort` and `TurnStream` without a network."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from queue import Empty, SimpleQueue
from typing import Any

from superserve_tui.engine import StreamHooks
from superserve_tui.protocol import (
    Agent,
    ConnectionLostError,
    Event,
    FinishReason,
    Listing,
    MessageDelta,
    NotFoundError,
    RunCompleted,
    RunError,
    RunResult,
    SessionInfo,
    TerminalEvent,
)
from tests.support.holding import Hold
from tests.support.waiting import DEADLINE_S

__all__ = ["ScriptedBackends", "ScriptedStream", "ServerSide", "Step"]

URL = "http://127.0.0.1:1"


class Step(StrEnum):
    """Where a test may hold or fail the server."""

    SERVICE = "service"
    AGENTS = "agents"
    SESSIONS = "sessions"
    CONNECT = "connect"
    """Before the request for a session leaves: it can still be given up."""
    CREATE = "create"
    GET = "get"
    RESUME = "resume"
    END = "end"
    CANCEL = "cancel"
    LOG = "log"
    SEND = "send"
    """Before a message is taken: no headers yet."""
    HEADERS = "headers"
    """After a message was taken, before the first byte of the answer."""
    ATTACH = "attach"
    CAN_ATTACH = "can_attach"


@dataclass(slots=True)
class _Plan:
    hold: Hold | None
    error: Exception | None


@dataclass(slots=True)
class ServerSide:
    """A session as the server has it."""

    id: str
    status: str = "active"
    message_count: int | None = 0
    messages: list[str] = field(default_factory=list)
    """The messages that it took."""


class Abortable:
    """Something whose holds end when it is aborted, as the waits of a connection do."""

    def __init__(self) -> None:
        self.aborted = threading.Event()
        self._holds: list[Hold] = []
        self._lock = threading.Lock()

    def abort(self) -> None:
        with self._lock:
            self.aborted.set()
            holds = list(self._holds)
        for hold in holds:
            hold.release()

    def pass_hold(self, hold: Hold) -> None:
        """Wait at `hold`, unless aborted."""
        with self._lock:
            self._holds.append(hold)
            is_aborted = self.aborted.is_set()
        if is_aborted:
            hold.release()
        hold.here()


class ScriptedStream(Abortable):
    """One turn's stream: the test gives its events one by one, or the backend's `answer` all of them.

    Args:
        backends: Whose holds and failures count.
        open_stream: Done when it is first iterated; may raise.
        hooks: What to tell besides events.
    """

    def __init__(
        self, backends: ScriptedBackends, open_stream: Callable[[ScriptedStream], None], hooks: StreamHooks
    ) -> None:
        super().__init__()
        self.hooks = hooks
        self.prompt = ""
        self.server_id = ""
        self.after: int | None = None
        """For an attached one: the events that the client has had already."""
        self.failure: RunError | None = None
        self.flood: Iterator[Event] = iter(())
        """Sent without end after the first event that the test gives."""
        self.is_unruly = False
        """It goes on after a terminal event."""
        self.reconnects = 0
        """How often it was asked for another connection."""
        self.is_backing_off = False
        """It waits before its next try to get the link back."""
        self.hurries = 0
        """How often it was asked not to wait."""
        self.events_taken = 0
        """Events that the reader has taken."""
        self._backends = backends
        self._open = open_stream
        self._items: SimpleQueue[Event | Exception | None] = SimpleQueue()

    # -- for the test

    def emit(self, *events: Event) -> None:
        """The next events."""
        for event in events:
            self._items.put(event)

    def say(self, *texts: str) -> None:
        """The next pieces of text."""
        self.emit(*(MessageDelta(text) for text in texts))

    def complete(self, text: str = "") -> None:
        """The turn is done, after a last piece of text."""
        if text:
            self.say(text)
        self.emit(RunCompleted(5))

    def cut(self, failure: RunError | None = None) -> None:
        """The link is lost for good: the iteration ends without a terminal event."""
        self.failure = failure
        self._items.put(None)

    def fail(self, error: Exception) -> None:
        """The iteration raises."""
        self._items.put(error)

    # -- the port

    def __iter__(self) -> Iterator[Event]:
        if self.aborted.is_set():
            return
        self._open(self)
        while not self.aborted.is_set():
            item = self._items.get()
            if item is None or self.aborted.is_set():
                return
            if isinstance(item, Exception):
                raise item
            self.events_taken += 1
            yield item
            if isinstance(item, TerminalEvent) and not self.is_unruly:
                return
            for event in self.flood:
                if self.aborted.is_set():
                    return
                self.events_taken += 1
                yield event

    def abort(self) -> None:
        super().abort()
        self._items.put(None)

    def reconnect(self) -> None:
        self.reconnects += 1

    def hurry(self) -> bool:
        self.hurries += 1
        return self.is_backing_off

    @property
    def result(self) -> RunResult:
        return RunResult("", (), FinishReason.INTERRUPTED, 0, error=self.failure)


class ScriptedOpening(Abortable):
    """A session that is being made."""

    def __init__(self, backends: ScriptedBackends, agent: str) -> None:
        super().__init__()
        self._backends = backends
        self._agent = agent

    def make(self) -> SessionInfo:
        self._backends.step(Step.CONNECT, at=self)
        if self.aborted.is_set():
            raise ConnectionLostError("given up")
        self._backends.step(Step.CREATE, self._agent)
        return self._backends.make_session()

    def abandon(self) -> None:
        self.abort()


class ScriptedService:
    """A `ServicePort` over the sessions of its backends."""

    def __init__(self, backends: ScriptedBackends, base_url: str) -> None:
        self._backends = backends
        self._base_url = base_url

    @property
    def base_url(self) -> str:
        return self._base_url

    def list_agents(self) -> Listing[Agent]:
        self._backends.step(Step.AGENTS)
        return Listing(self._backends.agents, skipped=self._backends.skipped)

    def list_sessions(self) -> Listing[SessionInfo]:
        self._backends.step(Step.SESSIONS)
        infos = map(self._backends.info, self._backends.sessions)
        return Listing(infos, skipped=self._backends.skipped)

    def open_session(self, agent: str, *, title: str | None, idle_timeout_s: int) -> ScriptedOpening:
        return ScriptedOpening(self._backends, agent)

    def get_session(self, server_id: str) -> SessionInfo:
        self._backends.step(Step.GET, server_id)
        return self._backends.info(server_id)

    def resume_session(self, server_id: str) -> SessionInfo:
        self._backends.step(Step.RESUME, server_id)
        self._backends.sessions[server_id].status = self._backends.resumed_status
        return self._backends.info(server_id)

    def end_session(self, server_id: str) -> None:
        self._backends.step(Step.END, server_id)
        if server_id in self._backends.sessions:
            self._backends.sessions[server_id].status = "ended"

    def agent_log(self, server_id: str) -> Sequence[str] | None:
        self._backends.step(Step.LOG, server_id)
        return self._backends.logs.get(server_id)

    def cancel_turn(self, server_id: str) -> bool:
        self._backends.step(Step.CANCEL, server_id)
        return self._backends.offers_cancel

    def send_message(self, server_id: str, prompt: str, hooks: StreamHooks) -> ScriptedStream:
        def open_stream(stream: ScriptedStream) -> None:
            self._backends.step(Step.SEND, server_id, prompt, at=stream)
            if stream.aborted.is_set():
                return
            self._backends.take_message(server_id, prompt)
            self._backends.step(Step.HEADERS, server_id, at=stream)
            self._backends.show(stream)

        stream = ScriptedStream(self._backends, open_stream, hooks)
        stream.prompt, stream.server_id = prompt, server_id
        return stream

    def attach(self, server_id: str, after: int, hooks: StreamHooks) -> ScriptedStream:
        def open_stream(stream: ScriptedStream) -> None:
            self._backends.step(Step.ATTACH, server_id, after, at=stream)
            self._backends.show(stream)

        stream = ScriptedStream(self._backends, open_stream, hooks)
        stream.after, stream.server_id = after, server_id
        return stream

    def can_attach(self, server_id: str, after: int) -> bool:
        self._backends.step(Step.CAN_ATTACH, server_id, after)
        return self._backends.hands_over


class ScriptedBackends:
    """The engine's `Backends`; what happens at which step is planned ahead by the test."""

    def __init__(self, owner: str = "me") -> None:
        self.alive: set[str] = set()
        """Other instances that run now."""
        self.is_kept = False
        self.agents: tuple[Agent, ...] = (Agent("agt_1", "echo"),)
        self.skipped = 0
        """Rows of either list that can't be read."""
        self.sessions: dict[str, ServerSide] = {}
        self.calls: list[tuple[Any, ...]] = []
        """`(step, argument, ...)` of every call, in order, noted before it is held or fails."""
        self.offers_cancel = True
        self.hands_over = True
        """It gives a running turn to another connection."""
        self.resumed_status = "active"
        """What a session is after it was resumed."""
        self.logs: dict[str, list[str]] = {}
        """What agents wrote, by server id; a session without an entry is one of a server that tells no logs."""
        self.gone_urls: set[str] = set()
        """Servers that have ended."""
        self.answer: Callable[[str], Iterable[Event]] | None = None
        """Answers every message by itself; None: the test does, by `next_stream`."""
        self.on_taken: Callable[[str, str], None] = lambda _server_id, _prompt: None
        """Called on the run's thread when a message reaches the server."""
        self._owner = owner
        self._plans: dict[Step, deque[_Plan]] = {}
        self._standing: dict[Step, Exception] = {}
        self._streams: SimpleQueue[ScriptedStream] = SimpleQueue()
        self._all_holds: list[Hold] = []
        self._all_streams: list[ScriptedStream] = []
        self._lock = threading.Lock()

    # -- for the test

    def hold(self, step: Step, error: Exception | None = None) -> Hold:
        """The next call of `step` that is not planned yet waits, then goes on or raises `error`."""
        hold = Hold()
        with self._lock:
            self._all_holds.append(hold)
            self._plans.setdefault(step, deque()).append(_Plan(hold, error))
        return hold

    def fail(self, step: Step, *errors: Exception | None) -> None:
        """The next calls of `step` raise these, one each; None: that one goes well."""
        with self._lock:
            self._plans.setdefault(step, deque()).extend(_Plan(None, error) for error in errors)

    def fail_always(self, step: Step, error: Exception | None) -> None:
        """Every call of `step` without a plan raises `error`; None: no more."""
        with self._lock:
            self._standing.pop(step, None)
            if error is not None:
                self._standing[step] = error

    def next_stream(self, deadline_s: float = DEADLINE_S) -> ScriptedStream:
        """The next stream that is open: its message was taken, its headers are out."""
        try:
            return self._streams.get(timeout=deadline_s)
        except Empty:
            raise AssertionError(f"no message came within {deadline_s} s; calls: {self.calls}") from None

    @property
    def has_stream(self) -> bool:
        """Whether a stream waits for `next_stream`."""
        return not self._streams.empty()

    def count(self, step: Step, *arguments: object) -> int:
        """Calls of `step` so far, with these first arguments."""
        with self._lock:
            return sum(call[: len(arguments) + 1] == (step, *arguments) for call in self.calls)

    def add_session(self, server_id: str, *, status: str = "active", message_count: int | None = 0) -> ServerSide:
        """A session that is there already."""
        self.sessions[server_id] = ServerSide(server_id, status, message_count)
        return self.sessions[server_id]

    @property
    def messages(self) -> list[str]:
        """Every message that was taken, session by session."""
        return [message for side in self.sessions.values() for message in side.messages]

    def release_all(self) -> None:
        """Let everything go that still waits; at the end of a test."""
        with self._lock:
            self._plans.clear()
            holds, streams = list(self._all_holds), list(self._all_streams)
        for hold in holds:
            hold.release()
        for stream in streams:
            stream.abort()

    # -- the port

    @property
    def owner(self) -> str:
        return self._owner

    def service(self, profile: str, server_url: str | None = None) -> ScriptedService:
        self.step(Step.SERVICE, profile, server_url)
        if server_url in self.gone_urls:
            raise NotFoundError("the server that ran this session has ended")
        return ScriptedService(self, server_url or URL)

    def is_alive(self, owner: str) -> bool:
        return owner in self.alive

    def keep(self) -> None:
        self.is_kept = True

    # -- for the service

    def step(self, step: Step, *arguments: Any, at: Abortable | None = None) -> None:
        """Note a call, and do what is planned for it; an abort of what it is `at` cuts that short."""
        with self._lock:
            self.calls.append((step, *arguments))
            plans = self._plans.get(step)
            plan = plans.popleft() if plans else _Plan(None, self._standing.get(step))
        if plan.hold is not None:
            if at is None:
                plan.hold.here()
            else:
                at.pass_hold(plan.hold)
        if plan.error is not None and not (at is not None and at.aborted.is_set()):
            raise plan.error

    def make_session(self) -> SessionInfo:
        """A fresh session."""
        with self._lock:
            server_id = f"ses_{len(self.sessions) + 1:032x}"
            self.sessions[server_id] = ServerSide(server_id)
        return self.info(server_id)

    def info(self, server_id: str) -> SessionInfo:
        """A session as `GET /sessions/{id}` shows it."""
        side = self.sessions.get(server_id)
        if side is None:
            raise NotFoundError("no such session")
        return SessionInfo(side.id, "agt_1", side.status, message_count=side.message_count)

    def take_message(self, server_id: str, prompt: str) -> None:
        """A message reached the server."""
        side = self.sessions[server_id]
        with self._lock:
            if side.message_count is not None:
                side.message_count += 1
            side.messages.append(prompt)
        self.on_taken(server_id, prompt)

    def show(self, stream: ScriptedStream) -> None:
        """A stream is open: the test, or `answer`, writes to it."""
        if stream.aborted.is_set():
            return
        with self._lock:
            self._all_streams.append(stream)
        if self.answer is None:
            self._streams.put(stream)
        else:
            stream.emit(*self.answer(stream.prompt))
