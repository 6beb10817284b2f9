"""Sessions that servers have and the store does not: listed on demand, attached, ended.

May import: domain, protocol, engine's own modules, the standard library.
"""

from __future__ import annotations

from concurrent.futures import Future

from superserve_tui.domain import (
    FarSession,
    FarSessionsListed,
    Problem,
    ProblemRaised,
    ServerSession,
    Session,
    SessionRemoved,
    SessionState,
    TranscriptLoaded,
)
from superserve_tui.engine.commands import AttachSession, EndFarSession
from superserve_tui.engine.problems import problem_of
from superserve_tui.engine.world import Work, World
from superserve_tui.protocol import Listing, NotFoundError, SessionInfo, parse_time

__all__ = ["Far"]

_CHOOSE = "Choose another, or start a new one."


class Far:
    """What is on the servers, whoever made it. For the engine's thread only."""

    def __init__(self, world: World) -> None:
        self._world = world

    def list(self, profile: str) -> None:
        """Tell the live sessions of a profile's server."""
        world = self._world

        def listed(future: Future[Listing[SessionInfo]]) -> None:
            error = future.exception()
            if error is not None:
                world.tell(FarSessionsListed(profile, (), _problem(error)))
                return
            known = {
                server_id: work.session.id
                for work in world.works.values()
                for server_id in (*work.session.server_ids, work.session.server_id or "")
            }
            found = tuple(FarSession(info, known.get(info.id)) for info in future.result() if info.is_live)
            world.tell(FarSessionsListed(profile, found))
            world.tell_skipped(profile, "session", future.result().skipped)

        world.errand(lambda: world.backends.service(profile).list_sessions(), listed)

    def attach(self, command: AttachSession) -> None:
        """Make a row for a session that was made elsewhere; the server is asked whether it is there."""
        world = self._world

        def ask() -> tuple[SessionInfo, str]:
            service = world.backends.service(command.profile)
            return service.get_session(command.server_id), service.base_url

        def refuse(problem: Problem) -> None:
            world.tell(ProblemRaised(problem))
            world.tell(SessionRemoved(command.session_id))

        def asked(future: Future[tuple[SessionInfo, str]]) -> None:
            error = future.exception()
            if isinstance(error, NotFoundError):
                return refuse(Problem("That session is not on its server any more.", _CHOOSE))
            if error is not None:
                return refuse(_problem(error))
            info, url = future.result()
            if not info.is_live:
                return refuse(Problem(f"The session is over ({info.status}).", _CHOOSE))
            if any(info.id in work.session.server_ids for work in world.works.values()):
                return refuse(Problem("That session is in the list already.", ""))
            return self._adopt(command, info, url)

        world.errand(ask, asked)

    def end(self, command: EndFarSession) -> None:
        """End one on its server, on the person's word; the list is told anew."""
        world = self._world

        def ended(future: Future[None]) -> None:
            error = future.exception()
            if error is not None:
                world.tell(ProblemRaised(_problem(error)))
            self.list(command.profile)

        world.farewell(lambda: world.backends.service(command.profile).end_session(command.server_id), ended)

    def _adopt(self, command: AttachSession, info: SessionInfo, url: str) -> None:
        world = self._world
        now = world.clock.now()
        session = Session(
            id=command.session_id,
            profile=command.profile,
            agent=info.agent_name or info.agent_id,
            created_at=parse_time(info.created_at) or now,
            state=SessionState.IDLE,
            title=info.title,
            server_id=info.id,
            server_ids=(info.id,),
            server_url=url,
            message_count=info.message_count or 0,
            last_activity_at=parse_time(info.last_activity_at) or now,
            is_attached=True,
        )
        work = Work(session)
        world.works[session.id] = work
        world.record(
            ServerSession(info.id, session.id, command.profile, url, world.backends.owner, is_attached=True)
        )
        world.put(work)
        world.on_moved(work)
        world.tell(TranscriptLoaded(session.id, ()))


def _problem(error: BaseException) -> Problem:
    if isinstance(error, NotFoundError):
        return Problem("serves no sessions here", "Check the profile's address.")
    return problem_of(error if isinstance(error, Exception) else RuntimeError(str(error)))
