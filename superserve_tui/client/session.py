"""A session: messages go in, streams come out (PROTOCOL 3).

May import: the standard library, protocol, `client.api`, `client.stream`, `client.turn_reader`,
`client.turns`.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType

from superserve_tui.client.api import Api
from superserve_tui.client.callbacks import Callbacks
from superserve_tui.client.stream import AgentStream
from superserve_tui.client.turn_reader import TurnReader
from superserve_tui.client.turns import MessageTurn, RunningTurn
from superserve_tui.protocol import (
    ConflictError,
    InvalidResponseError,
    JsonObject,
    MethodNotAllowedError,
    NotFoundError,
    RunResult,
    SessionInfo,
    SuperserveError,
    ToolCall,
)

__all__ = ["Session", "end_session", "read_session"]

_PROBE_S = 10.0
"""How long, in seconds, a server may take to say whether it hands a turn over."""


class Session:
    """One conversation with an agent on the server. As a context manager it ends when it is left.

    One thread at a time runs turns in it; everything else may be called from any thread.
    """

    def __init__(
        self,
        api: Api,
        session_id: str,
        *,
        info: SessionInfo | None = None,
        is_paced: bool = False,
        silence_timeout_s: float = 120.0,
    ) -> None:
        self._api = api
        self._id = session_id
        self._info = info
        self._is_paced = is_paced
        self._silence_timeout_s = silence_timeout_s
        self._lock = threading.Lock()
        self._is_ended = False

    def __repr__(self) -> str:
        return f"Session({self._id!r})"

    @property
    def id(self) -> str:
        """Its id on the server."""
        return self._id

    @property
    def agent_id(self) -> str:
        """The agent it was made with."""
        return self.info.agent_id

    @property
    def info(self) -> SessionInfo:
        """The session as last told; asks the server where nothing is known yet.

        A message counts as soon as it is taken; figures of later answers win.
        """
        return self._info or self.refresh()

    @property
    def known_info(self) -> SessionInfo | None:
        """What is known without asking."""
        return self._info

    def refresh(self) -> SessionInfo:
        """Ask the server."""
        return self._learn(self._api.get("sessions", self._id))

    def run(self, message: str) -> RunResult:
        """Send a message and wait for the turn's end, however it ends.

        Raises:
            SuperserveError: the message was refused, or no answer came.
        """
        with self.stream(message) as stream:
            return stream.result

    def stream(
        self,
        message: str,
        *,
        on_text: Callable[[str], object] | None = None,
        on_tool_start: Callable[[ToolCall], object] | None = None,
        on_tool_end: Callable[[ToolCall], object] | None = None,
        on_finish: Callable[[RunResult], object] | None = None,
        on_error: Callable[[SuperserveError], object] | None = None,
        on_wait: Callable[[float, str], object] | None = None,
        on_reconnect: Callable[[int, int], object] | None = None,
        on_connected: Callable[[], object] | None = None,
    ) -> AgentStream:
        """A stream that sends `message` when it is first read. Returns at once.

        Args:
            message: The person's message.
            on_text: More text of the answer.
            on_tool_start: A tool call began.
            on_tool_end: A tool call ended.
            on_finish: The turn ended, in whatever way.
            on_error: The request failed before a stream began; the error is raised as well.
            on_wait: The server is busy; seconds until the message is sent again, and why.
            on_reconnect: The link was lost; number of the try that follows, and of how many.
            on_connected: The link is up again.
        """
        callbacks = Callbacks(
            on_text=on_text,
            on_tool_start=on_tool_start,
            on_tool_end=on_tool_end,
            on_finish=on_finish,
            on_error=on_error,
            on_wait=on_wait,
            on_reconnect=on_reconnect,
            on_connected=on_connected,
        )
        turn = MessageTurn(self._api, self, message, silence_s=self._silence_timeout_s)
        link = self._api.transport.open_link(is_stream=True)
        return AgentStream(TurnReader(turn, link, callbacks=callbacks, is_paced=self._is_paced))

    def attach(
        self,
        after: int = 0,
        *,
        on_text: Callable[[str], object] | None = None,
        on_tool_start: Callable[[ToolCall], object] | None = None,
        on_tool_end: Callable[[ToolCall], object] | None = None,
        on_finish: Callable[[RunResult], object] | None = None,
        on_error: Callable[[SuperserveError], object] | None = None,
        on_reconnect: Callable[[int, int], object] | None = None,
        on_connected: Callable[[], object] | None = None,
    ) -> AgentStream:
        """A stream of the turn that runs already, from event number `after` + 1 on. Returns at once.

        A link that fails is tried again from the very first request on. Its result holds only what came
        after `after`. See `stream` for the callbacks.

        Raises (when read):
            NotFoundError, MethodNotAllowedError: there is no turn, or the server can't pick one up.
        """
        callbacks = Callbacks(
            on_text=on_text,
            on_tool_start=on_tool_start,
            on_tool_end=on_tool_end,
            on_finish=on_finish,
            on_error=on_error,
            on_reconnect=on_reconnect,
            on_connected=on_connected,
        )
        turn = RunningTurn(self._api, self, after=after, silence_s=self._silence_timeout_s)
        link = self._api.transport.open_link(is_stream=True)
        return AgentStream(TurnReader(turn, link, callbacks=callbacks, after=after, is_paced=self._is_paced))

    def can_attach(self, after: int = 0) -> bool:
        """Whether the server hands the turn that runs (or ran last) to another connection; asks it by opening one.

        Raises:
            SuperserveError: it could not be asked, within 10 s.
        """
        link = self._api.transport.open_link(is_stream=True)
        try:
            with link.hold(), link.limit(_PROBE_S):
                RunningTurn(self._api, self, after=after, silence_s=_PROBE_S).reopen(link, after).close()
        except (NotFoundError, MethodNotAllowedError):
            return False
        finally:
            link.close()
        return True

    def cancel(self) -> bool:
        """Tell the server to stop the running turn; False where the server does not offer that."""
        try:
            answer = self._api.post("sessions", self._id, "cancel")
        except (NotFoundError, MethodNotAllowedError):
            return False
        with contextlib.suppress(InvalidResponseError):
            self._learn(answer)
        return True

    def log_lines(self) -> list[str] | None:
        """The last lines that the agent wrote to its log (standard error), oldest first.

        None where the server does not offer that, or does not have the session any more. The service itself has no
        such call; `superserve-tui serve` has.
        """
        try:
            lines = self._api.get("sessions", self._id, "log").get("lines")
        except (NotFoundError, MethodNotAllowedError):
            return None
        if not isinstance(lines, list):
            raise InvalidResponseError("the answer has no list of lines")
        return [line for line in lines if isinstance(line, str)]

    def end(self) -> None:
        """End it on the server. One that is gone already is no error."""
        info = end_session(self._api, self._id)
        with self._lock:
            self._is_ended = True
            if info is not None:
                self._info = info
            elif self._info is not None and self._info.is_live:
                self._info = replace(self._info, status="ended")

    def resume(self) -> SessionInfo:
        """Make an idle session active again.

        Raises:
            ConflictError: it has ended or expired.
        """
        info = self._learn(self._api.post("sessions", self._id, "resume"))
        self._is_ended = False
        return info

    def count_message(self) -> None:
        """A message was taken by the server."""
        with self._lock:
            if self._info is not None and self._info.message_count is not None:
                self._info = replace(self._info, message_count=self._info.message_count + 1)

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_ended:
            return
        if error is None:
            self.end()
            return
        with contextlib.suppress(SuperserveError):  # the error on its way is the one to know of
            self.end()

    def _learn(self, answer: JsonObject) -> SessionInfo:
        info = read_session(answer)
        with self._lock:
            self._info = info
        return info


def read_session(answer: JsonObject) -> SessionInfo:
    """An answer that must be a session.

    Raises:
        InvalidResponseError: it is none.
    """
    try:
        return SessionInfo.from_json(answer)
    except ValueError as error:
        raise InvalidResponseError(f"the answer is no session: {error}") from None


def end_session(api: Api, session_id: str) -> SessionInfo | None:
    """End a session; 404, 409 and 410 mean that it is over already (None, as the server shows it no more)."""
    try:
        answer = api.post("sessions", session_id, "end")
    except (NotFoundError, ConflictError):
        return None
    try:
        return read_session(answer)
    except InvalidResponseError:
        return None
