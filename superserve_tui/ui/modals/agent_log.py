"""The log view: the end of what an agent wrote to standard error.

May import: domain, textual, rich.
"""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from superserve_tui.domain import AgentLogRead, Session, clean, clean_line
from superserve_tui.ui.modals.dialog import Dialog
from superserve_tui.ui.widgets.key_hints import KeyHints

__all__ = ["AgentLogDialog"]


class AgentLogDialog(Dialog[str]):
    """Shows the lines as they were when it was read last; `y` answers with them, to be copied.

    Args:
        session: Whose agent it is.
        read: Asks for the log; the answer comes by `show`.
    """

    BINDINGS = [
        Binding("y", "copy", "Copy", show=False),
        Binding("r", "read", "Read again", show=False),
        Binding("enter", "cancel", show=False),
    ]

    DEFAULT_CSS = """
    AgentLogDialog > Vertical { width: 110; }
    AgentLogDialog VerticalScroll {
        height: auto; min-height: 3; max-height: 60vh; background: $surface; padding: 0 1;
    }
    AgentLogDialog VerticalScroll Static { height: auto; }
    """

    def __init__(self, session: Session, *, read: Callable[[], None]) -> None:
        super().__init__()
        self._session = session
        self._read = read
        self._lines: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """Whose log it is, and the lines."""
        with Vertical():
            title = f"Log of {clean_line(self._session.agent, limit=60)}"
            yield Static(Text(title), classes="dialog--title")
            with VerticalScroll():
                yield Static("reading …", id="log-lines")
            yield KeyHints(("r", "read again"), ("y", "copy"), ("Up Down", "scroll"), ("Esc", "close"))

    def on_mount(self) -> None:
        """Ask for it."""
        self.query_one(VerticalScroll).focus()
        self._read()

    def show(self, change: AgentLogRead) -> None:
        """The log as it is now, its end in view; another session's is passed over."""
        if change.session_id != self._session.id:
            return
        self._lines = change.lines
        if change.problem is not None:
            words = clean(f"{change.problem.what} {change.problem.hint}".strip())
        else:
            words = clean("\n".join(change.lines)) or "It has written nothing to standard error."
        self.query_one("#log-lines", Static).update(Text(words))
        self.query_one(VerticalScroll).scroll_end(animate=False)

    def action_read(self) -> None:
        """Ask for it again."""
        self._read()

    def action_copy(self) -> None:
        """Answer with the lines."""
        self.dismiss("\n".join(self._lines))
