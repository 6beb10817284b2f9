"""Which processes belong to an agent, and their end.

The process group takes in nearly all of them; on Linux those that left it are found by their parents, and by the
variable that every agent's environment carries, which a daemon keeps when its parents are gone.

May import: the standard library.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ProcessId", "ProcessTree", "children_of", "read_stat"]

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process that can't be mistaken for a later one with the same number."""

    pid: int
    started: str
    """Its start time in clock ticks, as `/proc` has it."""


@dataclass(frozen=True, slots=True)
class Stat:
    """What `/proc/<pid>/stat` tells, as far as it is used here."""

    state: str
    group: int
    started: str


def read_stat(pid: int) -> Stat | None:
    """The state of a process; None where it is gone or the platform has no `/proc`."""
    try:
        text = (_PROC / str(pid) / "stat").read_bytes().decode("utf-8", "replace")
    except OSError:
        return None
    fields = text[text.rfind(")") + 2 :].split()
    return Stat(state=fields[0], group=int(fields[2]), started=fields[19]) if len(fields) > 19 else None


def children_of(pid: int) -> list[int]:
    """The children of all threads of a process."""
    found: list[int] = []
    with suppress(OSError):
        for task in os.listdir(_PROC / str(pid) / "task"):
            with suppress(OSError):
                found += map(int, (_PROC / str(pid) / "task" / task / "children").read_bytes().split())
    return found


class ProcessTree:
    """The processes of one agent: its group, its descendants, and whatever carries its variable."""

    def __init__(self, leader: int, *, variable: str) -> None:
        """Args:
        leader: the process that was started, which leads its own group.
        variable: `NAME=value`, part of the environment of every process that it starts.
        """
        self._leader = leader
        self._variable = variable.encode()
        self._strays: set[ProcessId] = set()

    def look(self) -> None:
        """Note the processes that have left the group; call it before the leader is gone, since orphans lose it."""
        for pid in {*self._descendants(), *self._carriers()}:
            stat = read_stat(pid)
            if stat is not None and pid != os.getpid() and stat.group != self._leader:
                self._strays.add(ProcessId(pid, stat.started))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all of them that live."""
        with suppress(ProcessLookupError, PermissionError):  # macOS answers EPERM where only zombies are left
            os.killpg(self._leader, number)
        for stray in self._living_strays():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(stray.pid, number)

    def is_alive(self) -> bool:
        """Whether any of them still lives; zombies do not count where the platform tells."""
        try:
            os.killpg(self._leader, 0)
        except ProcessLookupError:
            return bool(self._living_strays())
        except PermissionError:
            return False
        if not _PROC.is_dir() or read_stat(os.getpid()) is None:
            return True
        members = (stat for pid in _all_pids() if (stat := read_stat(pid)) is not None)
        return any(stat.group == self._leader and stat.state not in "ZX" for stat in members) or bool(
            self._living_strays()
        )

    def _living_strays(self) -> list[ProcessId]:
        return [stray for stray in self._strays if _lives(stray)]

    def _descendants(self) -> Iterable[int]:
        seen: set[int] = set()
        waiting = [self._leader]
        while waiting:
            for pid in children_of(waiting.pop()):
                if pid not in seen:
                    seen.add(pid)
                    waiting.append(pid)
        return seen

    def _carriers(self) -> Iterable[int]:
        for pid in _all_pids():
            with suppress(OSError):
                if self._variable in (_PROC / str(pid) / "environ").read_bytes().split(b"\0"):
                    yield pid


def _lives(process: ProcessId) -> bool:
    stat = read_stat(process.pid)
    return stat is not None and stat.started == process.started and stat.state not in "ZX"


def _all_pids() -> list[int]:
    try:
        return [int(name) for name in os.listdir(_PROC) if name.isdecimal()]
    except OSError:
        return []
