"""The blocks of a turn that is looked at: its head, its answer with each call at its place, its footer.

May import: domain, protocol, the log's own modules.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from superserve_tui.domain import TurnState, clean, clean_line
from superserve_tui.protocol import ToolCall
from superserve_tui.ui.widgets.log.blocks import MAX_CHARACTERS, Block, HeightIndex, Kind
from superserve_tui.ui.widgets.log.frame import CallRun, Divider, Footer, Label
from superserve_tui.ui.widgets.log.markdown import BlockParser

if TYPE_CHECKING:
    from superserve_tui.ui.widgets.log.turn import TurnView

__all__ = ["OpenedTurn"]

_ALL = 1 << 60
"""More characters than there are."""

_UNFINISHED = re.compile(
    "(?:\x1b(?:\\[[0-?]{0,64}[ -/]{0,8}|[\\]PX^_][^\x07\x1b\x9c\n]{0,4096}\x1b?|[ -/]{0,4})?"
    "|\x9b[0-?]{0,64}[ -/]{0,8}"
    "|[\x90\x98\x9d-\x9f][^\x07\x1b\x9c\n]{0,4096}\x1b?"
    "|\r)\\Z"
)
_STARTS_SEQUENCE = re.compile("[\x1b\x90\x98\x9b\x9d-\x9f]|\r\\Z")


class OpenedTurn:
    """Blocks of a turn, and their heights, kept up with its source.

    Args:
        view: The turn; its facts are read whenever the blocks are put together.
        text: The answer so far, or its end.
        skipped: Characters of the answer that stand before `text`; what they say is not shown.
    """

    __slots__ = (
        "_body",
        "_call_blocks",
        "_fed",
        "_head_count",
        "_held",
        "_parser",
        "_placed",
        "_shown",
        "_taken",
        "_view",
        "answer_at",
        "blocks",
        "index",
        "is_stale",
        "pending",
        "skipped",
    )

    def __init__(self, view: TurnView, text: Iterable[str], *, skipped: int = 0) -> None:
        self._view = view
        self.skipped = skipped
        self.pending = deque(text)
        """What has not been parsed yet, but for what was taken of the first piece."""
        self._taken = 0
        """Characters of the first pending piece that were parsed."""
        self.is_stale = True
        """The blocks' end is to be put together again, new text or not."""
        self.answer_at = 0
        """Position of the first block of the answer."""
        self.blocks = self._head()
        self.index = HeightIndex()
        self._head_count = len(self.blocks)
        self._parser = BlockParser()
        self._body: list[Block] = []
        self._call_blocks: dict[int, Block] = {}
        self._placed = 0
        """Calls that have their place among the blocks, in order of index."""
        self._fed = skipped
        """Characters of source that the parser has seen, or that are held back."""
        self._held = ""
        """The beginning of an escape sequence whose end has not come."""
        self._shown = 0
        """Closed blocks that stand in the flat list already."""
        self._index_from(0)

    def sync(self, budget: int | None) -> int:
        """Parse what is pending, at most about `budget` characters; returns how many were parsed."""
        fed = self._feed(budget)
        if not self._view.is_running and not self.pending:
            self._finish()
        if fed or self.is_stale:
            self._compose()
        return fed

    def change_call(self, old: ToolCall | None, call: ToolCall) -> bool:
        """A call began or ended; returns False where its place has gone by, so that all must be made again."""
        self.is_stale = True
        block = self._call_blocks.get(call.index)
        if block is not None and old is not None and isinstance(block.payload, CallRun):
            block.payload.change(old, call)
            block.key = None
        return old is not None or call.text_offset >= self._fed

    def set_footer(self, footer: Footer) -> None:
        """Show another footer, where it is another."""
        block = self.blocks[-1]
        if footer != block.payload:
            block.payload = footer
            block.key = None

    def show_only(self, block: Block) -> None:
        """Show nothing but this."""
        self.blocks = [block]
        self._index_from(0)

    def forget_heights(self) -> None:
        """The width is another: heights are estimated again."""
        for block in self.blocks:
            block.is_measured = False
        self._index_from(0)

    def compose_anew(self) -> None:
        """The answer was folded or unfolded."""
        self._shown = 0
        self._compose()

    def _feed(self, budget: int | None) -> int:
        """Hand pending text to the parser, up to each call's place."""
        calls = self._view.calls
        fed = 0
        while self.pending or self._placed < len(calls):
            call = calls.get(self._placed)
            if call is not None and (call.text_offset <= self._fed or not self.pending):
                self._place(call)
                continue
            if not self.pending or (budget is not None and fed >= budget):
                break
            room = _ALL if budget is None else budget - fed
            if call is not None:
                room = min(room, call.text_offset - self._fed)
            text = self._take(room)
            self._fed += len(text)
            fed += len(text)
            self._parser.feed(self._clean(text))
            self._body.extend(self._parser.take())
        return fed

    def _take(self, most: int) -> str:
        """What is pending, at most `most` characters; never copies the rest, which may be megabytes."""
        taken: list[str] = []
        while most > 0 and self.pending:
            piece = self.pending[0]
            end = self._taken + most
            taken.append(piece[self._taken : end] if self._taken or end < len(piece) else piece)
            most -= len(taken[-1])
            self._taken = end
            if end >= len(piece):
                self.pending.popleft()
                self._taken = 0
        return "".join(taken)

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
        self.is_stale = True
        last = self._body[-1] if self._body else None
        if last is not None and isinstance(last.payload, CallRun) and last.payload.takes(call):
            last.payload.add(call)
            last.key = None
            self._call_blocks[call.index] = last
            return
        margin = 0 if last is None or last.kind is Kind.CALLS else 1
        block = Block(
            Kind.CALLS, margin=margin, join="\n" * (1 + margin), payload=CallRun(self._view.turn.id, call)
        )
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
        turn, revised = self._view.turn, self._view.revised
        head: list[Block] = []
        if self._view.is_on_new_server:
            head.append(Block(Kind.DIVIDER, margin=1, payload=Divider(turn.server_id or "")))
        when = turn.created_at.astimezone().strftime("%H:%M")
        if revised is not None:
            number = revised.number
            when += f" · turn {number} again" if revised.prompt == turn.prompt else f" · revises turn {number}"
        head.append(Block(Kind.LABEL, margin=1, join="\n\n", payload=Label("You", when, "you")))
        prompt = clean(turn.prompt).rstrip("\n")
        for is_first, text in _pieces_of(prompt):
            if head[-1].kind is not Kind.PROMPT or head[-1].is_full or not is_first:
                head.append(Block(Kind.PROMPT, join="\n" if is_first else ""))
            head[-1].add(text)
        self.answer_at = len(head)
        if turn.state is not TurnState.QUEUED:
            label = Label(clean_line(self._view.agent, limit=64) or "agent", "", "agent")
            head.append(Block(Kind.LABEL, margin=1, join="\n\n", payload=label))
        if self.skipped:
            said = f"… {self.skipped:,} characters above; x exports all"
            head.append(Block(Kind.LABEL, margin=1, join="\n\n", payload=Label(said, "", "muted")))
        return head

    def _compose(self) -> None:
        """Put the flat list together: what is fixed stays, closed blocks join it, the open end comes anew."""
        self.is_stale = False
        if self._view.is_folded:
            self._shown = 0
        keep = self._head_count + self._shown
        del self.blocks[keep:]
        self.index.truncate(keep)
        foot = Block(Kind.FOOTER, margin=1, join="\n\n", payload=self._view.footer())
        if self._view.is_folded:
            self.blocks.append(Block(Kind.FOLD, payload=self._view.fold_row()))
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
                block.height = block.estimate(self._view.width or 80)
            self.index.append(block.height)


def _pieces_of(prompt: str) -> list[tuple[bool, str]]:
    """A message's lines, cut where they are too long for one block: whether a line begins, and its text."""
    return [
        (at == 0, line[at : at + MAX_CHARACTERS])
        for line in prompt.split("\n")
        for at in range(0, len(line) or 1, MAX_CHARACTERS)
    ]
