"""The pane of tool calls: runs of one tool, sums, the slowest, past turns; and that thousands cost what is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from superserve_tui.domain import CallChanged, SessionState, TurnChanged, TurnState
from superserve_tui.protocol import CallState, ToolCall
from superserve_tui.ui.modals.tool_call import ToolCallDialog
from superserve_tui.ui.widgets.call_runs import CallRuns
from superserve_tui.ui.widgets.log import MessageLog
from superserve_tui.ui.widgets.tool_pane import ToolPane
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_call, make_session, make_turn

TALK = make_session("Talk", id="f" * 32, state=SessionState.IDLE)


def _done(index: int, name: str = "read_file", started_ms: int = 0, took_ms: int = 10, **more: Any) -> ToolCall:
    return make_call(
        index, name=name, started_ms=started_ms, duration_ms=took_ms, state=CallState.COMPLETED, **more
    )


def _set(*calls: ToolCall) -> CallRuns:
    runs = CallRuns()
    runs.set(calls)
    return runs


def _pane(desk: OpenedApp) -> list[str]:
    """What the pane shows, its gaps closed."""
    region = desk.main.query_one("#tools").region
    rows = (" ".join(row[region.x :].split()) for row in desk.rows()[: region.bottom])
    return [row for row in rows if row]


def test_calls_of_one_tool_in_a_row_are_a_run() -> None:
    runs = _set(_done(0), _done(1), _done(2, "grep"), _done(3))

    assert [(run.name, run.first, len(run.calls)) for run in runs.runs] == [
        ("read_file", 0, 2),
        ("grep", 2, 1),
        ("read_file", 3, 1),
    ]
    assert runs.tools == {"read_file": (3, 30), "grep": (1, 10)}


def test_a_change_tells_from_where_on_the_rows_are_others() -> None:
    runs = _set(_done(0), _done(1, "grep"), make_call(2, name="grep"))
    assert runs.set([*runs.calls]) == 2
    assert runs.set([*runs.calls[:2], _done(2, "grep", took_ms=90)]) == 2
    assert (runs.running, runs.slowest, runs.took_ms) == (set(), 2, 110)
    assert runs.set([*runs.calls, _done(3, "grep")]) == 1
    assert runs.set([*runs.calls, _done(4)]) == 2
    assert runs.set([_done(0, "other")]) == 0
    assert runs.tools == {"other": (1, 10)}


@pytest.mark.parametrize("is_live", [True, False])
def test_how_many_ran_at_once(is_live: bool) -> None:
    spans = [(0, 50), (10, 20), (15, 40), (60, 10), (70, 5)]  # 0-50, 10-30, 15-55, 60-70, 70-75
    done = [_done(index, started_ms=begin, took_ms=took) for index, (begin, took) in enumerate(spans)]
    runs = CallRuns()
    if is_live:
        ends = [(begin + took, 0, index) for index, (begin, took) in enumerate(spans)]
        begins = [(begin, 1, index) for index, (begin, _) in enumerate(spans)]
        for _, is_begin, index in sorted(ends + begins):
            seen = list(runs.calls)
            seen[index:] = (
                [replace(done[index], state=CallState.RUNNING, duration_ms=None)]
                if is_begin
                else [done[index], *seen[index + 1 :]]
            )
            runs.set(seen)
    else:
        runs.set(done)

    assert runs.runs[0].at_once == 3


def test_a_run_says_what_matters_most_of_its_calls() -> None:
    interrupted = replace(_done(1), state=CallState.INTERRUPTED)
    assert _set(_done(0), interrupted, make_call(2, name="read_file")).runs[0].state is CallState.RUNNING
    assert _set(_done(0), interrupted).runs[0].state is CallState.INTERRUPTED
    assert _set(_done(0)).runs[0].state is CallState.COMPLETED


async def test_runs_are_folded_and_the_sums_are_below() -> None:
    calls = (_done(0, "list_files"), *(_done(n, started_ms=n * 10, took_ms=5 + n) for n in range(1, 13)))
    calls += (_done(13, "search", started_ms=200, took_ms=431),)
    async with opened(sessions=(TALK,)) as desk:
        await desk.open(TALK, make_turn(1, calls=calls[:2]), make_turn(2, calls=calls))
        pane = _pane(desk)
        assert pane[0] == "Tools 14 calls · 579 ms"
        assert "✓ read_file ×12 ▸ 138 ms" in pane
        assert "2 at once · slowest 17 ms" in pane
        assert "✓ search slowest 431 ms" in pane
        assert pane[-4:] == [
            "search ×1 431 ms",
            "read_file ×12 138 ms",
            "list_files ×1 10 ms",
            "whole session ×16 595 ms",
        ]


async def test_the_pane_shows_the_turn_under_the_message_cursor_until_there_is_none() -> None:
    async with opened(sessions=(TALK,)) as desk:
        await desk.open(
            TALK, make_turn(1, calls=(_done(0, "old_tool"),)), make_turn(2, calls=(_done(0, "new_tool"),))
        )
        desk.main.query_one(MessageLog).focus()
        await desk.press("g")
        assert _pane(desk)[0] == "Tools of turn 1 1 call · 10 ms"
        assert "✓ old_tool 10 ms" in _pane(desk)
        await desk.press("escape")
        assert _pane(desk)[0] == "Tools 1 call · 10 ms"
        assert "✓ new_tool 10 ms" in _pane(desk)

        await desk.feed(TurnChanged(TALK.id, make_turn(3, state=TurnState.SENT)))
        assert _pane(desk) == ["Tools"]


async def test_an_end_that_could_be_of_several_calls_is_said_to_be_assumed() -> None:
    calls = (_done(0, is_order_assumed=True), make_call(1, name="read_file"))
    async with opened(sessions=(TALK,)) as desk:
        await desk.open(TALK, make_turn(1, calls=calls, state=TurnState.STREAMING))
        assert any("≈ 10 ms" in row for row in _pane(desk))
        assert _pane(desk)[-1] == "≈ which call ended is assumed"


async def test_the_input_is_coloured_json_and_copied_whole() -> None:
    async with opened(sessions=(TALK,)) as desk:
        await desk.open(
            TALK, make_turn(1, calls=(_done(0, input={"words": "[b]x[/b]", "limit": 3, "deep": [None]}),))
        )
        desk.main.query_one(ToolPane).focus()
        await desk.press("enter")
        assert isinstance(desk.screen, ToolCallDialog)
        assert desk.has('"words": "[b]x[/b]",')
        before = desk.text()
        await desk.until(lambda: _looks(desk, '"words"') != _looks(desk, "3"), "the input is coloured")
        assert desk.text() == before
        await desk.press("y")
        await desk.until(lambda: desk.copied)
        assert desk.copied == ['{\n  "words": "[b]x[/b]",\n  "limit": 3,\n  "deep": [\n    null\n  ]\n}']


def _looks(desk: OpenedApp, words: str) -> set[str]:
    """The colours that the pieces of the screen which are these words have."""
    strips = desk.screen._compositor.render_strips()
    found = (segment for strip in strips for segment in strip if segment.text.strip(" ,") == words)
    return {str(segment.style.color) for segment in found if segment.style is not None}


async def test_only_rows_in_view_are_drawn_of_thousands_and_a_change_lists_only_what_is_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = tuple(_done(n, ("read_file", "grep")[n % 2], started_ms=n) for n in range(5000))
    async with opened(sessions=(TALK,)) as desk:
        await desk.open(TALK, make_turn(1, id="1" * 32, calls=calls, state=TurnState.STREAMING))
        pane = desk.main.query_one(ToolPane)
        listed, drawn = _counted(monkeypatch, "_rows_of"), _counted(monkeypatch, "line_pieces")
        await desk.feed(CallChanged(TALK.id, "1" * 32, make_call(5000, name="run")))

        assert len(pane.rows) == 5001
        assert len(listed) == 1
        assert len(drawn) < 4 * pane.size.height
        assert any("run" in row for row in _pane(desk))


def _counted(monkeypatch: pytest.MonkeyPatch, name: str) -> list[object]:
    """One item for each call of the pane's method from now on."""
    seen: list[object] = []
    method = getattr(ToolPane, name)

    def counting(self: ToolPane, *args: Any) -> Any:
        seen.append(args)
        return method(self, *args)

    monkeypatch.setattr(ToolPane, name, counting)
    return seen
