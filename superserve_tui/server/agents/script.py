"""Scripts as agents, plain and framed: a process per session that reads messages and prints answers (PROTOCOL 6).

May import: protocol, config, the agents' own modules, the standard library.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from superserve_tui.config.schema import AgentConfig
from superserve_tui.protocol import Agent
from superserve_tui.server.agents.activity import ActivityProbe, ProcActivityProbe
from superserve_tui.server.agents.base import AgentFailure, TurnOutcome, TurnSink
from superserve_tui.server.agents.channel import Channel, End, Timing
from superserve_tui.server.agents.command import CommandError, CommandLine
from superserve_tui.server.agents.environment import agent_environment, process_variable
from superserve_tui.server.agents.framed import FramedTurn
from superserve_tui.server.agents.identity import agent_id
from superserve_tui.server.agents.last_words import exit_words, failure_with_last_words
from superserve_tui.server.agents.opening import Opening
from superserve_tui.server.agents.plain import PlainTurn, has_line_breaks
from superserve_tui.server.agents.process import AgentProcess
from superserve_tui.server.agents.python_shim import new_nonce, shim_environment
from superserve_tui.server.agents.stderr_ring import StderrRing
from superserve_tui.server.agents.text_writer import TextWriter

__all__ = ["ScriptAgent", "ScriptSession"]

_LINE_BREAKS_TOLD = (
    "This agent reads one line per message, so your line breaks were sent to it as U+2028 (line separator)."
)


class ScriptAgent:
    """A command that is an agent: an `AgentDefinition`."""

    def __init__(
        self,
        config: AgentConfig,
        *,
        folder: Path,
        environ: Mapping[str, str],
        timing: Timing | None = None,
        probe: Callable[[AgentProcess], ActivityProbe] | None = None,
    ) -> None:
        """Args:
        config: its table; `command` must be set.
        folder: where it works unless `cwd` says otherwise: its superserve.yaml's, else the one opened.
        environ: the person's environment; the agent gets it less the variables of ours.
        timing: the waits, for tests.
        probe: how a process is looked at, for tests; else by `/proc`.
        """
        self.config = config
        self.timing = timing or Timing()
        self.probe = probe or _probe
        self._folder = folder
        self._environ = environ

    @property
    def info(self) -> Agent:
        """The agent as `GET /agents` shows it; whether its program is there is looked up each time."""
        error: str | None = None
        try:
            self.command_line()
        except CommandError as problem:
            error = str(problem)
        return Agent(
            id=agent_id(self.config.name),
            name=self.config.name,
            command=self.config.command,
            environment_keys=tuple(name for name in self.config.secrets if self._environ.get(name)),
            required_secrets=self.config.secrets,
            deps_status="failed" if error else "ready",
            deps_error=error,
        )

    @property
    def cwd(self) -> Path:
        """The folder that its processes work in."""
        return self._folder / Path(self.config.cwd).expanduser() if self.config.cwd else self._folder

    def command_line(self) -> CommandLine:
        """What is started.

        Raises:
            CommandError: it can't be started, and why.
        """
        if not self.cwd.is_dir():
            raise CommandError(f"its folder {self.cwd} does not exist; check `cwd`")
        return CommandLine.parse(self.config.command or "", cwd=self.cwd, environ=self._environ)

    def environment(self, session_id: str) -> dict[str, str]:
        """What a process of this agent gets to see: no SUPERSERVE_* variable but ours and those in `secrets`."""
        return agent_environment(self._environ, session_id=session_id, wanted=self.config.secrets)

    def open(self, session_id: str) -> ScriptSession:
        """Make the agent's side of one session; its process starts at the first message."""
        return ScriptSession(self, session_id)


