"""Keys of the messages that wait.

May import: engine, domain, the UI's own modules, textual.
"""

from __future__ import annotations

from superserve_tui.domain import QueueChanged
from superserve_tui.engine import MoveQueued, RemoveQueued, ResumeQueue, TakeBackQueued
from superserve_tui.ui import modals
from superserve_tui.ui.screens.base import Part
from superserve_tui.ui.widgets.composer import Composer
from superserve_tui.ui.widgets.session_list import SessionList

__all__ = ["QueueActions"]


class QueueActions(Part):
    """The queue of the session on screen."""

    def queue_changed(self, change: QueueChanged) -> None:
        """Other messages wait: the list says how many, an open dialog shows them."""
        self.query_one(SessionList).set_queued(change.session_id, len(change.turns))
        dialog = self.app.screen
        if change.session_id != self.model.current_id or dialog is self:
            return
        if isinstance(dialog, modals.QueueDialog):
            dialog.show(change.turns)

    def action_session_queue(self) -> None:
        """Edit, move or remove what waits; an edited message comes back to the composer."""
        session = self.model.current
        turns = self.model.queues.get(session.id, ()) if session is not None else ()
        if session is None or not turns:
            self.notify("No message waits here.", timeout=2)
            return
        session_id, composer = session.id, self.query_one(Composer)

        def remove(turn_id: str) -> None:
            waiting = self.model.queues.get(session_id, ())
            composer.add_to_history(next((turn.prompt for turn in waiting if turn.id == turn_id), ""))
            self.engine.send(RemoveQueued(session_id, turn_id))
            self.notify("Removed; Up in the composer brings its text back.", timeout=3)

        def chosen(turn_id: str | None) -> None:
            if turn_id is not None:
                self.engine.send(TakeBackQueued(session_id, turn_id))
            composer.focus()

        dialog = modals.QueueDialog(
            turns,
            is_paused=session.is_queue_paused,
            move=lambda turn_id, places: self.engine.send(MoveQueued(session_id, turn_id, places)),
            remove=remove,
            resume=lambda: self.engine.send(ResumeQueue(session_id)),
        )
        self.app.push_screen(dialog, chosen)
