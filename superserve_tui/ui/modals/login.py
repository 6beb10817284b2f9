"""Logging in without leaving the app: an address, a code, and the wait for it to be typed there.

May import: domain, protocol, the UI's `login` port, textual.
"""

from __future__ import annotations

import asyncio

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from superserve_tui.domain import clean, clean_line
from superserve_tui.protocol import SuperserveError
from superserve_tui.ui.login import LoginFlow
from superserve_tui.ui.modals.dialog import Dialog
from superserve_tui.ui.widgets.key_hints import KeyHints

__all__ = ["LoginDialog"]


class LoginDialog(Dialog[str]):
    """Answers with what to say of the login; None when the person gave up. The flow ends with the dialog.

    Args:
        flow: Not started yet.
        reason: Why this is asked; cleaned here.
    """

    def __init__(self, flow: LoginFlow, reason: str) -> None:
        super().__init__()
        self._flow, self._reason = flow, reason

    def compose(self) -> ComposeResult:
        """Why, what is going on, the buttons."""
        with Vertical():
            yield Static("Log in", classes="dialog--title")
            yield Static(Text(clean(self._reason)[:600]), classes="dialog--text")
            yield Static("", id="login", classes="dialog--text")
            with Horizontal(classes="dialog--buttons"):
                yield Button("Log in", id="begin", compact=True)
                yield Button("Not now", id="leave", compact=True)
            yield KeyHints(("Enter", "choose"), ("Esc", "close"))

    def on_mount(self) -> None:
        """Nothing is asked of the service before the person wants it."""
        self.query_one("#login", Static).display = False
        self.query_one("#begin", Button).focus()

    def on_unmount(self) -> None:
        """Whichever way it went, nothing waits any more."""
        self._flow.stop()

    @on(Button.Pressed, "#leave")
    def _leave(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#begin")
    def _begin(self) -> None:
        self.query_one("#begin", Button).display = False
        self.query_one("#leave", Button).label = "Cancel"
        self.query_one("#leave", Button).focus()
        self._say("Asking for a code …")
        self._log_in()

    @work(exit_on_error=True)
    async def _log_in(self) -> None:
        try:
            code = await asyncio.to_thread(self._flow.start)
            address, typed = clean_line(code.address, limit=300), clean_line(code.code, limit=80)
            self._say(f"Open   {address}\nCode   {typed}\n\nWaiting for you to confirm there …")
            words = await asyncio.to_thread(self._flow.wait)
        except (SuperserveError, OSError) as error:
            self._say(f"Not logged in: {clean(str(error))[:400]}")
            self.query_one("#leave", Button).label = "Close"
        else:
            self.dismiss(words)

    def _say(self, words: str) -> None:
        said = self.query_one("#login", Static)
        said.display = True
        said.update(Text(words))
