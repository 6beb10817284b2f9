"""What `run` writes down of a turn in a session that is saved: before it is sent, and when it is over.

May import: store, domain, protocol, the modules of cli, the standard library.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from superserve_tui.cli.clock import now
from superserve_tui.domain import LiveTurn, ServerSession, Session, SessionState, Turn, TurnState
from superserve_tui.protocol import Event, FinishReason, NotFoundError, RunResult, title_from

if TYPE_CHECKING:
    from superserve_tui.store import Store

__all__ = ["TurnRecord", "new_session"]

_STATE_AFTER = {
    TurnState.COMPLETED: SessionState.IDLE,
    TurnState.CANCELLED: SessionState.IDLE,
    TurnState.STOPPED: SessionState.IDLE,
    TurnState.FAILED: SessionState.FAILED,
    TurnState.INTERRUPTED: SessionState.INTERRUPTED,
}


def new_session(*, profile: str, agent: str, title: str | None, idle_timeout_s: int) -> Session:
    """A saved session that no server knows yet."""
    return Session(
        id=uuid.uuid4().hex,
        profile=profile,
        agent=agent,
        created_at=now(),
        title=title,
        idle_timeout_s=idle_timeout_s,
    )


class TurnRecord:
    """A turn of a saved session, in the ledger and the transcript. One thread.

    Args:
        store: Where to.
        session: The session as it is saved.
        prompt: The message.
        owner: This process, for the ledger.
    """

    def __init__(self, store: Store, session: Session, prompt: str, *, owner: str) -> None:
        self._store = store
        self._session = session
        self._prompt = prompt
        self._owner = owner
        self._live: LiveTurn | None = None

    def begin(self, server_id: str, server_url: str, *, count_before: int | None, is_kept: bool) -> None:
        """Write the turn down, before anything goes out; blocks until it is on disk."""
        is_new = server_id != self._session.server_id
        moment = now()
        self._session = replace(
            self._session,
            state=SessionState.STARTING,
            server_id=server_id,
            server_ids=(*self._session.server_ids, server_id) if is_new else self._session.server_ids,
            server_url=server_url,
            title=self._session.title or title_from(self._prompt) or None,
            message_count=self._session.message_count + 1,
            last_activity_at=moment,
            is_kept=self._session.is_kept or is_kept,
        )
        number = self._store.turn_counts().result().get(self._session.id, 0) + 1
        turn = Turn(
            id=uuid.uuid4().hex,
            number=number,
            prompt=self._prompt,
            created_at=moment,
            state=TurnState.SENT,
            started_at=moment,
            server_id=server_id,
            count_before=count_before,
        )
        self._live = LiveTurn(self._session.id, turn)
        if is_new:  # an older one belongs to whoever made it
            self._store.save_server_session(
                ServerSession(
                    server_id=server_id,
                    session_id=self._session.id,
                    profile=self._session.profile,
                    server_url=server_url,
                    owner=self._owner,
                    is_kept=self._session.is_kept,
                )
            )
        self._store.save_session(self._session)
        self._store.save_turn(self._session.id, turn).result()

    def fold(self, event: Event) -> None:
        """An event came."""
        assert self._live is not None, "not begun"
        self._live.fold(event)

    def finish(self, outcome: RunResult | BaseException) -> None:
        """The turn is over: with a result, refused with an error, or stopped by the person."""
        assert self._live is not None, "not begun"
        match outcome:
            case RunResult(finish_reason=FinishReason.INTERRUPTED):
                self._live.interrupt(str(outcome.error or "the connection was lost"))
            case RunResult():
                self._live.fail(str(outcome.error or outcome.finish_reason))  # only where no event said so
            case Exception():
                self._live.fail(str(outcome))
            case _:
                self._live.stop()
        turn = self._live.snapshot()
        state = SessionState.EXPIRED if isinstance(outcome, NotFoundError) else _STATE_AFTER[turn.state]
        self._session = replace(self._session, state=state, last_activity_at=now())
        self._store.save_turn(self._session.id, turn)
        self._store.save_session(self._session).result()
