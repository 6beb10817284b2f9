"""HTTP agents: a server of its own on a loopback port, asked by `POST /run` (PROTOCOL 6).

With a command it is started per session, at the first message; without one it must be running.

May import: httpx (once a request is made), protocol, config, the agents' own modules, the standard library.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from superserve_tui.config.schema import AgentConfig
from superserve_tui.protocol import Agent, dumps, loads_object
from superserve_tui.server.agents.base import AgentFailure, TurnOutcome, TurnSink
from superserve_tui.server.agents.command import CommandError
from superserve_tui.server.agents.environment import process_variable
from superserve_tui.server.agents.error_words import error_words
from superserve_tui.server.agents.http_answers import reader_for
from superserve_tui.server.agents.http_process import PORT_MARK, HttpProcess, HttpTimes
from superserve_tui.server.agents.identity import agent_id
from superserve_tui.server.agents.last_words import exit_words, failure_with_last_words
from superserve_tui.server.agents.script import ScriptAgent
from superserve_tui.server.agents.stderr_ring import StderrRing

if TYPE_CHECKING:
    import httpx

__all__ = ["HttpAgent", "HttpSession", "is_http"]

_ERROR_BYTES = 64 * 1024
_ERROR_BODY_S = 2.0


def is_http(config: AgentConfig) -> bool:
    """Whether an agent's table is that of an HTTP agent."""
    return config.port is not None or PORT_MARK in (config.command or "")


class HttpAgent:
    """A server that is an agent: an `AgentDefinition`."""

    def __init__(
        self, config: AgentConfig, *, folder: Path, environ: Mapping[str, str], times: HttpTimes | None = None
    ) -> None:
        """Args:
        config: its table; see `is_http`.
        folder: where its process works unless `cwd` says otherwise.
        environ: the person's environment; the agent gets it less the variables of ours.
        times: the waits, for tests.
        """
        self.config = config
        self.times = times or HttpTimes()
        self.command = ScriptAgent(config, folder=folder, environ=environ) if config.command else None
        """What starts it, looked up as for a script."""

    @property
    def info(self) -> Agent:
        """The agent as `GET /agents` shows it."""
        if self.command is not None:
            return self.command.info
        config = self.config
        address = f"http://127.0.0.1:{config.port}/run"
        return Agent(id=agent_id(config.name), name=config.name, command=address, deps_status="ready")

    def open(self, session_id: str) -> HttpSession:
        """Make the agent's side of one session; its process starts at the first message."""
        return HttpSession(self, session_id)


