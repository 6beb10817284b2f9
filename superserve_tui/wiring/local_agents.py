"""Which agents this machine has, as far as that can be known without a server.

May import: config, the server's project, the standard library.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from superserve_tui.config import LOCAL_PROFILE, Config, LoadedConfig, Notice, line_in

__all__ = ["agent_notices", "local_agent_names"]

_BUILT_IN = "workspace"


def local_agent_names(config: Config, folder: Path) -> tuple[str, ...]:
    """The built-in agent, those of the config file, and that of the folder's superserve.yaml."""
    from superserve_tui.server.agents.project import ProjectError, find_project

    try:
        project = find_project(folder)
    except ProjectError:
        project = None
    return (_BUILT_IN, *config.agents, *([project.name] if project else []))


def agent_notices(
    loaded: LoadedConfig, *, profiles: Sequence[str], folder: Path, script: str | None = None
) -> tuple[Notice, ...]:
    """That nobody can have the default agent of the config file; servers elsewhere may have any.

    Args:
        loaded: What was read of the file.
        profiles: The names of all profiles.
        folder: Where the app is opened.
        script: The agent that the command line brings.
    """
    name = loaded.config.default_agent
    # In this order: a look for the folder's own agent costs what most starts do without.
    if name is None or name in (_BUILT_IN, script, *loaded.config.agents) or tuple(profiles) != (LOCAL_PROFILE,):
        return ()
    if name in local_agent_names(loaded.config, folder):
        return ()
    line = line_in(loaded.path, ("default_agent",))
    return (Notice(loaded.path, line, "default_agent", f"there is no agent {name}; name another, or none"),)
