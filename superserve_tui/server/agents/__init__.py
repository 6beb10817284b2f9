"""The kinds of agents that the embedded server runs.

May import: protocol, config, the standard library.
"""

from superserve_tui.server.agents.base import AgentDefinition, AgentFailure, AgentSession, TurnOutcome, TurnSink

__all__ = ["AgentDefinition", "AgentFailure", "AgentSession", "TurnOutcome", "TurnSink"]
