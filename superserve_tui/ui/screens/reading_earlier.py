"""The rest of a transcript: its end is shown at once, what stands before comes a stretch at a time behind that.

May import: engine, domain, the UI's own modules.
"""

from __future__ import annotations

from collections.abc import Callable

from superserve_tui.domain import EarlierLoaded
from superserve_tui.engine import OpenSession, ReadEarlier
from superserve_tui.ui.screens.base import Part

__all__ = ["ReadingEarlier"]

LAST_TURNS = 60
"""Turns that are read before a transcript is shown: more than the highest window has room for."""
STRETCH_TURNS = 400
"""Turns that are read at a time after that; some 4 ms of the store's thread and 2 of this one."""


class ReadingEarlier(Part):
    """Asks for what is missing of the transcript on screen, until nothing is."""

    _waiting: tuple[str, list[Callable[[], object]]] = "", []
    """What needs the whole transcript of a session, by that session's id."""

    def read_end(self, session_id: str) -> None:
        """Ask for the end of a transcript, or for what is missing of one whose end is there."""
        transcript = self.model.open(session_id)
        if not transcript.is_loaded:
            self.engine.send(OpenSession(session_id, last=LAST_TURNS))
        else:
            self.read_earlier()

    def read_earlier(self) -> None:
        """Ask for the next stretch, once what is there is drawn."""
        transcript, session_id = self.model.transcript, self.model.current_id
        if transcript is not None and session_id is not None and transcript.earlier:
            before = transcript.turns[0].number
            self.call_after_refresh(self.engine.send, ReadEarlier(session_id, before, STRETCH_TURNS))

    def earlier_loaded(self, change: EarlierLoaded) -> None:
        """More of a transcript is there; it may not be on screen any more."""
        if change.session_id != self.model.current_id:
            return
        if self.model.open(change.session_id).is_loaded:
            self.log_view.filled()
            if self.conversation.find_bar.display:
                self.conversation.find_bar.show_count(*self.log_view.found)
            self.read_earlier()
        else:  # it is not what it was counted as: another program wrote to the store
            self.engine.send(OpenSession(change.session_id))
        self.do_what_waited()

    def when_whole(self, do: Callable[[], object]) -> None:
        """Do something that needs the whole transcript on screen, now or as soon as that is there."""
        session_id = self.model.current_id
        if session_id is None:
            return
        if self._waiting[0] != session_id:
            self._waiting = session_id, []
        self._waiting[1].append(do)
        self.do_what_waited()

    def do_what_waited(self) -> None:
        """Do what waited for the transcript on screen, where it is whole."""
        transcript, (session_id, waiting) = self.model.transcript, self._waiting
        if session_id == self.model.current_id and transcript is not None and transcript.is_whole:
            self._waiting = "", []
            for do in waiting:
                do()
