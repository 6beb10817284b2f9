"""An export becomes a file of the person's own: where it was meant to be, and over nothing that nobody gave up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from superserve_tui.domain import ExportFormat, TurnState
from superserve_tui.exporting import UnwantedError, export_place, export_transcript, save_export
from tests.support.saved import make_session, make_turn

SESSION = make_session("A talk", id="ab" * 16)
MADE = export_transcript(SESSION, [make_turn(1, text="said \ud800", state=TurnState.COMPLETED)], ExportFormat.TEXT)


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("", MADE.name),
        (" talk.txt ", "talk.txt"),
        ("a\x00b\x1b[1m.txt", "ab.txt"),
        ("there", f"there/{MADE.name}"),
        ("there/talk.txt", "there/talk.txt"),
        ("missing/talk.txt", "missing/talk.txt"),
    ],
)
def test_a_name_is_meant_within_the_folder_that_the_person_is_in(tmp_path: Path, typed: str, place: str) -> None:
    (tmp_path / "there").mkdir()
    assert export_place(MADE, typed, folder=tmp_path) == tmp_path / place


def test_the_home_folder_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert export_place(MADE, "~/talk.txt", folder=Path("/elsewhere")) == tmp_path / "talk.txt"
    assert export_place(MADE, "~nobody-at-all/x", folder=tmp_path) == tmp_path / "~nobody-at-all/x"


def test_the_file_holds_the_export_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    before = os.umask(0)
    try:
        save_export(MADE, path)
    finally:
        os.umask(before)
    assert path.read_bytes() == MADE.content
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_there_already_goes_only_after_a_yes(tmp_path: Path) -> None:
    kept, link = tmp_path / "kept.txt", tmp_path / "link.txt"
    kept.write_text("mine")
    link.symlink_to(kept)
    for path in (kept, link):
        with pytest.raises(FileExistsError):
            save_export(MADE, path)
    assert kept.read_text() == "mine"
    save_export(MADE, link, is_sure=True)
    assert link.is_symlink()
    assert kept.read_bytes() == MADE.content


def test_where_no_file_can_be_the_reason_is_told_and_nothing_is_made(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="that is no file"):
        save_export(MADE, tmp_path / "pipe", is_sure=True)
    with pytest.raises(FileNotFoundError, match="there is no such folder"):
        save_export(MADE, tmp_path / "no" / "talk.txt", is_sure=True)
    assert [each.name for each in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.parametrize("export_format", ExportFormat)
def test_an_export_that_nobody_waits_for_ends_between_two_turns(export_format: ExportFormat) -> None:
    asked = 0

    def is_wanted() -> bool:
        nonlocal asked
        asked += 1
        return asked < 3

    turns = [make_turn(number, text="said", state=TurnState.COMPLETED) for number in range(1, 9)]
    with pytest.raises(UnwantedError):
        export_transcript(SESSION, turns, export_format, is_wanted=is_wanted)
    assert asked == 3
