"""What a model may do in its folder, and what it may not, whatever it asks for."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from superserve_tui.config.schema import ToolSet
from superserve_tui.protocol import dumps
from superserve_tui.server.agents.model.calls import CallRequest
from superserve_tui.server.agents.model.command_tool import CommandTool
from superserve_tui.server.agents.model.toolbox import Toolbox
from superserve_tui.server.agents.workspace.folder import Folder
from tests.support.recording_sink import RecordingSink
from tests.support.script_agents import in_time, is_running, wait_for

SESSION = f"ses_{uuid4().hex}"
"""Of this process alone: what a stop ends is told by it, on the whole machine."""


def toolbox(folder: Path, tools: ToolSet = "run", environ: dict[str, str] | None = None) -> Toolbox:
    visible = {"PATH": os.environ["PATH"], **(environ or {})}
    commands = CommandTool(folder, environ=visible, session_id=SESSION, hidden=frozenset({"MY_KEY"}))
    return Toolbox(tools, Folder(folder), commands, max_characters=20_000)


def use(folder: Path, name: str, tools: ToolSet = "run", **arguments: Any) -> str:
    """What the model is told when it makes this call."""
    call = CallRequest("c", name, dumps(arguments))
    return in_time(toolbox(folder, tools).use(call, RecordingSink()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with something beside it that is nobody's business."""
    (tmp_path / "outside.txt").write_text("outside")
    root = tmp_path / "root"
    (root / "src").mkdir(parents=True)
    (root / "src" / "main.py").write_text("def main():\n    return 1\n")
    (root / "readme.md").write_text("# Hello\nWorld\n")
    return root


READ = {"list_files", "read_file", "search"}
EDIT = READ | {"write_file", "replace_in_file"}


@pytest.mark.parametrize(
    ("tools", "names"), [("none", set()), ("read", READ), ("edit", EDIT), ("run", EDIT | {"run_command"})]
)
def test_a_set_offers_its_tools_and_no_other(folder: Path, tools: ToolSet, names: set[str]) -> None:
    box = toolbox(folder, tools)
    assert {schema["function"]["name"] for schema in box.schemas} == names
    for name in (EDIT | {"run_command"}) - names:
        call = CallRequest("c", name, dumps({"path": "new", "content": "", "command": "touch new"}))
        assert "there is no tool" in in_time(box.use(call, RecordingSink()))
    assert not (folder / "new").exists()


# Looking


def test_files_are_listed_nearest_first(folder: Path) -> None:
    assert use(folder, "list_files") == "readme.md\nsrc/\nsrc/main.py"
    assert use(folder, "list_files", path="src") == "src/main.py"
    assert use(folder, "list_files", pattern="*.md") == "readme.md"
    assert "read_file" in use(folder, "list_files", path="readme.md")


def test_a_long_list_says_that_there_is_more(folder: Path) -> None:
    for number in range(500):
        (folder / f"{number:03}.txt").touch()
    lines = use(folder, "list_files").splitlines()
    assert lines[-1] == "[103 more: list a folder below, or give a pattern]"


def test_lines_of_a_file_are_read(folder: Path) -> None:
    assert use(folder, "read_file", path="readme.md") == "[readme.md, lines 1-2 of 2]\n# Hello\nWorld"
    assert use(folder, "read_file", path="readme.md", first_line="2") == "[readme.md, lines 2-2 of 2]\nWorld"
    assert use(folder, "read_file", path="readme.md", first_line=9) == "[readme.md has 2 lines]"
    (folder / "long.txt").write_text("x\n" * 2000)
    assert use(folder, "read_file", path="long.txt").startswith("[long.txt, lines 1-600 of 2000]")
    (folder / "b.bin").write_bytes(b"\x00\x01" * 50)
    assert "no text file" in use(folder, "read_file", path="b.bin")
    assert "list_files" in use(folder, "read_file", path="src")


def test_text_is_searched(folder: Path) -> None:
    assert use(folder, "search", text="return") == "src/main.py:2:     return 1"
    assert use(folder, "search", text="HELLO", ignore_case=True) == "readme.md:1: # Hello"
    assert "not found" in use(folder, "search", text="HELLO")
    assert "not found" in use(folder, "search", text="return", pattern="*.md")
    assert use(folder, "search", text="o", path="readme.md").count("\n") == 1


def test_a_result_that_is_too_long_is_cut_in_the_middle(folder: Path) -> None:
    (folder / "wide.txt").write_text("a" * 30_000 + "b" * 30_000)
    result = use(folder, "read_file", path="wide.txt")
    assert len(result) < 20_100
    assert "characters left out" in result
    assert result.endswith("b")


# Writing


