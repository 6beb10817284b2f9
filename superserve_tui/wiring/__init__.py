"""The one place where parts are put together, started and stopped.

Loaded lazily: the command line needs the backends alone, a front end everything.

May import: everything below.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from superserve_tui.wiring.app import run_app
    from superserve_tui.wiring.backends import ServerBackends
    from superserve_tui.wiring.parts import AppOptions
    from superserve_tui.wiring.plain import run_plain
    from superserve_tui.wiring.profiles import Profile

__all__ = ["AppOptions", "Profile", "ServerBackends", "run_app", "run_plain"]

_HOMES = {
    "AppOptions": "superserve_tui.wiring.parts",
    "Profile": "superserve_tui.wiring.profiles",
    "ServerBackends": "superserve_tui.wiring.backends",
    "run_app": "superserve_tui.wiring.app",
    "run_plain": "superserve_tui.wiring.plain",
}


def __getattr__(name: str) -> Any:
    """Load the module that a public name lives in when it is first asked for."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
