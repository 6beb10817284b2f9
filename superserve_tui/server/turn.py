"""One turn: what the agent says becomes counted events in the turn's log.

Everything here runs on the server's loop. May import: protocol, server.agents.base, server.event_log.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any

from superserve_tui.protocol import TERMINAL_TYPES, JsonObject, encode_event
from superserve_tui.server.agents.base import TurnOutcome
from superserve_tui.server.event_log import EventLog
from superserve_tui.server.limits import Limits

__all__ = ["Turn"]

_EVENT_TYPE = re.compile(r"[A-Za-z0-9_.:-]{1,100}\Z")
"""What an agent may call an event; a line break would forge other events."""


class Turn:
    """The record of one turn, and the `TurnSink` that its agent speaks into.

    After its end nothing an agent still says counts.
    """

    def __init__(self, limits: Limits, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin: `run.started` is the first event. Needs a running loop."""
        self._clock = clock
        self._limits = limits
        self.started_at = clock()
        """Seconds of the clock."""
        self.log = EventLog(limits.log_bytes)
        self._calls: dict[str, tuple[str, float]] = {}
        self._call_count = 0
        self._last_event_at = self.started_at
        self._loop = asyncio.get_running_loop()
        self._append("run.started", {})
        self._timer = self._loop.call_later(limits.heartbeat_s, self._beat)

    @property
    def is_running(self) -> bool:
        """Whether its end is still to come."""
        return not self.log.is_closed

    # TurnSink

    def text(self, content: str) -> None:
        """See `TurnSink`."""
        if content:
            self._append("message.delta", {"content": content})

    def status(self, content: str) -> None:
        """See `TurnSink`."""
        self._append("status", {"status": content})

    def tool_start(self, tool: str, tool_input: Any, *, call_id: str | None = None) -> str:
        """See `TurnSink`."""
        self._call_count += 1
        call_id = call_id or f"call_{self._call_count}"
        self._calls[call_id] = (tool, self._clock())
        event = {"tool": tool, "input": tool_input, "id": call_id}
        if not self._try_append("tool.start", event):
            self._append("tool.start", {**event, "input": None})
        return call_id

    def tool_end(self, call_id: str) -> None:
        """See `TurnSink`."""
        call = self._calls.pop(call_id, None)
        if call is not None:
            tool, started_at = call
            self._append("tool.end", {"duration_ms": self._ms_since(started_at), "tool": tool, "id": call_id})

    async def ready(self) -> None:
        """See `TurnSink`."""
        await self.log.wait_until_read(self._limits.lag_bytes, patience_s=self._limits.lag_patience_s)

    def event(self, event_type: str, data: dict[str, Any]) -> None:
        """See `TurnSink`; an event that can't be sent, by its name or its data, is passed over."""
        if event_type not in TERMINAL_TYPES and _EVENT_TYPE.match(event_type):
            self._try_append(event_type, data)

    # The end, once; later calls are no-ops

    def complete(self, outcome: TurnOutcome) -> None:
        """End with `run.completed`."""
        self._end(
            "run.completed",
            {
                "max_turns_reached": outcome.max_turns_reached,
                "max_turns_message": outcome.max_turns_message,
            },
        )

    def fail(self, message: str, *, code: str | None = None) -> None:
        """End with `run.failed`."""
        self._end("run.failed", {"error": {"message": message, "code": code}})

    def cancel(self) -> None:
        """End with `run.cancelled`."""
        self._end("run.cancelled", {})

    def _end(self, event_type: str, data: JsonObject) -> None:
        if self.is_running:
            self._timer.cancel()
            self._append(event_type, {"duration_ms": self._ms_since(self.started_at), **data})
            self.log.close()

    def _append(self, event_type: str, data: JsonObject) -> None:
        if self.is_running:
            self.log.append(encode_event(event_type, data))
            self._last_event_at = self._clock()

    def _try_append(self, event_type: str, data: JsonObject) -> bool:
        """Append what an agent made up; False where it is no JSON (NaN, odd types, endless nesting)."""
        try:
            self._append(event_type, data)
        except (ValueError, TypeError, RecursionError):
            return False
        return True

    def _ms_since(self, moment: float) -> int:
        return max(0, round((self._clock() - moment) * 1000))

    def _beat(self) -> None:
        silent_s = self._clock() - self._last_event_at
        heartbeat_s = self._limits.heartbeat_s
        if silent_s >= heartbeat_s:
            self._append("heartbeat", {})
            silent_s = 0.0
        self._timer = self._loop.call_later(heartbeat_s - silent_s, self._beat)
