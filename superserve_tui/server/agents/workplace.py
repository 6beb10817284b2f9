"""Where an agent works, as far as this machine's files go; the app asks, to offer files for a message.

May import: server.options, the agents' names, the workspace's walk, the standard library.
"""

from __future__ import annotations

from pathlib import Path

from superserve_tui.config.schema import AgentConfig
from superserve_tui.server.agents.naming import agent_names
from superserve_tui.server.agents.project import PROJECT_FILE
from superserve_tui.server.agents.workspace.budget import Budget
from superserve_tui.server.agents.workspace.folder import Folder, Kind
from superserve_tui.server.agents.workspace.walk import walk
from superserve_tui.server.options import ServerOptions

__all__ = ["files_below", "workplace"]

FILES = 20_000
"""Files and folders looked at: who has more types a path."""

WALK_S = 2.0
"""How long looking may take; a network's folder may be slow."""


def workplace(options: ServerOptions, agent: str) -> Path | None:
    """The folder that an agent of that name works in; None where it sees no files, or they are not known."""
    configured, scripts = agent_names(options)
    if agent in configured:
        return _folder_of(options.agents[configured.index(agent)], options.folder)
    if agent in scripts:
        home = (options.folder / options.scripts[scripts.index(agent)]).parent
        return home if (home / PROJECT_FILE).is_file() else options.folder
    return options.folder  # the built-in one, or the folder's own project


def files_below(folder: Path) -> tuple[str, ...]:
    """Paths of the files below a folder, relative to it, those nearest to the top first.

    Hidden ones, installed packages and what `.gitignore` names are left out; links are not followed, no file but
    `.gitignore` is read. Blocks, within its bounds.
    """
    inventory = walk(Folder(folder), Budget(WALK_S), limit=FILES)
    return tuple(
        entry.path
        for entry in inventory.entries
        if entry.kind is Kind.FILE and not entry.path.startswith(".") and "/." not in entry.path
    )


def _folder_of(config: AgentConfig, folder: Path) -> Path | None:
    is_elsewhere = config.port is not None and config.command is None
    if is_elsewhere or (config.model is not None and config.tools == "none"):
        return None
    return folder / Path(config.cwd).expanduser() if config.cwd else folder
