"""Reads one turn: connects, decodes, folds, counts, reconnects (PROTOCOL 4).

May import: the standard library, protocol, `client.abort`, `client.api`, `client.callbacks`,
`client.transport`, `client.turns`.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator

from superserve_tui.client.abort import Aborted, AbortSwitch
from superserve_tui.client.api import EventAnswer
from superserve_tui.client.callbacks import Callbacks
from superserve_tui.client.transport import Link
from superserve_tui.client.turns import Turn
from superserve_tui.protocol import (
    APIError,
    CallState,
    ConnectionFailedError,
    Event,
    EventStreamDecoder,
    EventTooLargeError,
    FinishReason,
    InvalidResponseError,
    MethodNotAllowedError,
    NotFoundError,
    RateLimitError,
    RunBuilder,
    RunError,
    RunResult,
    ServerError,
    ServerSentEvent,
    SessionInfo,
    SuperserveError,
    ToolCall,
    parse_event,
)

__all__ = ["MAX_TRIES", "TurnReader"]

MAX_TRIES = 10
"""Reconnects in a row without a new event."""

FIRST_DELAY_S = 0.2
SECOND_DELAY_S = 2.0
MAX_DELAY_S = 30.0
"""The first try comes at once; then the waits double from 2 s to at most 30 s."""


def reconnect_delay_s(number: int) -> float:
    """The wait before the reconnect with that number, from 1."""
    return FIRST_DELAY_S if number == 1 else min(SECOND_DELAY_S * 2 ** (number - 2), MAX_DELAY_S)


class TurnReader:
    """The reading end of a turn. `events` belongs to one thread; `abort` to any.

    Args:
        turn: Where the bytes come from.
        link: The stream's own link; closed at the end.
        callbacks: What to call on the reading thread.
        after: Events of the turn that came before this reader.
        is_paced: Read at most once per frame.
    """

    def __init__(
        self, turn: Turn, link: Link, *, callbacks: Callbacks, after: int = 0, is_paced: bool = False
    ) -> None:
        self._turn = turn
        self._link = link
        self._callbacks = callbacks
        self._is_paced = is_paced
        self._pause: AbortSwitch | None = None
        """Ends the wait before the next try; None while there is none."""
        self._builder = RunBuilder()
        self._tries = 0
        self._held: ServerSentEvent | None = None
        self._answer: EventAnswer | None = None
        self._interruption: RunError | None = None
        self.events_seen = after
        """Events of the turn so far."""
        self.last_text = ""
        """The text that the event yielded last has added."""
        self.outcome: RunResult | None = None
        """What the turn came to; None while it runs, and after an error."""
        self.error: SuperserveError | None = None
        """What the request failed with before a stream began."""
        self.done = threading.Event()
        """Set when nothing more comes."""

    @property
    def text(self) -> str:
        """The answer so far."""
        return self._builder.text

    @property
    def session_info(self) -> SessionInfo | None:
        """The session as far as it is known without asking."""
        session = self._turn.session
        return None if session is None else session.known_info

    def abort(self) -> None:
        """End the reading, at once, from any thread."""
        self._link.abort()
        self.hurry()

    def hurry(self) -> bool:
        """Try at once what the next try to get the link back waits for, from any thread; whether one waits."""
        pause = self._pause
        if pause is not None:
            pause.abort()
        return pause is not None

    def reconnect(self) -> None:
        """Let the connection go and pick the turn up on another, from any thread."""
        self._link.cut()

    def events(self) -> Generator[Event, None, None]:
        """The turn's events, one for each on the wire; ends without an exception when it is aborted.

        Raises:
            SuperserveError: the request failed before a stream began.
        """
        try:
            with self._link.hold():
                yield from self._read_turn()
        except Aborted:
            self._finish(FinishReason.CANCELLED)
        except GeneratorExit:
            is_stop = self._link.is_aborted
            self._finish(FinishReason.CANCELLED if is_stop else FinishReason.INTERRUPTED)
            raise
        except SuperserveError as error:
            self.error = error
            if self._callbacks.on_error is not None:
                self._callbacks.on_error(error)
            raise
        finally:
            if self.outcome is None and self.error is None:  # a callback raised, or ctrl+c
                self._builder.finish(FinishReason.INTERRUPTED)
                self.outcome = self._builder.result()
            self._close_answer()
            self._link.close()
            self._turn.close()
            self.done.set()

    def _read_turn(self) -> Iterator[Event]:
        self._answer = self._begin()
        while self._answer is not None:
            if self._is_paced:
                self._link.pace()
            yield from self._read_answer(self._answer)
            if self.outcome is not None:
                return
            self._answer = self._reconnect()
        if self._held is not None:
            yield self._take(self._held)
        self._finish(FinishReason.INTERRUPTED, self._interruption)

    def _begin(self) -> EventAnswer | None:
        try:
            return self._turn.begin(self._link, self._callbacks.on_wait)
        except (ConnectionFailedError, ServerError) as error:
            if not self._turn.is_running:
                raise
            return self._reconnect(error)

    def _read_answer(self, answer: EventAnswer) -> Iterator[Event]:
        """The events of one connection; returns when it is cut, or when the turn is over."""
        decoder = EventStreamDecoder()
        try:
            for chunk in answer.chunks():
                for framed in decoder.feed(chunk):
                    yield self._take(framed)
                    if self.outcome is not None:
                        return
                    self._link.check()
                if (end := decoder.pending_end()) is not None:
                    yield self._take(end)
                    return
        except ConnectionFailedError:
            pass
        except EventTooLargeError:
            self._finish(FinishReason.FAILED, RunError("event too large", "event_too_large"))
        finally:
            self._close_answer()
        self._held = decoder.pending() or self._held

    def _take(self, framed: ServerSentEvent) -> Event:
        """Count and fold one event; at the terminal one the connection is closed before anybody sees it."""
        event = parse_event(framed.type, framed.data)
        self.events_seen += 1
        self._tries = 0
        self._held = None
        added = self._builder.add(event)
        self.last_text = ""
        if isinstance(added, str):
            self.last_text = added
            if self._callbacks.on_text is not None:
                self._callbacks.on_text(added)
        elif isinstance(added, ToolCall):
            is_start = added.state is CallState.RUNNING
            callback = self._callbacks.on_tool_start if is_start else self._callbacks.on_tool_end
            if callback is not None:
                callback(added)
        if (reason := self._builder.finish_reason) is not None:
            self._close_answer()
            self._finish(reason)
        return event

    def _reconnect(self, error: SuperserveError | None = None) -> EventAnswer | None:
        """Another connection, after as many tries as it takes; None when the turn can't be picked up."""
        told_s: float | None = None
        while self._tries < MAX_TRIES:
            self._tries += 1
            if self._callbacks.on_reconnect is not None:
                self._callbacks.on_reconnect(self._tries, MAX_TRIES)
            if self._back_off(reconnect_delay_s(self._tries) if told_s is None else told_s):
                self._tries = 0  # whoever is impatient knows better: as many tries again, soon after each other
            try:
                answer = self._turn.reopen(self._link, self.events_seen)
            except RateLimitError as refused:
                error, told_s = refused, refused.retry_after_s
            except (ConnectionFailedError, ServerError, InvalidResponseError) as failed:
                error, told_s = failed, None
            except APIError as refused:
                self._interruption = _explain(refused)
                return None
            else:
                if self._callbacks.on_connected is not None:
                    self._callbacks.on_connected()
                return answer
        words = "" if error is None else f": {error}"
        self._interruption = RunError(f"the connection was lost, {MAX_TRIES} tries to get it back failed{words}")
        return None

    def _back_off(self, seconds: float) -> bool:
        """Wait before a try; whether that was cut short."""
        self._pause = pause = AbortSwitch()
        try:
            self._link.check()  # an abort from here on finds the pause
            with pause.hold():
                self._link.wait(seconds, switch=pause)
        except Aborted:
            self._link.check()
            return True
        finally:
            self._pause = None
            pause.close()
        return False

    def _close_answer(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.close()

    def _finish(self, reason: FinishReason, error: RunError | None = None) -> None:
        if self.outcome is not None or self.error is not None:
            return
        self._builder.finish(reason, error)
        self.outcome = self._builder.result()
        if self._callbacks.on_finish is not None:
            self._callbacks.on_finish(self.outcome)


def _explain(refused: APIError) -> RunError:
    if isinstance(refused, NotFoundError | MethodNotAllowedError):
        return RunError("the connection was lost, and the server can't pick the turn up again")
    return RunError(f"the connection was lost, and the server refused to go on: {refused}", str(refused.status))
