"""A folder's own project is started only after a yes: the question, and what follows it.

May import: engine, protocol, the UI's own modules, textual.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual import work

from superserve_tui.engine import ListAgents
from superserve_tui.engine.drafts import with_message, without_message
from superserve_tui.protocol import Agent, SuperserveError
from superserve_tui.ui import modals
from superserve_tui.ui.choice import Addressee
from superserve_tui.ui.screens.base import Part
from superserve_tui.ui.widgets.composer import Composer

__all__ = ["TrustActions"]


class TrustActions(Part):
    """Agents that the person has not said yes to yet."""

    def untrusted(self, to: Addressee) -> Agent | None:
        """The agent that `to` names, where it needs a yes first."""
        agents = self.model.agents.get(to.profile, ())
        return next((each for each in agents if each.name == to.agent and each.is_untrusted), None)

    def ask_trust(self, to: Addressee, agent: Agent, message: str, then: Callable[[], None]) -> None:
        """A message would go to an agent without a yes: it is kept where it was written while the person is asked.

        Args:
            to: Where the message would go.
            agent: The agent.
            message: What was written.
            then: Sends it; called after a yes, with the composer empty again.
        """
        composer = self.query_one(Composer)
        composer.put(with_message(composer.text, message))

        def answered(is_yes: bool | None) -> None:
            if is_yes:
                self.trust(to, agent, take_and_send)

        def take_and_send() -> None:
            composer.put(without_message(composer.text, message))
            then()

        self.app.push_screen(modals.TrustDialog(agent), answered)

    @work
    async def trust(self, to: Addressee, agent: Agent, then: Callable[[], None]) -> None:
        """The person said yes; `then` is called once the server knows. What goes wrong is said."""
        try:
            words = await asyncio.to_thread(self.options.trust, to.profile, agent)
        except SuperserveError as error:
            self.notify(f"{error}.", severity="error", timeout=10)
        else:
            if words:
                self.notify(words, severity="warning", timeout=10)
            then()
        self.engine.send(ListAgents(to.profile))
