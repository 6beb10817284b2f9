"""The pane of a turn's tool calls: what each was given, how long it took, and when in the turn it ran.

May import: domain, protocol, ui.words, textual, rich.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.cells import cell_len

from superserve_tui.domain import clean_line
from superserve_tui.protocol import CallState, ToolCall, dumps
from superserve_tui.ui.widgets.call_runs import CallRun, CallRuns, end_of
from superserve_tui.ui.widgets.line_list import LineList, Piece, Row, fit
from superserve_tui.ui.words import call_glyph, duration

__all__ = ["ToolPane", "input_in_short"]

_INPUT_CHARS = 200
_FOLDED_FROM = 3
"""Calls of one tool in a row from which on they are one row."""
_LOOKS = {
    CallState.RUNNING: "tool--running",
    CallState.COMPLETED: "tool--done",
    CallState.INTERRUPTED: "tool--interrupted",
}


def input_in_short(value: object) -> str:
    """A call's input on one line: `path=README.md, limit=3`; anything but an object as JSON."""
    if isinstance(value, dict):
        parts = [f"{key}={item if isinstance(item, str) else dumps(item)}" for key, item in list(value.items())[:8]]
        return clean_line(", ".join(parts), limit=_INPUT_CHARS)
    if value is None:
        return ""
    return clean_line(value if isinstance(value, str) else dumps(value), limit=_INPUT_CHARS)


