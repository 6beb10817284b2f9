"""All that is known of a session: ids, where it lives, times, counts.

May import: domain, protocol, ui.words, textual, rich.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from superserve_tui.domain import Session, Turn, clean_line
from superserve_tui.ui.modals.dialog import Dialog
from superserve_tui.ui.widgets.key_hints import KeyHints
from superserve_tui.ui.words import duration, session_title

__all__ = ["DetailsDialog", "details_of"]


def details_of(session: Session, turns: Sequence[Turn] | None) -> list[tuple[str, str]]:
    """Name and value of each fact, in the order that they are shown; values are cleaned.

    Args:
        session: The session.
        turns: Its transcript, where it has been read.
    """
    rows = [
        ("title", session_title(session, limit=200)),
        ("state", str(session.state)),
        ("agent", clean_line(session.agent, limit=80)),
        ("profile", clean_line(session.profile, limit=80)),
        ("id here", session.id),
    ]
    names = [clean_line(each, limit=80) for each in session.server_ids or filter(None, (session.server_id,))]
    for number, name in enumerate(names, 1):
        is_present = number == len(names) and session.server_id is not None and not session.state.is_over
        label = "id on server" if len(names) == 1 else f"id on server {number}"
        rows.append((label, name + ("" if is_present or len(names) == 1 else "  (over)")))
    if session.server_url:
        rows.append(("server", clean_line(session.server_url, limit=200)))
    rows += [
        ("created", _moment(session.created_at)),
        ("last activity", _moment(session.last_activity_at)),
        ("idle timeout", duration(session.idle_timeout_s * 1000)),
        ("messages", str(session.message_count)),
    ]
    if turns is not None:
        rows += [
            ("turns", str(len(turns))),
            ("tool calls", str(sum(len(turn.calls) for turn in turns))),
            ("characters", f"{sum(len(turn.prompt) + len(turn.text) for turn in turns):,}"),
        ]
    if session.is_attached:
        rows.append(("made elsewhere", "earlier messages are not available here; quitting does not end it"))
    if session.is_kept:
        rows.append(("kept", "quitting does not end it"))
    return rows


class DetailsDialog(Dialog[str]):
    """Shows them; `y` answers with all as text, to be copied."""

    BINDINGS = [Binding("y", "copy", "Copy", show=False), Binding("enter", "cancel", show=False)]

    DEFAULT_CSS = """
    DetailsDialog > Vertical { width: 84; }
    DetailsDialog VerticalScroll { height: auto; max-height: 24; }
    DetailsDialog VerticalScroll Static { height: auto; }
    """

    def __init__(self, session: Session, turns: Sequence[Turn] | None) -> None:
        super().__init__()
        self._rows = details_of(session, turns)

    def compose(self) -> ComposeResult:
        """A table of names and values."""
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in self._rows:
            table.add_row(Text(name, style="dim"), Text(value))
        with Vertical():
            yield Static("Session", classes="dialog--title")
            with VerticalScroll():
                yield Static(table)
            yield KeyHints(("y", "copy"), ("Up Down", "scroll"), ("Esc", "close"))

    def action_copy(self) -> None:
        """Answer with the text."""
        self.dismiss("\n".join(f"{name}: {value}" for name, value in self._rows))


def _moment(moment: datetime | None) -> str:
    return "unknown" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}"
