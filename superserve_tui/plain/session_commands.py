"""Commands about sessions as a whole.

May import: engine, domain, plain's own modules, the standard library.
"""

from __future__ import annotations

from collections.abc import Callable

from superserve_tui.domain import AgentLogRead, clean, clean_line
from superserve_tui.engine import (
    DeleteSession,
    EndSession,
    ReadAgentLog,
    RenameSession,
    RestoreSession,
    SearchTranscripts,
)
from superserve_tui.plain.desk import Desk
from superserve_tui.plain.words import counted, expires_words, session_name

__all__ = ["SessionCommands"]


_LOG_LINES = 20
"""Of an agent's log, unless the person asks for more."""


class SessionCommands:
    """Lists, switches, names, ends and deletes. For the front end's thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._searches = 0
        self._logs: dict[str, int] = {}
        """The sessions whose logs are asked for, and how many lines of them."""

    @property
    def is_asking(self) -> bool:
        """Whether a search or a log is still to come."""
        return self._searches > 0 or bool(self._logs)

    def search_finished(self) -> None:
        """One is done."""
        self._searches -= 1

    @property
    def table(self) -> dict[str, Callable[[str], None]]:
        """What does which command."""
        return {
            "sessions": self.sessions,
            "switch": self.switch,
            "search": self.search,
            "status": self.status,
            "log": self.log,
            "rename": self.rename,
            "end": self.end,
            "delete": self.delete,
            "undo": self.undo,
        }

    def sessions(self, _rest: str) -> None:
        """All of them."""
        sessions = self._desk.model.ordered()
        self._desk.say(counted(len(sessions), "session") if sessions else "no sessions are saved yet")
        self._desk.list_sessions(sessions)

    def switch(self, rest: str) -> None:
        """Go on with another one."""
        if not rest:
            self.sessions("")
            self._desk.say("type /switch and a number, or words of a title")
            return
        found = self._desk.find(rest)
        if len(found) == 1:
            self._desk.host.open_session(found[0].id)
        elif found:
            self._desk.say(f"{len(found)} sessions fit; type /switch and a number")
            self._desk.list_sessions(found)
        else:
            self._desk.say("no session fits; /sessions lists them, /search looks into the transcripts")

    def search(self, rest: str) -> None:
        """Look into the transcripts."""
        if rest:
            self._searches += 1
            self._desk.engine.send(SearchTranscripts(rest))
        else:
            self._desk.say("type /search and the words to look for")

    def status(self, _rest: str) -> None:
        """How this session and the others are."""
        model, session = self._desk.model, self._desk.model.current
        if session is None:
            to = self._desk.host.addressee()
            self._desk.say(f"no session; a message begins one with {to.agent or 'nobody yet'} on {to.profile}")
        else:
            parts = [
                f"session {model.number(session.id)}",
                session_name(session),
                session.state.value,
                f"{session.agent} on {session.profile}",
                counted(session.message_count, "message"),
                expires_words(session, self._desk.options.clock.now()),
                f"{counted(len(model.current_queue), 'message')} waiting" if model.current_queue else "",
            ]
            self._desk.say(", ".join(filter(None, parts)))
        others = [each for each in model.ordered() if each.id != model.current_id]
        running = [each for each in others if each.state.is_busy]
        unread = [each for each in others if each.is_unread]
        if others:
            self._desk.say(f"{counted(len(others), 'other session')}, {len(running)} running, {len(unread)} unread")
        self._desk.list_sessions([*running, *(each for each in unread if each not in running)])

    def log(self, rest: str) -> None:
        """What its agent wrote to standard error."""
        session = self._desk.session()
        if session is not None:
            self._logs[session.id] = 1_000_000 if rest == "all" else int(rest) if rest.isdecimal() else _LOG_LINES
            self._desk.engine.send(ReadAgentLog(session.id))

    def log_read(self, change: AgentLogRead) -> None:
        """A log came, or why there is none; lines keep their indentation."""
        count = self._logs.pop(change.session_id, 0)
        if change.problem is not None:
            self._desk.say(f"{change.problem.what} {change.problem.hint}")
        elif not change.lines:
            self._desk.say("its agent has written nothing to standard error")
        else:
            lines = change.lines[-count:] if count else ()
            which = "" if len(lines) == len(change.lines) else f", the last {len(lines)}"
            self._desk.say(f"its agent's log, {counted(len(change.lines), 'line')}{which}:")
            self._desk.printer.block("\n".join(f"  {clean(line)}" for line in lines))

    def rename(self, rest: str) -> None:
        """Another title."""
        session = self._desk.session()
        if session is None:
            return
        if not rest:
            self._desk.say("type /rename and the new title")
            return
        self._desk.model.renaming[session.id] = rest.strip()
        self._desk.engine.send(RenameSession(session.id, rest))
        self._desk.say(f'this session is called "{clean_line(rest, limit=60)}" now')

    def end(self, _rest: str) -> None:
        """End it on its server."""
        session = self._desk.session()
        if session is None:
            return
        if session.server_id is None or session.state.is_over:
            word = "not on a server yet" if session.server_id is None else f"{session.state} already"
            self._desk.say(f"this session is {word}")
        else:
            self._desk.engine.send(EndSession(session.id))

    def delete(self, rest: str) -> None:
        """To the trash; one whose turn runs only when that is said."""
        words, _, last = rest.rpartition(" ")
        is_sure = last == "now"
        where = words.strip() if is_sure else rest
        session = self._desk.one(where) if where else self._desk.session()
        if session is None:
            return
        if session.state.is_busy and not is_sure:
            self._desk.say(
                f"its turn runs; /stop stops it, /delete {f'{where} ' if where else ''}now deletes it all the same"
            )
            return
        self._desk.model.deleting.add(session.id)
        self._desk.engine.send(DeleteSession(session.id))

    def undo(self, _rest: str) -> None:
        """The session back that was deleted last."""
        model = self._desk.model
        if model.deleted:
            session_id = model.deleted.pop()
            model.restoring.add(session_id)
            self._desk.engine.send(RestoreSession(session_id))
        else:
            self._desk.say("nothing was deleted in this run")
