"""What pops up: beside what is being read, and gone at a key."""

from __future__ import annotations

import pytest

from superserve_tui.config import Config
from superserve_tui.domain import Problem, ProblemRaised, SessionState, TurnState
from superserve_tui.engine import StopTurn
from tests.support.opened_app import opened
from tests.support.saved import make_session, make_turn

REFUSED = ProblemRaised(Problem("The service refused the message: it is too long for this agent.", "Shorten it."))
ONE = make_session("one", state=SessionState.IDLE, server_id="ses_1")


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (116, "The service refused the"),
        (120, "The service refused the"),
        (199, "The service refused the"),
        (200, "The service refused the message: it is too long for this"),
        (300, "The service refused the message: it is too long for this"),
    ],
)
async def test_a_refusal_covers_no_text_where_there_is_a_tool_pane(width: int, words: str) -> None:
    turn = make_turn(1, "word " * 400, text="word " * 400, state=TurnState.COMPLETED)
    async with opened(size=(width, 40)) as desk:
        await desk.open(ONE, turn)
        before = desk.rows()
        end = max(row.rindex("word") for row in before if "word" in row) + len("word")
        await desk.feed(REFUSED)
        await desk.see(words)

        (toast,) = desk.main.query("Toast")
        assert toast.region.x >= end


async def test_a_refusal_is_wide_where_nothing_was_said_yet() -> None:
    async with opened(size=(120, 40)) as desk:
        await desk.open(ONE)
        await desk.feed(REFUSED)

        await desk.see("The service refused the message: it is too long for this")


async def test_escape_hides_a_refusal_which_says_so() -> None:
    async with opened(size=(80, 24)) as desk:
        await desk.open(ONE, make_turn(1))
        await desk.feed(REFUSED)
        await desk.see("Esc hides this.")
        await desk.press("escape")
        await desk.until(lambda: not desk.has("refused the message"))

        assert desk.notices() == []


async def test_hiding_costs_no_step_on_the_way_to_a_stop() -> None:
    async with opened(size=(80, 24)) as desk:
        running = make_session("runs", state=SessionState.RUNNING, server_id="ses_1")
        await desk.open(running, make_turn(1))
        await desk.feed(REFUSED)
        await desk.type("\x1b")
        await desk.type("\x1b")

        assert [each.session_id for each in desk.engine.sent(StopTurn)] == [running.id]


async def test_the_key_that_hides_is_named_as_it_was_moved() -> None:
    async with opened(size=(80, 24), config=Config(keys={"app.back": "f9"})) as desk:
        await desk.feed(REFUSED)

        await desk.see("F9 hides this.")


async def test_a_notice_that_goes_by_itself_soon_names_no_key() -> None:
    async with opened(size=(80, 24)) as desk:
        desk.main.notify("Copied.", timeout=2)
        await desk.see("Copied.")

        assert not desk.has("hides this")


async def test_the_newest_messages_are_those_that_stand() -> None:
    async with opened(size=(80, 24)) as desk:
        for number in range(6):
            desk.main.notify(f"message {number}")
        await desk.settle()
        assert desk.notices() == ["message 3", "message 4", "message 5"]
        assert desk.has("message 5")


async def test_many_faults_of_the_config_leave_room_for_the_rest() -> None:
    faults = tuple(f"c: key{number}: unknown" for number in range(7))
    async with opened(size=(80, 24), notices=faults) as desk:
        assert len(desk.notices()) == 3
        assert desk.notices()[-1].startswith("And 5 more faults; `superserve-tui doctor` names them all.")
