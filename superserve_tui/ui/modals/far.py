"""Sessions that are on the servers and not in the list: attached, or ended.

May import: domain, protocol, ui.words, the UI's widgets, textual.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Static

from superserve_tui.domain import FarSession, FarSessionsListed, clean_line
from superserve_tui.protocol import parse_time
from superserve_tui.ui.modals.dialog import Dialog
from superserve_tui.ui.widgets.key_hints import KeyHints
from superserve_tui.ui.widgets.line_list import LineList, Piece, Row, fit
from superserve_tui.ui.words import age

__all__ = ["FarAnswer", "FarDialog", "idle_longer_than"]

FarAnswer = tuple[str, str, str]
"""What is wanted (`attach`, `end idle`, `login`), a profile, a server id (or nothing)."""


def idle_longer_than(
    listed: Mapping[str, FarSessionsListed], seconds: float, now: datetime
) -> list[tuple[str, FarSession]]:
    """Profile and session of each that nobody has used for so long; none whose time is unknown, none at work."""
    found = []
    for profile, answer in listed.items():
        for far in answer.sessions:
            last = parse_time(far.info.last_activity_at)
            if last is not None and far.info.status != "running" and (now - last).total_seconds() >= seconds:
                found.append((profile, far))
    return found


class FarList(LineList):
    """One line per session, under its profile."""

    DEFAULT_CSS = "FarList { height: 1fr; background: $panel; }"

    def __init__(self, now: datetime) -> None:
        super().__init__(id="far")
        self._now = now
        self._found: dict[str, FarSession] = {}

    def show(self, profiles: Sequence[str], listed: Mapping[str, FarSessionsListed]) -> None:
        """What each profile's server has that is not in the list."""
        rows: list[Row] = []
        self._found = {}
        for profile in profiles:
            answer = listed.get(profile)
            rows.append(Row("", heading=f"{clean_line(profile, limit=40)}   {_note(answer)}".rstrip()))
            for far in answer.sessions if answer is not None else ():
                if far.session_id is None:
                    key = f"{profile}/{far.info.id}"
                    self._found[key] = far
                    rows.append(Row(key))
        self.set_rows(rows)

    def place_of(self, key: str) -> tuple[str, str]:
        """Profile and server id of a row."""
        server_id = self._found[key].info.id
        return key.removesuffix(f"/{server_id}"), server_id

    def line_pieces(self, row: Row, line: int, width: int) -> list[Piece]:  # noqa: ARG002 - one line each
        """Title, agent, status, and how long ago it was used."""
        if not row.key:
            return [(" " + row.heading, "list--heading")]
        info = self._found[row.key].info
        when = age(parse_time(info.last_activity_at), self._now)
        tail = clean_line(f"{info.agent_name or info.agent_id} · {info.status} {when}", limit=60)
        title = clean_line(info.title or "", limit=200) or clean_line(info.short_id)
        title = fit(title, max(4, width - cell_len(tail) - 6))
        gap = " " * max(2, width - 4 - cell_len(title) - cell_len(tail))
        return [("   " + title, "list--text"), (gap, ""), (tail, "list--muted")]


class FarDialog(Dialog[FarAnswer]):
    """Fills as the servers answer; Enter attaches.

    Args:
        profiles: Names, in the order to show.
        now: For how long ago a session was used.
    """

    BINDINGS = [
        Binding("E", "end_idle", show=False),
        Binding("l", "login", show=False),
    ]

    DEFAULT_CSS = "FarDialog > Vertical { width: 88; height: 80%; max-height: 30; }"

    def __init__(self, profiles: Sequence[str], now: datetime) -> None:
        super().__init__()
        self._profiles, self._now = profiles, now
        self.listed: dict[str, FarSessionsListed] = {}
        """What the servers have answered so far."""

    def compose(self) -> ComposeResult:
        """The list and its keys."""
        with Vertical():
            yield Static("On the servers, not in the list", classes="dialog--title")
            yield FarList(self._now)
            yield KeyHints(("Enter", "attach"), ("E", "end all idle over …"), ("l", "log in"), ("Esc", "close"))

    def on_mount(self) -> None:
        """Nothing is known yet."""
        self.query_one(FarList).show(self._profiles, self.listed)
        self.query_one(FarList).focus()

    def show(self, answer: FarSessionsListed) -> None:
        """A server has answered."""
        self.listed[answer.profile] = answer
        if self.is_mounted:
            self.query_one(FarList).show(self._profiles, self.listed)

    @on(LineList.Chosen)
    def _chosen(self, event: LineList.Chosen) -> None:
        profile, server_id = self.query_one(FarList).place_of(event.key)
        self.dismiss(("attach", profile, server_id))

    def action_end_idle(self) -> None:
        """Ask which."""
        self.dismiss(("end idle", "", ""))

    def action_login(self) -> None:
        """To the first profile that lacks a key."""
        for profile, answer in self.listed.items():
            if answer.problem is not None and answer.problem.is_login:
                self.dismiss(("login", profile, ""))
                return


def _note(answer: FarSessionsListed | None) -> str:
    if answer is None:
        return "asking …"
    if answer.problem is not None:
        return clean_line(answer.problem.what, limit=100)
    return "" if any(far.session_id is None for far in answer.sessions) else "none"
