"""The bare app that ours is compared with: what Textual itself costs on this machine."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Input, Static

__all__ = ["BareApp"]


class BareApp(App[None]):
    """A line of text over an input."""

    def compose(self) -> ComposeResult:
        """Two widgets."""
        yield Static("a bare app")
        yield Input(placeholder="Message")


if __name__ == "__main__":
    BareApp().run()
