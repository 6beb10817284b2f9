"""What the app does while nothing happens: next to nothing; and how little one more change costs."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from textual._compositor import Compositor
from textual._styles_cache import StylesCache
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from superserve_tui.domain import Change, SessionChanged, SessionState, TextAppended, TurnChanged, TurnState
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_session, make_turn

IDLE = make_session("Some talk", state=SessionState.IDLE, server_id="ses_abc")
RUNNING = replace(IDLE, state=SessionState.RUNNING)


def fast_timers(desk: OpenedApp) -> list[str]:
    """Timers that go off more often than once a second, and are not paused."""
    running = [timer for timer in timers(desk) if timer._active.is_set()]
    return [repr(timer._callback) for timer in running if timer._interval < 1.0]


def timers(desk: OpenedApp) -> Iterator[Any]:
    for pump in (desk.app, *desk.main.walk_children(with_self=True)):
        yield from pump._timers


async def test_no_timer_is_faster_than_a_second_while_nothing_runs() -> None:
    async with opened(sessions=[IDLE]) as desk:
        await desk.open(IDLE, make_turn(1, state=TurnState.COMPLETED, text="done", duration_ms=5))
        await desk.until(lambda: not fast_timers(desk), "no fast timer runs")


async def test_the_spinner_goes_when_the_turn_does() -> None:
    turn = make_turn(1, state=TurnState.STREAMING, text="so far")
    async with opened(sessions=[RUNNING]) as desk:
        await desk.open(RUNNING, turn)
        await desk.until(lambda: fast_timers(desk), "the spinner runs")
        ended = replace(turn, state=TurnState.COMPLETED, duration_ms=5)
        await desk.feed(TurnChanged(IDLE.id, ended), SessionChanged(IDLE))
        await desk.until(lambda: not fast_timers(desk), "no fast timer runs")


async def test_many_pieces_of_text_are_drawn_at_once() -> None:
    turn = make_turn(1, state=TurnState.STREAMING)
    async with opened(sessions=[RUNNING]) as desk:
        await desk.open(RUNNING, turn)
        taken: list[int] = []
        take = desk.main.take

        def counted(changes: Sequence[Change]) -> None:
            taken.append(len(changes))
            take(changes)

        desk.main.take = counted  # type: ignore[method-assign]
        await desk.feed(*(TextAppended(RUNNING.id, turn.id, f"word{number} ") for number in range(1000)))
        assert taken == [1000]
        await desk.see("word999")


async def test_dialogs_that_were_closed_are_gone_from_memory() -> None:
    def kept() -> int:
        gc.collect()
        return sum(isinstance(each, StylesCache) for each in gc.get_objects())

    async with opened(sessions=[IDLE]) as desk:
        await desk.open(IDLE, make_turn(1, state=TurnState.COMPLETED, text="done", duration_ms=5))
        await desk.press("f1", "escape")
        desk.main._tick()
        before = kept()
        for _ in range(3):
            await desk.press("f1", "escape", "ctrl+s", "escape", "ctrl+p", "escape")
        desk.main._tick()
        assert kept() <= before + 2


async def test_a_frame_of_an_answer_draws_once_and_leaves_alone_what_stands_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frames: list[object] = []
    asked: list[str] = []
    draw, render = Compositor.render_update, StylesCache.render_widget

    def counted(self: Compositor, *args: Any, **options: Any) -> Any:
        frames.append(update := draw(self, *args, **options))
        return update

    def noted(self: StylesCache, widget: Widget, crop: Region) -> list[Strip]:
        asked.append(type(widget).__name__)
        return render(self, widget, crop)

    turn = make_turn(1, state=TurnState.STREAMING)
    async with opened(sessions=[RUNNING]) as desk:
        await desk.open(RUNNING, turn)
        desk.main.spinner.pause()
        for number in range(40):
            await desk.feed(TextAppended(RUNNING.id, turn.id, f"para {number}\n\n"))
        monkeypatch.setattr(Compositor, "render_update", counted)
        monkeypatch.setattr(StylesCache, "render_widget", noted)
        for number in range(40, 60):
            await desk.feed(TextAppended(RUNNING.id, turn.id, f"para {number}\n\n"))
            await desk.see(f"para {number}")

    assert 20 <= len(frames) <= 30
    at_rest = {"MainScreen", "Row", "Column", "TitleBar", "KeyBar", "Line", "Transcript", "LogScrollBar"}
    assert not at_rest & set(asked)
