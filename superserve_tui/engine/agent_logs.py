"""What an agent wrote to its log, asked of the server on demand.

May import: domain, protocol, engine's own modules, the standard library.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from superserve_tui.domain import AgentLogRead, Problem
from superserve_tui.engine.problems import problem_of
from superserve_tui.engine.world import Work, World
from superserve_tui.protocol import NotFoundError

__all__ = ["AgentLogs"]

_NOT_STARTED = Problem("Nothing has run here yet.", "The agent starts with the first message.")
_NOT_OFFERED = Problem("The log is not offered here.", "This server tells none, or no longer has the session.")


class AgentLogs:
    """Reads logs. For the engine's thread only."""

    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, work: Work) -> None:
        """Tell the log of the session's agent, or why there is none."""
        world, session = self._world, work.session
        server_id = session.server_id
        if server_id is None:
            world.tell(AgentLogRead(session.id, (), _NOT_STARTED))
            return

        def read() -> Sequence[str] | None:
            return world.backends.service(session.profile, session.server_url).agent_log(server_id)

        def done(future: Future[Sequence[str] | None]) -> None:
            match future.exception():
                case None:
                    lines = future.result()
                    problem = _NOT_OFFERED if lines is None else None
                    world.tell(AgentLogRead(session.id, tuple(lines or ()), problem))
                case NotFoundError() as error:
                    problem = Problem(f"The log is gone: {error}.", "The next message starts the agent anew.")
                    world.tell(AgentLogRead(session.id, (), problem))
                case error:
                    known = error if isinstance(error, Exception) else RuntimeError(str(error))
                    world.tell(AgentLogRead(session.id, (), problem_of(known)))

        world.errand(read, done)