def test_a_file_is_written_with_its_folders(folder: Path) -> None:
    assert (
        use(folder, "write_file", path="a/b/new.txt", content="one\ntwo") == "Created a/b/new.txt: 2 lines, 7 bytes"
    )
    assert (folder / "a/b/new.txt").read_text() == "one\ntwo"
    assert use(folder, "write_file", path="readme.md", content="").startswith("Wrote readme.md")
    assert (folder / "readme.md").read_bytes() == b""
    assert sorted(path.name for path in folder.iterdir()) == ["a", "readme.md", "src"]


def test_a_file_keeps_its_rights(folder: Path) -> None:
    (folder / "run.sh").write_text("x")
    (folder / "run.sh").chmod(0o755)
    use(folder, "write_file", path="run.sh", content="y")
    assert stat.S_IMODE((folder / "run.sh").stat().st_mode) == 0o755


def test_a_text_that_is_there_once_is_replaced(folder: Path) -> None:
    assert use(folder, "replace_in_file", path="src/main.py", old="return 1", new="return 2") == (
        "Replaced 1 occurrence in src/main.py"
    )
    assert (folder / "src/main.py").read_text() == "def main():\n    return 2\n"


def test_a_text_that_is_missing_or_unclear_changes_nothing(folder: Path) -> None:
    before = (folder / "readme.md").read_text()
    assert "not in readme.md" in use(folder, "replace_in_file", path="readme.md", old="hello", new="x")
    assert "3 times" in use(folder, "replace_in_file", path="readme.md", old="l", new="x")
    assert "empty" in use(folder, "replace_in_file", path="readme.md", old="", new="x")
    assert (folder / "readme.md").read_text() == before
    use(folder, "replace_in_file", path="readme.md", old="l", new="L", all=True)
    assert (folder / "readme.md").read_text() == "# HeLLo\nWorLd\n"


def test_line_ends_of_windows_stay(folder: Path) -> None:
    (folder / "dos.txt").write_bytes(b"one\r\ntwo\r\nthree\r\n")
    use(folder, "replace_in_file", path="dos.txt", old="one\ntwo", new="1\n2")
    assert (folder / "dos.txt").read_bytes() == b"1\r\n2\r\nthree\r\n"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * 2_000_001])
def test_what_is_no_text_to_edit_stays(folder: Path, content: bytes) -> None:
    (folder / "odd").write_bytes(content)
    assert use(folder, "replace_in_file", path="odd", old="x", new="y").startswith("Error")
    assert (folder / "odd").read_bytes() == content


# What is refused, for every tool that takes a path


def every_way(folder: Path, path: str) -> list[str]:
    """What each tool says to this path; one without `Error` has done something."""
    return [
        use(folder, "list_files", path=path),
        use(folder, "read_file", path=path),
        use(folder, "search", text="e", path=path),
        use(folder, "write_file", path=path, content="changed"),
        use(folder, "replace_in_file", path=path, old="e", new="changed"),
    ]


@pytest.mark.parametrize(
    "path", ["../outside.txt", "/etc/passwd", "src/../../outside.txt", "~/x", "..", "", "a\x00b"]
)
def test_nothing_outside_the_folder_is_touched(folder: Path, path: str) -> None:
    assert all(answer.startswith("Error") for answer in every_way(folder, path))
    assert (folder.parent / "outside.txt").read_text() == "outside"


@pytest.mark.parametrize("name", ["file-link", "folder-link/outside.txt", "dangling", "loop"])
def test_links_lead_nowhere_outside(folder: Path, name: str) -> None:
    (folder / "file-link").symlink_to(folder.parent / "outside.txt")
    (folder / "folder-link").symlink_to(folder.parent)
    (folder / "dangling").symlink_to(folder.parent / "made.txt")
    (folder / "loop").symlink_to("loop")
    assert all(answer.startswith("Error") for answer in every_way(folder, name))
    assert (folder.parent / "outside.txt").read_text() == "outside"
    assert not (folder.parent / "made.txt").exists()


def test_a_link_inside_the_folder_is_followed_and_stays_a_link(folder: Path) -> None:
    (folder / "link.md").symlink_to("readme.md")
    use(folder, "write_file", path="link.md", content="new")
    assert (folder / "link.md").is_symlink()
    assert (folder / "readme.md").read_text() == "new"


SECRETS = [".git/config", ".env", ".env.local", "src/.ENV", "id_rsa", "server.pem", ".ssh/known_hosts", "key.txt"]


@pytest.mark.parametrize("path", SECRETS)
def test_secrets_are_neither_read_nor_written(folder: Path, path: str) -> None:
    file = folder / path
    file.parent.mkdir(exist_ok=True)
    file.write_text("-----BEGIN RSA PRIVATE KEY-----\nsecret\n")
    by_tools = every_way(folder, path)
    assert all("secret\n" not in answer and "BEGIN" not in answer for answer in by_tools)
    assert all(answer.startswith("Error") for answer in by_tools[3:])
    assert "not found" in use(folder, "search", text="secret")
    assert file.read_text() == "-----BEGIN RSA PRIVATE KEY-----\nsecret\n"


