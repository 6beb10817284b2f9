"""What the parts of the main screen share: the engine, the model, and what each may ask of the others.

May import: engine, domain, the UI's own modules, textual.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import work
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from superserve_tui.domain import Session, SessionState, clean
from superserve_tui.engine import Engine
from superserve_tui.ui.actions import Where
from superserve_tui.ui.choice import Addressee
from superserve_tui.ui.frames import SoonDrawn
from superserve_tui.ui.screens.layout import ToolsMode
from superserve_tui.ui.widgets.session_list import SessionList

if TYPE_CHECKING:
    from superserve_tui.ui.keymap import Keymap
    from superserve_tui.ui.modals import SideBySide
    from superserve_tui.ui.model import Model
    from superserve_tui.ui.needs import Walk
    from superserve_tui.ui.options import UiOptions
    from superserve_tui.ui.screens.conversation import Conversation
    from superserve_tui.ui.widgets.log import MessageLog
    from superserve_tui.ui.widgets.row_editor import RowEditor

__all__ = ["Part", "ScreenBase"]

_PANES = {"sessions": Where.SIDEBAR, "log": Where.LOG, "tool-list": Where.TOOLS}
"""The panes by the ids of their widgets; everywhere else a message is written."""


class ScreenBase(SoonDrawn, Screen[None]):
    """Attributes and seams; `MainScreen` puts the parts together."""

    @dataclass
    class MouseReleased(Message):
        """The mouse goes to the terminal, or comes back."""

        is_released: bool

    engine: Engine
    options: UiOptions
    model: Model
    keymap: Keymap
    filter_words: str
    sidebar_wish: bool | None
    tools_wish: ToolsMode
    spinner: Timer
    """Turns the signs of what runs; paused while nothing does."""
    walk: Walk
    """The round through the sessions that need the person."""
    came_from: tuple[str, Widget | None] | None = None
    """The session that was on screen before, and what had the keyboard there."""
    frame: int = 0
    """Which sign of the spinner."""
    is_mouse_released: bool = False
    """The terminal has the mouse, to select text with."""
    beside: SideBySide | None = None
    """Several answers, while they lie over this screen: told of each frame's changes too."""
    aside: str = ""
    """What was typed while no session was open and stands in the history now: saved with what is typed so next."""
    notice: str = ""
    """What the status line says in the clock's place."""

    # what the main screen draws

    def open_session(self, session_id: str, *, turn: int | None = None, words: str = "") -> None:
        """Show a session."""
        raise NotImplementedError

    def leave_current(self, *, keeps_text: bool = False) -> None:
        """Show no session; what was typed goes with it, or stays."""
        raise NotImplementedError

    def create_session(self, to: Addressee, *, title: str | None = None, idle_timeout_s: int | None = None) -> str:
        """Make a session."""
        raise NotImplementedError

    def addressee(self) -> Addressee:
        """Where a new session would be made."""
        raise NotImplementedError

    def save_draft(self) -> None:
        """Remember the composer's text."""
        raise NotImplementedError

    def show_layout(self) -> None:
        """Draw the panes."""
        raise NotImplementedError

    def show_all(self) -> None:
        """Draw everything."""
        raise NotImplementedError

    def show_bars(self) -> None:
        """Draw the bars."""
        raise NotImplementedError

    def place_editor(self) -> None:
        """Keep the edited title with its row."""
        raise NotImplementedError

    def action_sidebar_rename(self) -> None:
        """Edit a title in the list."""
        raise NotImplementedError

    def close_filter(self) -> None:
        """Show the whole list of sessions."""
        raise NotImplementedError

    def when_whole(self, do: Callable[[], object]) -> None:
        """Do something once the whole transcript is there."""
        raise NotImplementedError

    def warn_if_expiring(self) -> None:
        """Say that the session on screen is about to expire."""
        raise NotImplementedError

    # what a session brings on the screen

    _conversation: Conversation | None = None

    @property
    def has_conversation(self) -> bool:
        """Whether a session was opened: its widgets are there."""
        return self._conversation is not None

    @property
    def conversation(self) -> Conversation:
        """The transcript and all that belongs to it; loaded and mounted when first asked for."""
        if self._conversation is None:
            from superserve_tui.ui.screens.conversation import Conversation

            self._conversation = Conversation(self)
        return self._conversation

    @property
    def log_view(self) -> MessageLog:
        """The transcript's widget."""
        return self.conversation.log

    @property
    def is_selecting(self) -> bool:
        """Whether keys select in the transcript."""
        return self.has_conversation and self.log_view.is_selecting

    # what an edited title brings

    _row_editor: RowEditor | None = None

    @property
    def row_editor(self) -> RowEditor:
        """The line that edits a title; loaded and mounted when first asked for."""
        if self._row_editor is None:
            from superserve_tui.ui.widgets.row_editor import RowEditor

            self._row_editor = RowEditor(id="row-editor")
            self.query_one("#sidebar").mount(self._row_editor)
        return self._row_editor

    @property
    def is_renaming(self) -> bool:
        """Whether a title is being edited."""
        return self._row_editor is not None and self._row_editor.session_id is not None

    @property
    def focused_pane(self) -> Where:
        """The pane that has the focus."""
        return _PANES.get((self.focused.id or "") if self.focused else "", Where.COMPOSER)

    @property
    def is_link_dead(self) -> bool:
        """Whether nothing comes any more of the turn on screen, and its connection is not being mended already."""
        session = self.model.current
        if session is None or session.state is not SessionState.RUNNING or self.model.link_words(session.id):
            return False
        return self.model.silence.is_dead(session.id)

    def listed(self) -> Session | None:
        """The session under the cursor of the list."""
        return self.model.sessions.get(self.query_one(SessionList).cursor_key or "")

    @work(exit_on_error=True)
    async def copy(self, text: str) -> None:
        """Put text on the clipboard, cleaned, off the main thread, and say what became of it."""
        text = clean(text)
        if not text:
            self.notify("Nothing to copy here.", timeout=2)
            return
        driver = self.app._driver

        def write_terminal(sequence: str) -> None:
            if driver is None or not driver.can_suspend:
                raise OSError("no terminal")
            driver.write(sequence)
            driver.flush()

        result = await asyncio.to_thread(self.options.copy, text, write_terminal)
        self.notify(result.words, severity="information" if result.is_done else "error", timeout=4, markup=False)


if TYPE_CHECKING:
    Part = ScreenBase
else:
    # While the app runs the parts are plain classes: Textual works the bindings, styles and handlers of each class
    # of a screen out, a quarter of a millisecond before the first paint. A part with `@on` handlers has to be such
    # a class; it is named after the plain ones, whose methods go before those of `ScreenBase`.
    Part = object
