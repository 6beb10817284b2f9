"""What the agents of one server are called; the app asks too, to find the agent of a script that it was given.

May import: server.options, the standard library.
"""

from __future__ import annotations

import re
from pathlib import Path

from superserve_tui.server.options import ServerOptions

__all__ = ["WORKSPACE", "agent_names", "script_name"]

WORKSPACE = "workspace"
"""The built-in agent's name; nobody else gets it."""


def agent_names(options: ServerOptions) -> tuple[list[str], list[str]]:
    """The names of the configured agents and of the scripts, in their orders; each name is given once."""
    taken = {WORKSPACE}
    configured = [_free_name(config.name, taken) for config in options.agents]
    return configured, [_free_name(script_name(script), taken) for script in options.scripts]


def script_name(script: Path) -> str:
    """The file's stem as an agent's name: lower case, other characters to `-`, `agent-` before a digit."""
    name = re.sub(r"[^a-z0-9-]", "-", script.stem.lower())
    return name if re.match(r"[a-z]", name) else f"agent-{name.lstrip('-')}".rstrip("-")


def _free_name(name: str, taken: set[str]) -> str:
    """`name`, else `name-2` and so on; the result is taken from now on."""
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    taken.add(free)
    return free
