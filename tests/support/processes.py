"""Other processes that use the package."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from textwrap import dedent

__all__ = ["end_processes", "processes_of", "run_python", "start_python"]

_ROOT = Path(__file__).resolve().parents[2]


def start_python(script: str) -> subprocess.Popen[str]:
    """Start a script in an interpreter of its own; its stdout is a pipe, its stderr the test's."""
    return subprocess.Popen([sys.executable, "-c", dedent(script)], cwd=_ROOT, stdout=subprocess.PIPE, text=True)


def run_python(script: str) -> str:
    """What a script prints; it must end well within 30 s."""
    done = subprocess.run(
        [sys.executable, "-c", dedent(script)], cwd=_ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def processes_of(home: Path) -> dict[int, str]:
    """The processes that have this folder as their home, by id, each with its command.

    Whatever a test starts with a home of its own hands it on: to servers, to agents, to their children.
    """
    found, mark = {}, f"HOME={home}".encode()
    if sys.platform == "darwin":
        listed = subprocess.run(["ps", "-axEww", "-o", "pid=,command="], capture_output=True, check=True).stdout
        rows = (line.strip().partition(b" ") for line in listed.splitlines() if mark in line)
        return {int(pid): command.decode(errors="replace") for pid, _, command in rows}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile, or is another person's
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(folder.name)] = command.decode(errors="replace")
    return found


def end_processes(home: Path) -> dict[int, str]:
    """Kill the processes that have this folder as their home; returns what there was to kill."""
    found = processes_of(home)
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return found
