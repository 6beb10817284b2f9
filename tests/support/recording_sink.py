"""A turn sink that remembers what it was told, for tests of agents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["RecordedCall", "RecordingSink"]


@dataclass(slots=True)
class RecordedCall:
    """A tool call that was told of."""

    id: str
    tool: str
    input: Any
    is_ended: bool = False


@dataclass(slots=True)
class RecordingSink:
    """A `TurnSink` whose facts can be looked at, and waited for while the turn runs."""

    pieces: list[str] = field(default_factory=list)
    """The texts, as they came."""
    statuses: list[str] = field(default_factory=list)
    calls: list[RecordedCall] = field(default_factory=list)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    is_full: bool = False
    """Nobody listens fast enough: after the first text it is not ready."""
    last_text_at: float = 0.0
    """The loop's time when the last text came."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def answer(self) -> str:
        """All text so far."""
        return "".join(self.pieces)

    def text(self, content: str) -> None:
        if content:
            self.pieces.append(content)
            self.last_text_at = asyncio.get_running_loop().time()
            self._changed.set()

    async def ready(self) -> None:
        while self.is_full and self.pieces:
            self._changed.clear()
            await self._changed.wait()

    def drain(self) -> None:
        """Whoever listens has had everything, from now on."""
        self.is_full = False
        self._changed.set()

    def status(self, content: str) -> None:
        self.statuses.append(content)
        self._changed.set()

    def tool_start(self, tool: str, tool_input: Any, *, call_id: str | None = None) -> str:
        call = RecordedCall(call_id or f"call-{len(self.calls) + 1}", tool, tool_input)
        self.calls.append(call)
        self._changed.set()
        return call.id

    def tool_end(self, call_id: str) -> None:
        for call in self.calls:
            if call.id == call_id and not call.is_ended:
                call.is_ended = True
                self._changed.set()
                return

    def event(self, event_type: str, data: dict[str, Any]) -> None:
        self.events.append((event_type, data))
        self._changed.set()

    async def wait_until(self, is_so: Callable[[RecordingSink], bool], *, timeout_s: float = 10.0) -> None:
        """Return once `is_so(self)`; looked at whenever something is told.

        Raises:
            TimeoutError: it never was, within `timeout_s` seconds.
        """
        async with asyncio.timeout(timeout_s):
            while not is_so(self):
                self._changed.clear()
                await self._changed.wait()
