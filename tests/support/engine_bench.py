"""An engine with everything around it scripted, and a watcher that believes only what it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from superserve_tui.domain import (
    CallChanged,
    Change,
    LinkChanged,
    MessageReturned,
    Problem,
    ProblemRaised,
    QueueChanged,
    ServerSession,
    Session,
    SessionChanged,
    SessionExpired,
    SessionRemoved,
    SessionsLoaded,
    SessionState,
    TextAppended,
    TranscriptLoaded,
    Turn,
    TurnChanged,
    TurnRemoved,
    TurnState,
)
from superserve_tui.engine import Command, CreateSession, Engine, SendPrompt
from superserve_tui.engine.world import Answer
from tests.support.manual_clock import ManualClock
from tests.support.memory_store import MemoryStore
from tests.support.scripted_backend import URL, ScriptedBackends, ScriptedStream, Step
from tests.support.waiting import DEADLINE_S, wait_for

__all__ = ["EngineBench", "Watcher", "running_bench", "saved_entry", "saved_session", "saved_turn"]


_ROUNDS = 4
"""How often `settle` goes round the inbox: the longest chain of questions to a store that answers at once."""


@dataclass
class Watcher:
    """What somebody knows who sees nothing but changes."""

    sessions: dict[str, Session] = field(default_factory=dict)
    transcripts: dict[str, dict[str, Turn]] = field(default_factory=dict)
    """Per session, by turn id, in the order they came."""
    queues: dict[str, tuple[Turn, ...]] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)
    """Every word about a session's connection, in order."""
    problems: list[Problem] = field(default_factory=list)
    returned: list[tuple[str, str]] = field(default_factory=list)
    expired: list[tuple[str, str]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    is_loaded: bool = False

    def see(self, change: Change) -> None:
        """Take one change in."""
        self.changes.append(change)
        match change:
            case SessionsLoaded():
                self.is_loaded = True
                self.sessions.update((session.id, session) for session in change.sessions)
            case SessionChanged():
                self.sessions[change.session.id] = change.session
            case SessionRemoved():
                self.sessions.pop(change.session_id, None)
            case TranscriptLoaded():
                self.transcripts[change.session_id] = {turn.id: turn for turn in change.turns}
            case TurnChanged():
                self._turns(change.session_id)[change.turn.id] = change.turn
            case TurnRemoved():
                del self._turns(change.session_id)[change.turn_id]
            case TextAppended():
                turn = self._turns(change.session_id)[change.turn_id]
                self._turns(change.session_id)[turn.id] = replace(turn, text=turn.text + change.text)
            case CallChanged():
                turn = self._turns(change.session_id)[change.turn_id]
                calls = {call.index: call for call in turn.calls} | {change.call.index: change.call}
                self._turns(change.session_id)[turn.id] = replace(turn, calls=tuple(calls.values()))
            case QueueChanged():
                self.queues[change.session_id] = change.turns
            case LinkChanged():
                self.links.setdefault(change.session_id, []).append(change.text)
            case ProblemRaised():
                self.problems.append(change.problem)
            case MessageReturned():
                self.returned.append((change.session_id, change.prompt))
            case SessionExpired():
                self.expired.append((change.session_id, change.prompt))
            case _:
                pass

    def of(self, kind: type[Any]) -> list[Any]:
        """The changes of one class."""
        return [change for change in self.changes if isinstance(change, kind)]

    def _turns(self, session_id: str) -> dict[str, Turn]:
        return self.transcripts.setdefault(session_id, {})


class EngineBench:
    """Starts an engine, sends commands, watches. For one test thread."""

    def __init__(
        self,
        store: MemoryStore,
        backends: ScriptedBackends,
        clock: ManualClock,
        *,
        keep_sessions: bool = False,
    ) -> None:
        self.store = store
        self.backends = backends
        self.clock = clock
        self.watcher = Watcher()
        self.wake_ups = 0
        self.engine = Engine(lambda: (store, backends), clock=clock, keep_sessions=keep_sessions)
        clock.on_advance = self.engine.poke

    def start(self) -> None:
        """Start the engine and see the saved sessions."""
        self.engine.start(self._woken)
        self.until(lambda: self.watcher.is_loaded)

    def _woken(self) -> None:
        self.wake_ups += 1

    def pump(self) -> None:
        """See what there is to see."""
        for change in self.engine.drain():
            self.watcher.see(change)

    def until(self, condition: Any, deadline_s: float = 5.0, *, what: str = "") -> None:
        """Watch until `condition()` is true."""

        def look() -> object:
            self.pump()
            return condition()

        wait_for(look, deadline_s, what=what)
        self.settle()

    def settle(self) -> None:
        """Return once the engine has done everything that it was asked so far, and what the store answered to that.

        So nobody sees half of a step: a turn that has ended in a session that still runs.
        """
        gone_round = threading.Semaphore(0)
        rounds = iter(range(_ROUNDS))

        def go_round(_: Future[None]) -> None:
            if next(rounds, None) is None:
                gone_round.release()
            else:
                self.engine.send(marker)

        marker = cast(Command, Answer(Future(), go_round))
        self.engine.send(marker)
        assert gone_round.acquire(timeout=DEADLINE_S), "the engine is not at rest"
        self.pump()

    def do(self, command: Command) -> None:
        """Ask for something."""
        self.engine.send(command)

    # -- in tests' words

    def new_session(self, *, idle_timeout_s: int = 1740) -> str:
        """Make a session; returns its id."""
        session_id = uuid4().hex
        self.do(CreateSession(session_id, "local", "echo", idle_timeout_s))
        self.until(lambda: session_id in self.watcher.sessions)
        return session_id

    def ask(self, session_id: str, prompt: str) -> ScriptedStream:
        """Send a message and return its stream once the server took it and the engine has told that it left."""
        self.do(SendPrompt(session_id, prompt))
        stream = self.backends.next_stream()
        assert stream.prompt == prompt
        self.settle()
        return stream

    def converse(self, session_id: str, prompt: str = "hello", answer: str = "hi") -> None:
        """A whole turn that goes well."""
        self.ask(session_id, prompt).complete(answer)
        self.until_state(session_id, SessionState.IDLE)

    def state(self, session_id: str) -> SessionState:
        """The session's state as last told."""
        return self.watcher.sessions[session_id].state

    def until_state(self, session_id: str, state: SessionState, deadline_s: float = 5.0) -> None:
        """Watch until the session is in that state."""
        self.until(
            lambda: session_id in self.watcher.sessions and self.state(session_id) is state,
            deadline_s,
            what=f"state {state}",
        )

    def session(self, session_id: str) -> Session:
        """The session as last told."""
        self.pump()
        return self.watcher.sessions[session_id]

    def turns(self, session_id: str) -> list[Turn]:
        """The transcript as told, in order."""
        self.pump()
        return list(self.watcher.transcripts.get(session_id, {}).values())

    def last(self, session_id: str) -> Turn:
        """The last turn as told."""
        return self.turns(session_id)[-1]

    def until_text(self, session_id: str, text: str) -> None:
        """Watch until the last turn's text is that."""
        self.until(lambda: self.turns(session_id) and self.last(session_id).text == text, what=f"text {text!r}")

    def until_turn(self, session_id: str, state: TurnState) -> None:
        """Watch until the last turn is in that state."""
        self.until(lambda: self.turns(session_id) and self.last(session_id).state is state, what=f"turn {state}")

    def queued(self, session_id: str) -> list[str]:
        """The messages that wait, as told."""
        self.pump()
        return [turn.prompt for turn in self.watcher.queues.get(session_id, ())]


@contextmanager
def running_bench(
    store: MemoryStore | None = None,
    backends: ScriptedBackends | None = None,
    clock: ManualClock | None = None,
    *,
    keep_sessions: bool = False,
) -> Iterator[EngineBench]:
    """A started bench; at the end everything is let go and every thread has ended.

    Give a store (and a clock) again to start a second engine on what the first left: it is not quit, as after a
    kill, unless the test did so.
    """
    others = set(threading.enumerate())
    bench = EngineBench(
        store or MemoryStore(), backends or ScriptedBackends(), clock or ManualClock(), keep_sessions=keep_sessions
    )
    bench.start()
    try:
        yield bench
        bench.pump()
    finally:
        bench.engine.stop(timeout_s=0.0)  # first: as after a kill, nothing that is let go reaches the engine
        bench.store.release()
        bench.backends.release_all()
        assert bench.engine.stop(timeout_s=5.0)
        mine = [thread for thread in threading.enumerate() if thread not in others]
        for thread in mine:
            thread.join(5.0)
        assert not [thread for thread in mine if thread.is_alive()]


SERVER_ID = f"ses_{0xABC:032x}"


def saved_session(
    clock: ManualClock,
    *,
    state: SessionState = SessionState.IDLE,
    server_id: str | None = SERVER_ID,
    at: datetime | None = None,
    **fields: Any,
) -> Session:
    """A session as an earlier run left it."""
    return replace(
        Session(
            id=uuid4().hex,
            profile="local",
            agent="echo",
            created_at=clock.now(),
            state=state,
            server_id=server_id,
            server_ids=(server_id,) if server_id else (),
            server_url=URL if server_id else None,
            last_activity_at=at or clock.now(),
        ),
        **fields,
    )


def saved_turn(clock: ManualClock, *, state: TurnState = TurnState.STREAMING, **fields: Any) -> Turn:
    """A turn as an earlier run left it."""
    return replace(
        Turn(
            id=uuid4().hex,
            number=1,
            prompt="hello",
            created_at=clock.now(),
            started_at=clock.now(),
            state=state,
            server_id=SERVER_ID,
            count_before=0,
        ),
        **fields,
    )


def saved_entry(session: Session, *, owner: str = "dead", **fields: Any) -> ServerSession:
    """The line of the ledger of a saved session."""
    assert session.server_id is not None
    entry = ServerSession(
        session.server_id, session.id, session.profile, session.server_url or URL, owner, is_kept=session.is_kept
    )
    return replace(entry, **fields)


def calls_of(bench: EngineBench, step: Step) -> list[tuple[Any, ...]]:
    """The calls of one step so far, without the step."""
    return [call[1:] for call in list(bench.backends.calls) if call[0] == step]