class ScriptSession:
    """One session's process, started again where it ended: an `AgentSession`."""

    def __init__(self, agent: ScriptAgent, session_id: str) -> None:
        self._agent = agent
        self._session_id = session_id
        self._log = StderrRing()
        self._channel: Channel | None = None
        self._opening: Opening | None = None
        self._is_framed = False
        self._drain: asyncio.Task[None] | None = None
        self._has_memory = False
        self._lost_memory: str | None = None
        self._has_told_line_breaks = False

    async def run(self, prompt: str, sink: TurnSink) -> TurnOutcome:
        """Answer one message; see `AgentSession.run`.

        A cancelled turn goes on in the background, unseen, until the script reads again; one that does not within
        `Timing.drain_s` is ended, and the next message starts it anew and says so.
        """
        await self._finish_drain(sink)
        writer = TextWriter(sink)
        await self._drop_ended(writer)
        self._log.begin_turn()
        channel = self._channel or self._start(sink)
        if self._opening is not None:
            opened = await self._opening.finish(writer)
            if isinstance(opened, End):
                return await self._after_end(opened, answered=writer.has_text)
            self._opening = None
            self._is_framed = opened
        self._has_memory = True
        if self._is_framed:
            return await self._run_framed(channel, prompt, sink)
        return await self._run_plain(channel, prompt, sink, writer)

    async def close(self) -> None:
        """End the process and all that it started."""
        if self._drain is not None:
            self._drain.cancel()
            with suppress(asyncio.CancelledError):
                await self._drain
            self._drain = None
        await self._end_process()

    def log_lines(self) -> list[str]:
        """The last lines of standard error, of all of this session's processes."""
        return self._log.lines()

    async def _run_plain(self, channel: Channel, prompt: str, sink: TurnSink, writer: TextWriter) -> TurnOutcome:
        turn = PlainTurn(channel, writer, quiet_s=self._agent.config.quiet_s, timing=self._agent.timing)
        if has_line_breaks(prompt) and not channel.marks_reads and not self._has_told_line_breaks:
            self._has_told_line_breaks = True
            sink.status(_LINE_BREAKS_TOLD)
        turn.send(prompt)
        end = await self._finish(turn)
        if end is None:
            return TurnOutcome()
        return await self._after_end(end, answered=writer.has_text or not channel.process.unread_input)

    async def _run_framed(self, channel: Channel, prompt: str, sink: TurnSink) -> TurnOutcome:
        turn = FramedTurn(channel, sink, log=self._log)
        try:
            await turn.send(prompt)
            end = await self._finish(turn)
        except AgentFailure as failure:
            if failure.code != "agent_error":
                self._forget("it broke the line protocol")
                await self._end_process()
            raise
        if end is None:
            return TurnOutcome()
        return await self._after_end(end, answered=False)

    async def _finish(self, turn: PlainTurn | FramedTurn) -> End | None:
        try:
            return await turn.finish()
        except asyncio.CancelledError:
            turn.mute()
            self._drain = asyncio.create_task(self._discard(turn), name=f"drain:{self._session_id}")
            raise

    async def _discard(self, turn: PlainTurn | FramedTurn) -> None:
        """Take a stopped turn up to the script's next read."""
        try:
            async with asyncio.timeout(self._agent.timing.drain_s):
                end = await turn.finish()
        except TimeoutError:
            self._forget("it did not stop working on the message that you stopped")
        except AgentFailure as failure:
            self._forget(failure.message)
        else:
            if end is None:
                return
            self._forget(self._how_it_ended())
        await self._end_process()

    async def _finish_drain(self, sink: TurnSink) -> None:
        if self._drain is None:
            return
        if not self._drain.done():
            sink.status("The agent still works on the stopped message; yours is next.")
        await asyncio.shield(self._drain)
        self._drain = None

    async def _drop_ended(self, writer: TextWriter) -> None:
        """Notice a process that ended between two turns; what it said last is shown ahead of the next answer."""
        channel = self._channel
        if channel is None or channel.process.exit_status is None:
            return
        while not isinstance(item := await channel.next(None), End):
            if isinstance(item, bytes) and not self._is_framed:
                writer.write(item)
        writer.start_paragraph()
        self._forget(self._how_it_ended())
        await self._end_process()

    def _start(self, sink: TurnSink) -> Channel:
        agent = self._agent
        nonce = new_nonce()
        environ = agent.environment(self._session_id)
        variable = process_variable(self._session_id)
        try:
            command = agent.command_line()
            if command.python_target is not None:
                environ = shim_environment(environ, nonce=nonce, target=command.python_target)
            process = AgentProcess(command.argv, cwd=agent.cwd, environ=environ, variable=variable, log=self._log)
        except CommandError as error:
            raise AgentFailure(f"The agent could not be started: {error}.", code="agent_not_started") from error
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise AgentFailure(
                f"The agent could not be started: {reason} ({agent.config.command}).", code="agent_not_started"
            ) from error
        self._channel = Channel(process, nonce=nonce, probe=agent.probe(process))
        self._opening = Opening(
            self._channel,
            framed=agent.config.framed,
            is_python=command.python_target is not None,
            quiet_s=agent.config.quiet_s,
            timing=agent.timing,
        )
        if self._lost_memory is not None:
            sink.status(
                f"The agent was restarted, since {self._lost_memory}; it has forgotten what was said before."
            )
            self._lost_memory = None
        return self._channel

    async def _after_end(self, end: End, *, answered: bool) -> TurnOutcome:
        """The outcome of a turn in which the process ended, or could say no more.

        Raises:
            AgentFailure: it did not end well, or without an answer.
        """
        status = self._channel.process.exit_status if self._channel is not None else None
        self._forget(self._how_it_ended())
        await self._end_process()
        if status == 0 and answered:
            return TurnOutcome()
        if end is End.CLOSED or status is None:
            raise self._failure(
                "The agent closed its standard output, so no answer can come", "agent_closed_output"
            )
        if status == 0:
            raise self._failure("The agent ended without an answer (exit code 0)", "agent_exited")
        raise self._failure(exit_words(status, who="The agent"), "agent_exited")

    def _failure(self, what: str, code: str) -> AgentFailure:
        return failure_with_last_words(what, code, self._log)

    def _how_it_ended(self) -> str:
        status = self._channel.process.exit_status if self._channel is not None else None
        return "it closed its standard output" if status is None else exit_words(status)

    def _forget(self, why: str) -> None:
        """Note that the process is lost, and what it remembered with it."""
        if self._has_memory:
            self._lost_memory = why
        self._has_memory = False

    async def _end_process(self) -> None:
        channel, self._channel = self._channel, None
        self._opening = None
        self._is_framed = False
        if channel is not None:
            await channel.process.stop(patience_s=self._agent.timing.stop_s)


def _probe(process: AgentProcess) -> ActivityProbe:
    return ProcActivityProbe(process.pid, stdin_link=process.stdin_link, stdout_link=process.stdout_link)
