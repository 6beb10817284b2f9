"""Which way a copied text takes, by what the environment has. All tools are fakes in a folder of their own."""

from __future__ import annotations

import base64
import os
import stat
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from superserve_tui.clipboard import OSC52_LIMIT, CopyReport, Route, copy, likely_route, size_words
from tests.support.waiting import wait_for

SSH = "10.0.0.1 50000 10.0.0.2 22"


@dataclass
class Desk:
    """A machine with the tools that a test gives it."""

    root: Path
    terminal: list[str] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.root / "bin").mkdir()
        self.environ |= {"PATH": str(self.root / "bin"), "TERM": "xterm-256color", "HOME": str(self.root)}

    def add_tool(self, name: str, *, status: int = 0, hangs: bool = False) -> None:
        """A tool that writes down its arguments and its input."""
        tool = self.root / "bin" / name
        end = f"echo $$ > {self.root}/{name}.pid; exec /bin/sleep 300" if hangs else f"exit {status}"
        taken = self.root / name
        tool.write_text(f'#!/bin/sh\necho "$@" > {taken}.args\n/bin/cat > {taken}.input\n{end}\n')
        tool.chmod(0o755)

    def taken(self, name: str) -> bytes | None:
        path = self.root / f"{name}.input"
        return path.read_bytes() if path.exists() else None

    def arguments(self, name: str) -> str:
        return (self.root / f"{name}.args").read_text().strip()

    def copy(self, text: str, *, has_terminal: bool = True, tool_timeout_s: float = 20) -> CopyReport:
        return copy(
            text,
            environ=self.environ,
            write_terminal=self.terminal.append if has_terminal else None,
            folder=self.root / "data",
            tool_timeout_s=tool_timeout_s,
        )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def is_gone(pid: int) -> bool:
    """Whether a process has ended; one that its parent has not looked at yet has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def osc52(text: str) -> str:
    return f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"


@pytest.mark.parametrize(
    ("variable", "tool"), [("WAYLAND_DISPLAY", "wl-copy"), ("DISPLAY", "xclip"), ("DISPLAY", "xsel")]
)
def test_a_local_desktop_gets_it_by_its_own_tool(desk: Desk, variable: str, tool: str) -> None:
    desk.environ[variable] = "0"
    desk.add_tool(tool)
    report = desk.copy("grüße 🙂\n")
    assert report == CopyReport(Route.DESKTOP, 13, is_confirmed=True, tool=tool)
    assert report.describe() == f"Copied 13 bytes with {tool}"
    assert desk.taken(tool) == "grüße 🙂\n".encode()
    assert desk.terminal == []


def test_a_local_desktop_in_tmux_gets_it_by_both(desk: Desk) -> None:
    desk.environ |= {"DISPLAY": ":0", "TMUX": "/tmp/x,1,0"}
    desk.add_tool("xclip")
    desk.add_tool("tmux")
    assert desk.copy("text").route is Route.DESKTOP
    assert (desk.taken("xclip"), desk.taken("tmux")) == (b"text", b"text")
    assert desk.arguments("tmux") == "load-buffer -w -"


def test_over_ssh_the_remote_desktops_tool_is_never_called(desk: Desk) -> None:
    desk.environ |= {"DISPLAY": "localhost:10.0", "WAYLAND_DISPLAY": "w", "SSH_CONNECTION": SSH}
    for tool in ("xclip", "xsel", "wl-copy", "wl-paste"):
        desk.add_tool(tool)
    report = desk.copy("text")
    assert report == CopyReport(Route.TERMINAL, 4, is_confirmed=False)
    assert desk.terminal == [osc52("text")]
    assert [desk.taken(tool) for tool in ("xclip", "xsel", "wl-copy")] == [None, None, None]


def test_over_ssh_in_tmux_tmux_gets_it(desk: Desk) -> None:
    desk.environ |= {"SSH_CONNECTION": SSH, "TMUX": "/tmp/x,1,0"}
    desk.add_tool("tmux")
    report = desk.copy("text")
    assert (report.route, report.is_confirmed) == (Route.TMUX, False)
    assert "paste to check" in report.describe()
    assert desk.taken("tmux") == b"text"
    assert desk.terminal == []


def test_a_tmux_that_refuses_leaves_it_to_the_terminal(desk: Desk) -> None:
    desk.environ |= {"SSH_CONNECTION": SSH, "TMUX": "/tmp/x,1,0"}
    desk.add_tool("tmux", status=1)
    assert desk.copy("text").route is Route.TERMINAL
    assert desk.terminal == [osc52("text")]


def test_a_tool_that_fails_is_not_said_to_have_copied(desk: Desk) -> None:
    desk.environ["DISPLAY"] = ":0"
    desk.add_tool("xclip", status=1)
    report = desk.copy("text")
    assert report.route is Route.TERMINAL
    assert report.describe() == "Sent 4 bytes to the terminal (OSC 52); it does not answer, so paste to check"


def test_a_desktop_without_a_tool_leaves_it_to_the_terminal(desk: Desk) -> None:
    desk.environ["DISPLAY"] = ":0"
    assert desk.copy("text").route is Route.TERMINAL


def test_a_tool_that_hangs_is_ended_and_the_next_way_taken(desk: Desk) -> None:
    desk.environ |= {"SSH_CONNECTION": SSH, "TMUX": "/tmp/x,1,0"}
    desk.add_tool("tmux", hangs=True)
    began = time.monotonic()
    assert desk.copy("text", tool_timeout_s=1).route is Route.TERMINAL
    assert time.monotonic() - began < 10
    pid = int((desk.root / "tmux.pid").read_text())
    wait_for(lambda: is_gone(pid))


def test_a_desktop_tool_that_hangs_is_ended_with_its_process(desk: Desk) -> None:
    desk.environ["DISPLAY"] = ":0"
    desk.add_tool("xclip", hangs=True)
    reports: list[CopyReport] = []
    copying = threading.Thread(target=lambda: reports.append(desk.copy("text", tool_timeout_s=3)))
    copying.start()
    wait_for(lambda: (desk.root / "xclip.pid").exists() or reports, 10)
    copying.join()
    assert reports[0].route is Route.TERMINAL
    pid = int((desk.root / "xclip.pid").read_text())
    wait_for(lambda: is_gone(pid))


def test_a_tool_that_stays_to_serve_the_clipboard_is_not_waited_for(desk: Desk) -> None:
    desk.environ["DISPLAY"] = ":0"
    desk.add_tool("xclip")
    tool = desk.root / "bin" / "xclip"
    stays = f"/bin/cat > {desk.root}/xclip.input\n/bin/sleep 60 &\necho $! > {desk.root}/served.pid\n"
    tool.write_text(f"#!/bin/sh\n{stays}")
    began = time.monotonic()
    assert desk.copy("text", tool_timeout_s=20).route is Route.DESKTOP
    assert time.monotonic() - began < 15
    os.kill(int((desk.root / "served.pid").read_text()), 9)


def test_the_largest_text_goes_to_the_terminal_and_a_larger_one_to_a_file(desk: Desk) -> None:
    fits = "x" * OSC52_LIMIT
    assert desk.copy(fits).route is Route.TERMINAL
    assert len(desk.terminal[0]) <= 100_000
    desk.terminal.clear()
    report = desk.copy(fits + "x")
    path = desk.root / "data" / "clip.txt"
    assert report == CopyReport(Route.FILE, OSC52_LIMIT + 1, is_confirmed=True, path=path, is_too_large=True)
    assert report.describe() == f"Saved 75.0 kB to {path} (too large for the terminal)"
    assert desk.terminal == []
    assert path.read_text() == fits + "x"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_text_too_large_for_the_terminal_behind_tmux_is_kept_in_a_file_too(desk: Desk) -> None:
    desk.environ |= {"SSH_CONNECTION": SSH, "TMUX": "/tmp/x,1,0"}
    desk.add_tool("tmux")
    report = desk.copy("x" * (OSC52_LIMIT + 1))
    assert report.path is not None
    assert report.describe().endswith(f"too large for the terminal, so also saved to {report.path}")
    assert len(desk.taken("tmux") or b"") == report.path.stat().st_size == OSC52_LIMIT + 1


def test_the_limit_counts_bytes_not_characters(desk: Desk) -> None:
    assert desk.copy("ü" * (OSC52_LIMIT // 2 + 1)).route is Route.FILE


@pytest.mark.parametrize("term", ["", "dumb", "linux"])
def test_a_terminal_without_a_clipboard_is_not_written_to(desk: Desk, term: str) -> None:
    desk.environ["TERM"] = term
    assert desk.copy("text").route is Route.FILE
    assert desk.terminal == []


def test_without_a_terminal_a_file_keeps_it(desk: Desk) -> None:
    report = desk.copy("text", has_terminal=False)
    assert report.describe() == f"Saved 4 bytes to {desk.root}/data/clip.txt (no clipboard within reach)"


def test_where_nothing_can_keep_it_that_is_said(desk: Desk) -> None:
    (desk.root / "data").write_text("a file in the folder's place")
    report = desk.copy("text", has_terminal=False)
    assert (report.route, report.is_confirmed) == (Route.NONE, False)
    assert report.describe().startswith("Not copied: no clipboard within reach, and ")


def test_control_characters_go_before_it_leaves(desk: Desk) -> None:
    desk.copy("a\x1b]52;c;eA==\x07b\x00\u202ec\td\ne")
    assert desk.terminal == [osc52("abc\td\ne")]


def test_an_empty_text_empties_no_clipboard(desk: Desk) -> None:
    desk.environ["DISPLAY"] = ":0"
    desk.add_tool("xclip")
    assert desk.copy("\x1b").describe() == "Nothing to copy"
    assert desk.taken("xclip") is None


def test_a_terminal_that_is_gone_leaves_it_to_the_file(desk: Desk) -> None:
    def broken(_: str) -> None:
        raise OSError("gone")

    report = copy("text", environ=desk.environ, write_terminal=broken, folder=desk.root / "data")
    assert report.route is Route.FILE


def test_the_likely_route_is_named_without_copying(desk: Desk) -> None:
    assert likely_route(desk.environ, has_terminal=False) == (Route.FILE, None)
    assert likely_route(desk.environ, has_terminal=True) == (Route.TERMINAL, None)
    desk.environ["TMUX"] = "x"
    desk.add_tool("tmux")
    assert likely_route(desk.environ, has_terminal=True) == (Route.TMUX, None)
    assert desk.taken("tmux") is None


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1234, "1.2 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
    ],
)
def test_sizes_read_well(size: int, words: str) -> None:
    assert size_words(size) == words
