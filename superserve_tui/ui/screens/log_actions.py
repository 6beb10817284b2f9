"""Keys of the transcript and of the tool pane.

May import: engine, domain, the UI's own modules, textual.
"""

from __future__ import annotations

from superserve_tui.domain import SessionState, Trigger, Turn, can
from superserve_tui.engine import (
    Reconnect,
    SendPrompt,
)
from superserve_tui.protocol import ToolCall
from superserve_tui.ui import modals
from superserve_tui.ui.screens.base import Part
from superserve_tui.ui.widgets.composer import Composer

__all__ = ["LogActions"]


class LogActions(Part):
    """Reading, copying, sending again; tool calls."""

    def action_log_page_up(self) -> None:
        """Scroll up, also while typing."""
        if not self._extends("PAGE_UP"):
            self.log_view.scroll_pages(-1)

    def action_log_page_down(self) -> None:
        """Scroll down, also while typing."""
        if not self._extends("PAGE_DOWN"):
            self.log_view.scroll_pages(1)

    def action_log_top(self) -> None:
        """To the start."""
        if not self._extends("START"):
            self.log_view.to_start()

    def action_log_follow(self) -> None:
        """To the end, and stay there."""
        if not self._extends("END"):
            self.log_view.to_end()

    def _extends(self, move: str) -> bool:
        """Take the end of what is selected there, where keys select; whether they do."""
        if not self.is_selecting:
            return False
        from superserve_tui.ui.widgets.log import Move

        self.log_view.extend_selection(Move[move])
        return True

    def action_log_next_message(self) -> None:
        """The next turn."""
        self.log_view.cursor_next()

    def action_log_previous_message(self) -> None:
        """The turn before."""
        self.log_view.cursor_previous()

    def action_log_next_turn(self) -> None:
        """The next turn's message."""
        self.log_view.turn_next()

    def action_log_previous_turn(self) -> None:
        """The start of this turn, or the turn before."""
        self.log_view.turn_previous()

    def action_log_first(self) -> None:
        """The first turn."""
        self.when_whole(self.log_view.cursor_first)

    def action_log_last(self) -> None:
        """The last turn."""
        self.log_view.cursor_last()

    def action_log_half_up(self) -> None:
        """Half a page up."""
        self.log_view.scroll_pages(-0.5)

    def action_log_half_down(self) -> None:
        """Half a page down."""
        self.log_view.scroll_pages(0.5)

    def action_log_fold(self) -> None:
        """Fold or unfold the answer under the cursor."""
        self.log_view.toggle_fold()

    def action_log_select(self) -> None:
        """Keys select, until Escape or a copy."""
        self.log_view.focus()
        self.log_view.start_selecting()

    # These handlers go by their names: the classes of the messages are not loaded at the start.

    def on_message_log_selecting_changed(self) -> None:
        """Other keys matter."""
        self.show_bars()

    def on_message_log_copy_asked(self) -> None:
        """What is selected."""
        self.copy(self.get_selected_text() or "")
        self.clear_selection()

    def action_log_copy_message(self) -> None:
        """The source text under the cursor."""
        self.copy(self.log_view.source_at_cursor())

    def action_log_copy_code(self) -> None:
        """The code block under the cursor."""
        self.copy(self.log_view.code_block_at_cursor() or "")

    def action_log_copy_answer(self) -> None:
        """The last answer, whole."""
        transcript = self.model.transcript
        turns = [turn for turn in transcript.turns if turn.text] if transcript else []
        self.copy(turns[-1].text if turns else "")

    def action_log_copy_transcript(self) -> None:
        """The whole transcript as Markdown."""
        self.when_whole(self._copy_transcript)

    def _copy_transcript(self) -> None:
        from superserve_tui.domain.export import ExportFormat, export_session

        session, transcript = self.model.current, self.model.transcript
        if session is not None and transcript is not None:
            self.copy(export_session(session, transcript.turns, ExportFormat.MARKDOWN))

    def action_log_retry(self) -> None:
        """The last turn's message again, by this key only."""
        session, turn = self.model.current, self._last_turn()
        if session is not None and turn is not None and not session.state.is_busy:
            self.engine.send(SendPrompt(session.id, turn.prompt, revises=turn.id))

    def action_log_reconnect(self) -> None:
        """Go on with an interrupted turn, or give one that has gone silent another connection."""
        session = self.model.current
        if session is None:
            return
        is_silent = session.state is SessionState.RUNNING and self.model.silence.is_silent(session.id)
        if is_silent or self.model.is_lost(session.id) or can(session.state, Trigger.RECONNECT):
            self.engine.send(Reconnect(session.id))
        else:
            self.notify("There is nothing to reconnect: no turn here was cut or has gone silent.", timeout=3)

    def action_log_edit_again(self) -> None:
        """The message under the cursor, else the last one, back to the composer."""
        cursor, transcript = self.log_view.document.cursor, self.model.transcript
        turns = transcript.turns if transcript else []
        turn = next((each for each in turns if cursor and each.id == cursor.turn_id), self._last_turn())
        if turn is not None:
            composer = self.query_one(Composer)
            composer.add_to_history(composer.text)
            composer.put(turn.prompt, revises=turn.id)
            composer.focus()
            self.notify(
                f"Sent again, it notes that it revises turn {turn.number}. There is no way back on the server: "
                "the agent remembers both.",
                timeout=4,
            )

    def _last_turn(self) -> Turn | None:
        return self.model.transcript.last_turn if self.model.transcript else None

    def action_tools_open(self) -> None:
        """The whole call."""
        pane = self.conversation.tool_pane
        if call := pane.call_at_cursor:
            self.show_call(call)
        else:
            pane.toggle_fold()

    def action_tools_fold(self) -> None:
        """A run of one tool as one row, or call by call."""
        self.conversation.tool_pane.toggle_fold()

    def show_call(self, call: ToolCall) -> None:
        """A call with its input and times; `y` there copies the input."""

        def closed(answer: str | None) -> None:
            if answer is not None:
                self.copy(answer)

        self.app.push_screen(modals.ToolCallDialog(call), closed)
