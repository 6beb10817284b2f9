"""One turn of the log: its source, and the blocks made of it while somebody looks.

May import: domain, protocol, the log's own modules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from superserve_tui.domain import Turn, TurnState, clean_line
from superserve_tui.protocol import ToolCall
from superserve_tui.ui.widgets.log.blocks import Block, HeightIndex, Kind
from superserve_tui.ui.widgets.log.frame import Fold, Footer
from superserve_tui.ui.widgets.log.inline import parse_inline
from superserve_tui.ui.widgets.log.opened import OpenedTurn

__all__ = ["AbsentTurn", "TurnView"]

SHOWN: Final = 6_000_000
"""Characters of an answer that are shown at most: more take seconds to be laid out, and memory for each line. All
of it is kept, copied and exported."""
SHOWN_AGAIN: Final = 2_000_000
"""Of one that is longer, how much of its end is shown."""
_MARGINS: Final = 7
"""Rows of labels, footer and room around a turn, for its estimate."""


class TurnView:
    """A turn's source text and calls; opened, also its blocks and their heights.

    Closed it is light, since a long transcript has thousands: appending only keeps the piece. Opening parses
    everything that came so far, `sync` what came since.
    """

    __slots__ = (
        "_began",
        "_clock",
        "_length",
        "_newlines",
        "_now",
        "_opened",
        "_pieces",
        "_server_before",
        "agent",
        "calls",
        "is_folded",
        "revised",
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
    ) -> None:
        self.turn = turn
        self.agent = agent
        self.calls: dict[int, ToolCall] = {call.index: call for call in turn.calls} if turn.calls else {}
        self.status = ""
        self.is_folded = False
        self.width = 0
        self.revised: Turn | None = None
        """The turn whose message it sends again."""
        self._clock, self._now = clock, now
        self._began = 0.0 if turn.state.is_over else self._start_of_clock()
        self._server_before = server_before
        self._opened: OpenedTurn | None = None
        self._pieces: list[str] = []
        self._take_text(turn.text)

    # Source

    @property
    def server_id(self) -> str | None:
        """The server session that it ran on; where it has none, that of the turns before."""
        return self.turn.server_id or self._server_before

    @property
    def is_on_new_server(self) -> bool:
        """Whether a new server session begins with it."""
        return bool(self._server_before and self.turn.server_id and self.turn.server_id != self._server_before)

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
        self._length += len(text)
        self._newlines += text.count("\n")
        if self._opened is not None:
            self._opened.pending.append(text)
            if self._length - self._opened.skipped > SHOWN:
                self.close()

    def set_call(self, call: ToolCall) -> None:
        """A call began or ended."""
        old = self.calls.get(call.index)
        self.calls[call.index] = call
        if self._opened is not None and not self._opened.change_call(old, call):
            self.close()

    def set_turn(self, turn: Turn) -> None:
        """Anything of the turn changed; text that is new to us is appended, other text replaces ours."""
        old = self.turn
        was_queued = old.state is TurnState.QUEUED
        self.turn = turn
        is_moved = turn.server_id != old.server_id  # a new server session begins here, or no more
        if is_moved or turn.prompt != old.prompt or (turn.state is TurnState.QUEUED) is not was_queued:
            self.close()
        if was_queued or turn.started_at != old.started_at:
            self._began = self._start_of_clock()
        if len(turn.text) > self._length and (not self._length or turn.text.startswith(self.text)):
            self.append(turn.text[self._length :])
        elif len(turn.text) != self._length:
            self._take_text(turn.text)
            self.close()
        elif not self.is_running and not self.has_pending:
            self._pieces = [turn.text] if turn.text else []
        for call in turn.calls:
            if self.calls.get(call.index) != call:
                self.set_call(call)
        if self._opened is not None:
            self._opened.is_stale = True

    def set_server_before(self, server_id: str | None) -> None:
        """The server session of the turns before it became known."""
        if server_id != self._server_before:
            self._server_before = server_id
            self.close()

    def set_revised(self, turn: Turn) -> None:
        """The turn whose message it sends again became known."""
        self.revised = turn
        self.close()

    # Blocks

    @property
    def is_open(self) -> bool:
        """Whether it has blocks."""
        return self._opened is not None

    @property
    def blocks(self) -> Sequence[Block]:
        """The blocks from the label to the footer; none while closed."""
        return self._opened.blocks if self._opened is not None else ()

    @property
    def index(self) -> HeightIndex:
        """The blocks' heights."""
        return self._opened.index if self._opened is not None else HeightIndex()

    @property
    def answer_at(self) -> int:
        """Position of the first block of the answer; 0 while closed."""
        return self._opened.answer_at if self._opened is not None else 0

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
        if self._opened is None:
            self._opened = self._open()
            self._opened.sync(budget)
        elif budget is None and self._opened.pending:
            self._opened.sync(None)

    def _open(self) -> OpenedTurn:
        if self._length <= SHOWN:
            return OpenedTurn(self, self._pieces)
        text = self.text
        start = text.find("\n", self._length - SHOWN_AGAIN) + 1 or self._length - SHOWN_AGAIN
        return OpenedTurn(self, [text[start:]], skipped=start)

    def close(self) -> None:
        """Nobody looks: give the blocks up, they are made again from the source."""
        self._opened = None

    def sync(self, budget: int | None) -> int:
        """Parse what came since, at most about `budget` characters; returns how many were parsed."""
        return self._opened.sync(budget) if self._opened is not None else 0

    @property
    def has_pending(self) -> bool:
        """Whether `sync` has more to do."""
        return self._opened is not None and bool(self._opened.pending)

    def set_width(self, width: int) -> None:
        """Heights hold no more; they are estimated again."""
        if self.width != width:
            self.width = width
            if self._opened is not None:
                self._opened.forget_heights()

    def refold(self, *, is_folded: bool) -> None:
        """Fold the answer to one line, or unfold it."""
        self.is_folded = is_folded
        if self._opened is not None:
            self._opened.compose_anew()

    def touch_footer(self) -> None:
        """Time has gone on: the footer of a running turn says so."""
        if self._opened is not None and self.is_running:
            self._opened.set_footer(self.footer())

    def footer(self) -> Footer:
        """What stands below the answer now."""
        elapsed_s = max(0, int(self._clock() - self._began)) if self.is_running else 0
        return Footer(self.turn, len(self.calls), self.status if self.is_running else "", elapsed_s)

    def fold_row(self) -> Fold:
        """What stands for a folded answer."""
        first = "".join(span.text for span in parse_inline(clean_line("".join(self._pieces[:64])[:600], limit=200)))
        return Fold(self.turn.id, first, self._newlines + bool(self._length))

    def _take_text(self, text: str) -> None:
        self._pieces = [text] if text else []
        self._length, self._newlines = len(text), text.count("\n")

    def _start_of_clock(self) -> float:
        """When the turn began, by the monotonic clock; a turn taken up again began before this process saw it."""
        started = self.turn.started_at
        ago_s = (self._now() - started).total_seconds() if started is not None else 0.0
        return self._clock() - max(0.0, ago_s)


class AbsentTurn(TurnView):
    """Stands for all the turns that are not here yet: an ellipsis, as high as those that are.

    Args:
        beside: Turns that are here.
        clock: Monotonic seconds.
        now: Wall time.
    """

    __slots__ = ()

    def __init__(self, beside: Sequence[Turn], *, clock: Callable[[], float], now: Callable[[], datetime]) -> None:
        turn = Turn(id="", number=0, prompt="", created_at=now(), state=TurnState.COMPLETED)
        super().__init__(turn, agent="", clock=clock, now=now, server_before=None)
        count = max(1, len(beside))
        self._length = sum(len(each.prompt) + len(each.text) for each in beside) // count
        self._newlines = sum(each.prompt.count("\n") + each.text.count("\n") for each in beside) // count

    def open(self, *, budget: int | None = None) -> None:  # noqa: ARG002 - there is nothing to parse
        """Make its one block."""
        if self._opened is None:
            self._opened = OpenedTurn(self, ())
            self._opened.show_only(Block(Kind.PROMPT, ["…"], margin=1))
