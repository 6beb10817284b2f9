"""Ids of agents on the embedded server: the same name is the same agent at every start.

May import: the standard library.
"""

from __future__ import annotations

import uuid

__all__ = ["agent_id"]

_NAMESPACE = uuid.UUID("5a0e5f6c-6d0b-5c0e-9f3e-2f6f0b1f7a11")
"""Fixed for good: another value would give every saved session's agent another id."""


def agent_id(name: str) -> str:
    """`agt_` and 32 hex digits, derived from the agent's name, so that ids outlive the server's process."""
    return f"agt_{uuid.uuid5(_NAMESPACE, name).hex}"
