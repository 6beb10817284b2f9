"""The session that messages go to, as it is read: what was said, and what is being said.

May import: domain, protocol, plain.printer, plain.words, the standard library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from superserve_tui.domain import (
    CallChanged,
    Change,
    HeartbeatSeen,
    LinkChanged,
    StatusReported,
    StreamCleaner,
    TextAppended,
    Turn,
    TurnChanged,
    clean_line,
)
from superserve_tui.plain.printer import Printer
from superserve_tui.plain.words import call_end, call_start, counted, end_words
from superserve_tui.protocol import CallState, ToolCall

__all__ = ["SHOWN_TURNS", "Conversation"]

SHOWN_TURNS = 3
"""Turns that are printed when a session is opened."""

_STATUS_LIMIT = 300
_STATUS_S = 1.0
"""An agent's words about what it does follow each other no faster, in seconds."""

_SILENCES_S = (5.0, 15.0, 30.0)
"""When a silent turn is said to be silent, in seconds; then every minute."""


class Conversation:
    """Prints one session's turns as they come. What is printed of another session is none of its business.

    Args:
        printer: Where to.
        clock: Monotonic seconds.
    """

    def __init__(self, printer: Printer, clock: Callable[[], float]) -> None:
        self._printer = printer
        self._clock = clock
        self.session_id: str | None = None
        self._is_loaded = False
        self._typed: str | None = None
        self._turn: str | None = None
        self._characters = 0
        """How much of the turn's text, as sent, has been dealt with."""
        self._calls: dict[int, CallState] = {}
        self._done: dict[str, int] = {}
        """For each turn that was printed to its end, how much text it had."""
        self._cleaner = StreamCleaner()
        self._status, self._status_at = "", 0.0
        self._link = ""
        self._heard_at = self._beat_at = 0.0
        self._silences = 0

    def open(self, session_id: str | None) -> None:
        """Read that session from now on; its transcript comes by `load`."""
        self.session_id = session_id
        self._is_loaded = False
        self._turn = self._typed = None
        self._done.clear()
        self._printer.end_answer()

    @property
    def is_loaded(self) -> bool:
        """Whether its transcript has been printed."""
        return self._is_loaded

    def expect(self, message: str) -> None:
        """That message has just been typed at the prompt: it need not be printed when its turn begins."""
        self._typed = message

    def load(self, turns: Sequence[Turn], *, shown: int = SHOWN_TURNS) -> None:
        """Print the last turns; from here on changes are."""
        self._is_loaded = True
        first = max(0, len(turns) - shown)
        if first:
            self._printer.status(f"{counted(first, 'earlier turn')}; /show all prints them")
        for turn in turns[first:]:
            self._begin(turn)
            self._catch_up(turn)
            if turn.state.is_over:
                self._end(turn)

    def show(self, change: Change) -> None:
        """Print one change, if it is of this session and not in the transcript that is still to come."""
        if not self._is_loaded or getattr(change, "session_id", None) != self.session_id:
            return
        match change:
            case TurnChanged():
                self._turn_changed(change.turn)
            case TextAppended():
                self._heard()
                if change.turn_id == self._turn:
                    self._answer(change.text)
            case CallChanged():
                self._heard()
                if change.turn_id == self._turn:
                    self._call(change.call)
            case StatusReported():
                self._heard()
                self._report(clean_line(change.text, limit=_STATUS_LIMIT))
            case LinkChanged():
                if change.text and change.text != self._link:
                    self._printer.status(change.words(self._clock()))
                self._link = change.text
                self._heard_at = max(self._heard_at, change.resumes_at or 0.0)  # till then silence is meant
            case HeartbeatSeen():
                self._beat_at = self._clock()
            case _:
                pass

    def silence_due_s(self) -> float | None:
        """In how many seconds a silence is to be spoken of, if it lasts; None where no turn runs."""
        if self._turn is None:
            return None
        return max(0.0, self._heard_at + self._silence_s() - self._clock())

    def tell_silence(self) -> None:
        """Say that nothing comes, if it is time to."""
        due_s = self.silence_due_s()
        if due_s is None or due_s > 0:
            return
        now = self._clock()
        seconds = round(now - self._heard_at)
        is_alive = self._beat_at > self._heard_at and now - self._beat_at < self._silence_s()
        self._printer.status(f"waiting, {seconds} s" if is_alive else f"no data for {seconds} s")
        self._silences += 1

    def _silence_s(self) -> float:
        beyond = self._silences - len(_SILENCES_S)
        return _SILENCES_S[self._silences] if beyond < 0 else 60.0 * (beyond + 1)

    def _heard(self) -> None:
        self._heard_at = self._clock()
        self._silences = 0

    def _turn_changed(self, turn: Turn) -> None:
        if turn.id != self._turn:
            if turn.state.is_over and (self._turn is not None or turn.id in self._done):
                return  # nothing new of what has been read
            self._begin(turn)
        self._catch_up(turn)
        if turn.state.is_over:
            self._end(turn)

    def _begin(self, turn: Turn) -> None:
        """A turn begins, or goes on that was cut."""
        self._turn = turn.id
        self._cleaner = StreamCleaner()
        self._status = self._link = ""
        self._heard()
        self._beat_at = 0.0
        known = self._done.pop(turn.id, None)
        self._characters = known or 0
        if known is not None:
            return
        self._calls.clear()
        if turn.prompt != self._typed:
            self._printer.you(turn.prompt)
        self._typed = None

    def _catch_up(self, turn: Turn) -> None:
        """What the turn holds that has not been printed, its calls where they stand in the text."""
        for call in turn.calls:
            if call.index not in self._calls:
                self._answer(turn.text[self._characters : call.text_offset])
            self._call(call)
        self._answer(turn.text[self._characters :])

    def _answer(self, text: str) -> None:
        self._characters += len(text)
        self._printer.answer(self._cleaner.feed(text))

    def _call(self, call: ToolCall) -> None:
        known = self._calls.get(call.index)
        if known is call.state:
            return
        self._calls[call.index] = call.state
        if known is None:
            self._printer.tool(call_start(call))
        if call.state is not CallState.RUNNING:
            self._printer.tool(call_end(call))

    def _report(self, status: str) -> None:
        now = self._clock()
        if status and status != self._status and now - self._status_at >= _STATUS_S:
            self._printer.status(status)
            self._status_at = now
            self._status = status

    def _end(self, turn: Turn) -> None:
        self._printer.answer(self._cleaner.end())
        self._printer.end_answer()
        self._printer.status(end_words(turn))
        self._done[turn.id] = self._characters
        self._turn = None
