"""Keys of the list of sessions.

May import: engine, domain, the UI's own modules, textual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from superserve_tui.domain import Session, SessionRemoved
from superserve_tui.engine import (
    DeleteSession,
    EndSession,
    MarkUnread,
    PinSession,
    RenameSession,
    RestoreSession,
)
from superserve_tui.ui import modals
from superserve_tui.ui.screens.session_actions import SessionActions
from superserve_tui.ui.widgets.composer import Composer
from superserve_tui.ui.widgets.session_list import SessionList

if TYPE_CHECKING:
    from superserve_tui.ui.widgets.row_editor import RowEditor

__all__ = ["SidebarActions"]


class SidebarActions(SessionActions):
    """The session under the cursor of the list."""

    _deleted: str | None = None
    """The session that was deleted last."""

    def action_sidebar_open(self) -> None:
        """The session under the cursor."""
        if session := self.listed():
            self.open_session(session.id)
            self.query_one(Composer).focus()

    def action_sidebar_new(self) -> None:
        """The dialog for a new session."""
        self.action_session_new()

    def action_sidebar_rename(self) -> None:
        """Another title for the session under the cursor, typed where the old one stands."""
        if session := self.listed():
            self.row_editor.edit(session)
            self.place_editor()
            self.notice = "Enter renames, Esc leaves the title"
            self.show_bars()

    def place_editor(self) -> None:
        """The line that edits a title stays with its row."""
        if self.is_renaming:
            self.row_editor.follow(self.query_one(SessionList))

    def on_row_editor_closed(self, event: RowEditor.Closed) -> None:
        """The title was edited; the handler goes by its name, its class is not loaded at the start."""
        if event.title is not None:
            self.engine.send(RenameSession(event.session_id, event.title))
        if self.focused in (None, self.row_editor):
            self.query_one(SessionList).focus()
        self.notice = ""
        self.show_bars()

    def action_sidebar_delete(self) -> None:
        """To the trash; a running one only after a question."""
        session = self.listed()
        if session is None:
            return
        if not session.state.is_busy:
            self._delete(session)
            return

        def answered(answer: str | None) -> None:
            if answer == "delete":
                self._delete(session)

        choices = (("delete", "Stop and delete"), ("stay", "Keep it"))
        self.app.push_screen(modals.Choice("Delete session", "Its turn is running.", choices), answered)

    def _delete(self, session: Session) -> None:
        self._deleting = session.id
        self.save_draft()
        self.engine.send(DeleteSession(session.id))

    _deleting: str | None = None
    """A session that is on its way to the trash."""

    def session_removed(self, change: SessionRemoved) -> None:
        """It is in the trash, by this app's hand or by another's."""
        is_deleted = change.session_id == self._deleting
        if is_deleted:
            self._deleting, self._deleted = None, change.session_id
            self.notify("Deleted; U in the list of sessions brings it back.", timeout=6)
        if change.session_id != self.model.current_id:
            return
        if change.is_elsewhere:
            words = "The session on screen was deleted in another window. What you have typed is still here."
            self.notify(words, severity="warning", timeout=10)
        self.leave_current(keeps_text=not is_deleted)

    def action_sidebar_undelete(self) -> None:
        """The last deleted session back."""
        if self._deleted is not None:
            self.app.clear_notifications()
            self.engine.send(RestoreSession(self._deleted))
            self._deleted = None

    def action_sidebar_unread(self) -> None:
        """Unread, or read."""
        if session := self.listed():
            self.engine.send(MarkUnread(session.id, not session.is_unread))

    def action_sidebar_pin(self) -> None:
        """At the top, or not."""
        if session := self.listed():
            self.engine.send(PinSession(session.id, not session.is_pinned))

    def action_sidebar_end(self) -> None:
        """End it on its server, after a question."""
        session = self.listed()
        if session is None or session.server_id is None or session.state.is_over:
            return

        def answered(answer: str | None) -> None:
            if answer == "end":
                self.engine.send(EndSession(session.id))

        choices = (("end", "End it"), ("stay", "Keep it"))
        text = "The agent forgets the conversation. The transcript stays here."
        self.app.push_screen(modals.Choice("End session", text, choices), answered)

    def action_sidebar_filter(self) -> None:
        """Narrow the list. The line is made when it is first asked for."""
        if not self.query("#filter"):
            from superserve_tui.ui.widgets.line_input import LineInput

            self.query_one("#sidebar").mount(LineInput(placeholder="filter", id="filter"), before="#sessions")
        line = self.query_one("#filter")
        line.display = True
        self.set_focus(line)  # at once: keys of the same read come here

    def close_filter(self) -> None:
        """The whole list again."""
        from textual.widgets import Input

        line = self.query_one("#filter", Input)
        line.value = ""
        line.display = False
        self.query_one(SessionList).focus()
