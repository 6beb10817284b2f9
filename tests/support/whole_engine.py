"""Engine, client and store as the app has them, over a server of a test; no window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from superserve_tui.client import Client
from superserve_tui.client.timing import Timing
from superserve_tui.domain import Session, SessionState, Turn
from superserve_tui.engine import Command, CreateSession, Engine, SendPrompt
from superserve_tui.store import Store
from superserve_tui.wiring.service import ClientService
from tests.support.engine_bench import Watcher
from tests.support.faulty_service import AGENT
from tests.support.manual_timing import ManualTiming
from tests.support.saved import Problems
from tests.support.waiting import wait_for

__all__ = ["WholeEngine", "whole_engine"]


class _Backends:
    """One profile, `far`; every other app instance is dead."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._owner = uuid4().hex

    @property
    def owner(self) -> str:
        return self._owner

    def service(self, profile: str, server_url: str | None = None) -> ClientService:
        return ClientService(self._client)

    def is_alive(self, owner: str) -> bool:
        return owner == self._owner

    def keep(self) -> None:
        """There is no server of ours."""


@dataclass
class WholeEngine:
    """A started engine and what is known of it."""

    engine: Engine
    store: Store
    watcher: Watcher = field(default_factory=Watcher)

    def do(self, command: Command) -> None:
        """Ask for something."""
        self.engine.send(command)

    def until(self, condition: Callable[[], object], deadline_s: float = 10.0, *, what: str = "") -> None:
        """Watch until `condition()` is true."""

        def look() -> object:
            for change in self.engine.drain():
                self.watcher.see(change)
            return condition()

        wait_for(look, deadline_s, what=what)

    def new_session(self) -> str:
        """Make a saved session."""
        session_id = uuid4().hex
        self.do(CreateSession(session_id, "far", AGENT, 1740))
        self.until(lambda: session_id in self.watcher.sessions)
        return session_id

    def ask(self, session_id: str, prompt: str, *, state: SessionState = SessionState.IDLE) -> None:
        """Send a message and wait until its turn has ended in that state."""
        before = self.session(session_id).message_count
        self.do(SendPrompt(session_id, prompt))
        self.until(
            lambda: self.session(session_id).message_count > before and self.session(session_id).state is state,
            what=f"{prompt} ends as {state}",
        )

    def session(self, session_id: str) -> Session:
        """As last told."""
        return self.watcher.sessions[session_id]

    def saved(self, session_id: str) -> tuple[Turn, ...]:
        """The transcript in the store."""
        return self.store.transcript(session_id).result(20)


@contextmanager
def whole_engine(
    url: str, path: Path, *, silence_timeout: float = 120.0, timing: Timing | None = None
) -> Iterator[WholeEngine]:
    """All of it over the server at `url` and the store's file; at the end it is let go, not quit.

    Args:
        url: The server's address.
        path: The store's file.
        silence_timeout: Seconds without a byte until a link counts as lost.
        timing: The client's clocks; else its waits end at once.
    """
    problems = Problems()
    client = Client("ss_test", url, silence_timeout=silence_timeout, timing=timing or ManualTiming())
    with client, Store(path, on_problem=problems) as store:
        engine = Engine(lambda: (store, _Backends(client)))
        whole = WholeEngine(engine, store)
        engine.start(lambda: None)
        try:
            whole.until(lambda: whole.watcher.is_loaded)
            yield whole
        finally:
            assert engine.stop(timeout_s=5.0)
    assert problems.told == []
