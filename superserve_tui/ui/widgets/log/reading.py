"""The message under the cursor, as a number: two stops for each turn, its message and its answer.

May import: the log's own modules.
"""

from __future__ import annotations

from collections.abc import Sequence

from superserve_tui.ui.widgets.log.blocks import Kind
from superserve_tui.ui.widgets.log.document import Cursor, LogDocument, Part
from superserve_tui.ui.widgets.log.layout import Line, Place

__all__ = ["is_at_cursor", "message_at", "nearest_code", "stop_of"]

_NEAR = 20
"""Turns looked through for a code block."""


def stop_of(document: LogDocument, lines: Sequence[Line]) -> int:
    """Where the cursor is; without one the last message in view, -1 where nothing is."""
    cursor = document.cursor
    position = document.position_of(cursor.turn_id) if cursor is not None else None
    if cursor is not None and position is not None:
        return 2 * position + (cursor.part is Part.ANSWER)
    if not lines:
        return -1
    place = lines[-1].place
    return 2 * place.turn + (place.block >= document.turns[place.turn].answer_at)


def message_at(document: LogDocument, stop: int) -> tuple[Cursor, Place] | None:
    """The message at a stop, the nearest one beyond the ends, and where it begins; None in an empty transcript."""
    if not document.turns:
        return None
    position, part = divmod(max(2 * document.absent, min(stop, 2 * len(document.turns) - 1)), 2)
    view = document.turns[position]
    document.layout.open(position)
    cursor = Cursor(view.turn.id, Part.ANSWER if part else Part.PROMPT)
    return cursor, Place(position, view.answer_at if part else 0, 0)


def is_at_cursor(document: LogDocument, place: Place) -> bool:
    """Whether a row belongs to the marked message: its blank rows too, but for those above its label."""
    cursor = document.cursor
    if cursor is None or place.turn >= len(document.turns):
        return False
    view = document.turns[place.turn]
    if view.turn.id != cursor.turn_id or place.block >= len(view.blocks):
        return False
    block = view.blocks[place.block]
    is_above = place.row < block.margin and block.kind is Kind.LABEL
    is_part = (place.block >= view.answer_at) is (cursor.part is Part.ANSWER)
    return is_part and not is_above and block.kind is not Kind.DIVIDER


def nearest_code(document: LogDocument, turn: int, row: int) -> str | None:
    """The code block nearest to a row of the transcript in a turn, else in the turns around it."""
    layout = document.layout
    for near in sorted(range(len(document.turns)), key=lambda other: (abs(other - turn), -other))[:_NEAR]:
        if fences := document.fences(near):
            layout.update(near)
            return min(fences, key=lambda found: abs(layout.y_of(Place(near, found[0], 0)) - row))[1]
    return None
