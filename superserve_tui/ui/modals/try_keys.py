"""Keys tried in the app: what arrives, and what it does.

May import: the UI's own modules, textual, rich.
"""

from __future__ import annotations

from collections import deque

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from superserve_tui.ui.key_report import report
from superserve_tui.ui.key_trial import is_end, sent_for
from superserve_tui.ui.keymap import Keymap
from superserve_tui.ui.modals.dialog import Dialog
from superserve_tui.ui.terminal import TerminalDriver
from superserve_tui.ui.widgets.key_hints import KeyHints

__all__ = ["TryKeysDialog"]

_KEPT = 12
"""Lines: more than that many keys ago nobody compares."""


class TryKeysDialog(Dialog[None]):
    """Takes every key, whatever it does elsewhere; Escape twice, or ctrl+q, closes it."""

    DEFAULT_CSS = """
    TryKeysDialog > Vertical { width: 100; }
    TryKeysDialog #tried {
        margin-top: 1; height: 12; max-height: 50vh; background: $surface; padding: 0 1;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    AUTO_FOCUS = ""
    takes_all_keys = True
    """The app leaves its own keys to it."""

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self._keymap = keymap
        self._lines: deque[str] = deque(maxlen=_KEPT)
        self._last = ""

    def compose(self) -> ComposeResult:
        """What was pressed, the last at the bottom."""
        with Vertical():
            yield Static("Try keys", classes="dialog--title")
            yield Static(
                Text("Press any key: what it is called here, what the terminal sent, what it does.", "dim")
            )
            yield Static("", id="tried")
            yield KeyHints(("Esc twice", "closes"))

    def on_key(self, event: events.Key) -> None:
        """Tell of it, and let nothing come of it."""
        event.stop()
        event.prevent_default()
        self._tell(event)
        if is_end(event.key, self._last):
            self.dismiss(None)
        self._last = event.key

    def on_paste(self, event: events.Paste) -> None:
        """A paste is no key."""
        event.stop()
        self._tell(event)

    def _tell(self, event: events.Key | events.Paste) -> None:
        driver = self.app._driver
        sent = sent_for(event, driver.last_read) if isinstance(driver, TerminalDriver) else ""
        self._lines.append(report(event, sent, self._keymap))
        shown = self.query_one("#tried", Static)
        lines = list(self._lines)[-max(1, shown.size.height) :]
        shown.update(Text("\n".join(lines)))
