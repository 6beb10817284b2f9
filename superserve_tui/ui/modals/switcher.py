"""Find a session: by title, agent or id as you type, and by words of any transcript below.

May import: domain, textual.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer
from textual.widgets import Input, Static

from superserve_tui.domain import SearchHit, Session, clean_line
from superserve_tui.protocol.records import dataclass
from superserve_tui.ui.fuzzy import rank
from superserve_tui.ui.modals.dialog import Dialog
from superserve_tui.ui.widgets.key_hints import KeyHints
from superserve_tui.ui.widgets.line_input import LineInput
from superserve_tui.ui.widgets.line_list import LineList, Piece, Row, fit
from superserve_tui.ui.words import age, glyph, session_title

__all__ = ["Switcher", "Target"]

_FILTER = re.compile(r"(?<!\S)(agent|state|tool|before|after):\S", re.IGNORECASE)
"""Words that narrow the search; then the sessions are the store's to find."""

_FENCE = re.compile(r"(?<![^\s…])(?:`{3,}|~{3,})([^\s`]*)\s*")
"""Where a block of code begins or ends, in a text whose lines have become one, and what kind of code it is."""

_SHOWN = 200
_HITS = 50
_TOGETHER_S = 0.01
"""Letters that come within this time are looked for once: a word that is typed in one go asks one search."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to go."""

    session_id: str
    turn: int | None = None
    """Number of the turn that holds the words; None: where the person left off."""
    words: str = ""
    """What was looked for."""


class FoundList(LineList):
    """Sessions, then places in transcripts."""

    DEFAULT_CSS = "FoundList { height: 1fr; background: $panel; }"

    def __init__(self, sessions: Sequence[Session], now: datetime) -> None:
        super().__init__(id="found", classes="-led")
        self._known = {session.id: session for session in sessions}
        self._now = now
        self._sessions: dict[str, Session] = {}
        self._hits: dict[str, SearchHit] = {}
        self._words: tuple[str, ...] = ()

    def show(self, sessions: Sequence[Session], hits: Sequence[SearchHit], query: str) -> None:
        """These, in this order, for what was typed."""
        self._words = tuple(query.lower().replace('"', "").split())
        self._sessions = {f"s:{session.id}": session for session in sessions}
        self._hits = {f"h:{number}": hit for number, hit in enumerate(hits)}
        rows = [Row(key) for key in self._sessions]
        if hits:
            rows += [Row(""), Row("", heading="In transcripts")]
            rows += [Row(key, height=2) for key in self._hits]
        self.set_rows(rows)
        self.move_by(-len(rows))

    def target(self, key: str, words: str) -> Target:
        """Where a row leads."""
        if key in self._sessions:
            return Target(self._sessions[key].id)
        hit = self._hits[key]
        return Target(hit.session_id, hit.turn, words)

    def line_pieces(self, row: Row, line: int, width: int) -> list[Piece]:
        """A session, or the words in their context with the session below."""
        if not row.key:
            return [(" " + row.heading, "list--heading")]
        if hit := self._hits.get(row.key):
            if line == 0:
                return [(" " + _part(hit.snippet, self._words, width - 2), "list--text")]
            session = self._known.get(hit.session_id)
            title = clean_line(hit.title, limit=60) or "New session"
            tail = self._tail(session) if session is not None else ""
            place = f" · turn {hit.turn}" if hit.turn else ""
            title = fit(title, max(4, width - cell_len(place) - cell_len(tail) - 6)) + place
            return [(f"   {title}", "list--muted"), (_gap(width, title, tail), ""), (tail, "list--muted")]
        session = self._sessions[row.key]
        tail = self._tail(session, state=f" · {session.state}")
        title = fit(session_title(session), max(4, width - cell_len(tail) - 6))
        return [
            (f" {glyph(session.state)} ", "list--muted"),
            (title, "list--text"),
            (_gap(width, title, tail), ""),
            (tail, "list--muted"),
        ]

    def _tail(self, session: Session, *, state: str = "") -> str:
        """What tells sessions with one title apart."""
        when = age(session.last_activity_at or session.created_at, self._now)
        return f"{clean_line(session.agent, limit=20)}{state} · {when}"


def _gap(width: int, title: str, tail: str) -> str:
    return " " * max(2, width - 4 - cell_len(title) - cell_len(tail))


