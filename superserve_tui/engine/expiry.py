"""Sessions whose idle time is over: our clock only asks, the server decides (PROTOCOL 3).

May import: domain, protocol, engine's own modules, the standard library.
"""

from __future__ import annotations

from concurrent.futures import Future

from superserve_tui.domain import Session, SessionState, Trigger
from superserve_tui.engine.world import Work, World
from superserve_tui.protocol import NotFoundError

__all__ = ["ASK_AGAIN_S", "Expiry"]

ASK_AGAIN_S = 30.0
"""When to ask again, in seconds, about a session that should have expired by our clock but had not."""

MARGIN_S = 0.5
"""Asked a little late: a question at the very second would often come too early."""

_AT_REST = (SessionState.IDLE, SessionState.FAILED, SessionState.INTERRUPTED)


class Expiry:
    """Asks the server about each session at rest when its idle time is over. For the engine's thread only."""

    def __init__(self, world: World) -> None:
        self._world = world
        world.on_moved = self.arm

    def arm(self, work: Work, *, at_least_s: float = MARGIN_S) -> None:
        """Ask when the session's idle time is over; one that runs, or is over, is not asked about."""
        session = work.session
        key = ("expiry", session.id)
        if not _has_clock(session):
            self._world.timers.cancel(key)
            return
        assert session.last_activity_at is not None
        idle_s = max(0.0, (self._world.clock.now() - session.last_activity_at).total_seconds())
        left_s = max(at_least_s, session.idle_timeout_s - idle_s + MARGIN_S)
        self._world.timers.after(key, left_s, lambda: self.ask(work))

    def ask(self, work: Work) -> None:
        """Ask the server now whether it still has the session."""
        world, session = self._world, work.session
        if not _has_clock(session) or world.is_leaving:
            return

        def is_live() -> bool:
            service = world.backends.service(session.profile, session.server_url)
            return service.get_session(session.server_id or "").is_live

        def answered(future: Future[bool]) -> None:
            if world.works.get(session.id) is not work or work.session.server_id != session.server_id:
                return
            if not _has_clock(work.session) or work.session.last_activity_at != session.last_activity_at:
                return  # a message has gone out since: its end has set the clock again
            error = future.exception()
            if isinstance(error, NotFoundError) or (error is None and not future.result()):
                world.forget_server(work)
                world.move(work, Trigger.GONE)
            else:
                self.arm(work, at_least_s=ASK_AGAIN_S)

        world.errand(is_live, answered)


def _has_clock(session: Session) -> bool:
    return session.state in _AT_REST and session.server_id is not None and session.last_activity_at is not None
