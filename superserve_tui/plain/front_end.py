"""Plain mode itself: one loop that takes what comes, prints what changed, and asks for the next line.

May import: engine, domain, plain's own modules, the standard library.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence
from uuid import uuid4

from superserve_tui import __version__
from superserve_tui.domain import (
    Addressee,
    AgentLogRead,
    AgentsListed,
    Change,
    MessageReturned,
    ProblemRaised,
    PromptsFound,
    QuitFinished,
    SearchFinished,
    Session,
    SessionExpired,
    SessionRemoved,
    SessionsLoaded,
    TranscriptLoaded,
    Turn,
    TurnChanged,
    TurnState,
    choose_addressee,
    clean_line,
)
from superserve_tui.engine import (
    CreateSession,
    Engine,
    FindPrompts,
    ListAgents,
    MarkUnread,
    Quit,
    StopTurn,
)
from superserve_tui.plain.commands import Commands
from superserve_tui.plain.conversation import SHOWN_TURNS, Conversation
from superserve_tui.plain.desk import Desk
from superserve_tui.plain.dictation import Dictation
from superserve_tui.plain.inbox import (
    Copied,
    EngineWoke,
    Inbox,
    InputEnded,
    Item,
    LineTyped,
    OutputChanged,
    SignalCame,
)
from superserve_tui.plain.line_input import LineInput
from superserve_tui.plain.model import Model
from superserve_tui.plain.news import News
from superserve_tui.plain.options import PlainOptions
from superserve_tui.plain.printer import PROMPT, PROMPT_MORE, Output, Printer
from superserve_tui.plain.words import counted, session_name

__all__ = ["PlainFrontEnd"]

LEAVE_S = 2.8
"""Seconds that leaving may take; what is not ended by then is written down, and ended by the next start."""


class PlainFrontEnd:
    """Shows one engine's sessions, one at a time, in lines. `run` is for one thread, which it blocks.

    Args:
        engine: Not started yet; it is started and drained here. Whoever made it ends it.
        lines: Where lines come from; started here. They, and all else, come by the inbox.
        output: Where text goes.
        inbox: What is waited for.
        options: Choices of the command line and the config.
    """

    def __init__(
        self, engine: Engine, lines: LineInput, output: Output, inbox: Inbox, options: PlainOptions
    ) -> None:
        self._engine, self._lines, self._output = engine, lines, output
        self._inbox, self._options = inbox, options
        self._model = Model()
        self._printer = Printer(output)
        self._conversation = Conversation(self._printer, options.clock.monotonic)
        self._news = News(self._model, self._printer)
        self._desk = Desk(self, engine, self._model, self._printer, options, inbox)
        self._commands = Commands(self._desk)
        self._dictation = Dictation(self._desk, self._commands, self._conversation, lines)
        self._is_prompted = False
        """A prompt was offered, and its line is not here yet: it may be on its way."""
        self._has_input_ended = False
        self._tells_failure = False
        """The exit status says whether something failed, also what is told only while leaving."""
        self._is_over = False
        self._leave_until = 0.0
        self._status = 0

    def run(self) -> int:
        """Until it is left; returns the exit status."""
        self._engine.start(lambda: self._inbox.put(EngineWoke()))
        self._engine.send(FindPrompts())
        self._printer.status(f"superserve-tui {__version__}, plain mode. /help lists what can be typed.")
        for notice in self._options.notices:
            self._printer.status(notice)
        self._ask_for_agents()
        while not self._is_over:
            self._printer.flush()
            for item in self._inbox.wait(self._wait_s()):
                self._take(item)
            self._dictation.take_lines()
            self._look_at_clock()
            self._go_if_done()
            self._ask()
        self._printer.end_line()
        self._printer.flush()
        return self._status or int(self._tells_failure and self._model.has_failed)

    # -- what comes

    def _take(self, item: Item) -> None:
        match item:
            case EngineWoke():
                for change in self._engine.drain():
                    self._take_change(change)
            case LineTyped():
                self._is_prompted = self._is_prompted and not item.is_at_prompt
                if self._lines.is_terminal:
                    self._printer.prompt_answered()
                self._dictation.add(item)
            case InputEnded():
                self._has_input_ended = True
            case OutputChanged():
                if item.is_closed and not self._model.is_leaving:
                    self.leave(keep=False)
            case SignalCame():
                self._dictation.take_lines()  # those that were typed before it
                self._signalled(item.number)
            case Copied():
                self._commands.turns.copied(item.words)

    def _take_change(self, change: Change) -> None:
        self._news.tell(change)
        self._model.apply(change)
        self._conversation.show(change)
        match change:
            case SessionsLoaded():
                self._open_first()
            case TranscriptLoaded():
                self._transcript_loaded(change)
            case TurnChanged():
                self._turn_changed(change)
            case SessionExpired() | MessageReturned():
                self._model.has_failed = True
            case SessionRemoved():
                if change.session_id == self._model.current_id:
                    self._model.current_id = None
                    self._conversation.open(None)
            case ProblemRaised():
                self._desk.problem_raised(change.session_id)
            case AgentsListed():
                self._agents_listed(change)
            case SearchFinished():
                self._commands.sessions.search_finished()
            case AgentLogRead():
                self._commands.sessions.log_read(change)
            case PromptsFound():
                self._lines.add_history(reversed(change.prompts))
            case QuitFinished():
                self._is_over = True
            case _:
                pass

    def _turn_changed(self, change: TurnChanged) -> None:
        if not change.turn.state.is_over:
            return
        if change.session_id == self._model.current_id:
            self._engine.send(MarkUnread(change.session_id, is_unread=False))
        if change.session_id in self._model.own and change.turn.state is not TurnState.COMPLETED:
            self._model.has_failed = True

    def _transcript_loaded(self, change: TranscriptLoaded) -> None:
        is_asked = self._desk.loaded(change.session_id, change.turns)
        if not is_asked and change.session_id == self._model.current_id and not self._conversation.is_loaded:
            self._conversation.load(change.turns)

    def _agents_listed(self, change: AgentsListed) -> None:
        problem = f"{change.problem.what} {change.problem.hint}" if change.problem else ""
        self._commands.agents.agents_listed(change.profile, problem)
        if self._model.needs_agents and change.profile == self._options.profiles[0]:
            self._model.needs_agents = False
            if problem:
                self._printer.status(f"{change.profile}: {problem}")

    def _signalled(self, number: int) -> None:
        if self._model.is_leaving:
            return
        if number == signal.SIGTSTP:
            self._printer.flush()
            self._lines.suspend()
            self._printer.prompt_shown()
            self._printer.status("back")
        elif number == signal.SIGINT and self._lines.is_terminal:
            self._interrupt()
        else:
            self._status = 128 + number
            self.leave(keep=False)

    def _interrupt(self) -> None:
        """ctrl+c: stops what is nearest, and never leaves."""
        self._printer.prompt_shown()
        if self._dictation.is_open:
            self._dictation.drop()
            self._printer.status("the message is dropped")
        elif self._model.is_busy and self._model.current_id is not None:
            self._engine.send(StopTurn(self._model.current_id))
        else:
            self._printer.status("nothing runs here; /quit or ctrl+d leaves")

    # -- the prompt

    def _ask(self) -> None:
        """Show the prompt where a line is wanted; again below what was printed since."""
        if self._model.is_leaving or not self._lines.is_terminal or not self._model.is_loaded:
            return
        is_wanted = self._dictation.is_open or not (self._model.is_busy or self._commands.is_waiting)
        prompt = PROMPT_MORE if self._dictation.is_open else PROMPT
        if self._is_prompted:
            if self._printer.has_news and is_wanted:
                self._printer.repeat_prompt(prompt, self._lines.typed())
        elif is_wanted and not self._dictation.has_lines:
            self._printer.end_line()
            self._printer.flush()
            if self._output.is_idle:  # else what it says when it is comes here again
                self._lines.offer(prompt)
                self._is_prompted = True
                self._printer.prompt_shown()

    # -- sessions

    def addressee(self) -> Addressee:
        """Where a new session would be made."""
        profile = self._options.profiles[0]
        return choose_addressee(
            profile,
            named=self._options.agent or self._options.config.default_agent,
            sessions=self._model.sessions.values(),
            agents=self._model.agents.get(profile, ()),
        )

    def create_session(self, to: Addressee) -> str:
        """Make a session and go on with it; returns its id."""
        session_id = uuid4().hex
        self._engine.send(
            CreateSession(
                session_id,
                profile=to.profile,
                agent=to.agent,
                idle_timeout_s=self._options.idle_timeout_s,
                title=self._options.title,
            )
        )
        now = self._options.clock.now()
        self._model.expect(Session(id=session_id, profile=to.profile, agent=to.agent, created_at=now))
        self._model.current_id = session_id
        self._conversation.open(session_id)
        self._conversation.load(())
        number = self._model.number(session_id)
        self._printer.status(f"session {number}: a new one with {clean_line(to.agent)} on {to.profile}")
        return session_id

    def open_session(self, session_id: str) -> None:
        """Go on with that session; its last turns are printed."""
        session = self._model.sessions[session_id]
        self._model.current_id = session_id
        self._conversation.open(session_id)
        number = self._model.number(session_id)
        self._printer.status(
            f"session {number}, {session_name(session)}, {session.state}, {session.agent} on {session.profile}"
        )
        self._desk.with_turns(session, self._show_opened)

    def show_again(self, turns: Sequence[Turn], count: int) -> None:
        """Print the last turns of the session."""
        self._conversation.open(self._model.current_id)
        self._conversation.load(turns, shown=count)

    def _show_opened(self, session: Session, turns: Sequence[Turn]) -> None:
        if session.id != self._model.current_id:
            return
        self._conversation.load(turns, shown=SHOWN_TURNS)
        if session.draft:
            quoted = clean_line(session.draft, limit=200)
            self._printer.status(f"a text that was not sent is kept here; /retry sends it: {quoted}")
        if session.is_queue_paused:
            self._printer.status("messages wait here; /queue lists them, /queue send sends them")
        if session.is_unread:
            self._engine.send(MarkUnread(session.id, is_unread=False))

    def _open_first(self) -> None:
        """The session that the command line names, or the latest, or none."""
        sessions = self._model.sessions
        latest = max(sessions.values(), key=lambda each: each.last_activity_at or each.created_at, default=None)
        if self._options.session_id in sessions:
            self.open_session(self._options.session_id)
        elif self._options.session_id is not None:
            self._printer.status("that session is not there any more")
        elif self._options.is_continue and latest is not None:
            self.open_session(latest.id)
        elif sessions:
            self._printer.status(f"{counted(len(sessions), 'saved session')}; /sessions lists them")
        self._lines.start()

    def _ask_for_agents(self) -> None:
        to = self.addressee()
        if not to.agent:
            self._model.needs_agents = True
            self._engine.send(ListAgents(to.profile))

    # -- leaving

    def leave(self, *, keep: bool) -> None:
        """End the sessions, or leave them running, and go. Once."""
        if self._model.is_leaving:
            return
        self._model.is_leaving = True
        self._leave_until = self._options.clock.monotonic() + LEAVE_S
        self._dictation.keep()
        self._engine.send(Quit(keep=keep))

    def _go_if_done(self) -> None:
        """The end of the input leaves: at once at a terminal, after the last answer at a pipe."""
        if not self._has_input_ended or self._model.is_leaving:
            return
        if self._lines.is_terminal:
            self._printer.prompt_shown()
            self.leave(keep=self._options.config.on_quit == "keep")
            return
        if self._dictation.has_lines or not self._model.is_loaded:
            return
        self._dictation.finish()
        if self._model.is_own_busy or self._commands.is_waiting:
            return
        waiting = sum(len(self._model.queues.get(session_id, ())) for session_id in self._model.own)
        if waiting:
            self._printer.status(f"{counted(waiting, 'message')} not sent; kept for the next start")
        self._tells_failure = True
        self.leave(keep=self._options.config.on_quit == "keep")

    def _wait_s(self) -> float | None:
        """How long nothing need come until the clock has to be looked at."""
        if self._model.is_leaving:
            return max(0.0, self._leave_until - self._options.clock.monotonic())
        return self._conversation.silence_due_s()

    def _look_at_clock(self) -> None:
        if not self._model.is_leaving:
            self._conversation.tell_silence()
        elif self._options.clock.monotonic() >= self._leave_until:
            self._is_over = True
