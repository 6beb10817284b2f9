"""All keys: those of the pane with the focus first.

May import: ui.actions, textual, rich.
"""

from __future__ import annotations

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from superserve_tui.ui.actions import ACTIONS, Where, action, key_name
from superserve_tui.ui.keymap import Keymap
from superserve_tui.ui.modals.dialog import Dialog
from superserve_tui.ui.widgets.key_hints import KeyHints

__all__ = ["HelpDialog"]

_HEADINGS = {
    Where.ALL: "Everywhere",
    Where.COMPOSER: "Composer",
    Where.LOG: "Transcript",
    Where.TOOLS: "Tools",
    Where.SIDEBAR: "Sessions",
}


class HelpDialog(Dialog[None]):
    """The key table."""

    DEFAULT_CSS = """
    HelpDialog > Vertical { width: 96; height: 90%; }
    HelpDialog VerticalScroll { height: 1fr; }
    HelpDialog VerticalScroll Static { height: auto; padding-right: 1; }
    """

    def __init__(self, focused: Where, keymap: Keymap) -> None:
        super().__init__()
        self._focused, self._keymap = focused, keymap

    def compose(self) -> ComposeResult:
        """Panes in turn, the focused one first."""
        panes = [self._focused, *(where for where in _HEADINGS if where is not self._focused)]
        by_name = f"  {self._keymap.name(action('app.palette')) or '/'} …"
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column()
        for where in panes:
            table.add_row(Text(_HEADINGS[where], style="bold"), "")
            for each in ACTIONS:
                if each.where is where:
                    keys = " ".join(map(key_name, self._keymap.keys(each)))
                    name = Text(f"  {keys}") if keys else Text(by_name, style="dim")
                    table.add_row(name, Text(each.help, style="dim"))
            table.add_row("", "")
        with Vertical():
            yield Static("Keys", classes="dialog--title")
            with VerticalScroll():
                yield Static(table)
            yield KeyHints(("Up Down", "scroll"), ("Esc", "close"))
