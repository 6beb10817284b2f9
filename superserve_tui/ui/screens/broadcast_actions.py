"""One message to several: who gets it, and their answers side by side.

May import: engine, domain, the UI's own modules, textual.
"""

from __future__ import annotations

from superserve_tui.domain import clean_line
from superserve_tui.engine import MarkUnread, OpenSession, SendPrompt, StopTurn
from superserve_tui.ui import modals
from superserve_tui.ui.choice import Addressee
from superserve_tui.ui.screens.base import Part
from superserve_tui.ui.widgets.composer import Composer
from superserve_tui.ui.words import session_title

__all__ = ["BroadcastActions"]


class BroadcastActions(Part):
    """Everywhere: the message in the composer to several."""

    def action_session_broadcast(self) -> None:
        """Ask who gets what stands in the composer."""
        message = self.query_one(Composer).text
        if not message.strip():
            self.notify("Write the message first; then choose who gets it.", timeout=3)
            return

        def chosen(recipients: list[modals.Recipient] | None) -> None:
            if recipients:
                self._broadcast(recipients, message)
            else:
                self.query_one(Composer).focus()

        self.app.push_screen(modals.BroadcastDialog(self._recipients(), message), chosen)

    def _recipients(self) -> list[modals.Recipient]:
        """Agents that are ready, each for a new session, then the sessions that take messages."""
        agents = [
            modals.Recipient(profile, agent.name, clean_line(agent.name, limit=60), f"new session · {profile}")
            for profile in self.options.profiles
            for agent in self.model.agents.get(profile, ())
            if agent.not_ready_reason is None
        ]
        sessions = [
            modals.Recipient(
                session.profile,
                session.agent,
                session_title(session),
                f"{clean_line(session.agent, limit=20)} · {session.state}",
                session.id,
            )
            for session in self.model.ordered()
            if not session.state.is_over and not self.model.is_elsewhere(session.id)
        ]
        return [*agents, *sessions]

    def _broadcast(self, recipients: list[modals.Recipient], message: str) -> None:
        composer = self.query_one(Composer)
        composer.clear_to_history()
        self.save_draft()
        ids = [each.session_id or self.create_session(Addressee(each.profile, each.agent)) for each in recipients]
        self.beside = view = modals.SideBySide(
            [self.model.sessions[each] for each in ids],
            self.options.clock,
            copy=self.copy,
            stop=lambda session_id: self.engine.send(StopTurn(session_id)),
        )
        for recipient, session_id in zip(recipients, ids, strict=True):
            if recipient.session_id is not None:
                self.engine.send(OpenSession(session_id))
            self.engine.send(SendPrompt(session_id, message))

        def closed(session_id: str | None) -> None:
            self.beside = None
            for each in ids:
                if each in self.model.sessions and self.model.sessions[each].is_unread:
                    self.engine.send(MarkUnread(each, False))
            if session_id is not None:
                self.open_session(session_id)
            composer.focus()

        self.app.push_screen(view, closed)
