"""What the person types: commands, answers to questions, messages of one line or several.

May import: engine, domain, plain's own modules, the standard library.
"""

from __future__ import annotations

from collections import deque

from superserve_tui.domain import SessionExpired
from superserve_tui.engine import ContinueSession, ResumeQueue, SaveDraft, SendPrompt
from superserve_tui.plain.command_table import COMMANDS, parse
from superserve_tui.plain.commands import Commands
from superserve_tui.plain.conversation import Conversation
from superserve_tui.plain.desk import Desk
from superserve_tui.plain.inbox import LineTyped
from superserve_tui.plain.line_input import LineInput
from superserve_tui.plain.message import MessageLines

__all__ = ["Dictation"]

_QUEUE_LIMIT = 50
"""Messages of a pipe that wait in a session; the others wait in the pipe."""

_NEED_REST = frozenset(command.name for command in COMMANDS if command.needs_rest)


class Dictation:
    """Takes lines and does what they say, in their order. For the front end's thread.

    Args:
        desk: What commands work with.
        commands: Does what begins with a slash.
        conversation: Where messages are read again.
        lines: Where the lines come from.
    """

    def __init__(self, desk: Desk, commands: Commands, conversation: Conversation, lines: LineInput) -> None:
        self._desk, self._commands = desk, commands
        self._model = desk.model
        self._conversation, self._lines = conversation, lines
        self._message = MessageLines()
        self._held: deque[LineTyped] = deque()
        """Lines that have come and wait for what is before them."""

    @property
    def has_lines(self) -> bool:
        """Whether lines wait."""
        return bool(self._held)

    @property
    def is_open(self) -> bool:
        """Whether a message has begun that has no end yet."""
        return self._message.is_open

    def add(self, line: LineTyped) -> None:
        """A line came."""
        self._held.append(line)

    def drop(self) -> None:
        """Forget the message that has begun."""
        self._message.take()

    def finish(self) -> None:
        """Send the message that has begun: nothing more comes."""
        if self._message.is_open:
            self._send(self._message.take(), is_at_prompt=False)

    def keep(self) -> None:
        """Keep the message that has begun as the session's draft."""
        if self._message.is_open and self._model.current_id is not None:
            self._desk.engine.send(SaveDraft(self._model.current_id, self._message.take()))

    def take_lines(self) -> None:
        """Do what was typed, as far as it need not wait for what came before."""
        while self._held and not self._model.is_leaving and self._model.is_loaded and self._is_due(self._held[0]):
            line = self._held.popleft()
            self._lines.line_taken()
            self._take_line(line)

    def _is_due(self, line: LineTyped) -> bool:
        typed = None if self._message.is_open else parse(line.text)
        if self._desk.is_asking or self._model.is_moving:
            return False  # what was typed before is not done yet
        if self._model.needs_agents and self._model.current_id is None and typed is None:
            return False
        if self._lines.is_terminal:
            return True
        if typed is None:
            return not self._model.is_unanswered and len(self._model.current_queue) < _QUEUE_LIMIT
        if typed.name in _NEED_REST:
            return not self._model.is_own_busy
        return not self._model.is_unanswered

    def _take_line(self, line: LineTyped) -> None:
        typed = None if self._message.is_open else parse(line.text)
        if typed is not None:
            self._commands.run(typed)
            return
        expired = self._model.expired
        if expired is not None and expired.session_id == self._model.current_id and not self._message.is_open:
            self._answer_expired(expired, line.text)
            return
        was_open = self._message.is_open
        message = self._message.add(line.text)
        if message is None:
            return
        if message.startswith("//") and not was_open:
            message = message[1:]
        self._send(message, is_at_prompt=line.is_at_prompt)

    def _answer_expired(self, expired: SessionExpired, text: str) -> None:
        match text.strip().casefold():
            case "yes" | "y":
                self._model.expired = None
                self._model.sent(expired.session_id)
                self._desk.engine.send(ContinueSession(expired.session_id, expired.prompt))
            case "no" | "n":
                self._model.expired = None
                self._desk.say("the text is kept; /retry asks again, /discard throws it away")
            case _:
                self._desk.say("type yes or no first; this line was not sent")

    def _send(self, message: str, *, is_at_prompt: bool) -> None:
        session = self._model.current
        if not message.strip():
            if session is not None and session.is_queue_paused:
                self._desk.engine.send(ResumeQueue(session.id))
            return
        if session is None:
            to = self._desk.host.addressee()
            if not to.agent:
                self._model.has_failed = True
                self._desk.say(f"not sent: no agent is known on {to.profile}; /agents asks who there is")
                return
            if (agent := self._model.untrusted(to)) is not None:
                self._model.has_failed = True
                self._desk.say("not sent:")
                self._commands.agents.tell_intent(agent)
                return
            session_id = self._desk.host.create_session(to)
        else:
            session_id = session.id
        if is_at_prompt and not self._model.is_busy:
            self._conversation.expect(message)
        self._model.sent(session_id)
        self._desk.engine.send(SendPrompt(session_id, message))
