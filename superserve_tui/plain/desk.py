"""What every command works with: the facts, the page, the engine, and transcripts that are asked for.

May import: engine, domain, plain's own modules, the standard library.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from superserve_tui.domain import Addressee, Session, Turn
from superserve_tui.engine import Engine, OpenSession
from superserve_tui.plain.inbox import Inbox
from superserve_tui.plain.model import Model
from superserve_tui.plain.options import PlainOptions
from superserve_tui.plain.printer import Printer
from superserve_tui.plain.words import session_line

__all__ = ["Desk", "Host"]

_LISTED = 30
"""Sessions that a list shows; the others are found by words."""

_WithTurns = Callable[[Session, Sequence[Turn]], None]


class Host(Protocol):
    """What commands ask of the front end."""

    def open_session(self, session_id: str) -> None:
        """Go on with that session."""

    def create_session(self, to: Addressee) -> str:
        """Make a session and go on with it; returns its id."""

    def addressee(self) -> Addressee:
        """Where a new session would be made."""

    def show_again(self, turns: Sequence[Turn], count: int) -> None:
        """Print the last turns of the session."""

    def leave(self, *, keep: bool) -> None:
        """End everything and go."""


class Desk:
    """Where commands find what they need. For the front end's thread.

    Args:
        host: The front end.
        engine: Gets the commands that change anything.
        model: What is known.
        printer: Where to.
        options: Choices from outside.
        inbox: For what is done on another thread.
    """

    def __init__(
        self,
        host: Host,
        engine: Engine,
        model: Model,
        printer: Printer,
        options: PlainOptions,
        inbox: Inbox,
    ) -> None:
        self.host, self.engine, self.model = host, engine, model
        self.printer, self.options, self.inbox = printer, options, inbox
        self._asked: dict[str, deque[_WithTurns]] = {}

    def say(self, text: str) -> None:
        """A line about what goes on."""
        self.printer.status(text)

    def session(self) -> Session | None:
        """The session that messages go to, or word that there is none."""
        session = self.model.current
        if session is None:
            self.say("no session is open; a message begins one, /switch goes on with one")
        return session

    def find(self, words: str) -> list[Session]:
        """Sessions by number, id, or words of the title."""
        if words.isdecimal() and (session := self.model.by_number(int(words))):
            return [session]
        return self.model.matching(words)

    def one(self, words: str) -> Session | None:
        """The one session that fits, or word that there is none."""
        found = self.find(words)
        if len(found) == 1:
            return found[0]
        self.say("no session fits" if not found else f"{len(found)} sessions fit; use a number of /sessions")
        return None

    def list_sessions(self, sessions: Sequence[Session]) -> None:
        """Print these, numbered."""
        now = self.options.clock.now()
        for session in sessions[:_LISTED]:
            line = session_line(
                session,
                self.model.number(session.id),
                now,
                is_current=session.id == self.model.current_id,
                waiting=len(self.model.queues.get(session.id, ())),
            )
            self.printer.listed(line)
        if len(sessions) > _LISTED:
            self.say(f"and {len(sessions) - _LISTED} more; /switch WORDS finds them")

    @property
    def is_asking(self) -> bool:
        """Whether a transcript is still to come."""
        return any(self._asked.values())

    def with_turns(self, session: Session, then: _WithTurns) -> None:
        """Ask for a session's whole transcript; `then` gets it."""
        self._asked.setdefault(session.id, deque()).append(then)
        self.engine.send(OpenSession(session.id))

    def loaded(self, session_id: str, turns: Sequence[Turn]) -> bool:
        """A transcript came; whether it was asked for here."""
        asked, session = self._asked.get(session_id), self.model.sessions.get(session_id)
        if not asked or session is None:
            return False
        asked.popleft()(session, turns)
        return True

    def problem_raised(self, session_id: str | None) -> None:
        """Something went wrong there: a transcript that was asked for may never come."""
        if self._asked.pop(session_id or "", None):
            self.say("what was to be done with its transcript is not done; try again")
