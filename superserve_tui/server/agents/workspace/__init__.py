"""The built-in agent `workspace`: answers questions about one folder, read-only, by rules.

`understanding` makes a question of a prompt, `conversation` answers it with `tools` (which look into the folder
through `folder` and `walk` in threads), the `*_answers` modules write the Markdown, `pace` streams it.

May import: the agents' base and identity, protocol, the standard library.
"""

from superserve_tui.server.agents.workspace.agent import WorkspaceAgent
from superserve_tui.server.agents.workspace.pace import INSTANT, Pace
from superserve_tui.server.agents.workspace.tools import Limits

__all__ = ["INSTANT", "Limits", "Pace", "WorkspaceAgent"]
