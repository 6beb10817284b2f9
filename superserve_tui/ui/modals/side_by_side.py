"""Several answers to one message, side by side where there is room, else one below the other.

May import: domain, engine's clock, the UI's model and widgets, textual.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Vertical
from textual.screen import ModalScreen

from superserve_tui.domain import Change, Session, SessionState, clean_line
from superserve_tui.engine import Clock
from superserve_tui.ui.model import Model
from superserve_tui.ui.widgets.bars import Moment, StatusBar, TitleBar
from superserve_tui.ui.widgets.key_hints import KeyHints
from superserve_tui.ui.widgets.log import LogDocument, MessageLog
from superserve_tui.ui.words import session_title

__all__ = ["SideBySide"]

COLUMNS_WIDTH = 120
"""From this width on answers stand side by side."""

COLUMN_WIDTH = 38
"""Cells of a column at least."""

ROW_HEIGHT = 9
"""Lines of an answer at least, with its two lines of title and state."""

SPIN_S = 0.125

_KEYS = (
    ("Enter", "go on"),
    ("Tab", "next"),
    ("y", "copy"),
    ("ctrl+x", "stop"),
    ("Up Down", "scroll"),
    ("Esc", "back"),
)


class AnswerBar(TitleBar):
    """Whose answer it is: the agent first, for one message gives new sessions the same title."""

    def show(self, session: Session | None, *, place: int = 0, total: int = 0) -> None:
        """This session, and its place among the answers."""
        if session is not None:
            agent, title = clean_line(session.agent, limit=40), session_title(session)
            self._set([(agent, "strong"), (f" · {title}", "muted")], [(f"{place}/{total}", "muted")])


class Column(Vertical):
    """One session: its agent and title, its state with its clock, its transcript."""

    def __init__(self, session_id: str, number: int, total: int) -> None:
        super().__init__()
        self.session_id, self._place, self._total = session_id, number, total

    def compose(self) -> ComposeResult:
        """Two lines over the transcript."""
        yield AnswerBar()
        yield StatusBar()
        yield MessageLog()

    def draw(self, session: Session, document: LogDocument, moment: Moment) -> None:
        """The latest that is known."""
        self.query_one(AnswerBar).show(session, place=self._place, total=self._total)
        self.query_one(StatusBar).show(replace(session, server_id=None), moment)  # no room for its id
        self.query_one(MessageLog).show(document)


class SideBySide(ModalScreen[str]):
    """Answers with the session to go on with; None on Escape, which stops nothing.

    It has a model and documents of its own: a document is wrapped for one width.

    Args:
        sessions: Whose answers are shown, in this order.
        clock: Time.
        copy: Puts a text on the clipboard and says so.
        stop: Stops the turn of the session with that id.
    """

    BINDINGS = [
        Binding("escape", "close", show=False),
        Binding("enter", "go_on", priority=True, show=False),
        Binding("right,tab", "app.focus_next", show=False),
        Binding("left,shift+tab", "app.focus_previous", show=False),
        Binding("up", "scroll(-0.1)", show=False),
        Binding("down", "scroll(0.1)", show=False),
        Binding("pageup", "scroll(-1)", show=False),
        Binding("pagedown", "scroll(1)", show=False),
        Binding("end", "follow", show=False),
        Binding("y,alt+c", "copy", show=False),
        Binding("ctrl+x", "stop", show=False),  # no letter: one that is meant for a message must not end a turn
    ]

    DEFAULT_CSS = """
    SideBySide { background: $background; }
    SideBySide > Vertical { width: 100%; height: 100%; }
    SideBySide #answers { layout: grid; grid-gutter: 1 2; height: 1fr; padding: 1 1 0 1; overflow-y: auto; }
    SideBySide Column { height: 100%; background: $surface; }
    SideBySide Column:focus-within { background: $block-cursor-background; }
    SideBySide Column:ansi:focus-within {
        background: ansi_default;
        AnswerBar { text-style: reverse; }
    }
    SideBySide Column MessageLog { height: 1fr; }
    SideBySide KeyHints { height: 1; padding: 0 2; margin: 0; }
    """

    def __init__(
        self,
        sessions: Sequence[Session],
        clock: Clock,
        *,
        copy: Callable[[str], object],
        stop: Callable[[str], object],
    ) -> None:
        super().__init__()
        self._clock, self._copy, self._stop = clock, copy, stop
        self._model = Model(clock)
        self._frame = 0
        self._columns = [Column(each.id, number, len(sessions)) for number, each in enumerate(sessions, 1)]
        for session in sessions:
            self._model.sessions[session.id] = session
            self._model.open(session.id)

    def compose(self) -> ComposeResult:
        """The columns over the keys."""
        with Vertical():
            with Container(id="answers"):
                yield from self._columns
            yield KeyHints(*_KEYS)

    def on_mount(self) -> None:
        """Draw what is known; from now on the clocks run."""
        self._lay_out()
        self._draw()
        self.set_interval(SPIN_S, self._spin)
        self._columns[0].query_one(MessageLog).focus()

    def on_resize(self) -> None:
        """Other columns for another width."""
        self._lay_out()

    @property
    def session_ids(self) -> set[str]:
        """Whose answers are on screen."""
        return {column.session_id for column in self._columns}

    def take(self, changes: Sequence[Change]) -> None:
        """What has happened since the last frame, in all sessions."""
        for change in changes:
            self._model.apply(change)
        if self.is_mounted:
            self._draw()

    def action_close(self) -> None:
        """Back; nothing is stopped."""
        self.dismiss(None)

    def action_go_on(self) -> None:
        """Go on with the one that has the focus."""
        if (column := self._focused_column) is not None:
            self.dismiss(column.session_id)

    def action_scroll(self, pages: float) -> None:
        """Scroll the one that has the focus."""
        if (column := self._focused_column) is not None:
            column.query_one(MessageLog).scroll_pages(pages)

    def action_follow(self) -> None:
        """To its end, and stay there."""
        if (column := self._focused_column) is not None:
            column.query_one(MessageLog).to_end()

    def action_copy(self) -> None:
        """The answer of the one that has the focus, as far as it has come."""
        if (column := self._focused_column) is not None:
            turns = self._model.open(column.session_id).document.turns
            self._copy(next((view.text for view in reversed(turns) if view.text), ""))

    def action_stop(self) -> None:
        """Stop the turn of the one that has the focus; the others go on."""
        column = self._focused_column
        session = self._model.sessions.get(column.session_id) if column is not None else None
        if session is not None and session.state in (SessionState.STARTING, SessionState.RUNNING):
            self._stop(session.id)
        else:
            self.notify("Nothing runs here.", timeout=2)

    @property
    def _focused_column(self) -> Column | None:
        return next((each for each in self._columns if each.has_focus_within), None)

    def _lay_out(self) -> None:
        answers, count = self.query_one("#answers"), len(self._columns)
        width, height = self.app.size.width, self.app.size.height
        columns = min(count, width // COLUMN_WIDTH) if width >= COLUMNS_WIDTH else 1
        rows = -(-count // columns)
        answers.styles.grid_size_columns = columns
        answers.styles.grid_rows = str(max(ROW_HEIGHT, (height - 2 - (rows - 1)) // rows))

    def _spin(self) -> None:
        self._frame += 1
        self._draw()

    def _draw(self) -> None:
        now = self._clock.now()
        for column in self._columns:
            session = self._model.sessions.get(column.session_id)
            link = self._model.link_words(column.session_id)
            if session is not None:
                document = self._model.open(session.id).document
                column.draw(session, document, Moment(now, session.profile, session.agent, self._frame, link))
