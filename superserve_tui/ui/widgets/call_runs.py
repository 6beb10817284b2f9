"""The calls of a turn in runs of the same tool, with their sums; a change costs what has changed.

May import: domain, protocol.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from heapq import heappop, heappush

from superserve_tui.domain import clean_line
from superserve_tui.protocol import CallState, ToolCall

__all__ = ["CallRun", "CallRuns", "end_of", "tool_name"]


def tool_name(call: ToolCall) -> str:
    """The tool's name, safe to show."""
    return clean_line(call.name, limit=80) or "tool"


def end_of(call: ToolCall, elapsed_ms: int) -> int:
    """When a call ended, in milliseconds since its turn began; now, where it runs."""
    return max(call.started_ms, elapsed_ms) if call.duration_ms is None else call.started_ms + call.duration_ms


class CallRun:
    """Calls of one tool, one after the other, and their sums."""

    __slots__ = ("_ends", "at_once", "calls", "first", "interrupted", "longest_ms", "name", "running", "took_ms")

    def __init__(self, first: int, name: str) -> None:
        self.first = first
        """Index of the first call in its turn."""
        self.name = name
        self.calls: list[ToolCall] = []
        self.running: set[int] = set()
        """Indexes of the calls that run."""
        self.interrupted = 0
        self.took_ms = self.longest_ms = 0
        """Of the calls that ended: their milliseconds added up, and the longest's."""
        self.at_once = 0
        """How many calls ran at the same time at most."""
        self._ends: list[int] = []

    @property
    def state(self) -> CallState:
        """What matters most among its calls' states."""
        if self.running:
            return CallState.RUNNING
        return CallState.INTERRUPTED if self.interrupted else CallState.COMPLETED

    def add(self, call: ToolCall) -> None:
        """One more call; they come in the order they began."""
        self.calls.append(call)
        while self._ends and self._ends[0] <= call.started_ms:
            heappop(self._ends)
        self.at_once = max(self.at_once, len(self._ends) + len(self.running) + 1)
        if call.duration_ms is not None:
            heappush(self._ends, call.started_ms + call.duration_ms)
        self._count(call)

    def change(self, call: ToolCall) -> None:
        """A call that ran has ended."""
        self.calls[call.index - self.first] = call
        self._count(call)

    def _count(self, call: ToolCall) -> None:
        if call.state is CallState.RUNNING:
            self.running.add(call.index)
            return
        self.running.discard(call.index)
        self.interrupted += call.state is CallState.INTERRUPTED
        took_ms = call.duration_ms or 0
        self.took_ms += took_ms
        self.longest_ms = max(self.longest_ms, took_ms)


class CallRuns:
    """A turn's calls, as the pane shows them."""

    def __init__(self) -> None:
        self.calls: tuple[ToolCall, ...] = ()
        self.runs: list[CallRun] = []
        self.running: set[int] = set()
        """Indexes of the calls that run."""
        self.slowest: int | None = None
        """Index of the call that took longest, of those that ended."""
        self.tools: dict[str, tuple[int, int]] = {}
        """For each tool how many calls ended, and their milliseconds."""
        self.is_order_assumed = False
        """Several calls ran when one of them ended, and which was not said."""
        self._firsts: list[int] = []
        self._done_ms = 0

    @property
    def took_ms(self) -> int:
        """The times of all calls that ended, added up."""
        return sum(took_ms for _, took_ms in self.tools.values())

    @property
    def candidates(self) -> list[int]:
        """Indexes of the calls of which one is the slowest: the slowest that ended, and those that run."""
        return [*([self.slowest] if self.slowest is not None else ()), *self.running]

    def whole_ms(self, elapsed_ms: int) -> int:
        """When the last call ended, in milliseconds since the turn began; at least 1."""
        return max([1, self._done_ms, *(end_of(self.calls[index], elapsed_ms) for index in self.running)])

    def set(self, calls: Sequence[ToolCall]) -> int:
        """Take the calls as they are now.

        Returns:
            The position of the first run that is new or has other calls than before; the number of runs where the
            calls are the same ones, whatever has become of them.
        """
        old, self.calls = self.calls, tuple(calls)
        pairs = enumerate(zip(old, self.calls, strict=False))
        changed = [index for index, (was, call) in pairs if was is not call and was != call]
        is_other = len(self.calls) < len(old) or any(
            old[index].name != self.calls[index].name or old[index].state is not CallState.RUNNING
            for index in changed
        )
        if is_other:
            self._clear()
            changed, old = [], ()
        for index in changed:
            self.run_of(index).change(self.calls[index])
            self._count(index)
        first = len(self.runs)
        for index in range(len(old), len(self.calls)):
            first = min(first, self._add(index))
            self._count(index)
        return first

    def run_of(self, index: int) -> CallRun:
        """The run that a call belongs to."""
        return self.runs[bisect_right(self._firsts, index) - 1]

    def _clear(self) -> None:
        self.runs.clear()
        self._firsts.clear()
        self.running.clear()
        self.tools.clear()
        self.slowest, self._done_ms, self.is_order_assumed = None, 0, False

    def _add(self, index: int) -> int:
        call = self.calls[index]
        if not self.runs or self.runs[-1].name != tool_name(call):
            self.runs.append(CallRun(index, tool_name(call)))
            self._firsts.append(index)
        self.runs[-1].add(call)
        return len(self.runs) - 1

    def _count(self, index: int) -> None:
        """Take a call into the sums; one that ended never changes again."""
        call = self.calls[index]
        if call.state is CallState.RUNNING:
            self.running.add(index)
            return
        self.running.discard(index)
        self.is_order_assumed |= call.is_order_assumed
        took_ms = call.duration_ms or 0
        count, sum_ms = self.tools.get(tool_name(call), (0, 0))
        self.tools[tool_name(call)] = count + 1, sum_ms + took_ms
        self._done_ms = max(self._done_ms, call.started_ms + took_ms)
        if self.slowest is None or took_ms > (self.calls[self.slowest].duration_ms or 0):
            self.slowest = index
