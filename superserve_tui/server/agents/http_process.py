"""The process of an HTTP agent that we start: its port, its readiness, its output, its end.

May import: the agents' own modules, the standard library.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from superserve_tui.server.agents.process import READ_BYTES, AgentProcess
from superserve_tui.server.agents.stderr_ring import StderrRing

__all__ = ["PORT_MARK", "HttpProcess", "HttpTimes", "free_port", "is_listening"]

PORT_MARK = "{port}"
"""What a command may have where its port belongs."""

_FLOOD_PAUSE_S = 0.002
"""Seconds of rest after a full read of its output, so that a flood leaves the loop its time."""


@dataclass(frozen=True, slots=True)
class HttpTimes:
    """Every wait of an HTTP agent, in seconds; tests shorten them."""

    start_s: float = 60.0
    """Until it listens; frameworks load for long."""
    look_s: float = 0.05
    """Between two looks whether it does."""
    told_s: float = 2.0
    """Until the person is told that it is waited for."""
    connect_s: float = 5.0
    stop_s: float = 1.0
    """From SIGTERM to SIGKILL."""


class HttpProcess:
    """A started server. Whoever starts it must `stop` it."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        environ: Mapping[str, str],
        variable: str,
        log: StderrRing,
        own_port: int | None,
    ) -> None:
        """Start it on a free port: in place of `{port}` in its words, and as the variable `PORT`.

        Args:
            argv: The words; the first is the program's path.
            cwd: Where it works.
            environ: What it gets to see, less `PORT`.
            variable: See `AgentProcess`.
            log: Takes all that it prints.
            own_port: The port that it listens on when it reads neither.

        Raises:
            OSError: it could not be started.
        """
        port = free_port()
        self.ports = [port]
        """Where it may come to listen."""
        if own_port is not None and not any(PORT_MARK in word for word in argv) and not is_listening_now(own_port):
            self.ports.append(own_port)
        self._log = log
        self._process = AgentProcess(
            [word.replace(PORT_MARK, str(port)) for word in argv],
            cwd=cwd,
            environ={**environ, "PORT": str(port)},
            variable=variable,
            log=log,
        )
        self._drain = asyncio.get_running_loop().create_task(self._read_output(), name="output of an HTTP agent")

    @property
    def exit_status(self) -> int | None:
        """See `AgentProcess`."""
        return self._process.exit_status

    async def find_port(self) -> int | None:
        """The port that it listens on by now; None: none yet."""
        for port in self.ports:
            if await is_listening(port):
                return port
        return None

    async def settle(self) -> None:
        """Take the last of what an ended process printed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                await asyncio.shield(self._drain)
        self._process.read_last_stderr()

    async def stop(self, *, patience_s: float) -> None:
        """End it and all that it started."""
        self._drain.cancel()
        await asyncio.wait({self._drain})
        await self._process.stop(patience_s=patience_s)

    async def _read_output(self) -> None:
        """Keep its output flowing: a server that logs must not come to stand at a full pipe."""
        while (data := await self._process.read(None)) != b"":
            if data is not None:
                self._log.feed(data)
                await asyncio.sleep(_FLOOD_PAUSE_S if len(data) == READ_BYTES else 0)


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def is_listening_now(port: int) -> bool:
    """Whether somebody listens on a loopback port; does not wait."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def is_listening(port: int) -> bool:
    """Whether somebody takes connections on a loopback port."""
    try:
        async with asyncio.timeout(1.0):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True
