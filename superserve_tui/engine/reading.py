"""Transcripts that are asked for: whole, or from their end.

May import: domain, engine.world, the standard library.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from superserve_tui.domain import (
    EarlierLoaded,
    Problem,
    ProblemRaised,
    QueueChanged,
    Stretch,
    TranscriptLoaded,
    TranscriptRead,
    Turn,
)
from superserve_tui.engine.world import Work, World

__all__ = ["Reading"]


class Reading:
    """Reads from the store and tells. For the engine's thread only.

    Args:
        world: The sessions.
        on_opened: Called with a session and the turns that were told of it.
    """

    def __init__(self, world: World, *, on_opened: Callable[[Work, tuple[Turn, ...]], None]) -> None:
        self._world = world
        self._on_opened = on_opened

    def open(self, work: Work, *, last: int | None = None) -> None:
        """Tell a transcript, from now on kept up to date; the last turns of it, or all."""

        def opened(stretch: Stretch) -> None:
            self._world.tell(TranscriptLoaded(work.session.id, stretch.turns, stretch.earlier))
            self._on_opened(work, stretch.turns)
            self._world.tell(QueueChanged(work.session.id, tuple(work.queue)))

        self._read(work, opened, limit=last)

    def whole(self, work: Work) -> None:
        """Tell a transcript as it is now."""
        self._read(work, lambda all_: self._world.tell(TranscriptRead(work.session.id, all_.turns)), limit=None)

    def earlier(self, work: Work, *, before: int, limit: int) -> None:
        """Tell turns that stand before the one with that number: long over, nothing can concern them meanwhile."""
        world, session_id = self._world, work.session.id

        def loaded(future: Future[Stretch]) -> None:
            if world.works.get(session_id) is work and future.exception() is None:
                found = future.result()
                world.tell(EarlierLoaded(session_id, before, found.turns, found.earlier))

        world.when_done(world.store.stretch(session_id, before=before, limit=limit), loaded)

    def _read(self, work: Work, then: Callable[[Stretch], None], *, limit: int | None) -> None:
        """Its turns up to now but those that wait; what runs is among them."""
        world, session_id, edition = self._world, work.session.id, work.edition

        def loaded(future: Future[Stretch]) -> None:
            if world.works.get(session_id) is not work:
                return
            if work.edition != edition:  # a turn began or ended since: what was read is stale
                self._read(work, then, limit=limit)
                return
            error = future.exception()
            if error is not None:
                problem = Problem(f"The transcript can't be read: {error}", "See `superserve-tui doctor`.")
                world.tell(ProblemRaised(problem, session_id))
                return
            found = future.result()
            if work.live is not None:
                live = work.live.snapshot()
                found = Stretch((*(turn for turn in found.turns if turn.id != live.id), live), found.earlier)
            then(found)

        world.when_done(world.store.stretch(session_id, limit=limit), loaded)