@pytest.mark.parametrize("path", [".git/hooks/pre-commit", ".env", "deep/.git/config"])
def test_no_secret_place_is_made(folder: Path, path: str) -> None:
    assert use(folder, "write_file", path=path, content="x").startswith("Error")
    assert not (folder / path).exists()


def test_pipes_and_devices_are_never_opened(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "null").symlink_to("/dev/zero")
    for path in ("pipe", "null"):
        assert all(answer.startswith("Error") for answer in every_way(folder, path))
    assert stat.S_ISFIFO((folder / "pipe").lstat().st_mode)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("read_file", {}),
        ("read_file", {"path": ["a"]}),
        ("read_file", {"path": "readme.md", "first_line": "x"}),
        ("read_file", {"path": "readme.md", "line_count": True}),
        ("search", {"text": ""}),
        ("search", {"text": "a\nb"}),
        ("search", {"text": "a", "ignore_case": "perhaps"}),
        ("write_file", {"path": "new"}),
        ("write_file", {"path": "readme.md/below", "content": ""}),
        ("write_file", {"path": "src", "content": ""}),
        ("write_file", {"path": "x" * 300, "content": ""}),
        ("run_command", {"command": " "}),
        ("rm", {"path": "readme.md"}),
    ],
)
def test_odd_arguments_are_answered_with_an_error(folder: Path, name: str, arguments: dict[str, Any]) -> None:
    assert use(folder, name, **arguments).startswith("Error: ")
    assert sorted(path.name for path in folder.iterdir()) == ["readme.md", "src"]


# Commands


def test_a_command_runs_in_the_folder_and_says_how_it_ended(folder: Path) -> None:
    result = use(folder, "run_command", command="pwd; echo oops >&2; echo 'a b' | wc -c; exit 3")
    assert result.split() == [str(folder), "oops", "4", "[it", "ended", "with", "exit", "code", "3]"]
    assert use(folder, "run_command", command="true") == "[it ended with exit code 0]"
    assert "SIGKILL" in use(folder, "run_command", command="kill -9 $$")
    assert "exit code" in use(folder, "run_command", command="if")


def test_a_command_has_no_input_and_sees_neither_key_nor_token(folder: Path) -> None:
    environ = {"MY_KEY": "sk-secret", "SUPERSERVE_API_KEY": "ss_secret", "OTHER": "visible"}
    call = CallRequest("c", "run_command", dumps({"command": "cat; env"}))
    result = in_time(toolbox(folder, environ=environ).use(call, RecordingSink()))
    assert "OTHER=visible" in result
    assert "sk-secret" not in result
    assert "ss_secret" not in result


def test_a_command_that_takes_too_long_is_stopped_with_its_children(folder: Path) -> None:
    result = use(folder, "run_command", command="sleep 61 & echo $! > pid; echo begun; wait", timeout_s=1)
    assert result.startswith("begun\n[it was stopped after 1 s")
    assert not is_running(int((folder / "pid").read_text()))


def test_what_a_command_leaves_running_is_ended(folder: Path) -> None:
    leave = "import subprocess; print(subprocess.Popen(['sleep', '62'], start_new_session=True).pid)"
    result = use(folder, "run_command", command=f'"{sys.executable}" -c "{leave}"')
    pid = int(result.split()[0])
    assert result.endswith("[it ended with exit code 0]")
    assert sys.platform != "linux" or not is_running(pid)


def test_a_long_output_is_cut_in_the_middle(folder: Path) -> None:
    result = use(folder, "run_command", command="seq 1 200000")
    assert len(result) < 21_000
    assert result.startswith("1\n2\n")
    assert "left out" in result
    assert result.endswith("200000\n[it ended with exit code 0]")


def test_a_flood_is_stopped_in_time(folder: Path) -> None:
    assert "stopped after 1 s" in use(folder, "run_command", command="yes", timeout_s=1)


def test_a_stop_ends_the_command(folder: Path) -> None:
    async def talk() -> int:
        call = CallRequest("c", "run_command", dumps({"command": "echo $$ > pid; sleep 63"}))
        work = asyncio.create_task(toolbox(folder).use(call, RecordingSink()))
        await wait_for(lambda: (folder / "pid").exists() and (folder / "pid").read_text().endswith("\n"))
        work.cancel()
        await asyncio.wait([work])
        assert work.cancelled()
        return int((folder / "pid").read_text())

    assert not is_running(in_time(talk()))
