"""Dialogs: each asks one thing and answers through its dismissal.

Names load their module when they are first used: the dialogs are half as much code as the main screen, and none of
them is on the screen at the first paint.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from superserve_tui.ui.modals.agent_log import AgentLogDialog
    from superserve_tui.ui.modals.broadcast import BroadcastDialog, Recipient
    from superserve_tui.ui.modals.details import DetailsDialog
    from superserve_tui.ui.modals.dialog import Choice
    from superserve_tui.ui.modals.export import ExportDialog
    from superserve_tui.ui.modals.far import FarAnswer, FarDialog, idle_longer_than
    from superserve_tui.ui.modals.help import HelpDialog
    from superserve_tui.ui.modals.jump import JumpScreen, JumpTarget
    from superserve_tui.ui.modals.login import LoginDialog
    from superserve_tui.ui.modals.new_session import NewSession, NewSessionDialog
    from superserve_tui.ui.modals.palette import Palette
    from superserve_tui.ui.modals.picker import Pickable, Picker
    from superserve_tui.ui.modals.queue import QueueDialog
    from superserve_tui.ui.modals.quit import QuitProgress, QuitQuestion
    from superserve_tui.ui.modals.recap import RecapDialog
    from superserve_tui.ui.modals.rename import RenameDialog
    from superserve_tui.ui.modals.side_by_side import SideBySide
    from superserve_tui.ui.modals.switcher import Switcher, Target
    from superserve_tui.ui.modals.tool_call import ToolCallDialog
    from superserve_tui.ui.modals.trust import TrustDialog
    from superserve_tui.ui.modals.try_keys import TryKeysDialog

__all__ = [
    "AgentLogDialog",
    "BroadcastDialog",
    "Choice",
    "DetailsDialog",
    "ExportDialog",
    "FarAnswer",
    "FarDialog",
    "HelpDialog",
    "JumpScreen",
    "JumpTarget",
    "LoginDialog",
    "NewSession",
    "NewSessionDialog",
    "Palette",
    "Pickable",
    "Picker",
    "QueueDialog",
    "QuitProgress",
    "QuitQuestion",
    "RecapDialog",
    "Recipient",
    "RenameDialog",
    "SideBySide",
    "Switcher",
    "Target",
    "ToolCallDialog",
    "TrustDialog",
    "TryKeysDialog",
    "idle_longer_than",
]

_HOMES = {
    "AgentLogDialog": "agent_log",
    "BroadcastDialog": "broadcast",
    "Choice": "dialog",
    "DetailsDialog": "details",
    "ExportDialog": "export",
    "FarAnswer": "far",
    "FarDialog": "far",
    "HelpDialog": "help",
    "JumpScreen": "jump",
    "JumpTarget": "jump",
    "LoginDialog": "login",
    "NewSession": "new_session",
    "NewSessionDialog": "new_session",
    "Palette": "palette",
    "Pickable": "picker",
    "Picker": "picker",
    "QueueDialog": "queue",
    "QuitProgress": "quit",
    "QuitQuestion": "quit",
    "RecapDialog": "recap",
    "Recipient": "broadcast",
    "RenameDialog": "rename",
    "SideBySide": "side_by_side",
    "Switcher": "switcher",
    "Target": "switcher",
    "ToolCallDialog": "tool_call",
    "TrustDialog": "trust",
    "TryKeysDialog": "try_keys",
    "idle_longer_than": "far",
}
"""The module of each name."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
