"""A second front end over the engine: it reads commands line by line and prints what changes.

It proves that a user interface needs nothing of the engine but its commands and changes, and nothing of textual.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from uuid import uuid4

from superserve_tui.domain import (
    AgentsListed,
    CallChanged,
    Change,
    MessageReturned,
    ProblemRaised,
    PromptsFound,
    QueueChanged,
    QuitFinished,
    SearchFinished,
    SessionChanged,
    SessionExpired,
    SessionsLoaded,
    SessionState,
    TextAppended,
    TranscriptLoaded,
    TurnChanged,
    clean,
    clean_line,
)
from superserve_tui.engine import (
    ContinueSession,
    CreateSession,
    EndSession,
    Engine,
    FindPrompts,
    ListAgents,
    OpenSession,
    Quit,
    Reconnect,
    SearchTranscripts,
    SendPrompt,
    StopTurn,
)

__all__ = ["LineFrontEnd"]

WAIT_S = 5.0


class LineFrontEnd:
    """One conversation at a time, in lines.

    A line is a message, or a command: `/agents`, `/new`, `/sessions`, `/open N`, `/stop`, `/reconnect`,
    `/continue`, `/end`, `/search WORDS`, `/wait` (until the turn is over), `/quit`.

    Args:
        engine: Not started yet.
        write: Takes each printed line.
        agent: Whom new sessions talk to.
    """

    def __init__(self, engine: Engine, write: Callable[[str], None], *, agent: str = "echo") -> None:
        self._engine = engine
        self._write = write
        self._agent = agent
        self._woken = threading.Event()
        self._states: dict[str, SessionState] = {}
        self._titles: dict[str, str] = {}
        self._current: str | None = None
        self._expired = ""
        self._is_done = False
        self._is_loaded = False
        self._is_settled = False
        self._answers = 0

    def run(self, lines: Iterable[str]) -> None:
        """Do every line, then quit."""
        self._engine.start(self._woken.set)
        self._pump_until(lambda: self._is_loaded)
        for line in lines:
            if line.strip() == "/quit":
                break
            self._do(line.rstrip("\n"))
        self._engine.send(Quit())
        self._pump_until(lambda: self._is_done)
        self._engine.stop()

    def _do(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        match word:
            case "/agents":
                self._ask(ListAgents("local"))
            case "/search":
                self._ask(SearchTranscripts(rest))
            case "/new":
                self._current = None
            case "/sessions":
                for number, (session_id, state) in enumerate(self._states.items(), 1):
                    self._write(f"{number} {state} {self._titles[session_id]}")
            case "/open":
                self._current = list(self._states)[int(rest) - 1]
                self._ask(OpenSession(self._current))
            case "/wait":
                self._pump_until(lambda: not self._is_busy)
                self._settle()
            case _ if self._current is None:
                self._current = uuid4().hex
                self._engine.send(CreateSession(self._current, "local", self._agent, 600))
                self._send(SendPrompt(self._current, line))
            case "/stop":
                self._engine.send(StopTurn(self._current))
            case "/reconnect":
                self._send(Reconnect(self._current))
            case "/continue":
                self._send(ContinueSession(self._current, self._expired))
            case "/end":
                self._engine.send(EndSession(self._current))
                self._pump_until(lambda: self._state is SessionState.ENDED)
            case _:
                self._send(SendPrompt(self._current, line))

    @property
    def _state(self) -> SessionState | None:
        return self._states.get(self._current or "")

    @property
    def _is_busy(self) -> bool:
        return self._state is None or self._state.is_busy

    def _send(self, command: SendPrompt | Reconnect | ContinueSession) -> None:
        """Hand a message over, and see it under way or refused."""
        before = self._answers
        self._engine.send(command)
        self._pump_until(lambda: self._answers > before)

    def _ask(self, command: ListAgents | SearchTranscripts | OpenSession) -> None:
        before = self._answers
        self._engine.send(command)
        self._pump_until(lambda: self._answers > before)

    def _settle(self) -> None:
        """See all that goes with what was seen last: the engine answers in order."""
        self._is_settled = False
        self._engine.send(FindPrompts())
        self._pump_until(lambda: self._is_settled)

    def _pump_until(self, condition: Callable[[], bool]) -> None:
        while True:
            self._woken.clear()
            for change in self._engine.drain():
                self._show(change)
            if condition():
                return
            assert self._woken.wait(WAIT_S), "nothing happened any more"

    def _show(self, change: Change) -> None:
        match change:
            case SessionsLoaded():
                self._is_loaded = True
                for session in change.sessions:
                    self._states[session.id] = session.state
                    self._titles[session.id] = clean_line(session.title or "")
            case SessionChanged():
                session = change.session
                if self._states.get(session.id) is not session.state:
                    self._write(f"[{session.state}]")
                self._states[session.id] = session.state
                self._titles[session.id] = clean_line(session.title or "")
            case TranscriptLoaded():
                for turn in change.turns:
                    self._write(f"> {clean(turn.prompt)}")
                    self._write(clean(turn.text))
                self._answers += change.session_id in self._states and bool(change.turns)
            case TextAppended() if change.session_id == self._current:
                self._write(clean(change.text))
            case CallChanged() if change.session_id == self._current:
                self._write(f"* {clean_line(change.call.name)} {change.call.state}")
            case TurnChanged():
                self._answers += 1
                if change.turn.state.is_over:
                    self._write(f"({change.turn.state})")
            case QueueChanged():
                self._answers += 1
                if change.turns:
                    self._write(f"({len(change.turns)} waiting)")
            case SessionExpired():
                self._answers += 1
                self._expired = change.prompt
                self._write("Session expired: /continue")
            case MessageReturned():
                self._write(f"not sent: {clean(change.prompt)}")
            case AgentsListed():
                self._answers += 1
                self._write(" ".join(agent.name for agent in change.agents))
            case SearchFinished():
                self._answers += 1
                for hit in change.hits:
                    self._write(f"{hit.turn}: {clean_line(hit.snippet)}")
            case ProblemRaised():
                self._answers += 1
                self._write(f"! {change.problem.what} {change.problem.hint}")
            case PromptsFound():
                self._is_settled = True
            case QuitFinished():
                self._is_done = True
                self._write("bye")
            case _:
                pass
