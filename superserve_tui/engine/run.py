"""One running turn: a thread, its connection, and the rules of sending again.

May import: domain, protocol, engine.feed, engine.ports, engine.reports, the standard library.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from queue import SimpleQueue
from typing import Any

from superserve_tui.domain import Session, Turn, clean_line
from superserve_tui.engine.feed import EventFeed
from superserve_tui.engine.ports import Backends, Clock, ServicePort, SessionOpening, StreamHooks, TurnStream
from superserve_tui.engine.reports import (
    Outcome,
    RunEnded,
    RunHasEvents,
    RunLinkChanged,
    RunOpened,
    RunReady,
)
from superserve_tui.protocol import (
    APIError,
    ConflictError,
    ConnectionLostError,
    CredentialError,
    NotConnectedError,
    NotFoundError,
    RunError,
    ServerError,
    SuperserveError,
)

__all__ = ["TurnRun"]

_log = logging.getLogger(__name__)

SAVE_WAIT_S = 2.0
"""How long a message waits for the store; a store that can't write must not stop the chat (PROMISES 27)."""

_REASON = 200
"""Signs of a server's reason to wait."""

BUSY_DELAYS_S = (1.0, 2.0, 4.0)
"""When to try again while the agent still works on a turn that the person stopped (PROTOCOL 4)."""


class _Stopped(Exception):  # noqa: N818 - no error: the person stopped the run
    """The run was stopped before its message left."""