def _part(snippet: str, words: Sequence[str], width: int) -> str:
    """A line of a transcript without its fences, cut so that the words looked for are in it."""
    bare = _FENCE.sub(
        lambda fence: f"{fence[1]} " if any(word in fence[1].lower() for word in words) else "", snippet
    )
    line = clean_line(bare, limit=400)
    at = min((place for word in words if (place := line.lower().find(word)) >= 0), default=0)
    if at > width // 2:
        line = "…" + line[at - width // 3 :].lstrip("… ")
    return fit(line, width)


class Switcher(Dialog[Target]):
    """Type, Up and Down, Enter.

    Args:
        sessions: All of them, in the sidebar's order.
        now: For the ages.
        search: Asked for every new line of words; the hits come back by `show_hits`.
    """

    DEFAULT_CSS = """
    Switcher > Vertical { width: 88; height: 80%; max-height: 30; }
    Switcher Input { margin-bottom: 1; }
    """

    def __init__(self, sessions: Sequence[Session], now: datetime, *, search: Callable[[str], None]) -> None:
        super().__init__()
        self._sessions, self._now, self._search = sessions, now, search
        self._searchable: list[str] = []
        """Of each session, in their order; empty until the dialog is drawn."""
        self._fitting: list[Session] = []
        """Those that what was typed leaves in the list."""
        self._looking: Timer | None = None
        """Runs while letters may come that belong together."""
        self._hits: tuple[SearchHit, ...] = ()
        self._is_asked = False
        """Whether an answer of the search is awaited."""
        self._named: set[str] = set()
        """Sessions whose titles the search found; they count where filters narrow it."""

    def compose(self) -> ComposeResult:
        """A line to type in, the list below."""
        with Vertical():
            yield Static("Switch to", classes="dialog--title")
            yield LineInput(placeholder="title, agent, id or words said; agent: state: tool: before: after:")
            yield FoundList(self._sessions, self._now)
            yield KeyHints(("Enter", "open"), ("Up Down", "choose"), ("Esc", "close"))

    def on_mount(self) -> None:
        """All sessions at first."""
        self._find("")
        self.query_one(Input).focus()
        self.call_after_refresh(self._prepare)

    def on_key(self, event: events.Key) -> None:
        """Moving in the list while typing."""
        steps = {"up": -1, "down": 1, "pageup": -8, "pagedown": 8, "ctrl+p": -1, "ctrl+n": 1}
        if event.key in steps:
            self._catch_up()
            self.query_one(FoundList).move_by(steps[event.key])
            event.stop()

    def show_hits(self, query: str, hits: Sequence[SearchHit]) -> None:
        """The search came back; an answer to an older question is passed over."""
        self._catch_up()
        if query == self.query_one(Input).value.strip():
            self._is_asked = False
            self._hits = tuple(hit for hit in hits if hit.where != "title")[:_HITS]
            self._named = {hit.session_id for hit in hits if hit.where == "title"}
            found = self.query_one(FoundList)
            chosen = found.cursor_key
            if _FILTER.search(query):
                self._find(query)
            else:
                self._show()
            if chosen:
                found.move_to(chosen)

    @on(Input.Changed)
    def _typed(self) -> None:
        if self._looking is not None:
            self._looking.stop()
        self._looking = self.set_timer(_TOGETHER_S, self._look)

    def _catch_up(self) -> None:
        """Look for what was typed last, where that has not been done."""
        if self._looking is not None:
            self._looking.stop()
            self._look()

    def _look(self) -> None:
        self._looking = None
        query = self.query_one(Input).value.strip()
        self._hits, self._named = (), set()
        self._is_asked = len(query) > 1
        if self._is_asked:
            self._search(query)  # it looks while the titles are looked through here
        self._find(query)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self._catch_up()
        key = self.query_one(FoundList).cursor_key
        if key:
            self._go(key)

    @on(LineList.Chosen)
    def _chosen(self, event: LineList.Chosen) -> None:
        self._go(event.key)

    def _go(self, key: str) -> None:
        self.dismiss(self.query_one(FoundList).target(key, self.query_one(Input).value.strip()))

    def _find(self, query: str) -> None:
        self._fitting = list(self._sessions)
        if _FILTER.search(query):
            self._fitting = [session for session in self._sessions if session.id in self._named]
        elif query:
            self._prepare()
            wanted = query.lower()
            texts = enumerate(self._searchable)
            ranked = sorted((fits, place) for place, text in texts if (fits := rank(wanted, text)) is not None)
            self._fitting = [self._sessions[place] for _, place in ranked]
        self._show()

    def _show(self) -> None:
        found = self.query_one(FoundList)
        found.nothing = "" if self._is_asked else "Nothing matches."
        found.show(self._fitting[:_SHOWN], self._hits, self.query_one(Input).value)

    def _prepare(self) -> None:
        """Before the first letter, which would wait for it: 16 ms for 5,000 sessions."""
        if not self._searchable:
            self._searchable = [_searchable(session) for session in self._sessions]


def _searchable(session: Session) -> str:
    return f"{session_title(session)} {session.agent} {session.id[:12]} {session.server_id or ''}".lower()
