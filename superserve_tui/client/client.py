"""`Client`: the way into the library.

May import: the standard library, protocol, and the modules of `client`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from types import TracebackType

from superserve_tui.client.agents import Agents
from superserve_tui.client.api import Api
from superserve_tui.client.backend import Resolver, resolve
from superserve_tui.client.callbacks import Callbacks
from superserve_tui.client.credentials import find_base_url, find_key
from superserve_tui.client.endpoint import Endpoint
from superserve_tui.client.one_time_turn import OneTimeTurn
from superserve_tui.client.opening import SessionOpening, make_session
from superserve_tui.client.session import Session
from superserve_tui.client.sessions import Sessions
from superserve_tui.client.stream import AgentStream
from superserve_tui.client.timing import Timing
from superserve_tui.client.transport import Transport
from superserve_tui.client.turn_reader import TurnReader
from superserve_tui.protocol import (
    DEFAULT_IDLE_TIMEOUT_S,
    InvalidResponseError,
    RunResult,
    SuperserveError,
    ToolCall,
    User,
)

__all__ = ["Client"]


class Client:
    """A service that runs agents, with a key for it.

        with Client(api_key="ss_...") as client:
            with client.create_session("my-agent") as session:
                print(session.run("What files are in the project?").text)

    Any number of threads may use one client at once, each stream on a thread of its own.

    Args:
        api_key: The key; else SUPERSERVE_API_KEY, else `~/.superserve/auth.json`.
        base_url: The address; else SUPERSERVE_API_URL, else the hosted service.
        timeout: Seconds that a plain request may take in all. Streams have no such limit.
        key_source: Where `api_key` came from, for the words of an error about it.
        allow_insecure: Plain http to a host that is not this machine.
        paced: Read streams at most once per frame (16 ms): for a UI, a third of the wake-ups.
        silence_timeout: Seconds without a byte on a stream after which its connection counts as lost.
        timing: Clocks and waits; for tests.
        resolver: Name resolution; for tests.

    Raises:
        CredentialError: there is no key, or one that no header may carry.
        NotConnectedError: the address is none.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float = 30.0,
        *,
        key_source: str = "",
        allow_insecure: bool = False,
        paced: bool = False,
        silence_timeout: float = 120.0,
        timing: Timing | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        transport = Transport(
            endpoint=Endpoint.parse(find_base_url(base_url)),
            key=find_key(api_key),
            timing=Timing() if timing is None else timing,
            key_source=key_source,
            allow_insecure=allow_insecure,
            resolver=resolver,
        )
        self._api = Api(transport, timeout_s=timeout)
        self._is_paced = paced
        self._silence_timeout_s = silence_timeout
        self._agents = Agents(self._api)
        self._sessions = Sessions(self._api, self._agents)
        self._close = weakref.finalize(self, self._api.close)

    def __repr__(self) -> str:
        return f"Client(base_url={self.base_url!r})"

    @property
    def base_url(self) -> str:
        """The service's address."""
        return self._api.transport.endpoint.url

    @property
    def agents(self) -> Agents:
        """The agents: `list()`, `get(name)`."""
        return self._agents

    @property
    def sessions(self) -> Sessions:
        """The sessions: `list()`, `get(id)`, `end(id)`, `resume(id)`."""
        return self._sessions

    def create_session(
        self, agent: str, *, title: str | None = None, idle_timeout: int = DEFAULT_IDLE_TIMEOUT_S
    ) -> Session:
        """Make a session.

        Args:
            agent: The agent's name or id.
            title: What to call it; else its first message titles it.
            idle_timeout: Idle seconds after which the server ends it.

        Raises:
            NotFoundError: there is no such agent.
            AgentNotReadyError: the agent can't take a session now; none was made.
        """
        info = make_session(self._api, self._agents, agent, title=title, idle_timeout_s=idle_timeout)
        return Session(
            self._api,
            info.id,
            info=info,
            is_paced=self._is_paced,
            silence_timeout_s=self._silence_timeout_s,
        )

    def open_session(
        self, agent: str, *, title: str | None = None, idle_timeout: int = DEFAULT_IDLE_TIMEOUT_S
    ) -> SessionOpening:
        """`create_session` in two steps, so that another thread can give it up meanwhile. Sends nothing yet."""
        return SessionOpening(self._api, self._agents, agent, title=title, idle_timeout_s=idle_timeout)

    def session(self, session_id: str) -> Session:
        """A handle for a session by its full id. Sends nothing; ask `info` or `refresh()` what it is."""
        return Session(self._api, session_id, is_paced=self._is_paced, silence_timeout_s=self._silence_timeout_s)

    def attach(
        self,
        session_id: str,
        *,
        after: int = 0,
        on_reconnect: Callable[[int, int], object] | None = None,
        on_connected: Callable[[], object] | None = None,
    ) -> AgentStream:
        """The turn that runs in a session, from event number `after` + 1 on; see `Session.attach`."""
        session = self.session(session_id)
        return session.attach(after, on_reconnect=on_reconnect, on_connected=on_connected)

    def run(
        self, agent: str, message: str, session_id: str | None = None, idle_timeout: int | None = None
    ) -> RunResult:
        """One turn, start to end. Without `session_id` a session is made, and ended whatever happens.

        Args:
            agent: The agent's name or id; with `session_id` it is not asked for.
            message: The person's message.
            session_id: A session to use, by its id or unique prefix; it is not ended.
            idle_timeout: Idle seconds after which the server ends a new session.
        """
        with self.stream(agent, message, session_id, idle_timeout=idle_timeout) as stream:
            return stream.result

    def stream(
        self,
        agent: str,
        message: str,
        session_id: str | None = None,
        *,
        idle_timeout: int | None = None,
        on_text: Callable[[str], object] | None = None,
        on_tool_start: Callable[[ToolCall], object] | None = None,
        on_tool_end: Callable[[ToolCall], object] | None = None,
        on_finish: Callable[[RunResult], object] | None = None,
        on_error: Callable[[SuperserveError], object] | None = None,
        on_wait: Callable[[float, str], object] | None = None,
        on_reconnect: Callable[[int, int], object] | None = None,
        on_connected: Callable[[], object] | None = None,
    ) -> AgentStream:
        """One turn as it happens; sends nothing before it is read.

        Without `session_id` a session is made then, and ended when the stream ends, fails or is aborted.
        Arguments are those of `run`, callbacks those of `Session.stream`.
        """

        def open_session() -> Session:
            if session_id is not None:
                return self.session(self._sessions.resolve(session_id))
            seconds = DEFAULT_IDLE_TIMEOUT_S if idle_timeout is None else idle_timeout
            return self.create_session(agent, idle_timeout=seconds)

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
        turn = OneTimeTurn(
            self._api,
            open_session,
            message,
            silence_s=self._silence_timeout_s,
            is_ended_after=session_id is None,
        )
        link = self._api.transport.open_link(is_stream=True)
        return AgentStream(TurnReader(turn, link, callbacks=callbacks, is_paced=self._is_paced))

    def validate(self) -> bool:
        """Whether the service takes the key (`/auth/validate`)."""
        return self._api.get("auth", "validate").get("valid") is True

    def me(self) -> User:
        """Whose key it is (`/auth/me`)."""
        answer = self._api.get("auth", "me")
        try:
            return User.from_json(answer)
        except ValueError as error:
            raise InvalidResponseError(f"the answer is no user: {error}") from None

    def close(self) -> None:
        """End the plain requests that run and give the connections back. Streams go on."""
        self._close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
