"""The end of a transcript is shown at once; the rest is asked for behind it, while it is on screen."""

from __future__ import annotations

from superserve_tui.domain import EarlierLoaded, SessionsLoaded, SessionState, TranscriptLoaded, TurnState
from superserve_tui.engine import OpenSession, ReadEarlier
from superserve_tui.ui.screens.reading_earlier import LAST_TURNS, STRETCH_TURNS
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session, make_turn

LONG = make_session("long talk", state=SessionState.IDLE)
OTHER = make_session("other talk", state=SessionState.IDLE)
TURNS = tuple(
    make_turn(number, f"ask {number}", text=f"answer {number}", state=TurnState.COMPLETED)
    for number in range(1, 31)
)


async def _at_its_end(desk: OpenedApp) -> None:
    """Open the session; its last ten turns are there."""
    desk.main.open_session(LONG.id)
    await desk.feed(TranscriptLoaded(LONG.id, TURNS[20:], earlier=20))


async def test_the_rest_is_asked_for_stretch_by_stretch_once_the_end_is_drawn() -> None:
    async with opened(sessions=(LONG, OTHER)) as desk:
        await _at_its_end(desk)
        assert desk.has("answer 30")
        assert desk.engine.sent(OpenSession) == [OpenSession(LONG.id, last=LAST_TURNS)]
        assert desk.engine.sent(ReadEarlier) == [ReadEarlier(LONG.id, 21, STRETCH_TURNS)]
        await desk.feed(EarlierLoaded(LONG.id, 21, TURNS[10:20], 10))
        await desk.feed(EarlierLoaded(LONG.id, 11, TURNS[:10], 0))
        assert [each.before for each in desk.engine.sent(ReadEarlier)] == [21, 11]
        transcript = desk.main.model.transcript
        assert transcript is not None
        assert transcript.is_whole
        assert tuple(transcript.turns) == TURNS


async def test_what_needs_all_of_it_waits_for_that() -> None:
    async with opened(sessions=(LONG, OTHER)) as desk:
        await _at_its_end(desk)
        desk.main.log_view.focus()
        await desk.press("Y", "g")
        assert desk.copied == []
        await desk.feed(EarlierLoaded(LONG.id, 21, TURNS[:20], 0))
        await desk.until(lambda: desk.copied, "the transcript is copied")
        assert "ask 1\n" in desk.copied[0]
        assert desk.has("answer 1")
        await desk.press("Y")
        await desk.until(lambda: len(desk.copied) == 2, "at once")


async def test_what_waits_is_dropped_with_a_switch_and_the_reading_goes_on_with_the_next_look() -> None:
    async with opened(sessions=(LONG, OTHER)) as desk:
        await _at_its_end(desk)
        desk.main.log_view.focus()
        await desk.press("Y")
        desk.main.open_session(OTHER.id)
        await desk.feed(TranscriptLoaded(OTHER.id, (make_turn(1, state=TurnState.COMPLETED, text="short"),)))
        await desk.feed(EarlierLoaded(LONG.id, 21, TURNS[10:20], 10))
        assert [each.before for each in desk.engine.sent(ReadEarlier)] == [21]
        await desk.press("Y")
        await desk.until(lambda: desk.copied, "the short one is copied")
        desk.main.open_session(LONG.id)
        await desk.settle()
        assert [each.before for each in desk.engine.sent(ReadEarlier)] == [21, 11]
        await desk.feed(EarlierLoaded(LONG.id, 11, TURNS[:10], 0))
        assert len(desk.copied) == 1
        assert "short" in desk.copied[0]


async def test_a_stretch_that_was_asked_for_twice_is_taken_once() -> None:
    async with opened(sessions=(LONG, OTHER)) as desk:
        await _at_its_end(desk)
        await desk.feed(EarlierLoaded(LONG.id, 21, TURNS[:20], 0), EarlierLoaded(LONG.id, 21, TURNS[:20], 0))
        transcript = desk.main.model.transcript
        assert transcript is not None
        assert tuple(transcript.turns) == TURNS


async def test_a_transcript_that_is_not_as_it_was_counted_is_read_anew() -> None:
    async with opened(sessions=(LONG, OTHER)) as desk:
        await _at_its_end(desk)
        await desk.feed(EarlierLoaded(LONG.id, 21, TURNS[11:20], 10))
        assert desk.engine.sent(OpenSession)[1:] == [OpenSession(LONG.id)]
        await desk.feed(TranscriptLoaded(LONG.id, TURNS))
        assert desk.has("answer 30")


async def test_the_find_bar_counts_what_comes_later() -> None:
    async with opened(sessions=(LONG, OTHER)) as desk:
        await _at_its_end(desk)
        await desk.press("ctrl+f")
        await desk.type("answer")
        await desk.see("10 hits")
        await desk.press("up")
        await desk.see("6/10")
        await desk.feed(EarlierLoaded(LONG.id, 21, TURNS[:20], 0))
        await desk.see("26/30")


async def test_the_session_that_is_named_at_the_start_is_opened_from_its_end() -> None:
    async with opened() as desk:
        await desk.feed(SessionsLoaded((LONG,)))
        await _at_its_end(desk)
        assert desk.engine.sent(OpenSession) == [OpenSession(LONG.id, last=LAST_TURNS)]
