"""A running turn that says nothing: how long is counted, and what the person can do is offered (PROMISES 9)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from superserve_tui.domain import HeartbeatSeen, LinkChanged, SessionChanged, SessionState, TextAppended
from superserve_tui.engine import Reconnect
from superserve_tui.ui.silence import Silence
from superserve_tui.ui.widgets.log import MessageLog
from tests.support.manual_clock import ManualClock
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session, make_turn

RUNNING = make_session(
    "Some talk", state=SessionState.RUNNING, server_id="ses_abc", last_activity_at=ManualClock().now()
)
TURN = make_turn(1, "ask", text="so far")


def test_two_seconds_are_no_silence_and_heartbeats_are_no_data() -> None:
    clock = ManualClock()
    silence = Silence(clock.monotonic)
    assert silence.words("s") == ""
    silence.heard("s")
    clock.advance(1.9)
    assert (silence.words("s"), silence.is_silent("s")) == ("", False)
    clock.advance(1.1)
    assert (silence.words("s"), silence.is_silent("s")) == ("no data for 3 s", True)
    silence.beat("s")
    assert (silence.words("s"), silence.is_silent("s")) == ("waiting 3 s", True)
    clock.advance(10)
    assert (silence.words("s"), silence.is_dead("s")) == ("no data for 10 s", True)
    silence.beat("s")
    assert (silence.words("s"), silence.is_dead("s")) == ("waiting 13 s", False)
    silence.heard("s")
    assert (silence.words("s"), silence.is_silent("s")) == ("", False)


def test_after_a_sleep_of_the_machine_it_is_said_at_once() -> None:
    clock = ManualClock()
    silence = Silence(clock.monotonic)
    silence.heard("s")
    clock.advance(8 * 3600)
    assert silence.words("s") == "no data for 28800 s"


async def _silent(desk: OpenedApp, seconds: float = 12) -> None:
    await desk.open(RUNNING, TURN)
    await desk.feed(TextAppended(RUNNING.id, TURN.id, " more"))
    desk.clock.advance(seconds)
    desk.main.show_bars()
    await desk.settle()


@pytest.mark.parametrize("width", [80, 120])
async def test_after_ten_seconds_the_keys_that_help_come_first(width: int) -> None:
    async with opened(size=(width, 24)) as desk:
        await _silent(desk)
        assert "no data for 12 s" in desk.rows()[-2]
        assert desk.rows()[-1].startswith("  ctrl+p reconnect   Esc stop (twice)")
        desk.main.query_one(MessageLog).focus()
        await desk.settle()
        assert desk.rows()[-1].startswith("  r reconnect   Esc stop (twice)")
        await desk.type("r")

        assert desk.engine.sent(Reconnect) == [Reconnect(RUNNING.id)]


async def test_a_link_that_is_being_mended_can_be_hurried_at_once() -> None:
    async with opened() as desk:
        await _silent(desk, 0)
        await desk.feed(LinkChanged(RUNNING.id, "reconnecting 3/10", is_lost=True))
        desk.main.action_log_reconnect()
        assert desk.engine.sent(Reconnect) == [Reconnect(RUNNING.id)]
        await desk.feed(LinkChanged(RUNNING.id, ""))
        desk.main.action_log_reconnect()
        await desk.settle()

        assert len(desk.engine.sent(Reconnect)) == 1
        assert "nothing to reconnect" in desk.notices()[0]


async def test_a_wait_that_the_server_asked_for_is_counted_down() -> None:
    async with opened() as desk:
        await _silent(desk, 0)
        await desk.feed(LinkChanged(RUNNING.id, "busy; sending again", resumes_at=desk.clock.monotonic() + 6))
        assert "busy; sending again in 6 s" in desk.rows()[-2]
        desk.clock.advance(4)
        desk.main.show_bars()
        await desk.settle()
        assert "busy; sending again in 2 s" in desk.rows()[-2]


async def test_the_palette_begins_with_another_connection_then() -> None:
    async with opened() as desk:
        await _silent(desk)
        await desk.press("ctrl+p", "enter")
        await desk.until(lambda: desk.engine.sent(Reconnect) == [Reconnect(RUNNING.id)])


async def test_nothing_is_offered_while_the_link_lives_or_is_being_mended() -> None:
    async with opened() as desk:
        await _silent(desk)
        await desk.feed(HeartbeatSeen(RUNNING.id))
        desk.main.show_bars()
        await desk.settle()
        assert "waiting 12 s" in desk.rows()[-2]
        assert "reconnect" not in desk.rows()[-1]
        desk.clock.advance(30)
        await desk.feed(LinkChanged(RUNNING.id, "reconnecting 2/10"))
        desk.main.show_bars()
        await desk.settle()

        assert "reconnecting 2/10" in desk.rows()[-2]
        assert "reconnect" not in desk.rows()[-1]


async def test_a_turn_that_speaks_keeps_its_connection() -> None:
    async with opened() as desk:
        await _silent(desk, 1)
        desk.main.query_one(MessageLog).focus()
        await desk.press("r")

        assert desk.engine.sent(Reconnect) == []
        assert "nothing to reconnect" in desk.notices()[-1]


async def test_an_interrupted_turn_names_its_key_first() -> None:
    async with opened() as desk:
        await desk.open(RUNNING, TURN)
        await desk.feed(SessionChanged(replace(RUNNING, state=SessionState.INTERRUPTED)))
        desk.main.query_one(MessageLog).focus()
        await desk.settle()

        assert desk.rows()[-1].startswith("  r reconnect")
