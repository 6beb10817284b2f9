"""Which agents this machine has, as far as that can be known without a server.

May import: config, the server's project, the standard library.
"""

from __future__ import annotations

from pathlib import Path

from superserve_tui.config import Config

__all__ = ["BUILT_IN", "local_agent_names"]

BUILT_IN = "workspace"


def local_agent_names(config: Config, folder: Path) -> tuple[str, ...]:
    """The built-in agent, those of the config file, and that of the folder's superserve.yaml."""
    from superserve_tui.server.agents.project import ProjectError, find_project

    try:
        project = find_project(folder)
    except ProjectError:
        project = None
    return (BUILT_IN, *config.agents, *([project.name] if project else []))
