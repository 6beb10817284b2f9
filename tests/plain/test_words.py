"""What plain mode says, word by word."""

from __future__ import annotations

from superserve_tui.domain import TurnState
from superserve_tui.plain.words import end_words, trust_words
from superserve_tui.protocol import UNTRUSTED, Agent
from tests.support.saved import make_turn


def test_a_failed_turn_is_one_line_that_parts_the_errors_lines_and_names_what_to_do() -> None:
    turn = make_turn(1, "x", state=TurnState.FAILED, error="it ended: gone\nTraceback:\n  raise\n")

    assert end_words(turn).startswith("failed")
    assert end_words(turn).endswith(
        "it ended: gone / Traceback: / raise. /retry sends the message again, /log tells what the agent wrote"
    )


def test_trust_names_a_variable_that_is_not_set() -> None:
    agent = Agent(
        "agt_1", "helper", required_secrets=("A", "B"), deps_status=UNTRUSTED, deps_error="it would run x"
    )

    assert "and get A, B, with all your rights. It needs A and B, which are not set. /trust" in trust_words(agent)
