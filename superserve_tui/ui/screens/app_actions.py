"""Keys that work everywhere and concern the app: back, copy, quit, panes, help.

May import: engine, domain, the UI's own modules, textual.
"""

from __future__ import annotations

from textual.timer import Timer

from superserve_tui.domain import Session, SessionState
from superserve_tui.engine import (
    DropUntouched,
    Quit,
    StopTurn,
    TakeBackQueued,
)
from superserve_tui.ui import modals
from superserve_tui.ui.screens.base import Part
from superserve_tui.ui.widgets.composer import Composer

__all__ = ["AppActions"]

ARMED_S = 3.0
"""Within this time the second Escape stops the turn."""

_STOPPABLE = (SessionState.STARTING, SessionState.RUNNING)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


class AppActions(Part):
    """Everywhere: the app itself."""

    _armed: Timer | None = None
    _armed_id: str | None = None
    """The session whose turn the next Escape stops."""

    def action_app_back(self) -> None:
        """One step back out; in a running turn it arms, and a second one stops the turn. Hides what popped up."""
        session = self.model.current
        self.app.clear_notifications()
        if self.get_selected_text() or self.is_selecting:
            self.clear_selection()
        elif self.query_one(Composer).leave_mention():
            pass
        elif self.is_renaming:
            self.row_editor.close(is_taken=False)
        elif self.has_conversation and self.conversation.find_bar.display:
            self.conversation.find_bar.close()
            self.log_view.find("")
            self.query_one(Composer).focus()
        elif self.filter_words or (self.focused is not None and self.focused.id == "filter"):
            self.close_filter()
        elif self.has_class("-sidebar-over"):
            self.sidebar_wish = None
            self.show_layout()
            self.query_one(Composer).focus()
        else:
            self.query_one(Composer).focus()
            if self.has_conversation:
                self.log_view.clear_cursor()
            if session is not None and session.state in _STOPPABLE:
                self._arm_or_stop(session)

    def action_session_stop(self) -> None:
        """Stop the turn at once: whoever names it means it."""
        session = self.model.current
        if session is not None and session.state in _STOPPABLE:
            self.disarm()
            self.engine.send(StopTurn(session.id))
        else:
            self.notify("Nothing runs here.", timeout=2)

    def _arm_or_stop(self, session: Session) -> None:
        is_armed = self._armed_id == session.id
        self.disarm()
        if is_armed:
            self.engine.send(StopTurn(session.id, gives_back=not self.query_one(Composer).text))
        else:
            self.notice = "Esc again stops the turn"
            self._armed, self._armed_id = self.set_timer(ARMED_S, self.disarm), session.id
            self.show_bars()

    def disarm(self) -> None:
        """The next Escape stops nothing."""
        if self._armed is not None:
            self._armed.stop()
            self._armed, self._armed_id, self.notice = None, None, ""
            self.show_bars()

    def action_app_copy_or_clear(self) -> None:
        """The selection to the clipboard; else the composer into its history; else one step back."""
        from textual.widgets import Input

        composer, focused = self.query_one(Composer), self.focused
        selected = self.get_selected_text()
        if not selected and isinstance(focused, Composer | Input):
            selected = focused.selected_text
        session = self.model.current
        queue = self.model.queues.get(session.id, ()) if session else ()
        if selected:
            self.copy(selected)
            self.clear_selection()
        elif isinstance(focused, Input):
            self.action_app_back()
        elif composer.text:
            composer.clear_to_history()
            self.notify("Cleared; Up brings it back.", timeout=3)
        elif session is not None and queue and session.is_queue_paused:
            self.engine.send(TakeBackQueued(session.id, queue[-1].id))
        else:
            self.action_app_back()

    def action_app_quit(self) -> None:
        """Leave: at once where nothing is lost by that, else after a question."""
        if isinstance(self.app.screen, modals.QuitProgress | modals.QuitQuestion):
            return
        to_end, on_quit = self.model.to_end, self.options.config.on_quit
        if on_quit == "keep":
            self._leave(keep=True)
        elif not to_end or (on_quit == "end" and not any(each.state.is_busy for each in to_end)):
            self._leave(keep=False)
        else:
            choices = (("end", "End"), ("keep", "Leave running"), ("stay", "Stay"))
            self.app.push_screen(modals.QuitQuestion("Quit", self._quit_words(), choices), self._quit_answered)

    def show_quit_question(self) -> None:
        """Turns began or ended: the question counts them anew, where it is asked."""
        if self.app.screen is not self and isinstance(self.app.screen, modals.QuitQuestion):
            self.app.screen.show(self._quit_words())

    def _quit_words(self) -> str:
        to_end = self.model.to_end
        running, kept = sum(each.state.is_busy for each in to_end), len(self.model.kept)
        if running:
            ended = "its session" if len(to_end) == 1 else _counted(len(to_end), "session")
            what = f"{_counted(running, 'running turn')} will be stopped and {ended} ended"
        elif to_end:
            what = f"No turn is running. {_counted(len(to_end), 'session')} will be ended"
        else:
            return "No turn is running, and no session is left to end."
        them = "it" if len(to_end) == 1 else "them"
        also = f" {_counted(kept, 'session')} that you left running before will go on." if kept else ""
        return f"{what}, unless you leave {them} running on the server.{also}"

    def _quit_answered(self, answer: str | None) -> None:
        if answer in ("end", "keep"):
            self._leave(keep=answer == "keep")

    def _leave(self, *, keep: bool) -> None:
        self.query_one(Composer).end_walk()
        self.save_draft()
        self.app.push_screen(modals.QuitProgress())
        if self.model.current_id is not None:
            self.engine.send(DropUntouched(self.model.current_id))
        self.engine.send(Quit(keep=keep))

    def action_app_suspend(self) -> None:
        """To the shell; `fg` comes back."""
        self.app.action_suspend_process()
