"""Real scripts as agents, in a folder of the test, each session closed at the end."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from superserve_tui.config.schema import AgentConfig
from superserve_tui.server.agents.activity import ActivityProbe
from superserve_tui.server.agents.channel import Timing
from superserve_tui.server.agents.process import AgentProcess
from superserve_tui.server.agents.script import ScriptAgent, ScriptSession
from tests.support.recording_sink import RecordingSink

__all__ = ["ask", "in_time", "is_running", "opened", "script_agent", "wait_for"]

_T = TypeVar("_T")


def script_agent(
    folder: Path,
    command: str,
    *,
    files: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    timing: Timing | None = None,
    config: AgentConfig | None = None,
    probe: Callable[[AgentProcess], ActivityProbe] | None = None,
) -> ScriptAgent:
    """An agent that works in `folder`, with `files` written there first."""
    for name, text in (files or {}).items():
        (folder / name).write_text(text, encoding="utf-8")
    return ScriptAgent(
        replace(config or AgentConfig(name="agent"), command=command),
        folder=folder,
        environ=os.environ if environ is None else environ,
        timing=timing,
        probe=probe,
    )


@asynccontextmanager
async def opened(agent: ScriptAgent) -> AsyncIterator[ScriptSession]:
    """A session with it, closed at the end."""
    session = agent.open(f"ses_{secrets.token_hex(16)}")
    try:
        yield session
    finally:
        await session.close()


async def ask(session: ScriptSession, prompt: str) -> RecordingSink:
    """One turn, and what was told in it."""
    sink = RecordingSink()
    await session.run(prompt, sink)
    return sink


def in_time(work: Coroutine[object, object, _T], *, timeout_s: float = 20.0) -> _T:
    """Run it on a new loop; it may take `timeout_s` seconds."""
    return asyncio.run(asyncio.wait_for(work, timeout_s))


async def wait_for(condition: Callable[[], bool], *, timeout_s: float = 10.0) -> None:
    """Return once `condition()`.

    Raises:
        TimeoutError: it never was, within `timeout_s` seconds.
    """
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


def is_running(pid: int) -> bool:
    """Whether a process lives; a zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return not Path("/proc/self/stat").exists()
