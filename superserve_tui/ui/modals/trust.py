"""The question before a folder's own project runs for the first time: what, where, and what that means.

May import: domain, protocol, textual.
"""

from __future__ import annotations

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Static

from superserve_tui.domain import clean_line
from superserve_tui.protocol import Agent
from superserve_tui.ui.modals.dialog import Dialog
from superserve_tui.ui.widgets.key_hints import KeyHints

__all__ = ["TrustDialog"]

_MEANING = (
    "It runs with all your rights: it can read, change and send whatever you can. Say yes if you know who wrote "
    "what lies there. Your yes is remembered for this folder, until its superserve.yaml changes."
)


class TrustDialog(Dialog[bool]):
    """Answers with True for yes. The button for no has the focus: a hasty Enter starts nothing.

    Args:
        agent: One that is not trusted yet. What it would run is shown whole, however long.
    """

    BINDINGS = [
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    DEFAULT_CSS = """
    TrustDialog VerticalScroll { height: auto; max-height: 50vh; margin-bottom: 1; }
    TrustDialog VerticalScroll Static { height: auto; }
    TrustDialog VerticalScroll .dialog--intent {
        height: auto; margin-bottom: 1; padding: 0 1; background: $surface; color: $warning;
    }
    """

    def __init__(self, agent: Agent) -> None:
        super().__init__()
        self._agent = agent

    def compose(self) -> ComposeResult:
        """What it would run, what that means, no and yes."""
        agent = self._agent
        with Vertical():
            yield Static("Trust this project?", classes="dialog--title")
            about = (
                f"{clean_line(agent.name, limit=40)} is an agent that this folder's superserve.yaml brings along:"
            )
            with VerticalScroll():
                yield Static(Text(about), classes="dialog--text")
                yield Static(Text(_intent(agent)), classes="dialog--intent")
                if agent.needs:
                    yield Static(Text(clean_line(f"It {agent.needs}.")), classes="dialog--text")
                yield Static(Text(_MEANING))
            with Horizontal(classes="dialog--buttons"):
                yield Button("Not now", id="no", compact=True)
                yield Button("Trust and start", id="yes", compact=True)
            yield KeyHints(("Enter", "choose"), ("Left Right", "move"), ("Esc", "close"))

    def on_mount(self) -> None:
        """No is what Enter says."""
        self.query_one("#no", Button).focus()

    @on(Button.Pressed)
    def _answered(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")


def _intent(agent: Agent) -> str:
    words = clean_line(agent.deps_error or "it does not say what it would run")
    gets = f", and gets {', '.join(agent.required_secrets)}" if agent.required_secrets else ""
    return clean_line(f"{words}{gets}")
