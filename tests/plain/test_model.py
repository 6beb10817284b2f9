"""What plain mode believes between two facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from superserve_tui.domain import (
    Change,
    MessageReturned,
    Problem,
    ProblemRaised,
    QueueChanged,
    Session,
    SessionChanged,
    SessionExpired,
    SessionRemoved,
    SessionsLoaded,
    SessionState,
)
from superserve_tui.plain.model import Model
from tests.support.saved import make_session, make_turn

WAITING = (make_turn(1), make_turn(2))


def model_of(session: Session) -> Model:
    model = Model()
    model.apply(SessionsLoaded((session,)))
    model.current_id = session.id
    return model


def test_a_message_is_under_way_from_when_it_was_sent() -> None:
    session = make_session(state=SessionState.IDLE)
    model = model_of(session)
    model.sent(session.id)
    assert model.is_busy
    model.apply(SessionChanged(replace(session, title="still idle")))
    assert model.is_busy
    model.apply(SessionChanged(replace(session, state=SessionState.STARTING)))
    model.apply(SessionChanged(session))
    assert not model.is_busy


def test_between_two_queued_messages_nothing_is_over() -> None:
    session = make_session(state=SessionState.RUNNING)
    model = model_of(session)
    model.own.add(session.id)
    model.apply(QueueChanged(session.id, WAITING))
    model.apply(SessionChanged(replace(session, state=SessionState.IDLE)))
    assert model.is_own_busy
    model.apply(QueueChanged(session.id, WAITING[1:]))
    model.apply(SessionChanged(session))
    model.apply(SessionChanged(replace(session, state=SessionState.IDLE)))
    model.apply(QueueChanged(session.id, ()))
    assert model.is_own_busy


def test_messages_that_are_held_back_are_not_at_work() -> None:
    session = make_session(state=SessionState.FAILED, is_queue_paused=True)
    model = model_of(session)
    model.own.add(session.id)
    model.apply(QueueChanged(session.id, WAITING))
    assert not model.is_own_busy
    model.apply(QueueChanged(session.id, WAITING[1:]))
    assert not model.is_own_busy


@pytest.mark.parametrize("kind", ["returned", "expired", "problem", "removed"])
def test_a_message_that_came_to_nothing_is_not_waited_for(kind: str) -> None:
    session = make_session(state=SessionState.IDLE)
    model = model_of(session)
    model.sent(session.id)
    changes: dict[str, Change] = {
        "returned": MessageReturned(session.id, "text"),
        "expired": SessionExpired(session.id, "text"),
        "problem": ProblemRaised(Problem("what", "hint"), session.id),
        "removed": SessionRemoved(session.id),
    }
    model.apply(changes[kind])
    assert not model.is_own_busy


def test_numbers_stay_with_their_sessions() -> None:
    first, second = make_session("a"), make_session("b", is_pinned=True)
    model = Model()
    model.apply(SessionsLoaded((first, second)))
    assert (model.number(second.id), model.number(first.id)) == (1, 2)
    model.apply(SessionRemoved(second.id))
    third = make_session("c")
    model.apply(SessionChanged(third))
    assert (model.number(first.id), model.number(third.id)) == (2, 3)
    model.apply(SessionChanged(second))
    assert model.by_number(1) == second


def test_sessions_are_found_by_words_and_by_either_id() -> None:
    session = make_session("Time zones in parse", id="abcd" + "0" * 28, server_id="ses_ef12" + "0" * 28)
    model = model_of(session)
    for words in ("zones parse", "ECHO time", "abcd0", "ses_ef12", "ef-12"):
        assert model.matching(words) == [session], words
    for words in ("zones nothing", "abc", "", "  "):
        assert model.matching(words) == [], words
