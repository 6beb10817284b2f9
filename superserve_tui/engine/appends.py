"""What running turns have gathered since the store last heard of them.

May import: domain, engine.world, the standard library.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from superserve_tui.domain import CallChanged, Change, LiveTurn, TextAppended
from superserve_tui.engine.world import World
from superserve_tui.protocol import ToolCall

__all__ = ["APPEND_INTERVAL_S", "Appends"]

APPEND_INTERVAL_S = 0.25
"""How long folded events may wait before the store hears of them; a kill loses no more than that."""


@dataclass(slots=True)
class _Gathered:
    """What was folded of one turn since the store last heard."""

    live: LiveTurn
    text: list[str] = field(default_factory=list)
    calls: dict[int, ToolCall] = field(default_factory=dict)


class Appends:
    """Hands what was folded to the store, a few times a second instead of per event. For the engine's thread."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._gathered: dict[str, _Gathered] = {}

    def note(self, live: LiveTurn, change: Change | None) -> None:
        """An event of `live` was folded, with that change or with none that the store keeps."""
        gathered = self._gathered.get(live.id)
        if gathered is None:
            gathered = self._gathered[live.id] = _Gathered(live)
            if not self._world.timers.has("append"):
                self._world.timers.after("append", APPEND_INTERVAL_S, self.flush)
        match change:
            case TextAppended():
                gathered.text.append(change.text)
            case CallChanged():
                gathered.calls[change.call.index] = change.call

    def drop(self, turn_id: str) -> None:
        """The turn is saved whole, or taken out."""
        self._gathered.pop(turn_id, None)

    def flush(self) -> None:
        """Hand everything gathered to the store."""
        self._world.timers.cancel("append")
        all_gathered, self._gathered = self._gathered, {}
        for turn_id, gathered in all_gathered.items():
            self._world.store.append(
                turn_id,
                text="".join(gathered.text),
                calls=tuple(gathered.calls.values()),
                events_seen=gathered.live.events_seen,
            )
