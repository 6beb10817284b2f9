"""Where a stream's bytes come from: a message to send, or a turn that runs already (PROTOCOL 3, 4).

May import: the standard library, protocol, `client.api`, `client.transport`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from superserve_tui.client.api import Api, EventAnswer, open_events
from superserve_tui.client.transport import Link
from superserve_tui.protocol import APIError, SessionInfo

__all__ = ["MessageTurn", "OnWait", "RunningTurn", "Turn", "TurnSession"]

BUSY_DELAYS_S = (1.0, 2.0, 4.0)
"""The waits before a refused message is sent again, where the server names none (PROMISES 2)."""

_BUSY_STATUSES = (429, 503)

OnWait = Callable[[float, str], object] | None


class TurnSession(Protocol):
    """The session as a turn needs it."""

    @property
    def id(self) -> str:
        """Its id on the server."""

    @property
    def known_info(self) -> SessionInfo | None:
        """What is known of it without asking."""

    def count_message(self) -> None:
        """A message was taken."""


class Turn(Protocol):
    """One turn, as the stream reads it; all on the reading thread, which holds the link."""

    @property
    def session(self) -> TurnSession | None:
        """Its session, once there is one."""

    @property
    def is_running(self) -> bool:
        """The turn runs already: asking for it again does no harm."""

    def begin(self, link: Link, on_wait: OnWait) -> EventAnswer:
        """Open the first connection. Raises what the request failed with."""

    def reopen(self, link: Link, after: int) -> EventAnswer:
        """Open another one, from event number `after` + 1 on. Raises what the request failed with."""

    def close(self) -> None:
        """The stream is over; never raises errors of the tree."""


class MessageTurn:
    """A message to a session.

    It is sent again only after a 429 or 503, which refuse it before a stream: agents act, and a message that
    a server may have taken must not be given twice.
    """

    def __init__(self, api: Api, session: TurnSession, message: str, *, silence_s: float) -> None:
        self._api = api
        self._session = session
        self._message = message
        self._silence_s = silence_s

    @property
    def session(self) -> TurnSession:
        """The session that the message goes to."""
        return self._session

    @property
    def is_running(self) -> bool:
        """The message is yet to be sent, and must not be sent twice."""
        return False

    def begin(self, link: Link, on_wait: OnWait) -> EventAnswer:
        """POST the message; waits and sends again up to three times while the server is busy."""
        delays = list(BUSY_DELAYS_S)
        while True:
            try:
                answer = self._post(link)
            except APIError as error:
                if error.status not in _BUSY_STATUSES or not delays:
                    raise
                default_s = delays.pop(0)
                seconds = default_s if error.retry_after_s is None else error.retry_after_s
                if on_wait is not None:
                    on_wait(seconds, error.message)
                link.wait(seconds)
            else:
                self._session.count_message()
                return answer

    def reopen(self, link: Link, after: int) -> EventAnswer:
        """GET the turn's events."""
        return _open_running(self._api, link, self._session.id, after, self._silence_s)

    def close(self) -> None:
        """Nothing to do: the session is the caller's."""

    def _post(self, link: Link) -> EventAnswer:
        return open_events(
            self._api,
            link,
            "POST",
            ("sessions", self._session.id, "messages"),
            silence_s=self._silence_s,
            body={"prompt": self._message},
        )


class RunningTurn:
    """A turn that a message of before began."""

    def __init__(self, api: Api, session: TurnSession, *, after: int, silence_s: float) -> None:
        self._api = api
        self._session = session
        self._after = after
        self._silence_s = silence_s

    @property
    def session(self) -> TurnSession:
        """The session that the turn belongs to."""
        return self._session

    @property
    def is_running(self) -> bool:
        """Always: that is what it is for."""
        return True

    def begin(self, link: Link, on_wait: OnWait) -> EventAnswer:  # noqa: ARG002 - nothing is sent that could wait
        """GET the turn's events from where the caller left off."""
        return self.reopen(link, self._after)

    def reopen(self, link: Link, after: int) -> EventAnswer:
        """GET the turn's events."""
        return _open_running(self._api, link, self._session.id, after, self._silence_s)

    def close(self) -> None:
        """Nothing to do: the session is the caller's."""


def _open_running(api: Api, link: Link, session_id: str, after: int, silence_s: float) -> EventAnswer:
    return open_events(
        api, link, "GET", ("sessions", session_id, "events"), silence_s=silence_s, query={"after": after}
    )
