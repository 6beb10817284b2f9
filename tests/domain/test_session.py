"""The one table of states: every cell, those included that can't happen."""

from __future__ import annotations

import pytest

from superserve_tui.domain import TRANSITIONS, SessionState, Trigger, can, next_state

COLUMNS = (
    *("send", "continue", "first_event", "completed", "cancelled", "failed"),
    *("link_lost", "stop", "stopped", "reconnect", "gone", "end"),
)
TABLE = """
draft       starting .        .       .    .    .      .           .        .    .        .       .
starting    .        .        running idle idle failed interrupted stopping .    .        expired .
running     .        .        running idle idle failed interrupted stopping .    .        expired .
stopping    .        .        .       .    .    .      .           .        idle .        expired .
idle        starting .        .       .    .    .      .           .        .    .        expired ended
failed      starting .        .       .    .    .      .           .        .    .        expired ended
interrupted starting .        .       .    .    .      .           .        .    starting expired ended
expired     .        starting .       .    .    .      .           .        .    .        .       .
ended       .        starting .       .    .    .      .           .        .    .        expired .
"""
CELLS = [
    (row.split()[0], trigger, target)
    for row in TABLE.strip().splitlines()
    for trigger, target in zip(COLUMNS, row.split()[1:], strict=True)
]


def test_the_table_below_has_every_state_and_trigger() -> None:
    assert {(state, trigger) for state, trigger, _ in CELLS} == {
        (s.value, t.value) for s in SessionState for t in Trigger
    }
    assert set(TRANSITIONS) == set(SessionState)


@pytest.mark.parametrize(("state", "trigger", "target"), CELLS)
def test_a_trigger_leads_where_the_table_says(state: str, trigger: str, target: str) -> None:
    at, by = SessionState(state), Trigger(trigger)
    if target == ".":
        assert not can(at, by)
        with pytest.raises(ValueError, match=f"{trigger} can't happen to a session that is {state}"):
            next_state(at, by)
    else:
        assert can(at, by)
        assert next_state(at, by) is SessionState(target)


@pytest.mark.parametrize("state", SessionState)
def test_a_session_is_busy_while_a_turn_is_under_way(state: SessionState) -> None:
    assert state.is_busy == (state in {SessionState.STARTING, SessionState.RUNNING, SessionState.STOPPING})


@pytest.mark.parametrize("state", SessionState)
def test_a_session_is_over_when_it_takes_no_message_any_more(state: SessionState) -> None:
    assert state.is_over == can(state, Trigger.CONTINUE) == (state in {SessionState.EXPIRED, SessionState.ENDED})


@pytest.mark.parametrize("state", SessionState)
def test_no_state_is_a_dead_end(state: SessionState) -> None:
    """From anywhere a message can be sent again, sooner or later."""
    seen, reach = set[SessionState](), {state}
    while reach - seen:
        seen |= reach
        reach = {target for each in seen for target in TRANSITIONS[each].values()}
    assert SessionState.STARTING in seen
