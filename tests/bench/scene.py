"""What is around a measurement: the load server, folders, environments, saved sessions, the programs themselves."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from superserve_tui.domain import Session, SessionState, Turn, TurnState
from superserve_tui.store import Store
from tests.bench.terminal import ProgramOnTerminal

__all__ = ["LAST", "ROOT", "LoadServerProcess", "Scene", "save"]

ROOT = Path(__file__).parents[2]
LAST = "ЮЮЮ"
"""Stands at the end of every saved transcript."""


class LoadServerProcess:
    """The load server, as long as the `with` lasts."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.load_server"],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._ends: queue.SimpleQueue[float] = queue.SimpleQueue()
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        self._reader = threading.Thread(target=self._read, name="load-server", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._reader.join(5)

    def next_end(self, deadline_s: float = 60.0) -> float:
        """When the next answer's last byte left, on the monotonic clock."""
        return self._ends.get(timeout=deadline_s)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._ends.put(float(line.split()[1]))


@dataclass
class Scene:
    """One folder for files, one server, and ways to start either app.

    Args:
        folder: Where files may be made; removed by whoever made it.
    """

    folder: Path
    environ: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        home = self.folder / "home"
        home.mkdir()
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        self.environ = {
            **kept,
            "HOME": str(home),
            "PYTHONPYCACHEPREFIX": str(self.folder / "bytecode"),  # both apps from compiled code, as installed
            "SUPERSERVE_TUI_CONFIG": str(self.folder / "config.toml"),
            "SUPERSERVE_TUI_DATA": str(self.folder / "data"),
        }
        (self.folder / "config.toml").write_text("", encoding="utf-8")

    def use_server(self, url: str) -> None:
        """Let new sessions go to the load server."""
        words = f'default_profile = "bench"\n[profiles.bench]\nbase_url = "{url}"\napi_key_env = "BENCH_KEY"\n'
        (self.folder / "config.toml").write_text(words, encoding="utf-8")
        self.environ["BENCH_KEY"] = "ss_bench"

    @property
    def data(self) -> Path:
        """The folder of what is saved; not made until something is."""
        return Path(self.environ["SUPERSERVE_TUI_DATA"])

    def use_data(self, name: str) -> None:
        """Another set of saved sessions."""
        self.environ["SUPERSERVE_TUI_DATA"] = str(self.folder / name)

    @property
    def database(self) -> Path:
        """The file of what is saved."""
        from superserve_tui.config import Paths

        return Paths.from_environment(self.environ).database

    @contextmanager
    def bare(self) -> Iterator[ProgramOnTerminal]:
        """The bare app."""
        with ProgramOnTerminal(
            [sys.executable, "-m", "tests.bench.bare_app"], environ=self.environ, folder=ROOT
        ) as program:
            yield program

    @contextmanager
    def ours(self, *arguments: str) -> Iterator[ProgramOnTerminal]:
        """Our app."""
        command = [sys.executable, "-m", "superserve_tui", *arguments]
        with ProgramOnTerminal(command, environ=self.environ, folder=ROOT) as program:
            yield program

    @contextmanager
    def ready(self, *arguments: str) -> Iterator[ProgramOnTerminal]:
        """Our app, at rest and with an agent to talk to."""
        with self.ours(*arguments) as program:
            program.when_shown("Talk to bench")
            program.cpu_until_idle_s()
            yield program


def save(
    database: Path, *, sessions: int, turns: int, size: int = 400, profile: str = "bench"
) -> Sequence[Session]:
    """Fill a store with ended sessions, the newest first; each transcript ends with `LAST` and its number."""
    now = datetime.now(UTC)
    saved = []
    with Store(database, on_problem=_fail) as store:
        for number in range(sessions):
            at = now - timedelta(minutes=number)
            session = Session(
                id=uuid4().hex,
                profile="bench",
                agent="bench",
                created_at=at,
                state=SessionState.ENDED,
                title=f"session {number} {_rare(number)}",
                last_activity_at=at,
                message_count=turns,
            )
            saved.append(session)
            store.save_session(session)
            for turn in range(1, turns + 1):
                store.save_turn(session.id, _turn(number, turn, turn == turns, at, size))
            if number % 50 == 0:
                store.flush().result()
        store.flush().result()
    return saved


def _turn(session: int, number: int, is_last: bool, at: datetime, size: int) -> Turn:
    words = f"answer {number} of session {session}: " + "the **parser** keeps one `line` of state. " * (size // 40)
    if number % 5 == 0:
        words += "\n\n```python\ndef feed(data: bytes) -> None:\n    return None\n```\n\n- one\n- two\n"
    return Turn(
        id=uuid4().hex,
        number=number,
        prompt=f"question {number}",
        created_at=at,
        state=TurnState.COMPLETED,
        text=f"{words}\n\n{_rare(session * 1009 + number, of='wx')} {LAST + str(session) if is_last else ''}",
        duration_ms=1200,
    )


def _rare(number: int, *, of: str = "zq") -> str:
    """A word that few transcripts have; those of titles and of answers begin with letters that the others lack."""
    return of + "".join(chr(97 + int(digit)) for digit in str(number % 5000))


def _fail(what: str, hint: str) -> None:
    raise RuntimeError(f"{what} {hint}")
