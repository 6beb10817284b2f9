"""Big files, odd files, big folders, little time, and a turn that is stopped."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from superserve_tui.server.agents.workspace import INSTANT, Limits, Pace, WorkspaceAgent
from superserve_tui.server.agents.workspace.budget import Budget
from superserve_tui.server.agents.workspace.folder import Folder
from superserve_tui.server.agents.workspace.search import Matching, search
from superserve_tui.server.agents.workspace.tools import Toolbox
from superserve_tui.server.agents.workspace.walk import walk
from tests.server.agents.workspace.project_tree import ask, talk
from tests.support.recording_sink import RecordingSink


def _ticking(per_look: float = 1.0) -> Budget:
    """A budget of 10 s on a clock that goes on by itself whenever it is looked at."""
    now = [0.0]

    def clock() -> float:
        now[0] += per_look
        return now[0]

    return Budget(10, clock=clock)


def test_a_big_file_is_counted_whole_and_shown_in_part(project: Path) -> None:
    (project / "huge.txt").write_text("".join(f"row {n}\n" for n in range(400_000)))
    shown, size = talk(project, ["show huge.txt", "how long is it?"])
    assert "lines 1–200 of a file of 4.3 MB:" in shown.text
    assert "The file is 4.3 MB; I read its first 2.0 MB." in shown.text
    assert "**400,000 lines**, 800,000 words" in size.text


def test_a_line_of_a_megabyte_is_cut(project: Path) -> None:
    (project / "app.min.js").write_text("x" * 1_000_000)
    text = ask(project, "show app.min.js").text
    assert len(text) < 2000
    assert "Lines longer than 1,000 characters are cut." in text
    assert len(ask(project, "find xxx in app.min.js").text) < 1000


def test_a_binary_file_is_not_shown(project: Path) -> None:
    answers = talk(project, ["show logo.png", "what is it?", "how big is it?"])
    assert all("is a binary file of" in answer.text for answer in answers)


def test_other_encodings_are_read(project: Path) -> None:
    (project / "old.txt").write_bytes("Grüße aus Köln\n".encode("windows-1252"))
    (project / "wide.txt").write_bytes("Grüße\nzwei\n".encode("utf-16"))
    (project / "bom.py").write_bytes(b"\xef\xbb\xbfX = 1\r\nY = 2\rZ = 3\n")
    old, wide, lines, bom = talk(
        project, ["show old.txt", "show wide.txt", "how long is it?", "show line 2 of bom.py"]
    )
    assert "Grüße aus Köln" in old.text
    assert "It is not UTF-8; I read it as Windows-1252." in old.text
    assert "Grüße\nzwei\n" in wide.text
    assert "**2 lines**" in lines.text
    assert "```python\nY = 2\n```" in bom.text


def test_only_line_ends_end_a_line(project: Path) -> None:
    (project / "odd.txt").write_text("a\u2028b\x0cc\x85d\n")
    assert "`odd.txt`, 1 line:" in ask(project, "show odd.txt").text


def test_an_empty_file_and_an_empty_folder_are_said(project: Path, tmp_path: Path) -> None:
    (project / "none.txt").touch()
    (project / "empty").mkdir()
    (tmp_path / "bare").mkdir()
    assert ask(project, "show none.txt").text == "`none.txt` is empty.\n"
    assert ask(project, "what's in empty?").text == "`empty` is empty.\n"
    for question in ("list files", "what is this project?", "largest files", "how many lines?", "find x"):
        assert ask(tmp_path / "bare", question).text.strip()


def test_a_folder_that_vanished_gets_an_answer(tmp_path: Path) -> None:
    for question in ("list files", "find TODO", "show a.txt", "what is this project?", "largest files"):
        assert ask(tmp_path / "gone", question).text.strip()


def test_broken_sources_are_outlined_by_patterns(project: Path) -> None:
    (project / "broken.py").write_text("class Half:\n    def run(self\n        return (\n")
    (project / "nested.py").write_text("x = " + "(" * 5000 + ")" * 5000 + "\ndef late(): ...\n")
    (project / "escape.py").write_text("x = '\\d'\n")
    answers = talk(project, ["what is broken.py?", "what is nested.py?", "what is escape.py?"])
    assert "`class Half:` (`broken.py:1`)" in answers[0].text
    assert "Its syntax can't be parsed" in answers[0].text
    assert "`def late(): ...`" in answers[1].text
    assert "`x` (`escape.py:1`)" in answers[2].text


def test_broken_manifests_are_named(project: Path) -> None:
    (project / "pyproject.toml").write_text("[project\n")
    (project / "package.json").write_text("[" * 100_000)
    text = ask(project, "what are the dependencies?").text
    assert "`pyproject.toml` can't be read" in text
    assert "`package.json` can't be read" in text
    assert ask(project, "what is this project?").text.startswith("This is `weather`")


def test_a_wide_folder_is_cut_and_counted(project: Path) -> None:
    many = project / "many"
    many.mkdir()
    for number in range(700):
        (many / f"f{number:03}.txt").touch()
    whole, one = talk(project, ["list files", "what's in many?"])
    assert "many/  (700 files)" in whole.text
    assert "… and 580 more" in one.text


def test_time_that_runs_out_in_a_walk_is_said(project: Path) -> None:
    found = walk(Folder(project), _ticking(per_look=4.0))
    assert not found.is_complete
    assert 0 < len(found.entries) < 20
    text = talk(project, ["list files"], limits=Limits(walk_s=0.0))[0].text
    assert "too slow to read" in text


def test_time_that_runs_out_in_a_search_is_said(project: Path) -> None:
    found = search(
        Folder(project), ["src/parser.py", "src/main.py"], "TODO", _ticking(6.0), matching=Matching.EXACT
    )
    assert (found.searched, found.is_complete) == (1, False)
    answers = talk(project, ["find TODO", "how many lines of Python?"], limits=Limits(scan_s=0.0))
    assert "kept me from the rest" in answers[0].text
    assert "The time ran out" in answers[1].text


class _Gate:
    """A pace whose sleep waits until the test lets it."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()

    async def sleep(self, _: float) -> None:
        await self.opened.wait()


