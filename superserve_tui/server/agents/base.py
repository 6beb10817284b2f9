"""What the server asks of an agent, whatever kind it is.

A `AgentDefinition` is what a person configured; `open()` makes the `AgentSession` that serves one session, and the
server calls its `run` once per turn, one turn at a time. Everything here runs on the server's asyncio loop.

May import: protocol, the standard library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from superserve_tui.protocol import Agent, SuperserveError

__all__ = ["AgentDefinition", "AgentFailure", "AgentSession", "TurnOutcome", "TurnSink"]


class AgentFailure(SuperserveError):  # noqa: N818 - a fact of the turn (`run.failed`), told to the person
    """The turn failed; the session may go on. The message is for the person: what happened, what to do."""

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        """One or a few lines; may end in the last lines of the agent's standard error."""
        self.code = code
        """A short code for programs, such as `agent_exited`."""


@dataclass(frozen=True, slots=True)
class TurnOutcome:
    """How a turn that did not fail ended (`run.completed`)."""

    max_turns_reached: bool = False
    """The agent stopped because its own limit of steps was reached."""
    max_turns_message: str | None = None
    """What it says about that."""


class TurnSink(Protocol):
    """Takes what an agent says during one turn and makes events of it. Calls never block (but `ready`) or fail."""

    def text(self, content: str) -> None:
        """More of the answer (`message.delta`). Empty text is passed over."""

    def status(self, content: str) -> None:
        """What the agent does now, or something the person should know once (`status`)."""

    def tool_start(self, tool: str, tool_input: Any, *, call_id: str | None = None) -> str:
        """A tool call begins (`tool.start`); returns its id, made up where none is given."""

    def tool_end(self, call_id: str) -> None:
        """That call returned (`tool.end`, with the wall time since its start). Unknown ids are passed over."""

    async def ready(self) -> None:
        """Return when those who listen have had most of what was said: a program that prints faster waits."""

    def event(self, event_type: str, data: dict[str, Any]) -> None:
        """Any other event, such as an agent's `metadata`. Terminal types are refused: the server sends those."""


class AgentSession(Protocol):
    """One agent at work for one session."""

    async def run(self, prompt: str, sink: TurnSink) -> TurnOutcome:
        """Answer one message.

        Cancelling the task that runs this stops the turn: the session must take the next message, and nothing
        that belongs to the cancelled turn may appear in a later one.

        Raises:
            AgentFailure: the turn failed.
        """

    async def close(self) -> None:
        """The session is over: end every process it started, children included. Called once, after any `run`."""

    def log_lines(self) -> list[str]:
        """The last lines of the agent's own log (standard error), oldest first; empty where it has none."""


class AgentDefinition(Protocol):
    """An agent that sessions can be made with."""

    @property
    def info(self) -> Agent:
        """The agent as `GET /agents` shows it, its readiness as of now."""

    def open(self, session_id: str) -> AgentSession:
        """Make the agent's side of one session. Cheap: a process is started at the first message."""
