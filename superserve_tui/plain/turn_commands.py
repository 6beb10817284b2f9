"""Commands about what is said in a session.

May import: engine, domain, plain's own modules, the standard library.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from superserve_tui.domain import (
    ExportFormat,
    Session,
    SessionState,
    Trigger,
    Turn,
    can,
    clean_line,
    duration_words,
    export_session,
    json_text,
)
from superserve_tui.engine import Reconnect, RemoveQueued, ResumeQueue, SaveDraft, SendPrompt, StopTurn
from superserve_tui.plain.desk import Desk
from superserve_tui.plain.exports import export_to_file
from superserve_tui.plain.inbox import Copied
from superserve_tui.plain.words import call_end, call_start, counted

__all__ = ["TurnCommands"]


class TurnCommands:
    """Shows, stops, sends again, copies and exports. For the front end's thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._copies = 0
        """Copies that are under way."""

    @property
    def is_copying(self) -> bool:
        """Whether a copy is under way."""
        return self._copies > 0

    @property
    def table(self) -> dict[str, Callable[[str], None]]:
        """What does which command."""
        return {
            "show": self.show,
            "tools": self.tools,
            "stop": self.stop,
            "queue": self.queue,
            "retry": self.retry,
            "discard": self.discard,
            "reconnect": self.reconnect,
            "copy": self.copy,
            "export": self.export,
        }

    def copied(self, words: str) -> None:
        """A copy is done."""
        self._copies -= 1
        self._desk.say(words)

    def show(self, rest: str) -> None:
        """The last turns again."""
        session = self._desk.session()
        if session is None:
            return
        if self._desk.model.is_busy:
            self._desk.say("its turn runs; /show is there when that is over")
            return
        count = 1_000_000 if rest == "all" else int(rest) if rest.isdecimal() else 1
        self._desk.with_turns(session, lambda _, turns: self._desk.host.show_again(turns, count))

    def tools(self, rest: str) -> None:
        """The calls of the last turn, or one of them."""
        session = self._desk.session()
        if session is not None:
            self._desk.with_turns(session, lambda _, turns: self._show_tools(turns, rest))

    def stop(self, _rest: str) -> None:
        """Stop the running turn."""
        session = self._desk.session()
        if session is None:
            return
        if self._desk.model.is_busy:
            self._desk.engine.send(StopTurn(session.id))
        else:
            self._desk.say("nothing runs here")

    def queue(self, rest: str) -> None:
        """What waits; send it after all, or take one out."""
        session, queue = self._desk.session(), self._desk.model.current_queue
        if session is None:
            return
        word, _, number = rest.partition(" ")
        match word:
            case "send":
                self._desk.engine.send(ResumeQueue(session.id))
            case "drop" if number.isdecimal() and 1 <= int(number) <= len(queue):
                turn = queue[int(number) - 1]
                self._desk.engine.send(RemoveQueued(session.id, turn.id))
                self._desk.say(f"taken out: {clean_line(turn.prompt, limit=200)}")
            case "drop":
                self._desk.say("type /queue drop and the number of the message")
            case _:
                paused = ", held back; /queue send sends them" if queue and session.is_queue_paused else ""
                self._desk.say(f"{counted(len(queue), 'message')} waiting{paused}" if queue else "no message waits")
                for place, turn in enumerate(queue, 1):
                    self._desk.printer.listed(f"{place}. {clean_line(turn.prompt, limit=200)}")

    def retry(self, _rest: str) -> None:
        """Send the kept text, else the last message, again."""
        session = self._desk.session()
        if session is None:
            return
        if self._desk.model.is_busy:
            self._desk.say("its turn runs; /stop stops it")
        elif session.draft:
            self._send(session, session.draft, revises=session.draft_revises)
        else:
            self._desk.with_turns(session, self._retry)

    def discard(self, _rest: str) -> None:
        """Throw the kept text away."""
        session = self._desk.session()
        if session is None:
            return
        if self._desk.model.expired is not None and self._desk.model.expired.session_id == session.id:
            self._desk.model.expired = None
        if session.draft:
            self._desk.engine.send(SaveDraft(session.id, ""))
            self._desk.model.without_draft(session.id)
            self._desk.say("the text is thrown away")
        else:
            self._desk.say("no text is kept here")

    def reconnect(self, _rest: str) -> None:
        """Pick the interrupted turn up; give one that runs in silence another connection."""
        session = self._desk.session()
        if session is None:
            return
        if session.state is SessionState.RUNNING or can(session.state, Trigger.RECONNECT):
            self._desk.model.own.add(session.id)
            self._desk.engine.send(Reconnect(session.id))
        else:
            self._desk.say(f"this session is {session.state}; there is nothing to pick up")

    def copy(self, rest: str) -> None:
        """The last answer, or everything."""
        session = self._desk.session()
        if session is not None:
            self._desk.with_turns(session, lambda each, turns: self._copy(each, turns, is_all=rest == "all"))

    def export(self, rest: str) -> None:
        """The transcript to a file."""
        session = self._desk.session()
        if session is not None:
            self._desk.with_turns(session, lambda each, turns: self._export(each, turns, rest))

    def _show_tools(self, turns: Sequence[Turn], rest: str) -> None:
        calls = turns[-1].calls if turns else ()
        if rest.isdecimal() and 1 <= int(rest) <= len(calls):
            call = calls[int(rest) - 1]
            self._desk.printer.tool(call_end(call))
            self._desk.printer.tool(f"began after {duration_words(call.started_ms)}; its input:")
            self._desk.printer.block(json_text(call.input, indent=2))
            return
        self._desk.say(f"{counted(len(calls), 'tool call')} in the last turn")
        for number, call in enumerate(calls, 1):
            self._desk.printer.listed(f"{number}. {call_start(call)}; {call_end(call)}")

    def _retry(self, session: Session, turns: Sequence[Turn]) -> None:
        if turns and not session.state.is_busy:
            self._send(session, turns[-1].prompt, revises=turns[-1].id)
        elif not turns:
            self._desk.say("nothing has been sent here yet")

    def _send(self, session: Session, prompt: str, *, revises: str | None = None) -> None:
        self._desk.model.sent(session.id)
        self._desk.engine.send(SendPrompt(session.id, prompt, revises=revises))

    def _copy(self, session: Session, turns: Sequence[Turn], *, is_all: bool) -> None:
        answers = [turn.text for turn in turns if turn.text]
        text = export_session(session, turns, ExportFormat.MARKDOWN) if is_all else (answers or [""])[-1]
        if not text:
            self._desk.say("there is no answer to copy yet")
            return

        def copy() -> None:
            self._desk.inbox.put(Copied(self._desk.options.copy(text)))

        self._copies += 1
        threading.Thread(target=copy, name="plain-copy", daemon=True).start()

    def _export(self, session: Session, turns: Sequence[Turn], rest: str) -> None:
        for line in export_to_file(session, turns, rest, folder=self._desk.options.folder):
            self._desk.say(line)
