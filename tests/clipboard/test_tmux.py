"""A copy in a real tmux: an outer server plays the terminal, an inner one has its default settings."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from superserve_tui.clipboard import OSC52_LIMIT, CopyReport, Route, copy
from tests.support.waiting import wait_for

TMUX = shutil.which("tmux")
OUTER, INNER = "outer", "inner"

pytestmark = pytest.mark.skipif(TMUX is None, reason="tmux is not installed")


@dataclass
class Nested:
    """Two tmux servers on sockets of their own, one in the other."""

    root: Path

    def tmux(self, server: str, *arguments: str) -> str:
        """Ask a server; what it printed, nothing where it failed."""
        argv = [str(TMUX), "-S", str(self.root / server), "-f", "/dev/null", *arguments]
        done = subprocess.run(argv, env=self.environ, capture_output=True, check=False, timeout=60)
        return done.stdout.decode() if done.returncode == 0 else ""

    @property
    def environ(self) -> dict[str, str]:
        """The environment that both servers get; neither knows of a tmux around it."""
        return {"PATH": f"{Path(str(TMUX)).parent}:/usr/bin:/bin", "TERM": "xterm-256color", "HOME": str(self.root)}

    def start(self) -> None:
        """Both, the inner one attached within the outer one's pane."""
        inner = f"{TMUX} -S {self.root / INNER} -f /dev/null new-session sh"
        options = ("set", "-s", "set-clipboard", "on", ";", "set", "-g", "default-terminal", "xterm-256color")
        self.tmux(OUTER, "new-session", "-d", "-x", "80", "-y", "24", "sh", ";", *options)
        self.tmux(OUTER, "respawn-pane", "-k", f"env -u TMUX -u TMUX_PANE {inner}")
        wait_for(lambda: self.tmux(INNER, "list-clients"), 20)

    def stop(self) -> None:
        """Both are gone, and what ran in them."""
        for server in (INNER, OUTER):
            self.tmux(server, "kill-server")

    def clipboard(self) -> list[str]:
        """What has reached the terminal's clipboard, newest first."""
        names = self.tmux(OUTER, "list-buffers", "-F", "#{buffer_name}").split()
        return [self.tmux(OUTER, "show-buffer", "-b", name) for name in names]

    def copy(self, text: str, written: list[str]) -> CopyReport:
        """As the app does it in the inner server's pane, the terminal far away."""
        pid = self.tmux(INNER, "display-message", "-p", "#{pid}").strip()
        here = {"TMUX": f"{self.root / INNER},{pid},0", "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}
        return copy(
            text,
            environ={**self.environ, "TERM": "screen", **here},
            write_terminal=written.append,
            folder=self.root / "data",
            tool_timeout_s=20,
        )

    def print(self, sequence: str) -> None:
        """Let a program in the inner pane write this, and wait until it has."""
        source, done = self.root / "sequence", self.root / "printed"
        source.write_text(sequence)
        self.tmux(INNER, "send-keys", f"cat {source}; mv {source} {done}", "Enter")
        wait_for(done.exists, 20)
        done.unlink()


@pytest.fixture
def nested() -> Iterator[Nested]:
    """Short paths: a socket's may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="tui-tmux-") as root:
        nested = Nested(Path(root))
        try:
            nested.start()
            yield nested
        finally:
            nested.stop()


def test_a_copy_reaches_the_clipboard_of_the_terminal_around_tmux(nested: Nested) -> None:
    """By `load-buffer -w`; what programs in it write themselves tmux keeps from its terminal by default."""
    raw = "\x1b]52;c;cmF3\x07"
    nested.print(raw)
    nested.print(f"\x1bPtmux;\x1b{raw}\x1b\\")

    written: list[str] = []
    report = nested.copy("grüße 🙂\nsecond line", written)

    wait_for(nested.clipboard, 20)
    assert nested.clipboard() == ["grüße 🙂\nsecond line"]  # in order: the sequences before it would be here
    assert report == CopyReport(Route.TMUX, 24, is_confirmed=False)
    assert report.describe() == "Copied 24 bytes to tmux's buffer; the terminal does not answer, so paste to check"
    assert written == []
    assert nested.tmux(INNER, "show-buffer") == "grüße 🙂\nsecond line"

    nested.tmux(INNER, "set", "-s", "set-clipboard", "on")
    nested.print(raw)
    wait_for(lambda: nested.clipboard()[0] == "raw", 20)


def test_the_largest_text_that_is_said_to_be_copied_arrives_whole(nested: Nested) -> None:
    text = "0123456789abcdef" * (OSC52_LIMIT // 16)
    assert nested.copy(text, []).path is None
    wait_for(nested.clipboard, 20)
    assert nested.clipboard() == [text]


def test_without_a_server_to_ask_the_terminal_gets_it(nested: Nested) -> None:
    pid = nested.tmux(INNER, "display-message", "-p", "#{pid}").strip()
    nested.stop()
    written: list[str] = []
    report = copy(
        "text",
        environ={**nested.environ, "TMUX": f"{nested.root / INNER},{pid},0", "SSH_TTY": "/dev/pts/9"},
        write_terminal=written.append,
        folder=nested.root / "data",
        tool_timeout_s=20,
    )
    assert report.route is Route.TERMINAL
    assert written == ["\x1b]52;c;dGV4dA==\x07"]
