"""The end of a text that is being cut into blocks: the one that is open, and those closed that wait to be taken.

Blocks are cut at their limits here, and get their markers and margins.

May import: the log's own modules.
"""

from __future__ import annotations

import re
from dataclasses import replace

from superserve_tui.protocol.records import dataclass
from superserve_tui.ui.widgets.log.blocks import MAX_CHARACTERS, Block, Kind, Lead
from superserve_tui.ui.widgets.log.grammar import split_row

__all__ = ["BlockWriter", "Container", "is_void"]

_APART = frozenset({Kind.HEADING, Kind.CODE, Kind.TABLE, Kind.RULE})
"""Kinds that stand apart from their neighbours by a blank row, blank line in the source or not."""
_TABLE_ROWS = 24


@dataclass(frozen=True, slots=True)
class Container:
    """A quote or a list item that the line is in."""

    lead: Lead
    indent: int
    """Columns that a line of a list item is indented by; 0 for a quote."""
    is_drawn: bool = False
    """Its marker stands on a block already."""


class BlockWriter:
    """Opens, fills and closes blocks, for the parser that derives from it."""

    __slots__ = ("_closed", "_containers", "_fence_end", "_has_blank", "_is_fork", "_last_kind", "_open")

    def __init__(self) -> None:
        self._closed: list[Block] = []
        self._containers: list[Container] = []
        self._open: Block | None = None
        self._has_blank = False
        self._last_kind: Kind | None = None
        self._fence_end: re.Pattern[str] | None = None
        self._is_fork = False

    def take(self) -> list[Block]:
        """The blocks closed since the last call; they never change again."""
        closed, self._closed = self._closed, []
        return closed

    def _start(self, kind: Kind) -> Block:
        self._close()
        self._open = block = self._open_block(kind)
        return block

    def _open_block(self, kind: Kind) -> Block:
        """A new block where the parser stands; markers that are not drawn yet are its own."""
        leads = []
        is_new = False
        for index, container in enumerate(self._containers):
            lead = container.lead
            if container.is_drawn and not lead.is_quote:
                lead = replace(lead, first=lead.rest)
            elif not container.is_drawn:
                is_new = True
                self._containers[index] = replace(container, is_drawn=True)
            leads.append(lead)
        last = self._last_kind
        is_apart = self._has_blank or (
            not is_new
            and (kind in _APART or last in _APART)
            and not (kind is Kind.PARAGRAPH and last is Kind.HEADING)
        )
        margin = 1 if last is not None and is_apart else 0
        self._has_blank = False
        return Block(kind, leads=tuple(leads), margin=margin, join="\n" * (1 + margin))

    def _append(self, line: str) -> None:
        assert self._open is not None
        if self._open.is_full:
            self._next_chunk(join="\n")
        assert self._open is not None
        self._open.add(line)

    def _next_chunk(self, *, join: str) -> None:
        """The open block is full, or in the middle of a line: go on in another of its kind."""
        full = self._open
        assert full is not None
        self._hand_out(full)
        leads = tuple(replace(lead, first=lead.rest) for lead in full.leads)
        self._open = Block(
            full.kind,
            leads=leads,
            join=join,
            level=full.level,
            fence=full.fence,
            is_first=False,
            table=full.table,
        )

    def _row(self, line: str) -> None:
        assert self._open is not None
        if self._open.size >= MAX_CHARACTERS or len(self._open.cells) >= _TABLE_ROWS:
            self._next_chunk(join="\n")
        assert self._open is not None
        assert self._open.table is not None
        self._open.cells.append(self._open.table.row(split_row(line)))
        self._open.size += len(line)

    def _close(self) -> None:
        block, self._open = self._open, None
        self._fence_end = None
        if block is not None:
            self._hand_out(block)

    def _hand_out(self, block: Block) -> None:
        self._last_kind = block.kind
        if is_void(block):
            return
        if block.fence is None and block.kind is Kind.CODE:
            while block.lines and not block.lines[-1].strip():
                block.lines.pop()
        if block.fence is not None and not self._is_fork:
            block.fence.chunks.append(block)
        self._closed.append(block)


def is_void(block: Block) -> bool:
    """Whether a block is the rest of one that had nothing more in it, or of code that had only its end."""
    if block.is_first or block.cells:
        return False
    return not block.lines or (block.fence is not None and block.lines == [""] and not block.join)
