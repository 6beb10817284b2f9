"""The sidebar's list of saved sessions: title, agent, state and age; pinned ones first, then by day.

May import: domain, ui.words, textual.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time, timedelta

from rich.cells import cell_len

from superserve_tui.domain import Session, SessionState, clean_line
from superserve_tui.ui.widgets.line_list import LineList, Piece, Row, fit
from superserve_tui.ui.words import EXPIRES_SOON_S, age, countdown, elapsed, expires_in_s, glyph, session_title

__all__ = ["TITLE_COLUMN", "SessionList"]

TITLE_COLUMN = 3
"""Where a row's title begins, in cells."""


_DAYS = (0, "Today"), (1, "Yesterday"), (6, "This week"), (30, "This month")
"""The headings by day, each with how many days ago its first one was."""


def headings(group_by: str, now: datetime) -> Callable[[Session], str]:
    """The heading that a session stands under.

    Made once for a whole list: working out local days for each of thousands of sessions takes more than a frame.

    Args:
        group_by: `time`, `agent` or `profile`.
        now: Wall time, aware.
    """
    today = now.astimezone().date()
    midnights = (datetime.combine(today - timedelta(days=days), time.min) for days, _ in _DAYS)
    # In UTC as the sessions' times are: times of two zones take ten times as long to compare.
    begins = [(each.astimezone(UTC), words) for each, (_, words) in zip(midnights, _DAYS, strict=True)]

    def heading(session: Session) -> str:
        if session.is_pinned:
            return "Pinned"
        if group_by != "time":
            return clean_line(session.agent if group_by == "agent" else session.profile, limit=40)
        moment = session.last_activity_at or session.created_at
        for begin, words in begins:
            if moment >= begin:
                return words
        return "Older"

    return heading


class SessionList(LineList):
    """Sessions by day, two lines each."""

    COMPONENT_CLASSES = {
        "session--title",
        "session--open",
        "session--unread",
        "session--running",
        "session--failed",
        "session--soon",
    }

    DEFAULT_CSS = """
    SessionList {
        & > .session--title { color: $foreground; }
        & > .session--open { color: $primary; text-style: bold; }
        & > .session--unread { color: $accent; text-style: bold; }
        & > .session--running { color: $secondary; }
        & > .session--failed { color: $error; }
        & > .session--soon { color: $warning; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._sessions: dict[str, Session] = {}
        self._queued: dict[str, int] = {}
        self._open_id: str | None = None
        self._frame = 0
        self._now = datetime.now(UTC)

    def set_sessions(
        self, sessions: Iterable[Session], *, open_id: str | None, now: datetime, group_by: str = "time"
    ) -> None:
        """Show these sessions, already in order, under headings."""
        self._open_id, self._now = open_id, now
        self._sessions = {}
        rows: list[Row] = []
        heading, heading_of = None, headings(group_by, now)
        for session in sessions:
            group = heading_of(session)
            if group != heading:
                heading = group
                if rows:
                    rows.append(Row(""))
                rows.append(Row("", heading=group))
            self._sessions[session.id] = session
            rows.append(Row(session.id, height=2))
        self.set_rows(rows)

    def set_open(self, session_id: str | None) -> None:
        """Mark the session that is on screen; the cursor goes there unless the list has the focus."""
        self._open_id = session_id
        if not self.has_focus:
            self.move_to(session_id)
        self.refresh()

    def set_session(self, session: Session) -> None:
        """Draw one session anew; its place stays."""
        if session.id in self._sessions:
            self._sessions[session.id] = session
            self.refresh_row(session.id)

    def set_queued(self, session_id: str, count: int) -> None:
        """How many messages wait in a session."""
        self._queued[session_id] = count
        self.refresh_row(session_id)

    def on_focus(self) -> None:
        """With the keyboard it has a cursor, also where no session is open."""
        if self.cursor_key is None:
            self.move_by(1)

    def turn(self, frame: int, now: datetime) -> None:
        """Turn the signs of what runs; ages follow the clock."""
        self._frame, self._now = frame, now
        for session in self._sessions.values():
            if session.state.is_busy:
                self.refresh_row(session.id)

    def seen_rows(self) -> list[tuple[str, int]]:
        """The sessions that are on screen, each with the line that its title stands on."""
        top, height = self.scroll_offset.y, self.size.height
        tops = zip(self.rows, self.row_tops, strict=True)
        return [(row.key, y - top) for row, y in tops if row.key and 0 <= y - top < height]

    def line_of(self, session_id: str) -> int | None:
        """The line on screen that its title stands on, also above or below what is seen; None: not in the list."""
        index = self._index.get(session_id)
        return None if index is None else self._tops[index] - self.scroll_offset.y

    def line_pieces(self, row: Row, line: int, width: int) -> list[Piece]:
        """A heading, a title, or the line below it."""
        if not row.key:
            return [(" " + row.heading, "list--heading")]
        session = self._sessions[row.key]
        is_open = session.id == self._open_id
        return (
            self._first_line(session, is_open, width) if line == 0 else self._second_line(session, is_open, width)
        )

    def _first_line(self, session: Session, is_open: bool, width: int) -> list[Piece]:
        marks = ""
        if self._queued.get(session.id):
            marks += f" +{self._queued[session.id]}"
        is_unread = session.is_unread and not is_open
        if is_unread:
            marks += " ●"
        title = fit(session_title(session), max(1, width - TITLE_COLUMN - len(marks) - 1))
        style = "session--open" if is_open else "session--unread" if is_unread else "session--title"
        gap = " " * max(0, width - TITLE_COLUMN - cell_len(title) - len(marks) - 1)
        return [
            ("▌" if is_open else " ", "session--open"),
            *self._sign(session),
            (title, style),
            (gap, ""),
            (marks, "session--unread"),
        ]

    def _sign(self, session: Session) -> list[Piece]:
        return [(glyph(session.state, frame=self._frame) + " ", _state_style(session.state))]

    def _second_line(self, session: Session, is_open: bool, width: int) -> list[Piece]:
        state, style = str(session.state), _state_style(session.state)
        if session.state.is_busy and session.last_activity_at:
            state += " " + elapsed(self._now - session.last_activity_at)
        when, when_style = age(session.last_activity_at or session.created_at, self._now), "list--muted"
        if session.state.is_busy:
            when = ""  # what counts is how long it has been running
        left_s = expires_in_s(session, self._now)
        if left_s is not None and left_s <= EXPIRES_SOON_S:
            when, when_style = f"{countdown(left_s)} left" if left_s > 0 else "expiring", "session--soon"
        room = max(1, width - TITLE_COLUMN - len(state) - len(when) - 5)
        agent = fit(clean_line(session.agent, limit=80), room)
        gap = " " * max(1, width - TITLE_COLUMN - cell_len(agent) - 3 - len(state) - len(when) - 1)
        bar = "▌" if is_open else " "
        return [
            (bar + "  ", "session--open"),
            (agent, "list--muted"),
            (" · ", "list--muted"),
            (state, style),
            (gap, ""),
            (when, when_style),
        ]


def _state_style(state: SessionState) -> str:
    if state.is_busy:
        return "session--running"
    if state in (SessionState.FAILED, SessionState.INTERRUPTED):
        return "session--failed"
    return "list--muted"
