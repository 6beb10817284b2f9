"""The export dialog: what it would write, what looks like a secret in it, and what becomes of the file."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from superserve_tui.domain import ExportFormat, TranscriptRead, Turn, TurnState
from superserve_tui.engine import ReadTranscript
from superserve_tui.exporting import export_transcript
from superserve_tui.ui.modals import ExportDialog
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_call, make_session, make_turn

SESSION = make_session("A talk", id="ab" * 16)
NAME = "session-abababababab-2026-11-22"
TURN = make_turn(
    1,
    "write to ada@example.org",
    text="sent to ada@example.org\x1b[31m from /home/ada",
    state=TurnState.COMPLETED,
    calls=(make_call(input={"path": "a.py"}),),
)


@asynccontextmanager
async def exporting(folder: Path, *turns: Turn, **options: Any) -> AsyncIterator[OpenedApp]:
    """The dialog over a session, its transcript read."""
    async with opened(folder=folder, **options) as desk:
        await desk.open(SESSION, *(turns or (TURN,)))
        await desk.main.run_action("log_export")
        await desk.until(lambda: desk.engine.sent(ReadTranscript) == [ReadTranscript(SESSION.id)])
        await desk.settle()
        await desk.feed(TranscriptRead(SESSION.id, turns or (TURN,)))
        await desk.until(lambda: "making" not in desk.text(), "the export is made")
        yield desk


async def saved(desk: OpenedApp, path: Path) -> str:
    """What was written, once that is said."""
    await desk.until(lambda: any(str(path) in notice for notice in desk.notices()), f"{path} is named")
    assert not desk.has_dialog
    return path.read_bytes().decode()


async def test_what_would_be_written_is_told_before_it_is(tmp_path: Path) -> None:
    async with exporting(tmp_path) as desk:
        assert desk.has('Export "A talk"')
        assert desk.has(f"{NAME}.md")
        assert desk.has(f"in …{str(tmp_path)[-43:]}") or desk.has(f"in {tmp_path}")
        assert desk.has("[x] masked  mail address                2 places, 1 different")
        assert desk.has("[x] masked  home folder                 1 place")
        assert list(tmp_path.iterdir()) == []


async def test_masking_is_offered_only_where_there_is_something_to_mask(tmp_path: Path) -> None:
    harmless = make_turn(1, "hello", text="hello", state=TurnState.COMPLETED)
    async with exporting(tmp_path, harmless) as desk:
        assert desk.has("Nothing in it looks like a secret.")
        assert not desk.has("Space mask")
    async with exporting(tmp_path) as desk:
        assert desk.has("Up Down field   Space mask   Esc close")


async def test_the_folder_that_the_app_was_opened_in_is_this_folder() -> None:
    async with exporting(Path()) as desk:
        assert any(row.strip().endswith("bytes, in this folder") for row in desk.rows())


async def test_enter_saves_with_what_looks_like_a_secret_masked(tmp_path: Path) -> None:
    async with exporting(tmp_path) as desk:
        await desk.press("enter")
        text = await saved(desk, tmp_path / f"{NAME}.md")
        assert "write to [email-1]" in text
        assert "from [home-1]" in text
        assert any("3 places masked" in notice for notice in desk.notices())


@pytest.mark.parametrize("export_format", ExportFormat)
async def test_what_is_kept_is_written_as_it_was_sent(tmp_path: Path, export_format: ExportFormat) -> None:
    order = [ExportFormat.MARKDOWN, ExportFormat.TEXT, ExportFormat.JSON, ExportFormat.HTML]
    async with exporting(tmp_path) as desk:
        await desk.press(*["right"] * order.index(export_format))
        await desk.until(lambda: "making" not in desk.text())
        await desk.press("up", "space", "down", "space", "enter")
        text = await saved(desk, tmp_path / f"{NAME}{export_format.suffix}")
        assert text == export_transcript(SESSION, [TURN], export_format).text
        assert not any("masked" in notice for notice in desk.notices())


async def test_tools_can_be_left_out_but_of_json(tmp_path: Path) -> None:
    async with exporting(tmp_path) as desk:
        await desk.press("down", "right")
        await desk.until(lambda: "making" not in desk.text())
        await desk.press("enter")
        assert "a.py" not in await saved(desk, tmp_path / f"{NAME}.md")
    async with exporting(tmp_path) as desk:
        await desk.press("right", "right", "down")
        assert desk.screen.focused is desk.screen.query_one("#export-file")
        await desk.press("enter")
        text = await saved(desk, tmp_path / f"{NAME}.json")
        assert json.loads(text)["turns"][0]["tool_calls"]


async def test_the_name_can_be_changed_and_keeps_up_with_the_format(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    async with exporting(tmp_path) as desk:
        line = desk.screen.query_one("#export-file", Input)
        line.value = "there/talk.md"
        await desk.press("right")
        assert line.value == "there/talk.txt"
        await desk.see("/there")
        line.value = "there/other"
        await desk.press("right", "enter")
        assert json.loads(await saved(desk, tmp_path / "there" / "other"))


async def test_a_file_that_is_there_is_replaced_only_after_a_yes(tmp_path: Path) -> None:
    path = tmp_path / f"{NAME}.md"
    path.write_text("mine")
    async with exporting(tmp_path) as desk:
        await desk.press("enter")
        await desk.see("Replace the file?")
        await desk.press("enter")
        assert isinstance(desk.screen, ExportDialog)
        assert desk.screen.focused is desk.screen.query_one("#export-file")
        assert path.read_text() == "mine"
        await desk.press("enter")
        await desk.see("Replace the file?")
        await desk.press("right", "enter")
        assert "write to" in await saved(desk, path)


async def test_what_goes_wrong_is_said_in_the_dialog_and_nothing_is_lost(tmp_path: Path) -> None:
    async with exporting(tmp_path) as desk:
        line = desk.screen.query_one("#export-file", Input)
        line.value = "no/such/place.md"
        await desk.press("enter")
        await desk.see("Not saved: there is no such folder.")
        line.value = "place.md"
        await desk.settle()
        assert not desk.has("Not saved")
        await desk.press("enter")
        await saved(desk, tmp_path / "place.md")


async def test_enter_before_it_is_made_saves_once_it_is(tmp_path: Path) -> None:
    async with opened(folder=tmp_path) as desk:
        await desk.open(SESSION, TURN)
        await desk.type("\x1b[Z")  # to the transcript
        await desk.type("x")
        await desk.until(lambda: isinstance(desk.screen, ExportDialog))
        assert desk.has("reading the transcript")
        await desk.press("right", "enter")
        assert desk.has("and saving it then")
        await desk.feed(TranscriptRead(SESSION.id, (TURN,)))
        await saved(desk, tmp_path / f"{NAME}.txt")


async def test_a_session_in_which_nothing_was_said_has_nothing_to_export(tmp_path: Path) -> None:
    async with opened(folder=tmp_path) as desk:
        await desk.open(SESSION)
        await desk.main.run_action("log_export")
        await desk.until(lambda: "There is nothing to export here." in desk.notices())
        desk.main.export(SESSION)
        await desk.until(lambda: isinstance(desk.screen, ExportDialog))
        await desk.feed(TranscriptRead(SESSION.id, ()))
        await desk.press("enter")
        assert desk.has("Nothing has been said in it yet.")
        assert list(tmp_path.iterdir()) == []


class HeldTurns(tuple[Turn, ...]):
    """Turns that come only while a test lets them."""

    def __new__(cls, turns: Iterable[Turn]) -> HeldTurns:
        held = super().__new__(cls, turns)
        held.gate, held.walks = threading.Event(), []
        return held

    gate: threading.Event
    walks: list[int]
    """How many turns were given each time that they were walked through."""

    def __iter__(self) -> Iterator[Turn]:
        self.walks.append(0)
        for turn in super().__iter__():
            assert self.gate.wait(10)
            self.walks[-1] += 1
            yield turn


async def test_another_wish_gives_up_what_was_being_made_and_so_does_escape(tmp_path: Path) -> None:
    turns = HeldTurns(make_turn(number, "q", state=TurnState.COMPLETED) for number in range(1, 4))
    async with opened(folder=tmp_path) as desk:
        await desk.open(SESSION, TURN)
        await desk.main.run_action("log_export")
        await desk.until(lambda: isinstance(desk.screen, ExportDialog))
        await desk.feed(TranscriptRead(SESSION.id, turns))
        await desk.until(lambda: turns.walks)
        assert desk.has("making it")
        await desk.press("enter")
        assert desk.has("saving it once it is made")
        await desk.press("right")
        turns.gate.set()
        await desk.until(lambda: "making it" not in desk.text())
        assert isinstance(desk.screen, ExportDialog)
        assert turns.walks[0] == 1
        assert set(turns.walks[1:]) == {3}
        turns.gate.clear()
        done = len(turns.walks)
        await desk.press("right")
        await desk.until(lambda: len(turns.walks) > done)
        await desk.press("escape")
        turns.gate.set()
        await desk.until(lambda: turns.walks[-1])
        assert not desk.has_dialog
        assert turns.walks[done:] == [1]


@pytest.mark.parametrize("size", [(80, 12), (80, 8), (80, 6), (40, 12)])
async def test_what_the_keyboard_is_on_is_in_sight_in_a_short_window(tmp_path: Path, size: tuple[int, int]) -> None:
    async with exporting(tmp_path, size=size) as desk:
        await desk.until(lambda: "making" not in desk.text())
        for words in ("Format", "with their inputs", "session-", "masked  mail", "masked  home"):
            await desk.see(words)
            await desk.press("down")
        for words in ("home folder", "mail address", "session-", "with their inputs", "Markdown"):
            await desk.see(words)
            await desk.press("up")


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_all_of_it_can_be_reached_in_a_small_window(tmp_path: Path, size: tuple[int, int]) -> None:
    async with exporting(tmp_path, size=size) as desk:
        await desk.press("down", "down", "down", "space")
        await desk.until(lambda: "making" not in desk.text())
        await desk.press("enter")
        text = await saved(desk, tmp_path / f"{NAME}.md")
        assert "ada@example.org" in text
        assert "[home-1]" in text
