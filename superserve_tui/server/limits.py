"""The server's limits and waits, in one place, so that a test can shorten them.

May import: the standard library.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]

_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server takes and how long it waits. The defaults are PROTOCOL's and PROMISES'."""

    body_bytes: int = 4 * _MB
    """The largest request body; beyond it 413."""
    discard_bytes: int = 32 * _MB
    """How much of a refused body is read and thrown away, so that its sender gets to read the answer."""
    discard_s: float = 5.0
    """How long that may take."""
    body_timeout_s: float = 30.0
    """How long a body may take to arrive."""
    header_timeout_s: float = 30.0
    """How long a connection may take from its first byte (or its opening) to a whole request head."""
    keep_alive_s: int = 75
    """How long a connection may idle between two requests."""
    log_bytes: int = 64 * _MB
    """The largest event log of a turn; beyond it `/events` answers 404."""
    lag_bytes: int = 8 * _MB
    """How far a listener may lag before the agent's output waits for it."""
    lag_patience_s: float = 5.0
    """How long it waits for one that reads nothing at all."""
    heartbeat_s: float = 15.0
    """The silence after which a running turn says that it is alive."""
    write_gap_s: float = 0.004
    """The least time between two writes to a listener: a flood takes few packets, a token at 200/s goes at once."""
    write_bytes: int = 256 * 1024
    """The most that one write takes from the log, so that a slow listener does not copy it whole."""
    takeover_wait_s: float = 0.05
    """How long a message to a session whose turn runs waits for its listeners to be noticed gone."""
    agent_wait_s: float = 15.0
    """How long a turn waits for the agent to come back from the one that was cancelled."""
    end_wait_s: float = 1.0
    """How long `/end` waits for the agent's processes to be gone; they are ended in any case."""
    stop_s: float = 2.0
    """How long the agents have at the server's end."""
    dead_sessions: int = 1000
    """Ended and expired sessions that are remembered; beyond it the oldest are forgotten."""
    idle_timeout_max_s: int = 30 * 86_400
    """The longest idle time that a session may ask for."""
