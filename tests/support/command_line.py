"""The command `superserve-tui` as its users have it: a process of its own, with files of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from superserve_tui.domain import ServerSession, Session, Turn
from superserve_tui.store import Store
from tests.support.terminal import Terminal

__all__ = ["CommandLine", "Done"]

_ROOT = Path(__file__).resolve().parents[2]
_LIMIT_S = 60.0

ECHO = 'while True:\n    print("echo: " + input())\n'
"""A plain script that says back what it hears."""


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    status: int
    """Its exit status; negative where a signal killed it."""
    out: str
    err: str

    def failed(self, status: int, *words: str) -> None:
        """It failed as commands do: that status, two lines on stderr with these words, nothing else."""
        assert self.status == status, (self.status, self.err)
        assert "Traceback" not in self.err
        assert len(self.err.splitlines()) == 2, self.err
        for word in words:
            assert word in self.err
        assert "\x1b" not in self.out + self.err


@dataclass
class CommandLine:
    """A person's machine: a home, a folder to work in, and no key."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("home", "project"):
            (self.root / name).mkdir()
        self.environ = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.root / "home"),
            "PYTHONPATH": str(_ROOT),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "SUPERSERVE_TUI_CONFIG": str(self.config_file),
            "SUPERSERVE_TUI_DATA": str(self.data),
        }

    @property
    def home(self) -> Path:
        """The person's home; every process that comes from here has it in its environment."""
        return self.root / "home"

    @property
    def folder(self) -> Path:
        """Where commands are run."""
        return self.root / "project"

    @property
    def config_file(self) -> Path:
        """The config file; not there at first."""
        return self.root / "config" / "config.toml"

    @property
    def data(self) -> Path:
        """The folder of everything saved; not there at first."""
        return self.root / "data"

    @property
    def auth_file(self) -> Path:
        """The token file; not there at first."""
        return self.root / "home" / ".superserve" / "auth.json"

    def write_config(self, text: str) -> None:
        """The config file."""
        self.config_file.parent.mkdir(exist_ok=True)
        self.config_file.write_text(text)

    def script(self, name: str = "agent.py", text: str = ECHO) -> Path:
        """A script in the folder."""
        path = self.folder / name
        path.write_text(text)
        return path

    def save(self, session: Session, *turns: Turn) -> None:
        """Put a session into the store."""
        with Store(self.data / "sessions.db", on_problem=_no_problem) as store:
            store.save_session(session).result()
            for turn in turns:
                store.save_turn(session.id, turn).result()

    def saved(self) -> tuple[Session, ...]:
        """The sessions in the store."""
        with Store(self.data / "sessions.db", on_problem=_no_problem) as store:
            return store.sessions().result()

    def stray_drafts(self) -> list[str]:
        """What is saved of what was typed while no session was open."""
        with Store(self.data / "sessions.db", on_problem=_no_problem) as store:
            return list(store.stray_drafts().result().values())

    def transcript(self, session_id: str) -> tuple[Turn, ...]:
        """A session's turns in the store."""
        with Store(self.data / "sessions.db", on_problem=_no_problem) as store:
            return store.transcript(session_id).result()

    def ledger(self) -> tuple[ServerSession, ...]:
        """The server sessions that are live as far as the store knows."""
        with Store(self.data / "sessions.db", on_problem=_no_problem) as store:
            return store.live_server_sessions().result()

    def start(self, *arguments: str, stdin: int = subprocess.DEVNULL, **environ: str) -> subprocess.Popen[bytes]:
        """Start the command; its output comes through pipes."""
        return subprocess.Popen(
            self.argv(*arguments),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=self.environ | environ,
        )

    def run(self, *arguments: str, text: str = "", **environ: str) -> Done:
        """Run the command with `text` on its standard input."""
        with self.start(*arguments, stdin=subprocess.PIPE, **environ) as process:
            try:
                out, err = process.communicate(text.encode(), timeout=_LIMIT_S)
            finally:
                process.kill()
        return Done(process.returncode, out.decode(), err.decode())

    def run_in_terminal(self, *arguments: str, **environ: str) -> Done:
        """Run the command with a terminal as all its standard streams; `out` is what the terminal got."""
        with self.terminal(*arguments, environ=environ) as terminal:
            status = terminal.wait_exit(_LIMIT_S)
            return Done(status, terminal.raw.decode(), "")

    def terminal(
        self, *arguments: str, size: tuple[int, int] = (120, 40), environ: Mapping[str, str] | None = None
    ) -> Terminal:
        """Start the command in a terminal; a `with` block closes it."""
        environ = {**self.environ, **(environ or {})}
        return Terminal(self.argv(*arguments), environ=environ, folder=self.folder, size=size)

    def argv(self, *arguments: str) -> list[str]:
        """The command, word by word."""
        return [sys.executable, "-P", "-m", "superserve_tui", *arguments]


def _no_problem(what: str, hint: str) -> None:
    raise AssertionError(f"{what} {hint}")
