"""What stands where there is no transcript yet: what to do next.

May import: domain, textual, rich.
"""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Static

from superserve_tui.domain import clean_line

__all__ = ["Welcome"]

_KEYS = (
    ("Enter", "send what you have typed"),
    ("ctrl+n", "new session: choose the agent"),
    ("ctrl+s", "switch to another session"),
    ("F1", "all keys"),
)


class Welcome(Container):
    """An empty session, or none at all."""

    DEFAULT_CSS = """
    Welcome { align: center middle; width: 1fr; height: 1fr; }
    Welcome Static { width: auto; max-width: 100%; height: auto; padding: 0 2; }
    """

    _shown: tuple[str, str | None, str] | None = None
    """What it says now."""

    def compose(self) -> ComposeResult:
        """One block in the middle."""
        yield Static()

    def show(self, agent: str, *, example: str | None, problem: str = "") -> None:
        """Say whom a message would go to.

        Args:
            agent: The agent's name; empty while none is known.
            example: A message worth trying first.
            problem: Why nothing can be sent now.
        """
        if (agent, example, problem) == self._shown:
            return
        self._shown = agent, example, problem
        name = clean_line(agent, limit=40)
        text = Text()
        text.append(f"Talk to {name}" if name else "Looking for agents …", style="bold")
        if problem:
            text.append(f"\n\n{clean_line(problem)}")
        elif example:
            text.append("\n\nTry  ", style="dim")
            text.append(example)
        text.append("\n")
        for key, words in _KEYS:
            text.append(f"\n{key:<10}")
            text.append(words, style="dim")
        self.query_one(Static).update(text)
