"""Keys that work everywhere and concern sessions: new, switch, walk, rename.

May import: engine, domain, the UI's own modules, textual.
"""

from __future__ import annotations

from superserve_tui.domain import AgentLogRead, Session
from superserve_tui.engine import (
    ListAgents,
    ReadAgentLog,
    RenameSession,
    SearchTranscripts,
)
from superserve_tui.ui import modals
from superserve_tui.ui.actions import Where
from superserve_tui.ui.choice import Addressee
from superserve_tui.ui.needs import needing
from superserve_tui.ui.screens.trust_actions import TrustActions
from superserve_tui.ui.widgets.composer import Composer

__all__ = ["SessionActions"]


class SessionActions(TrustActions):
    """Everywhere: sessions."""

    _walked_to: str | None = None
    """Where the walk through what needs the person has led last."""

    def action_session_new(self) -> None:
        """The dialog for a new session; who is there may have changed since that was asked last."""
        for profile in self.options.profiles:
            self.engine.send(ListAgents(profile))
        to = self.addressee()
        self.app.push_screen(
            modals.NewSessionDialog(
                self.options.profiles,
                self.model.agents,
                self.model.agent_problems,
                profile=to.profile,
                agent=to.agent,
                idle_timeout_s=self.options.idle_timeout_s,
            ),
            self._new_session,
        )

    def _new_session(self, new: modals.NewSession | None) -> None:
        if new is not None and new.trusting is not None:
            self.trust(Addressee(new.profile, new.agent), new.trusting, lambda: self._start(new))
        elif new is not None:
            self._start(new)
        self.query_one(Composer).focus()

    def _start(self, new: modals.NewSession) -> None:
        to = Addressee(new.profile, new.agent)
        self.open_session(self.create_session(to, title=new.title, idle_timeout_s=new.idle_timeout_s))

    def action_session_switch(self) -> None:
        """The switcher."""
        switcher = modals.Switcher(self.model.ordered(), self.options.clock.now(), search=self._search)
        self.app.push_screen(switcher, self._switched)

    def _switched(self, target: modals.Target | None) -> None:
        if target is not None:
            self.open_session(target.session_id, turn=target.turn, words=target.words)
        self.query_one(Composer).focus()

    def _search(self, query: str) -> None:
        self.engine.send(SearchTranscripts(query))

    def action_session_previous(self) -> None:
        """The session above."""
        self._step(-1)

    def action_session_next(self) -> None:
        """The session below."""
        self._step(1)

    def _step(self, step: int) -> None:
        ids = [session.id for session in self.model.ordered()]
        if not ids:
            return
        if self.model.current_id in ids:
            place = min(max(ids.index(self.model.current_id) + step, 0), len(ids) - 1)
        else:
            place = 0
        self.open_session(ids[place])

    def action_session_attention(self) -> None:
        """The next session that needs the person; `session.back` leads to where the walk began."""
        model = self.model
        needy = needing(model.ordered(), unnoticed=model.unnoticed, now=self.options.clock.now())
        session_id = self.walk.step(needy, model.current_id)
        if session_id is None:
            is_here = any(each.id == model.current_id for each in needy)
            self.notify("No other session needs you." if is_here else "No session needs you.", timeout=2)
            return
        is_walking = model.current_id is not None and model.current_id == self._walked_to
        began_at = self.came_from
        self.open_session(session_id)
        self._walked_to = session_id
        if is_walking:
            self.came_from = began_at

    def action_session_back(self) -> None:
        """The session before, as it was left: its place in the transcript is kept, the keyboard goes back too."""
        if self.came_from is None or self.came_from[0] not in self.model.sessions:
            self.notify("There is no session before.", timeout=2)
            return
        session_id, focused = self.came_from
        self.open_session(session_id)
        if focused is not None:
            focused.focus()

    def action_session_rename(self) -> None:
        """Another title: in the list for the session under its cursor, in its row; else for the one on screen."""
        if self.focused_pane is Where.SIDEBAR:
            self.action_sidebar_rename()
        else:
            self._ask_title(self.model.current)

    def action_session_details(self) -> None:
        """What is known of it: in the list of the session under its cursor, else of the one on screen."""
        session = self.listed() if self.focused_pane is Where.SIDEBAR else self.model.current
        if session is None:
            return
        transcript = self.model.transcript if session.id == self.model.current_id else None

        def closed(answer: str | None) -> None:
            if answer is not None:
                self.copy(answer)

        turns = transcript.told if transcript and transcript.is_whole else None
        self.app.push_screen(modals.DetailsDialog(session, turns), closed)

    def action_session_log(self) -> None:
        """What its agent wrote to standard error: in the list of the session under its cursor, else on screen."""
        session = self.listed() if self.focused_pane is Where.SIDEBAR else self.model.current
        if session is None:
            return

        def closed(answer: str | None) -> None:
            if answer is not None:
                self.copy(answer)

        def read() -> None:
            self.engine.send(ReadAgentLog(session.id))

        self.app.push_screen(modals.AgentLogDialog(session, read=read), closed)

    def agent_log_read(self, change: AgentLogRead) -> None:
        """A log came in; it is shown where it is still looked at."""
        if isinstance(self.app.screen, modals.AgentLogDialog):
            self.app.screen.show(change)

    def _ask_title(self, session: Session | None) -> None:
        if session is None:
            return

        def renamed(title: str | None) -> None:
            if title is not None:
                self.engine.send(RenameSession(session.id, title))

        self.app.push_screen(modals.RenameDialog(session.title or ""), renamed)
