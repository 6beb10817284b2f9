"""The one-line bars: title above the transcript, status and keys below the composer.

May import: domain, ui.words, ui.actions, textual, rich.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from superserve_tui.domain import Session, SessionState, clean_line
from superserve_tui.protocol import short_id
from superserve_tui.protocol.records import dataclass
from superserve_tui.ui.actions import action
from superserve_tui.ui.keymap import Keymap
from superserve_tui.ui.widgets.kept import Kept
from superserve_tui.ui.widgets.line_list import fit
from superserve_tui.ui.words import EXPIRES_SOON_S, countdown, elapsed, expires_in_s, glyph, session_title

__all__ = ["KeyBar", "StatusBar", "TitleBar"]

_LINK = 300
"""Signs of the words about a connection."""
_ROOMY = 48
"""Cells from which on a title leaves room for words beside it."""
_LOOKS = {
    "strong": "bold $foreground",
    "muted": "",
    "key": "$foreground",
    "running": "$secondary",
    "failed": "$error",
    "soon": "$warning",
}
"""The theme's colours by what they say; muted is the bar's own.

Not component classes: Textual would work them out for each bar at the start.
"""


class _Bar(Kept, Widget):
    """One line, drawn from pieces of (text, look); drawn anew only when they change."""

    DEFAULT_CSS = """
    _Bar {
        height: 1;
        padding: 0 2;
        color: $text-muted;
    }
    """

    _left: tuple[tuple[str, str], ...] = ()
    _right: tuple[tuple[str, str], ...] = ()

    def _set(self, left: Iterable[tuple[str, str]], right: Iterable[tuple[str, str]] = ()) -> None:
        pieces = tuple(left), tuple(right)
        if pieces != (self._left, self._right):
            self._left, self._right = pieces
            self.refresh()

    def render(self) -> Content:
        """Left pieces cut to what the right ones leave."""
        width = self.size.width
        right = Content.assemble(*((words, _LOOKS[name]) for words, name in self._right))
        room = max(0, width - right.cell_length - (1 if right else 0))
        left: list[tuple[str, str]] = []
        for words, name in self._left:
            if room <= 0:
                break
            cut = fit(words, room)
            room -= cell_len(cut)
            left.append((cut, _LOOKS[name]))
        line = Content.assemble(*left)
        return Content.assemble(line, " " * max(0, width - line.cell_length - right.cell_length), right)


class TitleBar(_Bar):
    """The session's title; at the right its place among the sessions."""

    def show(self, session: Session | None, *, place: int = 0, total: int = 0) -> None:
        """The session that is on screen."""
        title = session_title(session) if session else "superserve-tui"
        where = f"session {place} of {total}" if self.size.width >= _ROOMY else f"{place}/{total}"
        self._set([(title, "strong")], [(where, "muted")] if total else [])


@dataclass(frozen=True, slots=True)
class Moment:
    """What the status line needs besides the session."""

    now: datetime
    profile: str
    agent: str
    frame: int = 0
    link: str = ""
    """How the connection is; empty when all is well. May quote foreign text."""
    notice: str = ""
    """Something that matters right now, such as an armed stop."""


class StatusBar(_Bar):
    """Profile, agent, short id, state, and the clock that matters: elapsed or left."""

    def show(self, session: Session | None, moment: Moment) -> None:
        """The state of affairs."""
        dot = (" · ", "muted")
        left = [(clean_line(moment.profile, limit=40), "muted"), dot, (clean_line(moment.agent, limit=40), "muted")]
        if session is None:
            self._set(left, [(moment.notice, "soon")])
            return
        if session.server_id:
            left += [dot, (clean_line(short_id(session.server_id)), "muted")]
        left += [dot, (f"{glyph(session.state, frame=moment.frame)} {session.state}", _state_look(session.state))]
        if session.state.is_busy and session.last_activity_at is not None:
            left += [(" " + elapsed(moment.now - session.last_activity_at), "running")]
        if moment.link:
            left += [dot, (clean_line(moment.link, limit=_LINK), "soon")]
        self._set(left, [self._clock(session, moment)])

    def _clock(self, session: Session, moment: Moment) -> tuple[str, str]:
        if moment.notice:
            return moment.notice, "soon"
        left_s = expires_in_s(session, moment.now)
        if left_s is None:
            return "", "muted"
        if left_s <= 0:
            return "may have expired", "soon"  # the server decides, and is asked
        return f"expires in {countdown(left_s)}", "soon" if left_s <= EXPIRES_SOON_S else "muted"


def _state_look(state: SessionState) -> str:
    if state.is_busy:
        return "running"
    return "failed" if state in (SessionState.FAILED, SessionState.INTERRUPTED) else "muted"


class KeyBar(_Bar):
    """The keys that matter now; as many as fit, the most useful first."""

    def show(self, action_ids: Iterable[str], *, keymap: Keymap, labels: dict[str, str] | None = None) -> None:
        """These actions, in this order.

        Args:
            action_ids: Ids of the table.
            keymap: The keys in force.
            labels: Other words than the table's, by id.
        """
        named = ((each, keymap.name(each)) for each in map(action, action_ids))
        self.show_keys((key, (labels or {}).get(each.id, each.label)) for each, key in named if key)

    def show_keys(self, keys: Iterable[tuple[str, str]]) -> None:
        """These keys and what they do, in this order."""
        pieces: list[tuple[str, str]] = []
        width = 0
        room = self.size.width or 76
        for key, label in keys:
            width += cell_len(key) + 1 + cell_len(label) + (3 if pieces else 0)
            if width > room:
                break
            if pieces:
                pieces.append(("   ", "muted"))
            pieces += [(key, "key"), (" " + label, "muted")]
        self._set(pieces)
