"""One session on the server: its turns one at a time, its idle clock, its end.

Everything here runs on the server's loop. May import: protocol, server.agents.base, server.turn.
"""

from __future__ import annotations

import asyncio
import sys
import traceback
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum

from superserve_tui.protocol import (
    Agent,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    SessionInfo,
    format_time,
    title_from,
)
from superserve_tui.server.agents.base import AgentFailure, AgentSession
from superserve_tui.server.event_log import LogReader
from superserve_tui.server.limits import Limits
from superserve_tui.server.turn import Turn

__all__ = ["Session", "SessionStatus", "new_session_id"]

_CANCEL_AGAIN_S = 0.3
"""How long a cancelled run may still drain its agent when the session is over anyway."""


class SessionStatus(StrEnum):
    """The statuses of PROTOCOL 3 that this server gives."""

    ACTIVE = "active"
    RUNNING = "running"
    ENDED = "ended"
    TIMEOUT = "timeout"


def new_session_id() -> str:
    """A fresh `ses_` and 32 hex digits."""
    return f"ses_{uuid.uuid4().hex}"


class Session:
    """One conversation with one agent."""

    def __init__(
        self,
        session_id: str,
        agent: Agent,
        *,
        agent_session: AgentSession,
        title: str | None,
        idle_timeout_s: float,
        limits: Limits,
        on_change: Callable[[], None],
    ) -> None:
        """Begin a session; its idle clock runs from now.

        Args:
            session_id: From `new_session_id`.
            agent: The agent as it is listed.
            agent_session: The agent's side; closed when the session is over.
            title: What the person calls it, None for the first message's words.
            idle_timeout_s: Seconds without activity until it expires.
            limits: The server's limits.
            on_change: Called after a turn or the session ended.
        """
        self.id = session_id
        self.agent = agent
        self.turn: Turn | None = None
        """The running turn, else the last one, as long as its log is kept."""
        self._agent_session = agent_session
        self._title = title
        self._idle_timeout_s = idle_timeout_s
        self._limits = limits
        self._on_change = on_change
        self._loop = asyncio.get_running_loop()
        self._message_count = 0
        self.turn_started_at = self.turn_ended_at = float("-inf")
        """When its last turn began and ended, in seconds of the loop's clock."""
        self._created_at = self._last_activity_at = datetime.now(UTC)
        self._end_status: SessionStatus | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._agent_is_free = asyncio.Lock()
        """Held while the agent works: a cancelled run may need a moment to come back."""
        self._idle_timer = self._loop.call_later(idle_timeout_s, self._expire)

    @property
    def is_live(self) -> bool:
        """Whether it takes messages."""
        return self._end_status is None

    @property
    def is_running(self) -> bool:
        """Whether a turn runs."""
        return self.turn is not None and self.turn.is_running

    @property
    def status(self) -> SessionStatus:
        """Its status as the protocol names it."""
        if self._end_status is not None:
            return self._end_status
        return SessionStatus.RUNNING if self.is_running else SessionStatus.ACTIVE

    @property
    def info(self) -> SessionInfo:
        """What `GET /sessions/{id}` shows."""
        return SessionInfo(
            id=self.id,
            agent_id=self.agent.id,
            status=self.status,
            agent_name=self.agent.name,
            title=self._title,
            message_count=self._message_count,
            created_at=format_time(self._created_at),
            last_activity_at=format_time(self._last_activity_at),
        )

    def log_lines(self) -> list[str]:
        """The last lines of the agent's own log, oldest first; also once the session is over."""
        return self._agent_session.log_lines()

    async def send(self, prompt: str) -> LogReader:
        """Start a turn and listen to it from its first event.

        A turn that still runs with nobody listening is cancelled, and this one takes its place (PROTOCOL 4).

        Raises:
            NotFoundError: the session is over.
            ConflictError: a turn runs, and somebody listens to it.
        """
        self._require_live()
        if self._heard_turn is not None:
            await self._wait_until_unread(self._heard_turn)
            self._require_live()
            if self._heard_turn is not None:
                raise ConflictError("a turn is running in this session; wait for its end or cancel it")
        self._cancel_turn()
        self._idle_timer.cancel()
        self._message_count += 1
        self._title = self._title or title_from(prompt) or None
        self._touch()
        self.turn_started_at = self._loop.time()
        turn = self.turn = Turn(self._limits)
        reader = turn.log.reader()
        self._task = self._loop.create_task(self._run(turn, prompt), name=f"turn of {self.id}")
        return reader

    def listen(self, after: int) -> LogReader:
        """Listen to the running or last turn from event `after + 1` on.

        Raises:
            NotFoundError: the session is over, had no turn, or the turn's log grew too large to be kept.
            InvalidInputError: the turn has not had that many events.
        """
        self._require_live()
        if self.turn is None:
            raise NotFoundError("this session has no turn")
        if self.turn.log.is_overflowed:
            raise NotFoundError("the turn's events are more than the server keeps")
        if after > self.turn.log.count:
            raise InvalidInputError(f"after is {after}, the turn has had {self.turn.log.count} events")
        return self.turn.log.reader(after)

    def cancel(self) -> None:
        """End the running turn, if there is one.

        Raises:
            NotFoundError: the session is over.
        """
        self._require_live()
        self._cancel_turn()

    def resume(self) -> None:
        """Restart the idle clock.

        Raises:
            ConflictError: the session is over.
        """
        if not self.is_live:
            raise ConflictError(f"the session is over ({self.status}); start a new one")
        self._touch()
        self._restart_idle_clock()

    async def end(self) -> None:
        """End the session and its agent's processes; waits for them, but not long. A second time is a no-op.

        Raises:
            NotFoundError: the session has expired.
        """
        if self._end_status is SessionStatus.TIMEOUT:
            raise NotFoundError("the session has expired")
        closing = self._finish(SessionStatus.ENDED)
        await asyncio.wait({closing}, timeout=self._limits.end_wait_s)

    def stop(self, reason: str) -> asyncio.Task[None]:
        """The server ends: a running turn fails with `reason`; returns the task that closes the agent."""
        if self.turn is not None:
            self.turn.fail(reason, code="server_stopped")
        return self._finish(SessionStatus.ENDED)

    @property
    def _heard_turn(self) -> Turn | None:
        """The running turn, if somebody listens to it."""
        turn = self.turn
        return turn if turn is not None and turn.is_running and turn.log.has_readers else None

    def _require_live(self) -> None:
        match self._end_status:
            case SessionStatus.TIMEOUT:
                raise NotFoundError("the session has expired")
            case SessionStatus.ENDED:
                raise NotFoundError("the session has ended")
            case _:
                pass

    async def _wait_until_unread(self, turn: Turn) -> None:
        try:
            async with asyncio.timeout(self._limits.takeover_wait_s):
                await turn.log.wait_until_unread()
        except TimeoutError:
            return

    async def _run(self, turn: Turn, prompt: str) -> None:
        """Let the agent answer; whatever happens, the turn gets its end."""
        try:
            async with asyncio.timeout(self._limits.agent_wait_s):
                await self._agent_is_free.acquire()
        except TimeoutError:
            turn.fail(
                "The agent is still busy with the stopped turn; try again or start a new session.", code="busy"
            )
            self._after_turn(turn)
            return
        try:
            turn.complete(await self._agent_session.run(prompt, turn))
        except AgentFailure as failure:
            turn.fail(failure.message, code=failure.code)
        except Exception as error:  # noqa: BLE001 - the border to any kind of agent: the person is told, the log has it all
            traceback.print_exception(error, file=sys.stderr)
            turn.fail(
                f"The agent's adapter broke ({type(error).__name__}). The server's log says more; try again.",
                code="internal",
            )
        finally:
            turn.cancel()
            self._agent_is_free.release()
            self._after_turn(turn)

    def _cancel_turn(self) -> None:
        if self.turn is not None and self.turn.is_running:
            self.turn.cancel()
            if self._task is not None:
                self._task.cancel()
            self._after_turn(self.turn)

    def _after_turn(self, turn: Turn) -> None:
        """The answer is activity; a turn whose place was taken is not."""
        self.turn_ended_at = self._loop.time()
        if turn is self.turn and self.is_live:
            self._touch()
            self._restart_idle_clock()
        self._on_change()

    def _touch(self) -> None:
        self._last_activity_at = datetime.now(UTC)

    def _restart_idle_clock(self) -> None:
        self._idle_timer.cancel()
        if not self.is_running:
            self._idle_timer = self._loop.call_later(self._idle_timeout_s, self._expire)

    def _expire(self) -> None:
        self._finish(SessionStatus.TIMEOUT)

    def _finish(self, status: SessionStatus) -> asyncio.Task[None]:
        """Be over, once; returns the task that ends the agent."""
        if self._closing is not None:
            return self._closing
        self._cancel_turn()
        self._end_status = status
        self._idle_timer.cancel()
        self.turn = None
        self._closing = self._loop.create_task(self._close_agent(), name=f"end of {self.id}")
        self._on_change()
        return self._closing

    async def _close_agent(self) -> None:
        """Let the last run come back, then close the agent, also when it does not."""
        for _ in range(2):
            if self._task is not None and not self._task.done():
                self._task.cancel()
                await asyncio.wait({self._task}, timeout=_CANCEL_AGAIN_S)
        try:
            await self._agent_session.close()
        except Exception as error:  # noqa: BLE001 - the border to any kind of agent: one that can't be closed harms no other
            traceback.print_exception(error, file=sys.stderr)
