"""A turn as it happens: events, text or a result; it reconnects by itself and stops when told.

May import: the standard library, protocol, `client.turn_reader`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import TracebackType

from superserve_tui.client.turn_reader import TurnReader
from superserve_tui.protocol import (
    Event,
    FinishReason,
    MessageDelta,
    RunResult,
    SessionInfo,
    StreamConsumed,
)

__all__ = ["AgentStream"]


class AgentStream:
    """One turn of an agent, read once: `for event in stream`, `for chunk in stream.text_stream`, or `result`.

    Nothing is sent before it is read. One thread reads it; `abort` may be called from any. As a context
    manager it aborts when it is left before the turn's end.

        with session.stream("Hello") as stream:
            for chunk in stream.text_stream:
                print(chunk, end="", flush=True)
        print(stream.result.finish_reason)
    """

    def __init__(self, reader: TurnReader) -> None:
        self._reader = reader
        self._events = reader.events()
        self._pull_lock = threading.RLock()
        self._is_pulling = False
        self._is_begun = False
        self._is_taken = False
        self._iterating_thread: int | None = None

    def __iter__(self) -> Iterator[Event]:
        """One typed event per event on the wire: heartbeats, unknown and invalid ones included.

        Raises:
            StreamConsumed: it was iterated before.
            SuperserveError: the request failed before a stream began.
        """
        self._take()
        return self._iterate()

    @property
    def text_stream(self) -> Iterator[str]:
        """The answer's text, piece by piece. Errors are those of iterating the stream."""
        self._take()
        return self._iterate_text()

    @property
    def result(self) -> RunResult:
        """What the turn came to.

        Reads what nobody has read yet; while another thread iterates, waits for the end.

        Raises:
            SuperserveError: the request failed before a stream began.
        """
        self._is_taken = True
        if self._reader.outcome is None and self._iterating_thread not in (None, threading.get_ident()):
            self._reader.done.wait()
        while self._reader.outcome is None and self._pull() is not None:
            pass
        if self._reader.error is not None:
            raise self._reader.error
        assert self._reader.outcome is not None
        return self._reader.outcome

    @property
    def text(self) -> str:
        """The answer so far."""
        return self._reader.text

    @property
    def finish_reason(self) -> FinishReason | None:
        """How the turn ended; None while it runs."""
        return None if self._reader.outcome is None else self._reader.outcome.finish_reason

    @property
    def events_seen(self) -> int:
        """How many events of the turn came, those before an attachment included (PROTOCOL 4's N)."""
        return self._reader.events_seen

    @property
    def info(self) -> SessionInfo | None:
        """The session as far as it is known without asking."""
        return self._reader.session_info

    def abort(self) -> None:
        """Close the connection at once; the reader wakes within 50 ms and its iteration ends normally.

        From any thread, at any moment, any number of times. The server is not told: see `Session.cancel`.
        """
        self._reader.abort()
        if self._iterating_thread is not None or not self._pull_lock.acquire(blocking=False):
            return  # whoever reads cleans up
        try:
            self._stop_reading()
        finally:
            self._pull_lock.release()

    def reconnect(self) -> None:
        """Let a connection that has gone silent go, and pick the turn up on another; from any thread.

        Where the server can't hand a running turn over, that interrupts it: ask `Session.can_attach` first. Nothing
        happens while no connection is open.
        """
        self._reader.reconnect()

    def hurry(self) -> bool:
        """Cut the wait short that precedes the next try to get a lost link back; whether there was one.

        From any thread. The tries are counted anew.
        """
        return self._reader.hurry()

    def __enter__(self) -> AgentStream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._reader.outcome is None and self._reader.error is None:
            self._reader.abort()
        with self._pull_lock:
            self._stop_reading()

    def _stop_reading(self) -> None:
        """Let the reader clean up. The caller has the lock, and has aborted it unless it is done."""
        if self._is_pulling:
            return  # called from a callback: the pull that runs sees the abort
        if self._is_begun:
            self._events.close()
        else:
            self._pull()  # a generator that never ran would not run its end either

    def _take(self) -> None:
        if self._is_taken:
            raise StreamConsumed("this stream was read before; its result stays available")
        self._is_taken = True

    def _iterate(self) -> Iterator[Event]:
        self._iterating_thread = threading.get_ident()
        try:
            while (event := self._pull()) is not None:
                yield event
        finally:
            self._iterating_thread = None

    def _iterate_text(self) -> Iterator[str]:
        for event in self._iterate():
            if isinstance(event, MessageDelta) and (text := self._reader.last_text):
                yield text

    def _pull(self) -> Event | None:
        with self._pull_lock:
            if self._is_pulling:
                raise StreamConsumed("a callback can't read the stream that calls it")
            self._is_pulling = self._is_begun = True
            try:
                return next(self._events, None)
            finally:
                self._is_pulling = False
