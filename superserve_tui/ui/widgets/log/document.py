"""The model of one transcript in the log: source, folds, cursor, and where the reader is.

One per session, kept while the app runs, so that switching back costs a screenful. Sessions that are not on screen
are only appended to. Main thread only.

May import: domain, protocol, the log's own modules.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum

from superserve_tui.domain import Turn, clean
from superserve_tui.protocol import ToolCall
from superserve_tui.protocol.records import dataclass
from superserve_tui.ui.widgets.log.blocks import Fence
from superserve_tui.ui.widgets.log.layout import PARSE_BUDGET, Layout, Line, Place
from superserve_tui.ui.widgets.log.palette import Palette
from superserve_tui.ui.widgets.log.turn import AbsentTurn, TurnView

__all__ = ["Cursor", "LogDocument", "Part"]

STEP_S = 0.010
"""Seconds that one step of parsing may take."""
_LEAST_BUDGET = 2048
"""Characters parsed in a step, however long they take."""


class Part(StrEnum):
    """Which message of a turn."""

    PROMPT = "prompt"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Cursor:
    """The message that keys act on."""

    turn_id: str
    part: Part


def utc_now() -> datetime:
    """Wall time, aware UTC."""
    return datetime.now(UTC)


class LogDocument:
    """A transcript to be shown by `MessageLog`.

    Args:
        session_id: The session it belongs to.
        agent: The agent's name, as label of its answers; foreign text.
        clock: Monotonic seconds, for the time a turn has been running.
        now: Wall time, for a turn that began before this process saw it.
    """

    def __init__(
        self,
        session_id: str,
        *,
        agent: str = "agent",
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.session_id = session_id
        self.agent = agent
        self.turns: list[TurnView] = []
        self.layout = Layout(self.turns)
        self.follow = True
        """Whether the end stays in view as the transcript grows."""
        self.anchor = Place(0, 0, 0)
        """The topmost row in view, while not following."""
        self.seen: Place | None = None
        """The lowest place that the reader has seen since leaving the end; None while following."""
        self.is_held = False
        """Something is selected: the window stays where it is, also at the end."""
        self.cursor: Cursor | None = None
        self.query = ""
        """What is looked for: its places are marked."""
        self._clock, self._now = clock, now
        self._by_id: dict[str, int] = {}
        self.absent = 0
        """How many turns at the beginning are not here yet: their places are kept."""
        self._orphans: list[TurnView] = []
        """Turns that revise one which is not here yet."""
        self._dirty: set[int] = set()
        """Turns that something has come for since the last `sync`."""

    # Facts

    def load(self, turns: Sequence[Turn], *, earlier: int = 0) -> None:
        """Show these turns, and nothing of before; the reader is at the end.

        Args:
            turns: By number.
            earlier: How many stand before them, and come later (`fill`).
        """
        self.turns.clear()
        self._by_id.clear()
        self._dirty.clear()
        self._orphans.clear()
        self.layout.unfinished.clear()
        self.absent = earlier
        if earlier:
            self.turns.extend([AbsentTurn(turns, clock=self._clock, now=self._now)] * earlier)
        for turn in turns:
            self._add(turn)
        self.follow, self.seen, self.cursor, self.is_held = True, None, None, False
        self.anchor = Place(0, 0, 0)
        self.layout.rebuild()

    def fill(self, turns: Sequence[Turn]) -> None:
        """Turns that stand right before those that are here take the places kept for them; no row in view moves."""
        end, self.absent = self.absent, self.absent - len(turns)
        for position, turn in enumerate(turns, self.absent):
            self.turns[position] = self._view(turn, position)
            self._by_id[turn.id] = position
            self.layout.update(position)
        for position in range(end, len(self.turns)):
            self.turns[position].set_server_before(self._server_before(position))
            if self.turns[position].turn.server_id:
                break
        orphans, self._orphans = self._orphans, []
        for view in orphans:
            self._find_revised(view)

    def append_text(self, turn_id: str, text: str) -> None:
        """The answer of a turn grew; costs the piece's length at most. An unknown turn is left alone."""
        position = self._by_id.get(turn_id)
        if position is not None and text:
            self.turns[position].append(text)
            self._dirty.add(position)

    def set_call(self, turn_id: str, call: ToolCall) -> None:
        """A tool call of a turn began or ended."""
        position = self._by_id.get(turn_id)
        if position is not None:
            self.turns[position].set_call(call)
            self._dirty.add(position)

    def set_turn(self, turn: Turn) -> None:
        """A turn was added, or anything of it has changed."""
        position = self._by_id.get(turn.id)
        if position is None:
            self._add(turn)
            position = len(self.turns) - 1
            if self.layout.width:
                self.layout.update(position)
        else:
            self.turns[position].set_turn(turn)
        self._dirty.add(position)

    def remove_turn(self, turn_id: str) -> None:
        """A turn left the transcript."""
        position = self._by_id.get(turn_id)
        if position is None:
            return
        del self.turns[position]
        self._orphans = [view for view in self._orphans if view.turn.id != turn_id]
        self._by_id = {view.turn.id: index for index, view in enumerate(self.turns) if index >= self.absent}
        dirty = self._dirty | self.layout.unfinished
        self.layout.unfinished.clear()
        self._dirty = {index if index < position else index - 1 for index in dirty if index != position}
        if self.cursor is not None and self.cursor.turn_id == turn_id:
            self.cursor = None
        if self.anchor.turn > position or (self.anchor.turn == position and self.anchor.turn >= len(self.turns)):
            self.anchor = Place(max(0, self.anchor.turn - 1), 0, 0)
        self.seen = None if self.seen is None else self._clamped(self.seen)
        self.layout.rebuild()

    def set_status(self, text: str) -> None:
        """What the agent says that it does now; empty when that is over."""
        for position in self._running():
            self.turns[position].status = text
            self._dirty.add(position)

    # Reading

    @property
    def is_running(self) -> bool:
        """Whether a turn of it is under way."""
        return bool(self._running())

    def view_of(self, turn_id: str) -> TurnView | None:
        """A turn by its id."""
        position = self._by_id.get(turn_id)
        return self.turns[position] if position is not None else None

    def position_of(self, turn_id: str) -> int | None:
        """Where a turn stands, from 0."""
        return self._by_id.get(turn_id)

    def position_of_number(self, number: int) -> int | None:
        """Where the turn with that number stands, from 0."""
        return next((index for index, view in enumerate(self.turns) if view.turn.number == number), None)

    def source(self, cursor: Cursor) -> str:
        """The source text of a message, cleaned."""
        view = self.view_of(cursor.turn_id)
        if view is None:
            return ""
        return clean(view.turn.prompt if cursor.part is Part.PROMPT else view.text)

    def fences(self, position: int) -> list[tuple[int, str]]:
        """The code blocks of a turn: position of the first block, and the code, exact but for control codes."""
        self.layout.open(position, is_whole=True)
        view = self.turns[position]
        found: list[tuple[int, str]] = []
        last: Fence | None = None
        for index, block in enumerate(view.blocks):
            if block.fence is None:
                continue
            code = "\n".join(block.lines)
            if block.fence is last:
                first, text = found[-1]
                found[-1] = (first, text + block.join[:1] + code)
            else:
                found.append((index, code))
            last = block.fence
        return found

    # Layout

    def resize(self, width: int, palette: Palette) -> None:
        """Show at this width, in these styles."""
        self.layout.resize(width, palette)

    @property
    def is_behind(self) -> bool:
        """Whether `sync` has more to do."""
        return bool(self.layout.unfinished) or any(self.turns[position].has_pending for position in self._dirty)

    def sync(self, budget: int | None = PARSE_BUDGET) -> bool:
        """Parse what came for turns that have been looked at; returns whether more is left to do.

        Args:
            budget: Characters to parse at most; fewer where they take long, so that keys get their turn in a flood.
                None for all.
        """
        if budget is not None:
            budget = min(budget, self.layout.budget)
        began, room = time.perf_counter(), budget
        left = set()
        self._dirty |= self.layout.unfinished
        self.layout.unfinished.clear()
        for position in sorted(self._dirty):
            view = self.turns[position]
            fed = view.sync(budget)
            if budget is not None:
                budget = max(1, budget - fed)
            if view.has_pending:
                left.add(position)
            self.layout.update(position)
        self._dirty = left
        if room is not None and left:
            took_s = time.perf_counter() - began
            self.layout.budget = max(_LEAST_BUDGET, min(PARSE_BUDGET, int(room * STEP_S / max(took_s, 1e-4))))
        for position in self._running():
            self.turns[position].touch_footer()
        return bool(left)

    def top(self, height: int) -> Place:
        """The topmost place in view of a window of `height` rows."""
        if self.follow:
            return self.layout.walk(self.layout.end, -height)
        self.anchor = self._clamped(self.anchor)
        return self.anchor

    def lines(self, height: int) -> tuple[Place, list[Line]]:
        """What a window of `height` rows shows, and its topmost place; scrolled to the end, it follows."""
        if not self.turns:
            return Place(0, 0, 0), []
        top = self.top(height)
        found = self.layout.lines(top, height)
        if not self.follow and len(found) < height:
            top = self.layout.walk(self.layout.end, -height)
            found = self.layout.lines(top, height)
            self.anchor = top
        if not self.follow and found:
            lowest = found[-1].place
            lowest = Place(lowest.turn, lowest.block, lowest.row + 1)
            if self.seen is None or lowest > self.seen:
                self.seen = lowest
        return top, found

    def unseen_rows(self) -> int:
        """Rows that have come below since the reader left the end."""
        if self.follow or self.seen is None or not self.turns:
            return 0
        return max(0, self.layout.total - self.layout.y_of(self._clamped(self.seen)))

    def scroll_rows(self, rows: int, height: int) -> None:
        """Move the window by so many rows; at the end it follows again."""
        if not self.turns:
            return
        was_following = self.follow
        top = self.layout.walk(self.top(height), rows)
        self._settle(top, height, was_following=was_following)

    def scroll_to(self, place: Place, height: int) -> None:
        """Move the window so that `place` is its topmost row, as far as the end allows."""
        self._settle(place, height, was_following=self.follow)

    def hold(self, height: int) -> None:
        """Stay where the window is, also at the end, until `release`."""
        if not self.is_held:
            self.is_held = True
            self.scroll_rows(0, height)

    def release(self, height: int) -> None:
        """Follow again where the end is in view."""
        if self.is_held:
            self.is_held = False
            self.scroll_rows(0, height)

    def hide(self, height: int) -> None:
        """Another document is shown in the window of `height` rows: keep what a look back needs."""
        self.release(height)
        self.layout.hide(None if self.follow else self._clamped(self.anchor), self.seen)

    def to_end(self) -> None:
        """Show the end and follow it."""
        self.follow, self.seen = True, None

    def fold(self, turn_id: str, *, is_folded: bool) -> None:
        """Fold a turn's answer to one row, or unfold it."""
        position = self._by_id.get(turn_id)
        if position is None or self.turns[position].is_folded == is_folded:
            return
        self.turns[position].refold(is_folded=is_folded)
        self.layout.update(position)
        if self.anchor.turn == position:
            self.anchor = self._clamped(self.anchor)
        self.seen = None if self.seen is None else self._clamped(self.seen)

    def _settle(self, top: Place, height: int, *, was_following: bool) -> None:
        if was_following and self.seen is None:
            self.seen = self.layout.end
        last = self.layout.walk(self.layout.end, -height)
        if top >= last and not self.is_held:
            self.to_end()
        else:
            self.follow, self.anchor = False, min(top, last)

    def _add(self, turn: Turn) -> None:
        position = self._by_id[turn.id] = len(self.turns)
        self.turns.append(self._view(turn, position))

    def _view(self, turn: Turn, position: int) -> TurnView:
        before = self._server_before(position)
        view = TurnView(turn, agent=self.agent, clock=self._clock, now=self._now, server_before=before)
        if turn.revises:
            self._find_revised(view)
        return view

    def _find_revised(self, view: TurnView) -> None:
        revised = self.view_of(view.turn.revises or "")
        if revised is not None:
            view.set_revised(revised.turn)
        elif self.absent:
            self._orphans.append(view)

    def _server_before(self, position: int) -> str | None:
        return self.turns[position - 1].server_id if position else None

    def _running(self) -> list[int]:
        """Positions of turns under way; they are the last ones."""
        found = []
        for position in range(len(self.turns) - 1, -1, -1):
            if not self.turns[position].is_running:
                break
            found.append(position)
        return found

    def _clamped(self, place: Place) -> Place:
        """A place that exists, whatever has been removed or folded."""
        if not self.turns:
            return Place(0, 0, 0)
        if place.turn >= len(self.turns):
            return Place(len(self.turns) - 1, 0, 0)
        count = len(self.turns[place.turn].blocks)
        if not self.turns[place.turn].is_open or place.block < count:
            return place
        return Place(place.turn, max(0, count - 1), 0)
