"""One turn of the log: its source, and the blocks made of it once somebody looks.

May import: domain, protocol, the log's own modules.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

from superserve_tui.domain import Turn, TurnState, clean, clean_line
from superserve_tui.protocol import ToolCall
from superserve_tui.ui.widgets.log.blocks import MAX_CHARACTERS, Block, HeightIndex, Kind
from superserve_tui.ui.widgets.log.frame import CallRun, Divider, Fold, Footer, Label
from superserve_tui.ui.widgets.log.inline import parse_inline
from superserve_tui.ui.widgets.log.markdown import BlockParser

__all__ = ["TurnView"]

_MARGINS: Final = 7
"""Rows of labels, footer and room around a turn, for its estimate."""

_UNFINISHED = re.compile(
    "(?:\x1b(?:\\[[0-?]{0,64}[ -/]{0,8}|[\\]PX^_][^\x07\x1b\x9c\n]{0,4096}\x1b?|[ -/]{0,4})?"
    "|\x9b[0-?]{0,64}[ -/]{0,8}"
    "|[\x90\x98\x9d-\x9f][^\x07\x1b\x9c\n]{0,4096}\x1b?"
    "|\r)\\Z"
)
_STARTS_SEQUENCE = re.compile("[\x1b\x90\x98\x9b\x9d-\x9f]|\r\\Z")


class TurnView:
    """A turn's source text and calls; opened, also its blocks and their heights.

    Appending only keeps the piece. Opening parses everything that came so far, `sync` what came since.
    """

    __slots__ = (
        "_began",
        "_body",
        "_call_blocks",
        "_clock",
        "_fed",
        "_head_count",
        "_held",
        "_is_stale",
        "_length",
        "_newlines",
        "_now",
        "_parser",
        "_pending",
        "_pieces",
        "_placed",
        "_revised",
        "_server_before",
        "_shown",
        "agent",
        "answer_at",
        "blocks",
        "calls",
        "index",
        "is_folded",
        "is_open",
        "status",
        "turn",
        "width",
    )

    def __init__(
        self,
        turn: Turn,
        *,
        agent: str,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        server_before: str | None,
        revised: Turn | None = None,
    ) -> None:
        self.turn = turn
        self.agent = agent
        self.calls: dict[int, ToolCall] = {call.index: call for call in turn.calls}
        self.status = ""
        self.is_folded = False
        self.is_open = False
        self.width = 0
        self.blocks: list[Block] = []
        self.index = HeightIndex()
        self._head_count = 0
        self.answer_at = 0
        """Position of the first block of the answer."""
        self._clock, self._now = clock, now
        self._began = self._start_of_clock()
        self._server_before = server_before
        self._revised = revised
        """The turn whose message it sends again."""
        self._pieces: list[str] = [turn.text] if turn.text else []
        self._pending: list[str] = list(self._pieces)
        """What has not been parsed yet; empty while the turn is closed and never was open."""
        self._length = len(turn.text)
        self._newlines = turn.text.count("\n")
        self._reset()

    def _reset(self) -> None:
        self._parser = BlockParser()
        self._body: list[Block] = []
        self._call_blocks: dict[int, Block] = {}
        self._placed = 0
        """Calls that have their place among the blocks, in order of index."""
        self._fed = 0
        """Characters of source that the parser has seen, or that are held back."""
        self._held = ""
        """The beginning of an escape sequence whose end has not come."""
        self._shown = 0
        """Closed blocks that stand in the flat list already."""
        self._is_stale = True

    # Source

    @property
    def server_id(self) -> str | None:
        """The server session that it ran on; where it has none, that of the turns before."""
        return self.turn.server_id or self._server_before

    @property
    def is_running(self) -> bool:
        """Whether more may come by itself."""
        return not self.turn.state.is_over

    @property
    def text(self) -> str:
        """The whole answer, as sent."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def append(self, text: str) -> None:
        """The answer grew; only the piece is kept."""
        self._pieces.append(text)
        self._pending.append(text)
        self._length += len(text)
        self._newlines += text.count("\n")

    def set_call(self, call: ToolCall) -> None:
        """A call began or ended."""
        old = self.calls.get(call.index)
        self.calls[call.index] = call
        block = self._call_blocks.get(call.index)
        if block is not None and old is not None and isinstance(block.payload, CallRun):
            block.payload.change(old, call)
            block.key = None
        elif old is None and call.text_offset < self._fed:
            self.is_open = False
        self._is_stale = True

    def set_turn(self, turn: Turn) -> None:
        """Anything of the turn changed; text that is new to us is appended, other text replaces ours."""
        old = self.turn
        was_queued = old.state is TurnState.QUEUED
        self.turn = turn
        is_moved = turn.server_id != old.server_id  # a new server session begins here, or no more
        if is_moved or turn.prompt != old.prompt or (turn.state is TurnState.QUEUED) is not was_queued:
            self.is_open = False
        if was_queued or turn.started_at != old.started_at:
            self._began = self._start_of_clock()
        if len(turn.text) > self._length and (not self._length or turn.text.startswith(self.text)):
            self.append(turn.text[self._length :])
        elif len(turn.text) != self._length:
            self._pieces = [turn.text] if turn.text else []
            self._pending = list(self._pieces)
            self._length, self._newlines = len(turn.text), turn.text.count("\n")
            self.is_open = False
        elif not self.is_running and not self._pending:
            self._pieces = [turn.text] if turn.text else []
        for call in turn.calls:
            if self.calls.get(call.index) != call:
                self.set_call(call)
        self._is_stale = True

    # Blocks

    def estimate(self, width: int) -> int:
        """Rows that the turn may have, unopened."""
        prompt = self.turn.prompt
        rows = 1 + prompt.count("\n") + len(prompt) // width
        if self.is_folded:
            return rows + _MARGINS
        return rows + self._newlines + self._length // width + len(self.calls) + _MARGINS

    def open(self, *, budget: int | None = None) -> None:
        """Make the blocks of everything that came so far.

        Args:
            budget: Characters to parse at most; `sync` goes on where that ends. None for all.
        """
        if self.is_open:
            if budget is None and self._pending:
                self.sync(None)
            return
        self.is_open = True
        self._reset()
        self._pending = list(self._pieces)
        self.blocks = self._head()
        self._head_count = len(self.blocks)
        self.index = HeightIndex()
        self._index_from(0)
        self.sync(budget)

    def sync(self, budget: int | None) -> int:
        """Parse what came since, at most about `budget` characters; returns how many were parsed."""
        if not self.is_open:
            return 0
        fed = self._feed(budget)
        if not self.is_running and not self._pending:
            self._finish()
        if fed or self._is_stale:
            self._compose()
        return fed

    @property
    def has_pending(self) -> bool:
        """Whether `sync` has more to do."""
        return self.is_open and bool(self._pending)

    def set_width(self, width: int) -> None:
        """Heights hold no more; they are estimated again."""
        if self.width == width:
            return
        self.width = width
        for block in self.blocks:
            block.is_measured = False
        self._index_from(0)

    def refold(self, *, is_folded: bool) -> None:
        """Fold the answer to one line, or unfold it."""
        self.is_folded = is_folded
        if self.is_open:
            self._shown = 0
            self._compose()

    def touch_footer(self) -> None:
        """Time has gone on: the footer of a running turn says so."""
        if self.is_open and self.is_running:
            block, footer = self.blocks[-1], self._footer()
            if footer != block.payload:
                block.payload = footer
                block.key = None

    def _feed(self, budget: int | None) -> int:
        """Hand pending text to the parser, up to each call's place."""
        fed = 0
        while self._pending or self._placed < len(self.calls):
            call = self.calls.get(self._placed)
            if call is not None and (call.text_offset <= self._fed or not self._pending):
                self._place(call)
                continue
            if not self._pending or (budget is not None and fed >= budget):
                break
            text = self._pending[0] if len(self._pending) == 1 else "".join(self._pending)
            self._pending.clear()
            room = len(text) if budget is None else budget - fed
            if call is not None:
                room = min(room, call.text_offset - self._fed)
            if room < len(text):
                self._pending.append(text[room:])
                text = text[:room]
            self._fed += len(text)
            fed += len(text)
            self._parser.feed(self._clean(text))
            self._body.extend(self._parser.take())
        return fed

    def _clean(self, text: str) -> str:
        """`text` made safe; a sequence whose end may be in the next piece is held back until then."""
        text = self._held + text
        self._held = ""
        if _STARTS_SEQUENCE.search(text, max(0, len(text) - MAX_CHARACTERS - 16)):
            unfinished = _UNFINISHED.search(text, max(0, len(text) - MAX_CHARACTERS - 16))
            if unfinished is not None:
                self._held = unfinished.group()
                text = text[: unfinished.start()]
        return clean(text)

    def _place(self, call: ToolCall) -> None:
        """Give a call its row after the text so far; a run of one tool shares one."""
        self._release()
        after = self._parser.cut()
        self._body.extend(self._parser.take())
        self._parser = after
        self._placed += 1
        self._is_stale = True
        last = self._body[-1] if self._body else None
        if last is not None and isinstance(last.payload, CallRun) and last.payload.takes(call):
            last.payload.add(call)
            last.key = None
            self._call_blocks[call.index] = last
            return
        margin = 0 if last is None or last.kind is Kind.CALLS else 1
        block = Block(Kind.CALLS, margin=margin, join="\n" * (1 + margin), payload=CallRun(self.turn.id, call))
        self._call_blocks[call.index] = block
        self._body.append(block)

    def _release(self) -> None:
        """No more will come here: what was held back is text after all."""
        if self._held:
            held, self._held = self._held, ""
            self._parser.feed(clean(held))
            self._body.extend(self._parser.take())

    def _finish(self) -> None:
        self._release()
        self._parser.finish()
        self._body.extend(self._parser.take())

    def _head(self) -> list[Block]:
        turn = self.turn
        head: list[Block] = []
        if self._server_before and turn.server_id and turn.server_id != self._server_before:
            head.append(Block(Kind.DIVIDER, margin=1, payload=Divider(turn.server_id)))
        when = turn.created_at.astimezone().strftime("%H:%M")
        if self._revised is not None:
            number = self._revised.number
            when += (
                f" · turn {number} again" if self._revised.prompt == turn.prompt else f" · revises turn {number}"
            )
        head.append(Block(Kind.LABEL, margin=1, join="\n\n", payload=Label("You", when, "you")))
        prompt = clean(turn.prompt).rstrip("\n")
        for is_first, text in _pieces_of(prompt):
            if head[-1].kind is not Kind.PROMPT or head[-1].is_full or not is_first:
                head.append(Block(Kind.PROMPT, join="\n" if is_first else ""))
            head[-1].add(text)
        self.answer_at = len(head)
        if turn.state is not TurnState.QUEUED:
            label = Label(clean_line(self.agent, limit=64) or "agent", "", "agent")
            head.append(Block(Kind.LABEL, margin=1, join="\n\n", payload=label))
        return head

    def _compose(self) -> None:
        """Put the flat list together: what is fixed stays, closed blocks join it, the open end comes anew."""
        self._is_stale = False
        if self.is_folded:
            self._shown = 0
        keep = self._head_count + self._shown
        del self.blocks[keep:]
        self.index.truncate(keep)
        foot = Block(Kind.FOOTER, margin=1, join="\n\n", payload=self._footer())
        if self.is_folded:
            self.blocks.append(Block(Kind.FOLD, payload=self._fold()))
        else:
            self.blocks.extend(self._body[self._shown :])
            self._shown = len(self._body)
            self.blocks.extend(self._parser.tail())
        if len(self.blocks) == self._head_count:
            foot.margin = 0
        self.blocks.append(foot)
        self._index_from(keep)

    def _index_from(self, start: int) -> None:
        """Enter the heights of the blocks from `start` on: measured ones as they are, others estimated."""
        self.index.truncate(start)
        for block in self.blocks[start:]:
            if not block.is_measured:
                block.height = block.estimate(self.width or 80)
            self.index.append(block.height)

    def _footer(self) -> Footer:
        elapsed_s = max(0, int(self._clock() - self._began)) if self.is_running else 0
        return Footer(self.turn, len(self.calls), self.status if self.is_running else "", elapsed_s)

    def _fold(self) -> Fold:
        first = "".join(span.text for span in parse_inline(clean_line("".join(self._pieces[:64])[:600], limit=200)))
        return Fold(self.turn.id, first, self._newlines + bool(self._length))

    def _start_of_clock(self) -> float:
        """When the turn began, by the monotonic clock; a turn taken up again began before this process saw it."""
        started = self.turn.started_at
        ago_s = (self._now() - started).total_seconds() if started is not None else 0.0
        return self._clock() - max(0.0, ago_s)


def _pieces_of(prompt: str) -> list[tuple[bool, str]]:
    """A message's lines, cut where they are too long for one block: whether a line begins, and its text."""
    return [
        (at == 0, line[at : at + MAX_CHARACTERS])
        for line in prompt.split("\n")
        for at in range(0, len(line) or 1, MAX_CHARACTERS)
    ]
