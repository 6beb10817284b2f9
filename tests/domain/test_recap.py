"""The text that tells a new agent what was said before."""

from __future__ import annotations

import pytest

from superserve_tui.domain import TurnState, recap_of, with_recap
from tests.support.saved import make_turn


def test_messages_and_answers_stand_in_order_as_they_were_sent() -> None:
    turns = [
        make_turn(1, "  a\nb", text="\x1b[1mone\n\n```py\nx\n```\n", state=TurnState.COMPLETED),
        make_turn(2, "second", text="two", state=TurnState.COMPLETED),
    ]
    recap = recap_of(turns)
    places = [recap.index(each) for each in ("I said:\n  a\nb\n", "\x1b[1mone\n\n```py\nx\n```", "second", "two")]
    assert places == sorted(places)


@pytest.mark.parametrize("state", [TurnState.STOPPED, TurnState.INTERRUPTED, TurnState.FAILED])
def test_an_unfinished_answer_is_said_to_be_one(state: TurnState) -> None:
    assert f"not finished: {state}" in recap_of([make_turn(1, "ask", text="half", state=state)])
    assert "not finished" not in recap_of([make_turn(1, "ask", text="whole", state=TurnState.COMPLETED)])


def test_waiting_messages_and_empty_transcripts_have_no_recap() -> None:
    assert recap_of([]) == ""
    assert recap_of([make_turn(1, "waits", state=TurnState.QUEUED)]) == ""


def test_the_oldest_turns_are_left_out_beyond_the_limit_and_counted() -> None:
    turns = [make_turn(n, f"ask {n}", text="x" * 100, state=TurnState.COMPLETED) for n in range(1, 6)]
    recap = recap_of(turns, limit=300)
    assert "(3 earlier turns left out.)" in recap
    assert "ask 3" not in recap
    assert recap.index("ask 4") < recap.index("ask 5")


def test_a_message_without_a_recap_stays_what_it_is() -> None:
    assert with_recap(" \n", "go on") == "go on"
    assert with_recap("recap\n\n", "go on\n") == "recap\n\ngo on\n"
