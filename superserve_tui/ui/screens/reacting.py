"""What the facts that the engine tells lead to on the main screen: what is drawn anew, which dialog is asked.

May import: engine, domain, the UI's own modules, textual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from superserve_tui.domain import (
    AgentLogRead,
    AgentsListed,
    CallChanged,
    Change,
    EarlierLoaded,
    FarSessionsListed,
    LinkChanged,
    MessageReturned,
    ProblemRaised,
    PromptsFound,
    QueueChanged,
    QuitFinished,
    QuitProgressed,
    SearchFinished,
    Session,
    SessionChanged,
    SessionExpired,
    SessionRemoved,
    SessionsLoaded,
    StatusReported,
    TextAppended,
    TranscriptLoaded,
    TranscriptRead,
    Turn,
    TurnChanged,
    TurnRemoved,
)
from superserve_tui.ui import modals
from superserve_tui.ui.attention import LONG_TURN_MS
from superserve_tui.ui.screens.app_actions import AppActions
from superserve_tui.ui.screens.drawing import Drawing
from superserve_tui.ui.screens.expiry_actions import ExpiryActions
from superserve_tui.ui.screens.out_actions import OutActions
from superserve_tui.ui.screens.queue_actions import QueueActions
from superserve_tui.ui.screens.reading_earlier import ReadingEarlier
from superserve_tui.ui.screens.server_actions import ServerActions
from superserve_tui.ui.screens.sidebar_actions import SidebarActions
from superserve_tui.ui.widgets.composer import Composer

__all__ = ["Reacting"]


class Reacting(
    AppActions, OutActions, SidebarActions, ExpiryActions, QueueActions, ServerActions, ReadingEarlier, Drawing
):
    """Takes changes in, a frame's worth at a time."""

    @dataclass
    class Alerted(Message):
        """A long turn ended unseen."""

        session: Session
        turn: Turn

    def take(self, changes: Sequence[Change]) -> None:
        """Draw what has changed; called once per frame at most."""
        if not self.is_attached:  # the app is on its way out: nothing can be mounted any more
            return
        if self.beside is not None:
            self.beside.take(changes)
        seen: set[type] = set()
        is_current_touched = False
        for change in changes:
            self.model.apply(change)
            seen.add(type(change))
            is_current_touched |= getattr(change, "session_id", None) == self.model.current_id
            self._react(change)
        if seen & {SessionsLoaded, SessionChanged, SessionRemoved}:
            self.show_sessions()
        if seen & {SessionsLoaded, SessionChanged, SessionRemoved, LinkChanged}:
            self.show_quit_question()
        if seen & {SessionsLoaded, AgentsListed}:
            self.show_welcome()
            self.show_bars()
        if is_current_touched or SessionChanged in seen:
            self._show_current(seen)
        if TextAppended in seen:
            self.spin_if_due()

    def _react(self, change: Change) -> None:
        match change:
            case TurnChanged() if change.turn.state.is_over:
                self._alert_if_unseen(change)
            case SessionsLoaded():
                self._open_first()
                self._bring_back(change.stray_draft)
            case SessionChanged():
                self.tell_attached(change.session.id)
                self._mark_read_if_seen()
                if change.session.id == self.model.current_id and not change.session.state.is_busy:
                    self.disarm()
            case TranscriptLoaded():
                if change.session_id == self.model.current_id:
                    self.show_transcript()
                    self.show_tools()
                    self._mark_read_if_seen()
                    self.read_earlier()
                    self.do_what_waited()
            case EarlierLoaded():
                self.earlier_loaded(change)
            case TranscriptRead():
                self.transcript_read(change)
            case SessionRemoved():
                self.session_removed(change)
            case QueueChanged():
                self.queue_changed(change)
            case MessageReturned():
                self.give_back(change.session_id, change.prompt, revises=change.revises)
                if change.note:
                    self.notify(change.note, timeout=4)
            case SessionExpired():
                self.give_back(change.session_id, change.prompt)
                self.ask_expired(change)
            case ProblemRaised() if change.problem.is_login and self.login_needed(change):
                pass
            case ProblemRaised():
                words = f"{change.problem.what}\n{change.problem.hint}".strip()
                self.notify(words, severity="error", timeout=10)
            case PromptsFound():
                self.query_one(Composer).set_history(change.prompts)
            case SearchFinished():
                if isinstance(self.app.screen, modals.Switcher):
                    self.app.screen.show_hits(change.query, change.hits)
            case AgentsListed() if self.app.screen is not self:  # else the dialog would be loaded to be looked for
                if isinstance(self.app.screen, modals.NewSessionDialog):
                    agent = self.addressee().agent
                    self.app.screen.refresh_agents(self.model.agents, self.model.agent_problems, agent=agent)
            case AgentLogRead():
                self.agent_log_read(change)
            case FarSessionsListed():
                self.far_listed(change)
            case QuitProgressed():
                if isinstance(self.app.screen, modals.QuitProgress):
                    self.app.screen.show(change.done, change.total)
            case QuitFinished():
                self.app.exit()
            case _:
                pass

    def _show_current(self, seen: set[type]) -> None:
        if seen & {SessionChanged, LinkChanged}:
            self.show_bars()
        if not self.has_conversation:
            return
        if seen & {TextAppended, CallChanged, TurnChanged, TurnRemoved, StatusReported}:
            self.log_view.changed()
            self.show_below()
        if seen & {CallChanged, TurnChanged, TurnRemoved, EarlierLoaded}:
            self.show_tools()
        if seen & {TurnChanged, TurnRemoved}:
            self.show_welcome()
        if seen & {QueueChanged, SessionChanged}:
            self.show_queue()

    def _alert_if_unseen(self, change: TurnChanged) -> None:
        """A long turn ended where nobody looks; it never takes the focus."""
        session = self.model.sessions.get(change.session_id)
        shown = self.beside.session_ids if self.beside is not None else {self.model.current_id}
        is_seen = change.session_id in shown and self.app.app_focus
        if session is not None and not is_seen and (change.turn.duration_ms or 0) >= LONG_TURN_MS:
            self.post_message(self.Alerted(session, change.turn))

    def _bring_back(self, stray_draft: str) -> None:
        """What was typed last while no session was open; behind what has been typed by now, or stands here."""
        composer = self.query_one(Composer)
        if not stray_draft:
            return
        if composer.text or self.model.current_id is not None:
            composer.add_to_history(stray_draft)
            self.aside = stray_draft
        else:
            composer.put(stray_draft)

    def _open_first(self) -> None:
        """The session that the command line names, else the latest with `--continue`, else none."""
        wanted, sessions = self.options.session_id, self.model.ordered()
        if wanted:
            bare = wanted.removeprefix("ses_").replace("-", "")
            for session in sessions:
                server_id = (session.server_id or "").removeprefix("ses_").replace("-", "")
                if session.id.startswith(bare) or server_id.startswith(bare):
                    self.open_session(session.id)
                    return
            self.notify(f"There is no session {wanted}.", severity="warning")
        elif self.options.is_continue and sessions:
            latest = max(sessions, key=lambda each: each.last_activity_at or each.created_at)
            self.open_session(latest.id)
