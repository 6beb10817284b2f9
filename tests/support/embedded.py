"""The embedded server in a thread of the test, with agents whose every step the test decides."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from superserve_tui.protocol import Agent
from superserve_tui.server.agents.base import AgentDefinition, AgentSession, TurnOutcome, TurnSink
from superserve_tui.server.agents.identity import agent_id
from superserve_tui.server.core import Server, url_of
from superserve_tui.server.limits import Limits
from superserve_tui.server.listener import bind

__all__ = ["TOKEN", "Hold", "RunningServer", "ScriptedAgent", "echo", "running_server"]

TOKEN = "ss_test_token"
DEADLINE_S = 30.0

_T = TypeVar("_T")
Script = Callable[[str, TurnSink], Awaitable[TurnOutcome | None]]


class Hold:
    """A place where a scripted agent waits until the test, on its own thread, lets it go on.

    The agent: `await hold.here()`. The test: `hold.wait_reached()`, then `hold.release()`. Each `release` lets
    one waiting (or coming) `here` pass.
    """

    def __init__(self) -> None:
        self._reached = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._passes = 0
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []

    async def here(self) -> None:
        """Wait for the test; for the agent."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            if self._passes:
                self._passes -= 1
                future.set_result(None)
            else:
                self._waiting.append((loop, future))
        self._reached.release()
        try:
            await future
        finally:
            with self._lock:
                self._waiting = [each for each in self._waiting if each[1] is not future]

    def wait_reached(self) -> None:
        """Return once the agent has come to (another) `here`; for the test."""
        assert self._reached.acquire(timeout=DEADLINE_S), "the agent did not come to its hold"

    def release(self) -> None:
        """Let one `here` pass; for the test."""
        with self._lock:
            if not self._waiting:
                self._passes += 1
                return
            loop, future = self._waiting.pop(0)
        loop.call_soon_threadsafe(lambda: None if future.done() else future.set_result(None))


async def echo(prompt: str, sink: TurnSink) -> None:
    """The script that answers with the message."""
    sink.text(prompt)


@dataclass(eq=False)
class ScriptedAgent:
    """An `AgentDefinition` whose answers are an async function of the message and the sink."""

    name: str = "scripted"
    script: Script = echo
    deps_status: str = "ready"
    deps_error: str | None = None
    required_secrets: tuple[str, ...] = ()
    close_script: Callable[[], Awaitable[None]] | None = None
    """What happens when a session is closed."""
    opened: list[str] = field(default_factory=list)
    """Ids of the sessions that were opened."""
    closed: list[str] = field(default_factory=list)
    """Ids of the sessions that were closed."""
    prompts: list[str] = field(default_factory=list)
    """The messages that came, in order."""

    @property
    def info(self) -> Agent:
        """See `AgentDefinition`."""
        return Agent(
            id=agent_id(self.name),
            name=self.name,
            command="scripted",
            required_secrets=self.required_secrets,
            deps_status=self.deps_status,
            deps_error=self.deps_error,
            created_at="2026-01-01T00:00:00Z",
            updated_at="2026-01-01T00:00:00Z",
        )

    def open(self, session_id: str) -> AgentSession:
        """See `AgentDefinition`."""
        self.opened.append(session_id)
        return _ScriptedSession(self, session_id)


class _ScriptedSession:
    def __init__(self, agent: ScriptedAgent, session_id: str) -> None:
        self._agent = agent
        self._id = session_id

    async def run(self, prompt: str, sink: TurnSink) -> TurnOutcome:
        self._agent.prompts.append(prompt)
        return await self._agent.script(prompt, sink) or TurnOutcome()

    async def close(self) -> None:
        if self._agent.close_script is not None:
            await self._agent.close_script()
        self._agent.closed.append(self._id)

    def log_lines(self) -> list[str]:
        return []


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that takes requests."""

    url: str
    """Its address without `/v1`."""
    token: str
    server: Server
    """Touch it on its loop only: through `call`."""
    loop: asyncio.AbstractEventLoop

    @property
    def headers(self) -> dict[str, str]:
        """What every request needs."""
        return {"authorization": f"Bearer {self.token}"}

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.url.rsplit(":", 1)[1])

    def call(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run `work` on the server's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(DEADLINE_S)


@contextmanager
def running_server(
    *agents: AgentDefinition, token: str = TOKEN, limits: Limits | None = None
) -> Iterator[RunningServer]:
    """A server with these agents on a free loopback port, in a thread; stopped at the end."""
    listening = bind("127.0.0.1", 0)
    loop = asyncio.new_event_loop()
    is_up = threading.Event()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.call_soon(is_up.set)
        loop.run_forever()

    thread = threading.Thread(target=run, name="test-server", daemon=True)
    thread.start()
    assert is_up.wait(DEADLINE_S)

    async def start() -> Server:
        server = Server(agents, token=token, limits=limits)
        await server.start(listening)
        return server

    async def stop(server: Server) -> None:
        await server.stop("the test is over")
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=DEADLINE_S)

    url = url_of(listening)
    running = RunningServer(url, token, asyncio.run_coroutine_threadsafe(start(), loop).result(DEADLINE_S), loop)
    try:
        yield running
    finally:
        running.call(stop(running.server))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(DEADLINE_S)
        assert not thread.is_alive(), "the server's loop did not stop"
        loop.close()
