"""Whom a message goes to when nobody was chosen, as the UI knows it.

May import: domain, the UI's model and options.
"""

from __future__ import annotations

from superserve_tui.domain import Addressee, choose_addressee
from superserve_tui.ui.model import Model
from superserve_tui.ui.options import UiOptions

__all__ = ["Addressee", "default_addressee"]


def default_addressee(model: Model, options: UiOptions) -> Addressee:
    """The command line's agent, else the config's, else the one used last, else the first that is ready."""
    profile = options.profiles[0]
    return choose_addressee(
        profile,
        named=options.agent or options.config.default_agent,
        sessions=model.sessions.values(),
        agents=model.agents.get(profile, ()),
    )
