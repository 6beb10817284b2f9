"""What is told beside the conversation: of the session as a whole, of other sessions, of things that went wrong.

May import: domain, plain.model, plain.printer, plain.words, the standard library.
"""

from __future__ import annotations

from superserve_tui.domain import (
    Change,
    MessageReturned,
    Problem,
    ProblemRaised,
    QueueChanged,
    QuitFinished,
    QuitProgressed,
    SearchFinished,
    SearchHit,
    Session,
    SessionChanged,
    SessionExpired,
    SessionRemoved,
    SessionState,
    TurnChanged,
    clean_line,
)
from superserve_tui.plain.model import Model
from superserve_tui.plain.printer import Printer
from superserve_tui.plain.words import counted, end_words, session_name

__all__ = ["News"]

_QUOTE = 200
"""Characters of a message that is quoted."""


class News:
    """Prints one line for what should be known. For the front end's thread; call it before the model knows.

    Args:
        model: What was known until now.
        printer: Where to.
    """

    def __init__(self, model: Model, printer: Printer) -> None:
        self._model = model
        self._printer = printer
        self._ended: set[str] = set()
        """Turns of other sessions whose end was told."""

    def tell(self, change: Change) -> None:
        """One change, where it is news."""
        match change:
            case SessionChanged():
                self._session_changed(change.session)
            case TurnChanged() if change.session_id != self._model.current_id:
                self._other_turn(change)
            case SessionRemoved():
                if (session := self._model.sessions.get(change.session_id)) is not None:
                    self._printer.status(f"{session_name(session)} is deleted; /undo brings it back")
            case QueueChanged():
                self._queue_changed(change)
            case SessionExpired():
                self._expired(change)
            case MessageReturned():
                quoted = clean_line(change.prompt, limit=_QUOTE)
                self._say(change.session_id, f"not sent; the text is kept, /retry sends it again: {quoted}")
            case ProblemRaised():
                self.problem(change.problem, change.session_id)
            case SearchFinished():
                self._found(change)
            case QuitProgressed() if change.total:
                self._printer.status(f"Ending {change.done} of {counted(change.total, 'session')}")
            case QuitFinished() if change.failed:
                what = f"{counted(change.failed, 'session')} could not be ended"
                self._printer.status(f"{what}; the next start tries again")
            case _:
                pass

    def problem(self, problem: Problem, session_id: str | None = None) -> None:
        """Something that went wrong."""
        self._say(session_id, f"{problem.what} {problem.hint}")

    def _session_changed(self, session: Session) -> None:
        if session.id in self._model.restoring:
            number, is_open = self._model.number(session.id), self._model.current_id is not None
            goes_on = "" if is_open else f"; /switch {number} goes on with it"
            self._printer.status(f"session {number}, {session_name(session)}, is back{goes_on}")
        before = self._model.sessions.get(session.id)
        is_same = before is None or before.state is session.state
        if before is None or is_same or self._model.is_leaving or session.id != self._model.current_id:
            return
        if session.state is SessionState.ENDED:
            self._printer.status("ended; the transcript stays")
        elif session.state is SessionState.EXPIRED and not before.state.is_busy:
            self._printer.status("expired; the next message asks for a new session")

    def _other_turn(self, change: TurnChanged) -> None:
        turn = change.turn
        if not turn.state.is_over or turn.id in self._ended:
            return
        self._ended.add(turn.id)
        self._say(change.session_id, f"{end_words(turn)}; /switch {self._model.number(change.session_id)} shows it")

    def _queue_changed(self, change: QueueChanged) -> None:
        before = self._model.queues.get(change.session_id, ())
        if len(change.turns) > len(before) and change.session_id == self._model.current_id:
            self._printer.status(f"queued, {counted(len(change.turns), 'message')} waiting")

    def _expired(self, change: SessionExpired) -> None:
        session = self._model.sessions.get(change.session_id)
        if session is None:
            return
        if change.session_id != self._model.current_id:
            self._say(change.session_id, "Session expired; its message is kept")
            return
        quoted = clean_line(change.prompt, limit=_QUOTE)
        self._printer.status(f"Session {session.state}. Its agent remembers nothing of it; your text is kept.")
        self._printer.status(f"New session with that text? Type yes or no. The text: {quoted}")

    def _found(self, change: SearchFinished) -> None:
        hits = [hit for hit in change.hits if hit.session_id in self._model.sessions]
        self._printer.status(f"{counted(len(hits), 'place')} found" if hits else "nothing found")
        for hit in hits:
            self._printer.listed(self._hit_line(hit))
        if hits:
            self._printer.status("type /switch and the number of a session")

    def _hit_line(self, hit: SearchHit) -> str:
        place = "title" if hit.turn is None else f"turn {hit.turn}, {hit.where}"
        title = clean_line(hit.title, limit=60)
        return f'session {self._model.number(hit.session_id)}, "{title}", {place}: {hit.snippet}'

    def _say(self, session_id: str | None, text: str) -> None:
        """About the session that messages go to, about the app, or with the other session's name before it."""
        session = self._model.sessions.get(session_id or "")
        if session is not None and session.id != self._model.current_id:
            text = f"session {self._model.number(session.id)}, {session_name(session)}: {text}"
        self._printer.status(text)
