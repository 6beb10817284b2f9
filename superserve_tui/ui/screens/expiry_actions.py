"""A session's end on its server: warned of while it is on screen, asked about when a message meets it.

May import: engine, domain, the UI's own modules, textual.
"""

from __future__ import annotations

from superserve_tui.domain import SessionExpired, clean
from superserve_tui.engine import ContinueSession, SaveDraft
from superserve_tui.engine.drafts import with_message
from superserve_tui.ui import modals
from superserve_tui.ui.screens.base import Part
from superserve_tui.ui.widgets.composer import Composer
from superserve_tui.ui.words import countdown, expires_in_s

__all__ = ["ExpiryActions"]

WARN_AT_S = (60.0, 300.0)
"""Seconds before the estimated end at which the open session says so, the nearest first; once each."""


class ExpiryActions(Part):
    """Sessions that end, or have ended, by themselves."""

    _warned_of: tuple[object, ...] = ()
    """The idle time that was warned of last: session, server session, and when it began."""
    _warned_at_s: float = 0.0
    """How near its end that was."""

    def give_back(self, session_id: str, prompt: str, *, revises: str | None = None) -> None:
        """A message that did not go out: back to where it was written, with the note of what it revises."""
        if session_id != self.model.current_id:
            if (session := self.model.sessions.get(session_id)) is not None:
                draft = with_message(session.draft, prompt)
                revises = revises or session.draft_revises
                self.model.set_draft(session_id, draft, revises=revises)
                # The one that was sent as the session was left may have undone it.
                self.engine.send(SaveDraft(session_id, draft, revises))
            return
        composer = self.query_one(Composer)
        composer.put(with_message(composer.text, clean(prompt)), revises=revises or composer.revises)

    def warn_if_expiring(self) -> None:
        """Say that the session on screen is about to expire, once at each of the times; others have their mark."""
        session = self.model.current
        left_s = expires_in_s(session, self.options.clock.now()) if session is not None else None
        if session is None or left_s is None or left_s <= 0:
            return
        step = next((each for each in WARN_AT_S if left_s <= each), None)
        if step is None or step >= session.idle_timeout_s:
            return
        idle = (session.id, session.server_id, session.last_activity_at)
        if self._warned_of == idle and self._warned_at_s <= step:
            return
        self._warned_of, self._warned_at_s = idle, step
        self.notify(
            f"This session expires in {countdown(left_s)}; a message keeps it.", severity="warning", timeout=8
        )

    def ask_expired(self, change: SessionExpired) -> None:
        """A message found its session gone: whether it goes to a new one, with or without a recap."""
        session = self.model.sessions.get(change.session_id)
        if session is None or change.session_id != self.model.current_id:
            return

        def answered(answer: str | None) -> None:
            if answer == "recap":
                self._ask_recap(change)
                return
            if answer == "new":
                self._continue(change)
            self.query_one(Composer).focus()

        text = f"The session {session.state}: its agent remembers nothing of it. A new one goes on in this place."
        transcript = self.model.transcript
        has_turns = transcript is not None and bool(transcript.turns)
        choices = [("new", "New session"), ("recap", "New session with recap"), ("later", "Not now")]
        shown = tuple(each for each in choices if has_turns or each[0] != "recap")
        self.app.push_screen(
            modals.Choice("Session expired", text, shown, quote=clean(change.prompt)[:2000]), answered
        )

    def _ask_recap(self, change: SessionExpired) -> None:
        transcript = self.model.transcript
        turns = transcript.turns if transcript is not None else []

        def answered(recap: str | None) -> None:
            if recap is None:
                self.ask_expired(change)
                return
            self._continue(change, recap)
            self.query_one(Composer).focus()

        self.app.push_screen(modals.RecapDialog(turns, change.prompt), answered)

    def _continue(self, change: SessionExpired, recap: str = "") -> None:
        composer = self.query_one(Composer)
        if self.model.current_id == change.session_id:
            composer.put(composer.text.removeprefix(clean(change.prompt)).lstrip("\n"))
        self.engine.send(ContinueSession(change.session_id, change.prompt, recap=recap))
