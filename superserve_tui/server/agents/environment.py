"""What a process of an agent gets to see of the person's environment.

May import: the standard library.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

__all__ = ["agent_environment", "process_variable"]


def agent_environment(
    environ: Mapping[str, str], *, session_id: str, wanted: Container[str] = ()
) -> dict[str, str]:
    """The person's variables, less every SUPERSERVE_* one but ours and those that the agent lists as secrets.

    Args:
        environ: The person's environment.
        session_id: The session that the process works for.
        wanted: SUPERSERVE_* variables that it may see.
    """
    kept = {name: value for name, value in environ.items() if not name.startswith("SUPERSERVE_") or name in wanted}
    return {**kept, "SUPERSERVE": "1", "SUPERSERVE_SESSION_ID": session_id}


def process_variable(session_id: str) -> str:
    """The `NAME=value` by which every process of a session is found again (see `ProcessTree`)."""
    return f"SUPERSERVE_SESSION_ID={session_id}"
