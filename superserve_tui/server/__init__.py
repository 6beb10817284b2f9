"""The embedded server: agents on this machine behind the sessions API (PROTOCOL 2 to 6).

Importing this package loads none of its modules: starlette and uvicorn cost a quarter of a second, and the app
needs them in the server's own process only.

May import: protocol, config, the standard library; its modules starlette, uvicorn, h11, httpx and PyYAML.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from superserve_tui.server.address import ServerAddress, find_running
    from superserve_tui.server.agents.model.listing import ModelListError, list_models
    from superserve_tui.server.agents.naming import agent_names
    from superserve_tui.server.agents.project import Project, ProjectError, find_project
    from superserve_tui.server.foreground import ServeOptions, serve
    from superserve_tui.server.options import ServerOptions
    from superserve_tui.server.process import EmbeddedServer, EmbeddedServerError

__all__ = [
    "EmbeddedServer",
    "EmbeddedServerError",
    "ModelListError",
    "Project",
    "ProjectError",
    "ServeOptions",
    "ServerAddress",
    "ServerOptions",
    "agent_names",
    "find_project",
    "find_running",
    "list_models",
    "serve",
]

_HOMES = {
    "EmbeddedServer": "process",
    "EmbeddedServerError": "process",
    "ModelListError": "agents.model.listing",
    "Project": "agents.project",
    "ProjectError": "agents.project",
    "ServeOptions": "foreground",
    "ServerAddress": "address",
    "ServerOptions": "options",
    "agent_names": "agents.naming",
    "find_project": "agents.project",
    "find_running": "address",
    "list_models": "agents.model.listing",
    "serve": "foreground",
}


def __getattr__(name: str) -> Any:
    """Load the module that a public name lives in when it is first asked for."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