class TurnRun:
    """The thread `run:<turn>` and its connection.

    Events go to the engine through `feed`, everything else as one of the classes of `reports`, in the inbox.

    Args:
        session: The session as it stands; without `server_id` a server session is made first.
        turn: The turn to send, or to pick up.
        inbox: The engine's.
        clock: Time.
        is_pick_up: The message went out before: go on with its events.
        server_count: The server's `message_count` as last told; None: ask.
        was_stopped: The turn before was stopped: a server that is still at it is waited for.
        previous: Runs of the same session that were stopped while one of them made the server session: that one
            is used.
    """

    def __init__(
        self,
        session: Session,
        turn: Turn,
        *,
        backends: Backends,
        inbox: SimpleQueue[Any],
        clock: Clock,
        is_pick_up: bool = False,
        server_count: int | None = None,
        was_stopped: bool = False,
        previous: Sequence[TurnRun] = (),
    ) -> None:
        self.session = session
        self.is_pick_up = is_pick_up
        self.is_opening = session.server_id is None and not is_pick_up
        """It may yet make a server session. The engine's thread keeps this."""
        self.feed = EventFeed(lambda: inbox.put(RunHasEvents(self)))
        self._turn = turn
        self._backends = backends
        self._inbox = inbox
        self._clock = clock
        self._server_count = server_count
        self._was_stopped = was_stopped
        self._previous: Sequence[TurnRun] = previous
        self._made: tuple[str, int] | None = None
        """Id and message count of the server session made here, or by a run before."""
        self._lock = threading.Lock()
        self._opening: SessionOpening | None = None
        self._stream: TurnStream | None = None
        self._stopped = threading.Event()
        self._released = threading.Event()
        self._has_left = False
        self._has_events = False
        self._thread = threading.Thread(target=self._main, name=f"run:{turn.id[:8]}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def release(self) -> None:
        """What had to be written down is on disk: the message may go out. Any thread."""
        self._released.set()

    def stop(self) -> None:
        """End the connection at once; the thread follows. Any thread, any moment."""
        with self._lock:
            self._stopped.set()
            stream, opening = self._stream, self._opening
        self._released.set()
        self.feed.close()
        if opening is not None:
            opening.abandon()
        if stream is not None:
            stream.abort()

    def reconnect(self) -> None:
        """Let the connection go and pick the turn up on another. Any thread; nothing where there is none."""
        with self._lock:
            stream = self._stream
        if stream is not None:
            stream.reconnect()

    def hurry(self) -> bool:
        """Get a link that was lost back at once, where that is waited with. Any thread."""
        with self._lock:
            stream = self._stream
        return stream is not None and stream.hurry()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread; whether it has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _main(self) -> None:
        try:
            ended = self._pick_up() if self.is_pick_up else self._send()
        except _Stopped:
            ended = RunEnded(self, Outcome.NOT_TAKEN)
        except SuperserveError as error:
            ended = RunEnded(self, Outcome.LOST if self.is_pick_up else Outcome.NOT_TAKEN, error)
        except Exception as error:  # noqa: BLE001 - the thread's entry: the unknown becomes a problem that is told
            _log.exception("run failed")
            ended = RunEnded(self, self._outcome_of_fault(), error)
        self._previous = ()
        self._inbox.put(ended)

    def _outcome_of_fault(self) -> Outcome:
        if self._has_events:
            return Outcome.STREAM_OVER
        if self.is_pick_up:
            return Outcome.LOST
        return Outcome.UNKNOWN if self._has_left else Outcome.NOT_TAKEN

    def _service(self) -> ServicePort:
        return self._backends.service(self.session.profile, self.session.server_url)

    def _check(self) -> None:
        if self._stopped.is_set():
            raise _Stopped

    # -- a message

    def _send(self) -> RunEnded:
        """From nothing to the end of the stream. Errors that leave here came before the message did."""
        try:
            service = self._service()
            self._check()
            server_id, count = self._server_session(service)
        except NotFoundError as error:
            return RunEnded(self, Outcome.GONE if self.session.server_id else Outcome.NOT_TAKEN, error)
        self._inbox.put(RunReady(self, server_id, count))
        self._clock.wait(self._released, SAVE_WAIT_S)
        self._check()
        return self._message(service, server_id, count)

    def _server_session(self, service: ServicePort) -> tuple[str, int | None]:
        """Id and message count of the server session; it is made where there is none yet.

        Raises:
            NotFoundError: it is over; or there is no such agent.
        """
        server_id = self.session.server_id
        if server_id is None:
            return self._open(service)
        if self._server_count is not None:
            return server_id, self._server_count
        info = service.get_session(server_id)
        if not info.is_live:
            raise NotFoundError(f"the session is over ({info.status})")
        return server_id, info.message_count

    def _open(self, service: ServicePort) -> tuple[str, int]:
        for run in self._previous:  # all: one that was stopped early did not wait for those before it
            run._thread.join()  # the server may be at it; a second server session for one row is one too many
            self._made = self._made or run._made
        if self._made is None:
            session = self.session
            opening = service.open_session(
                session.agent, title=session.title, idle_timeout_s=session.idle_timeout_s
            )
            with self._lock:
                self._check()
                self._opening = opening
            info = opening.make()
            self._made = info.id, info.message_count or 0
            self._inbox.put(RunOpened(self, info, service.base_url))
        return self._made

    def _message(self, service: ServicePort, server_id: str, count: int | None) -> RunEnded:
        """Send the message by PROTOCOL 3's and 4's rules of sending again."""
        delays = iter(BUSY_DELAYS_S if self._was_stopped else ())
        is_resumed = False
        while True:
            try:
                return self._follow(service.send_message(server_id, self._turn.prompt, self._hooks()))
            except SuperserveError as error:
                if self._has_events:
                    return RunEnded(self, Outcome.STREAM_OVER, error)
                match error:
                    case NotFoundError() if not is_resumed and self._resume_if_idle(service, server_id):
                        is_resumed = True
                    case NotFoundError():
                        return RunEnded(self, Outcome.GONE, error)
                    case ConflictError():
                        delay_s = next(delays, None)
                        if delay_s is None:
                            return RunEnded(self, Outcome.NOT_TAKEN, error)
                        self._wait(delay_s)
                    case ServerError() if error.status != 503:
                        return RunEnded(self, Outcome.UNKNOWN, error)
                    case APIError() | NotConnectedError() | CredentialError():
                        return RunEnded(self, Outcome.NOT_TAKEN, error)
                    case ConnectionLostError():
                        return self._after_loss(service, server_id, count, error)
                    case _:
                        return RunEnded(self, Outcome.UNKNOWN, error)

    def _resume_if_idle(self, service: ServicePort, server_id: str) -> bool:
        """404 to a message: whether the session was merely idle, and is resumed now.

        An answer that never comes makes it neither: the message is not taken, and the error says why.
        """
        try:
            if service.get_session(server_id).status != "idle":
                return False
            service.resume_session(server_id)
        except APIError:
            return False
        return True

    def _wait(self, delay_s: float) -> None:
        """Wait for an agent that is still at the stopped turn."""
        text = f"the agent is still working on the stopped turn; trying again in {delay_s:g} s"
        self._inbox.put(RunLinkChanged(self, text))
        self._clock.wait(self._stopped, delay_s)
        self._check()
        self._inbox.put(RunLinkChanged(self, ""))

    def _after_loss(
        self, service: ServicePort, server_id: str, count: int | None, error: ConnectionLostError
    ) -> RunEnded:
        """The message left and nothing came back: the server's count tells whether it was taken."""
        self._check()
        self._inbox.put(RunLinkChanged(self, "the connection was lost; asking whether the message arrived"))
        try:
            return self._attach(service, server_id, count, error)
        except SuperserveError:
            return RunEnded(self, Outcome.UNKNOWN, error)

    # -- a turn that runs already

    def _pick_up(self) -> RunEnded:
        turn = self._turn
        if turn.server_id is None:
            return RunEnded(self, Outcome.NOT_TAKEN)
        try:
            service = self._service()
            self._check()
            return self._attach(service, turn.server_id, turn.count_before)
        except NotFoundError as error:
            return RunEnded(self, Outcome.GONE, error)

    def _attach(
        self,
        service: ServicePort,
        server_id: str,
        count_before: int | None,
        error: SuperserveError | None = None,
    ) -> RunEnded:
        """PROTOCOL 4: attach only where the server's count shows that the running turn is ours.

        Raises:
            NotFoundError: the server does not have the session any more.
            SuperserveError: the server could not be asked.
        """
        info = service.get_session(server_id)
        count = info.message_count
        if not info.is_live:
            raise NotFoundError(f"the session is over ({info.status})")
        if count is None or count_before is None:
            return RunEnded(self, Outcome.UNKNOWN, error)
        if count == count_before:
            return RunEnded(self, Outcome.NOT_TAKEN, error)
        if count != count_before + 1:
            return RunEnded(self, Outcome.UNKNOWN, error)
        self._inbox.put(RunLinkChanged(self, "", is_found=True))
        try:
            return self._follow(service.attach(server_id, self._turn.events_seen, self._hooks()))
        except SuperserveError as refused:
            return RunEnded(self, Outcome.STREAM_OVER if self._has_events else Outcome.LOST, refused)

    # -- the stream

    def _follow(self, stream: TurnStream) -> RunEnded:
        """Hand every event on; while it lasts, `stop` reaches this stream."""
        with self._lock:
            self._check()
            self._stream = stream
            self._has_left = True
        put = self.feed.put
        try:
            for event in stream:
                self._has_events = True
                if not put(event):
                    break  # stopped, or the turn is over: what still comes does not count
        finally:
            with self._lock:
                self._stream = None
            stream.abort()
        return RunEnded(self, Outcome.STREAM_OVER, failure=self._failure(stream))

    def _failure(self, stream: TurnStream) -> RunError | None:
        """Why the stream itself says that it ended; not asked for when the person stopped it."""
        return None if self._stopped.is_set() else stream.result.error

    def _hooks(self) -> StreamHooks:
        def tell(text: str, *, is_lost: bool = False) -> None:
            self._inbox.put(RunLinkChanged(self, text, is_lost=is_lost))

        def wait(seconds: float, reason: str) -> None:
            words = f"{clean_line(reason, limit=_REASON)}; sending again"
            self._inbox.put(RunLinkChanged(self, words, resumes_at=self._clock.monotonic() + seconds))

        return StreamHooks(
            on_reconnect=lambda number, total: tell(f"reconnecting {number}/{total}", is_lost=True),
            on_connected=lambda: tell(""),
            on_wait=wait,
        )
