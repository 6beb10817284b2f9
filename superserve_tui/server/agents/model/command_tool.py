"""The tool that runs a shell command in the folder, with all the rights of the person.

The command leads its own process group; whatever it started ends with it, or with its time, or with the turn.

May import: the agents' process, environment and stderr_ring, this package's arguments; the standard library.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from superserve_tui.server.agents.environment import agent_environment
from superserve_tui.server.agents.last_words import exit_words
from superserve_tui.server.agents.model.arguments import Arguments, ToolRefusal
from superserve_tui.server.agents.process import AgentProcess
from superserve_tui.server.agents.stderr_ring import StderrRing

__all__ = ["CommandTool"]

_DEFAULT_S = 60
_LONGEST_S = 600
_STOP_S = 1.0
"""From SIGTERM to SIGKILL."""

_HEAD_BYTES = 8 * 1024
_TAIL_BYTES = 16 * 1024
"""Of a long output its beginning and its end are kept."""

_LOOK_S = 0.1
"""Seconds between looks whether the command ended while something else holds its output open."""

_AFTERMATH_S = 1.0
"""How long output is still taken from what a command left running."""

_SHELL = ("/bin/sh", "-c", 'exec 2>&1 </dev/null; eval "$1"', "sh")
"""Both outputs in their order, and no input to wait for."""


class CommandTool:
    """Runs one command at a time for one session. Used on the server's loop."""

    def __init__(
        self, folder: Path, *, environ: Mapping[str, str], session_id: str, hidden: frozenset[str]
    ) -> None:
        """Args:
        folder: Where commands work.
        environ: The person's environment.
        session_id: The session, for the commands' environment.
        hidden: Variables that no command sees: the endpoint's key.
        """
        self._folder = folder
        self._count = 0
        self._environ = {
            name: value
            for name, value in agent_environment(environ, session_id=session_id).items()
            if name not in hidden
        }
        self._session_id = session_id

    async def run(self, arguments: Arguments) -> str:
        """Run `command` for at most `timeout_s` seconds; returns its output and how it ended.

        Raises:
            ToolRefusal: it could not be started.
        """
        command = arguments.text("command")
        seconds = arguments.number("timeout_s", _DEFAULT_S, least=1, most=_LONGEST_S)
        if not command.strip() or "\x00" in command:
            raise ToolRefusal("`command` is empty, or holds a NUL character")
        process = self._start(command)
        output = _Output()
        try:
            async with asyncio.timeout(seconds):
                await _read_to_end(process, output)
            status = await process.wait(_STOP_S)
            how = "its output is closed" if status is None else exit_words(status)
        except TimeoutError:
            how = f"it was stopped after {seconds} s; `timeout_s` may be {_LONGEST_S} at most"
        finally:
            await process.stop(patience_s=_STOP_S)
        return f"{output.text()}\n[{how}]".lstrip("\n")

    def _start(self, command: str) -> AgentProcess:
        self._count += 1
        variable = ("SUPERSERVE_COMMAND_ID", f"{self._session_id}-{self._count}")
        try:
            return AgentProcess(
                [*_SHELL, command.encode("utf-8", "replace").decode()],
                cwd=self._folder,
                environ={**self._environ, variable[0]: variable[1]},
                variable="=".join(variable),
                log=StderrRing(),
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise ToolRefusal(f"the command could not be started: {reason}") from error


async def _read_to_end(process: AgentProcess, output: _Output) -> None:
    """Read until the output ends, or the command has ended and what it left behind had its moment."""
    loop = asyncio.get_running_loop()
    ended_at: float | None = None
    while (data := await process.read(_LOOK_S)) != b"":
        if data is not None:
            output.add(data)
            await asyncio.sleep(0)  # a flood must leave the loop to others
        if process.exit_status is not None:
            ended_at = loop.time() if ended_at is None else ended_at
            if data is None or loop.time() - ended_at > _AFTERMATH_S:
                return


class _Output:
    """The beginning and the end of a byte stream, in bounded memory."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    def add(self, data: bytes) -> None:
        """More of it."""
        room = _HEAD_BYTES - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > 2 * _TAIL_BYTES:
            self._drop()

    def text(self) -> str:
        """What was kept, with a note where something is missing."""
        if len(self._tail) > _TAIL_BYTES:
            self._drop()
        gap = f"\n[{self._dropped} bytes left out]\n".encode() if self._dropped else b""
        return bytes(self._head + gap + self._tail).decode("utf-8", "replace").rstrip("\n")

    def _drop(self) -> None:
        over = len(self._tail) - _TAIL_BYTES
        self._dropped += over
        del self._tail[:over]