class HttpSession:
    """One session with an HTTP agent: an `AgentSession`."""

    def __init__(self, agent: HttpAgent, session_id: str) -> None:
        self._agent = agent
        self._session_id = session_id
        self._log = StderrRing()
        self._process: HttpProcess | None = None
        self._port: int | None = None
        self._has_memory = False
        self._lost_memory: str | None = None
        self._client: httpx.AsyncClient | None = None

    async def run(self, prompt: str, sink: TurnSink) -> TurnOutcome:
        """Answer one message; see `AgentSession.run`. A stop closes the connection to the agent."""
        port = await self._ready_port(sink)
        if self._client is None:
            self._client = await asyncio.to_thread(self._make_client)
        return await self._ask(self._client, port, prompt, sink)

    async def close(self) -> None:
        """End the process and all that it started."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()
        await self._end_process()

    def log_lines(self) -> list[str]:
        """The last lines of what its processes printed."""
        return self._log.lines()

    def _make_client(self) -> httpx.AsyncClient:
        import ssl

        import httpx

        return httpx.AsyncClient(
            headers={
                "Accept": "application/json, text/event-stream, text/plain",
                "Content-Type": "application/json",
                "Superserve-Session-Id": self._session_id,
            },
            timeout=httpx.Timeout(None, connect=self._agent.times.connect_s),  # a turn may take an hour
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),  # loopback is plain http: no certificates are read
            limits=httpx.Limits(max_keepalive_connections=0),  # an idle one that it closes could lose a message
            trust_env=False,
            follow_redirects=False,
        )

    async def _ask(self, client: httpx.AsyncClient, port: int, prompt: str, sink: TurnSink) -> TurnOutcome:
        import httpx

        url = f"http://127.0.0.1:{port}/run"
        self._has_memory = True
        try:
            async with client.stream("POST", url, content=dumps({"prompt": prompt}).encode()) as response:
                if response.status_code >= 300:
                    raise await _refusal(response)
                reader = reader_for(response.headers.get("content-type", ""), sink)
                async for data in response.aiter_bytes():
                    reader.feed(data)
                    if reader.is_done:
                        break
                return reader.finish()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            what, code = f"Nothing listens on port {port}", "unreachable"
            raise await self._failure(what, code, ended="before it answered") from error
        except httpx.HTTPError as error:
            what, code = "The agent closed the connection before its answer was whole", "agent_cut"
            raise await self._failure(what, code, ended="before its answer was whole") from error

    async def _ready_port(self, sink: TurnSink) -> int:
        if self._agent.command is None:
            assert self._agent.config.port is not None, "an HTTP agent has a command or a port"
            return self._agent.config.port
        if self._process is not None and (status := self._process.exit_status) is not None:
            await self._forget_process(exit_words(status))
        self._log.begin_turn()
        if self._process is None:
            self._process = self._start(self._agent.command)
            if self._lost_memory is not None:
                sink.status(
                    f"The agent was restarted, since {self._lost_memory}; it has forgotten what was said before."
                )
                self._lost_memory = None
        if self._port is None:
            self._port = await self._wait_until_listening(self._process, sink)
        return self._port

    def _start(self, command: ScriptAgent) -> HttpProcess:
        try:
            return HttpProcess(
                command.command_line().argv,
                cwd=command.cwd,
                environ=command.environment(self._session_id),
                variable=process_variable(self._session_id),
                log=self._log,
                own_port=self._agent.config.port,
            )
        except CommandError as error:
            raise AgentFailure(f"The agent could not be started: {error}.", code="agent_not_started") from error
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise AgentFailure(f"The agent could not be started: {reason}.", code="agent_not_started") from error

    async def _wait_until_listening(self, process: HttpProcess, sink: TurnSink) -> int:
        loop, times = asyncio.get_running_loop(), self._agent.times
        began_at, is_told = loop.time(), False
        while (port := await process.find_port()) is None:
            if process.exit_status is not None:
                what = "The agent does not listen"
                raise await self._failure(what, "agent_exited", ended="before it listened")
            waited_s = loop.time() - began_at
            if waited_s >= times.start_s:
                await self._end_process()
                where = " or ".join(map(str, process.ports))
                raise failure_with_last_words(
                    f"The agent did not listen on port {where} within {times.start_s:g} s; give its command "
                    f"{PORT_MARK}, or let it read PORT",
                    "agent_not_started",
                    self._log,
                )
            if waited_s >= times.told_s and not is_told:
                is_told = True
                sink.status(f"waiting for the agent to listen on port {process.ports[0]}")
            await asyncio.sleep(times.look_s)
        return port

    async def _failure(self, what: str, code: str, *, ended: str) -> AgentFailure:
        """The failure, with how the process ended where we started it and it has; then it is gone.

        Args:
            what: What was seen of it.
            code: See `AgentFailure`.
            ended: When the process ended, where it has.
        """
        process = self._process
        if process is None:
            return AgentFailure(f"{what}. Start the agent, or give it a command, then send again.", code=code)
        for _ in range(10):  # a process that dies closes its connections first
            if process.exit_status is not None:
                break
            await asyncio.sleep(0.02)
        status = process.exit_status
        if status is None:
            return AgentFailure(f"{what}. Send again, or start a new session.", code=code)
        await process.settle()
        await self._forget_process(exit_words(status))
        return failure_with_last_words(f"{exit_words(status, who='The agent')} {ended}", "agent_exited", self._log)

    async def _forget_process(self, why: str) -> None:
        """The process is lost, and what it remembered with it."""
        if self._has_memory:
            self._lost_memory = why
        self._has_memory = False
        await self._end_process()

    async def _end_process(self) -> None:
        process, self._process, self._port = self._process, None, None
        if process is not None:
            await process.stop(patience_s=self._agent.times.stop_s)


async def _refusal(response: httpx.Response) -> AgentFailure:
    """The failure that a status of 300 or more stands for."""
    body = b""
    with suppress(TimeoutError):
        async with asyncio.timeout(_ERROR_BODY_S):
            async for data in response.aiter_bytes():
                body += data
                if len(body) >= _ERROR_BYTES:
                    break
    answer = loads_object(body[:_ERROR_BYTES].decode("utf-8", "replace"))
    words = error_words(answer) if answer is not None else ""
    status = f"{response.status_code} {response.reason_phrase[:100]}".strip()
    return AgentFailure(f"The agent answered {status}{f': {words}' if words else ''}.", code="agent_error")