def test_a_turn_stopped_in_mid_answer_leaves_the_session_usable(project: Path) -> None:
    async def run() -> None:
        gate = _Gate()
        session = WorkspaceAgent(project, pace=Pace(sleep=gate.sleep)).open("ses_1")
        first = RecordingSink()
        turn = asyncio.create_task(session.run("what does src/main.py do?", first))
        await first.wait_until(lambda sink: bool(sink.answer))
        turn.cancel()
        await asyncio.gather(turn, return_exceptions=True)
        assert turn.cancelled()
        said = first.answer
        gate.opened.set()
        second = RecordingSink()
        await session.run("how long is it?", second)
        assert second.answer.startswith("`src/main.py` has **33 lines**")
        assert first.answer == said

    asyncio.run(run())


class _GatedFolder(Folder):
    """A folder whose files open when the test lets them."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.opened: list[str] = []
        self.reached = threading.Event()
        self.released = threading.Event()

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        self.opened.append(path)
        self.reached.set()
        assert self.released.wait(10)
        with super().open(path) as file:
            yield file


def test_a_turn_stopped_in_a_tool_ends_its_thread_and_leaves_the_call_open(project: Path) -> None:
    folder = _GatedFolder(project)

    async def run() -> None:
        sink = RecordingSink()
        tools = Toolbox(folder, sink, Limits())
        paths = ["src/parser.py", "src/main.py", "src/config.py"]
        turn = asyncio.create_task(tools.search_text("TODO", paths, where="src", matching=Matching.EXACT))
        await asyncio.to_thread(folder.reached.wait, 10)
        turn.cancel()
        await asyncio.gather(turn, return_exceptions=True)
        assert turn.cancelled()
        assert not sink.calls[0].is_ended
        folder.released.set()

    asyncio.run(run())  # joins the tools' threads
    assert folder.opened == ["src/parser.py"]


def test_a_refused_file_ends_its_tool_call(project: Path) -> None:
    async def run() -> None:
        sink = RecordingSink()
        session = WorkspaceAgent(project, pace=INSTANT).open("ses_1")
        (project / "notes.txt").write_text("-----BEGIN PRIVATE KEY-----\n")
        await session.run("show notes.txt", sink)
        assert [(call.tool, call.is_ended) for call in sink.calls] == [("read_file", True)]

    asyncio.run(run())
