"""The agent `workspace`: what a person meets who has no account, no model and no script yet.

May import: the agents' base and identity, protocol, this package; the standard library.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from superserve_tui.protocol import Agent, format_time
from superserve_tui.server.agents.base import TurnOutcome, TurnSink
from superserve_tui.server.agents.identity import agent_id
from superserve_tui.server.agents.workspace.conversation import Conversation
from superserve_tui.server.agents.workspace.folder import Folder
from superserve_tui.server.agents.workspace.pace import Pace
from superserve_tui.server.agents.workspace.tools import Limits, Toolbox
from superserve_tui.server.agents.workspace.understanding import understand

__all__ = ["WorkspaceAgent", "WorkspaceSession"]

_NAME = "workspace"


class WorkspaceAgent:
    """A rule-based helper that answers questions about one folder by reading it. It is always ready.

    It starts no process, opens no connection, writes nothing, and reads nothing outside the folder.
    """

    def __init__(
        self,
        folder: Path,
        *,
        pace: Pace | None = None,
        limits: Limits | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._folder = Folder(folder)
        self._pace = pace if pace is not None else Pace()
        self._limits = limits if limits is not None else Limits()
        self._now = now
        started = format_time(now())
        self._info = Agent(id=agent_id(_NAME), name=_NAME, created_at=started, updated_at=started)

    @property
    def info(self) -> Agent:
        """The agent as `GET /agents` shows it."""
        return self._info

    def open(self, session_id: str) -> WorkspaceSession:  # noqa: ARG002 - every session is alike
        """A conversation with a memory of its own."""
        return WorkspaceSession(self._folder, self._pace, self._limits, self._now)


class WorkspaceSession:
    """One conversation about the folder."""

    def __init__(self, folder: Folder, pace: Pace, limits: Limits, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._pace = pace
        self._limits = limits
        self._conversation = Conversation(folder, now=now)

    async def run(self, prompt: str, sink: TurnSink) -> TurnOutcome:
        """Answer one message; never fails for what is asked or what the folder holds."""
        tools = Toolbox(self._folder, sink, self._limits)
        answer = await self._conversation.answer(understand(prompt), tools)
        await self._pace.stream(answer, sink)
        return TurnOutcome()

    async def close(self) -> None:
        """Nothing to end: it holds no process and no open file."""

    def log_lines(self) -> list[str]:
        """It keeps no log."""
        return []
