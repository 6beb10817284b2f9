"""A turn in a session that is opened for it, and ended after it.

May import: the standard library, protocol, `client.api`, `client.session`, `client.turns`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from superserve_tui.client.api import Api, EventAnswer
from superserve_tui.client.session import Session
from superserve_tui.client.transport import Link
from superserve_tui.client.turns import MessageTurn, OnWait
from superserve_tui.protocol import SuperserveError

__all__ = ["OneTimeTurn"]


class OneTimeTurn:
    """Opens a session when the stream is first read, and sends one message.

    Args:
        api: The service.
        open_session: Makes or finds the session; blocks.
        message: The person's message.
        silence_s: Seconds without a byte after which a connection counts as lost.
        is_ended_after: The session was made for this turn.
    """

    def __init__(
        self,
        api: Api,
        open_session: Callable[[], Session],
        message: str,
        *,
        silence_s: float,
        is_ended_after: bool,
    ) -> None:
        self._api = api
        self._open_session = open_session
        self._message = message
        self._silence_s = silence_s
        self._is_ended_after = is_ended_after
        self._session: Session | None = None
        self._turn: MessageTurn | None = None

    @property
    def session(self) -> Session | None:
        """The session, once it is open."""
        return self._session

    @property
    def is_running(self) -> bool:
        """The message is yet to be sent, and must not be sent twice."""
        return False

    def begin(self, link: Link, on_wait: OnWait) -> EventAnswer:
        """Open the session and POST the message.

        The session is made beside: when the stream is aborted meanwhile, the reader wakes at once, and the
        session is ended as soon as its id is known.
        """
        self._session = link.run_beside(self._open_session, name="open-session", discard=self._end)
        self._turn = MessageTurn(self._api, self._session, self._message, silence_s=self._silence_s)
        return self._turn.begin(link, on_wait)

    def reopen(self, link: Link, after: int) -> EventAnswer:
        """GET the turn's events."""
        assert self._turn is not None, "a stream begins before it is opened again"
        return self._turn.reopen(link, after)

    def close(self) -> None:
        """End the session; one that can't be ended runs out by its idle time-out."""
        if self._session is not None:
            self._end(self._session)

    def _end(self, session: Session) -> None:
        if self._is_ended_after:
            with contextlib.suppress(SuperserveError):
                session.end()