class ToolPane(LineList):
    """Each call of a turn: name and clock, below it its input in short, then its span of the turn.

    Three or more calls of one tool in a row are one row, until it is unfolded.
    """

    COMPONENT_CLASSES = {*_LOOKS.values(), "tool--name", "tool--track", "tool--slowest"}

    DEFAULT_CSS = """
    ToolPane {
        & > .tool--running { color: $secondary; }
        & > .tool--done { color: $success; }
        & > .tool--interrupted { color: $error; }
        & > .tool--name { color: $foreground; }
        & > .tool--track { color: $foreground 15%; }
        & > .tool--slowest { color: $warning; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.runs = CallRuns()
        self._turn_id = ""
        self._unfolded: set[int] = set()
        """Indexes of the first calls of the runs that are unfolded."""
        self._run_rows: list[int] = []
        """For each run the position of its first row."""
        self._elapsed_ms = 0
        self._whole_ms = 1
        self._slowest: int | None = None
        """Index of the call that took longest so far, where there is one to compare with."""
        self._frame = 0

    @property
    def call_at_cursor(self) -> ToolCall | None:
        """The call that Enter opens; None on a run, which it unfolds."""
        key = self.cursor_key
        return self.runs.calls[int(key[1:])] if key and key[0] == "c" else None

    def set_calls(self, turn_id: str, calls: Sequence[ToolCall]) -> CallRuns:
        """Show a turn's calls, and return them in runs; follows the newest unless the pane has the focus."""
        if turn_id != self._turn_id:
            self._turn_id, self.runs = turn_id, CallRuns()
            self._unfolded.clear()
            self._list_from(0)
        count, had_timeline = len(self.runs.calls), self._has_timeline
        first = self.runs.set(calls)
        self._measure()
        if len(calls) == count and first == len(self.runs.runs):
            self.refresh()
            return self.runs
        self._list_from(first if had_timeline is self._has_timeline else 0)
        if not self.has_focus and self.rows:
            self.move_to(self.rows[-1].key)
        return self.runs

    def turn(self, frame: int, elapsed_ms: int) -> None:
        """Move the clocks of what runs.

        Args:
            frame: Which sign of the spinner.
            elapsed_ms: Milliseconds since the turn began.
        """
        self._frame, self._elapsed_ms = frame, elapsed_ms
        if self.runs.running:
            self._measure()
            self.refresh()  # the bars of all share one scale

    def toggle_fold(self) -> None:
        """Fold the run at the cursor to one row, or unfold it."""
        key = self.cursor_key
        run = self.runs.run_of(int(key[1:])) if key else None
        if run is None or not self._is_long(run):
            return
        self._unfolded ^= {run.first}
        self._list_from(self.runs.runs.index(run))
        self.move_to(f"r{run.first}")

    def line_pieces(self, row: Row, line: int, width: int) -> list[Piece]:
        """Name and clock, then the input, then when in the turn it ran."""
        index = int(row.key[1:])
        run = self.runs.run_of(index)
        if row.key[0] == "r":
            return self._run_line(run, line, width)
        call = self.runs.calls[index]
        is_slowest = index == self._slowest
        if line and line == row.height - 1 and self._has_timeline:
            return self._bar([call], width - 4, "tool--slowest" if is_slowest else "tool--running")
        if line:
            return [("   " + fit(input_in_short(call.input), width - 4), "list--muted")]
        time = self._time(call, is_slowest=is_slowest)
        if self._is_long(run):
            said = input_in_short(call.input) or run.name
            return self._head("  ", call.state, (said, "list--muted"), time, width)
        return self._head("", call.state, (run.name, "tool--name"), time, width)

    @property
    def _has_timeline(self) -> bool:
        """Whether there is anything to compare."""
        return len(self.runs.calls) > 1

    def _measure(self) -> None:
        """Once per change, not per row: the scale that all bars share, and the slowest call."""
        self._whole_ms = self.runs.whole_ms(self._elapsed_ms)
        took = {index: self._took_ms(self.runs.calls[index]) for index in self.runs.candidates}
        self._slowest = max(took, key=took.__getitem__) if self._has_timeline and any(took.values()) else None

    def _took_ms(self, call: ToolCall) -> int:
        return end_of(call, self._elapsed_ms) - call.started_ms

    def _is_long(self, run: CallRun) -> bool:
        return len(run.calls) >= _FOLDED_FROM

    def _list_from(self, first: int) -> None:
        """List the runs from number `first` on anew."""
        at = self._run_rows[first] if first < len(self._run_rows) else len(self.rows) if first else 0
        rows = list(self.rows[:at])
        del self._run_rows[first:]
        for run in self.runs.runs[first:]:
            self._run_rows.append(len(rows))
            rows += self._rows_of(run)
        self.set_rows(rows)

    def _rows_of(self, run: CallRun) -> list[Row]:
        if not self._is_long(run):
            heights = (1 + bool(input_in_short(call.input)) + self._has_timeline for call in run.calls)
            return [Row(f"c{call.index}", height=height) for call, height in zip(run.calls, heights, strict=True)]
        if run.first not in self._unfolded:
            return [Row(f"r{run.first}", height=3)]
        return [Row(f"r{run.first}"), *(Row(f"c{call.index}", height=2) for call in run.calls)]

    def _run_line(self, run: CallRun, line: int, width: int) -> list[Piece]:
        if line == 2:
            return self._bar(run.calls, width - 4, "tool--running")
        if line == 1:
            words = [f"{run.at_once} at once"] if run.at_once > 1 else []
            if run.longest_ms:
                words.append(f"slowest {duration(run.longest_ms)}")
            return [("   " + fit(" · ".join(words), width - 4), "list--muted")]
        sign = "▾" if run.first in self._unfolded else "▸"
        running = (self.runs.calls[index] for index in run.running)
        took_ms = run.took_ms + sum(map(self._took_ms, running))
        count = f" ×{len(run.calls)} {sign}"
        name = fit(run.name, max(1, width - 12 - len(count))) + count
        return self._head("", run.state, (name, "tool--name"), (_ticking(took_ms, run.state), ""), width)

    def _time(self, call: ToolCall, *, is_slowest: bool) -> Piece:
        time = _ticking(self._took_ms(call), call.state)
        if call.is_order_assumed:
            time = f"≈ {time}"
        return (f"slowest {time}", "tool--slowest") if is_slowest else (time, "")

    def _head(self, indent: str, state: CallState, name: Piece, time: Piece, width: int) -> list[Piece]:
        """Sign, name and clock."""
        room = width - 4 - len(indent) - cell_len(time[0])
        shown = fit(name[0], max(1, room - 1))
        clock = time[1] or ("list--muted" if state is CallState.COMPLETED else _LOOKS[state])
        return [
            (f"{indent} {call_glyph(state, frame=self._frame)} ", _LOOKS[state]),
            (shown, name[1]),
            (" " * max(1, room - cell_len(shown)), ""),
            (time[0], clock),
        ]

    def _bar(self, calls: Iterable[ToolCall], width: int, style: str) -> list[Piece]:
        """The calls' spans within the turn's, by one scale for all rows."""
        width = max(1, width)
        cells = bytearray(width)
        for call in calls:
            begin, end = call.started_ms, end_of(call, self._elapsed_ms)
            left = min(width - 1, begin * width // self._whole_ms)
            length = max(1, min(width - left, -(-(end - begin) * width // self._whole_ms)))
            cells[left : left + length] = b"\1" * length
        pieces: list[Piece] = [("   ", "")]
        for is_span, group in groupby(cells):
            length = sum(1 for _ in group)
            pieces.append(("━" * length, style) if is_span else ("─" * length, "tool--track"))
        return pieces


def _ticking(milliseconds: int, state: CallState) -> str:
    """A duration; of what runs in tenths of a second."""
    return duration(milliseconds // 100 * 100 if state is CallState.RUNNING else milliseconds)
