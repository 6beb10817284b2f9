"""What an agent's processes are doing, as Linux shows it: waiting for the next message, or still at work.

`/proc/<pid>/syscall` names the call that a thread is blocked in and its arguments. A thread that is blocked in a
read of our pipe waits for a message; one that polls that pipe, among others perhaps, may wait for a message or for
its model. Elsewhere than on Linux nothing is known.

May import: the agents' own modules, the standard library.
"""

from __future__ import annotations

import os
import platform
import re
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from superserve_tui.server.agents.process_tree import children_of, read_stat

__all__ = ["Activity", "ActivityProbe", "ProcActivityProbe"]

_PROC = Path("/proc")

_MAX_FDS = 1024
"""Descriptors of one poll that are looked at; standard input is among the first."""


class Activity(Enum):
    """What can be told about an agent at one moment."""

    WAITING = auto()
    """Blocked in a read of its standard input, and nothing else is going on."""
    WAITING_THREAD = auto()
    """One of its threads is blocked in such a read; the others may be at work on what was read before."""
    LISTENING = auto()
    """It waits for several things, standard input perhaps among them."""
    BUSY = auto()
    """Nothing waits for standard input."""
    UNKNOWN = auto()
    """The platform does not tell."""


class ActivityProbe(Protocol):
    """Looks at an agent."""

    def look(self, *, alone: bool = False) -> Activity:
        """What it does now; takes less than a millisecond for a few processes.

        Args:
            alone: look at the process that was started only, not at what it started in turn.
        """


@dataclass(frozen=True, slots=True)
class _Calls:
    """Numbers of the system calls that matter, of one architecture."""

    read: frozenset[int]
    """read, readv, pread64, preadv, splice: the first argument is what is read from."""
    epoll: frozenset[int]
    poll: frozenset[int]
    """poll, ppoll: a list of descriptors in the process's memory, and its length."""
    select: frozenset[int]
    """select, pselect6: how many descriptors, and a set of bits in the process's memory."""
    rest: frozenset[int]
    """wait4, waitid, futex: nothing happens here before another process or thread acts."""


_CALLS = {
    "x86_64": _Calls(
        read=frozenset({0, 19, 17, 295, 275}),
        epoll=frozenset({232, 281, 441}),
        poll=frozenset({7, 271}),
        select=frozenset({23, 270}),
        rest=frozenset({61, 247, 202}),
    ),
    "aarch64": _Calls(
        read=frozenset({63, 65, 67, 69, 76}),
        epoll=frozenset({22, 441}),
        poll=frozenset({73}),
        select=frozenset({72}),
        rest=frozenset({260, 95, 98}),
    ),
}
_CALLS["riscv64"] = _CALLS["aarch64"]


class _Thread(Enum):
    READS = auto()
    LISTENS = auto()
    RESTS = auto()
    WORKS = auto()
    RUNS = auto()
    HIDDEN = auto()


class ProcActivityProbe:
    """Looks into `/proc`; `Activity.UNKNOWN` where there is none, or an architecture that it does not know."""

    def __init__(self, pid: int, *, stdin_link: str, stdout_link: str) -> None:
        """Args:
        pid: the process that was started; its descendants count too.
        stdin_link: what `/proc/<pid>/fd/<n>` shows for the pipe that messages are written to.
        stdout_link: the same for the pipe that answers are read from.
        """
        self._pid = pid
        self._stdin = stdin_link
        self._stdout = stdout_link
        self._calls = _CALLS.get(platform.machine()) if (_PROC / "self" / "syscall").exists() else None

    def look(self, *, alone: bool = False) -> Activity:
        """See `ActivityProbe`."""
        if self._calls is None:
            return Activity.UNKNOWN
        parents: dict[int, int] = {}
        threads = {
            pid: self._threads(pid, self._calls) for pid in ([self._pid] if alone else self._family(parents))
        }
        every = [thread for found in threads.values() for thread in found]
        if _Thread.HIDDEN in every:
            return Activity.UNKNOWN
        readers = [pid for pid, found in threads.items() if _Thread.READS in found]
        if not readers:
            return Activity.LISTENING if _Thread.LISTENS in every else Activity.BUSY
        passive = set(readers)
        for pid in readers:
            while (pid := parents.get(pid, 0)) != 0:
                passive.add(pid)
        if any(self._is_at_work(pid, found) for pid, found in threads.items() if pid not in passive):
            return Activity.LISTENING
        is_single = all(len(threads[pid]) == 1 for pid in readers) and len(threads) == len(passive)
        return Activity.WAITING if is_single else Activity.WAITING_THREAD

    def _family(self, parents: dict[int, int]) -> list[int]:
        family = [self._pid]
        for pid in family:
            for child in children_of(pid):
                if child not in parents:
                    parents[child] = pid
                    family.append(child)
        return family

    def _is_at_work(self, pid: int, threads: list[_Thread]) -> bool:
        if all(thread is _Thread.RESTS for thread in threads):
            return False
        return _Thread.RUNS in threads or self._link(pid, 1) == self._stdout

    def _threads(self, pid: int, calls: _Calls) -> list[_Thread]:
        stat = read_stat(pid)
        if stat is None or stat.state in "ZX":
            return []
        found: list[_Thread] = []
        with suppress(FileNotFoundError):
            for task in os.listdir(_PROC / str(pid) / "task"):
                try:
                    words = (_PROC / str(pid) / "task" / task / "syscall").read_text().split()
                except PermissionError:
                    return [_Thread.HIDDEN]
                except OSError:  # the thread has ended
                    continue
                if words:
                    found.append(self._thread(pid, words, calls))
        return found

    def _thread(self, pid: int, words: list[str], calls: _Calls) -> _Thread:
        if words[0] == "running" or len(words) < 3:
            return _Thread.RUNS
        number, first = int(words[0]), int(words[1], 16)
        if number in calls.read:
            link = self._link(pid, first)
            if link == self._stdin:
                return _Thread.READS
            return _Thread.RESTS if link.startswith("pipe:") else _Thread.WORKS
        if number in calls.epoll:
            fds = self._epolled(pid, first)
            return _Thread.LISTENS if fds is None or self._has_stdin(pid, fds) else _Thread.WORKS
        if number in calls.poll or number in calls.select:
            find = self._polled if number in calls.poll else self._selected
            fds = find(pid, first, int(words[2], 16))
            return _Thread.LISTENS if fds is None or self._has_stdin(pid, fds) else _Thread.WORKS
        return _Thread.RESTS if number in calls.rest else _Thread.WORKS

    def _has_stdin(self, pid: int, fds: Iterable[int]) -> bool:
        return any(self._link(pid, fd) == self._stdin for fd in fds)

    def _epolled(self, pid: int, fd: int) -> list[int] | None:
        """The descriptors that an epoll waits for; None where that can't be seen."""
        try:
            text = (_PROC / str(pid) / "fdinfo" / str(fd)).read_text()
        except OSError:
            return None
        return [int(found) for found in re.findall(r"^tfd:\s*(\d+)", text, re.M)]

    def _polled(self, pid: int, address: int, count: int) -> list[int] | None:
        """The same for a `poll`: `struct pollfd` is a descriptor and two sets of flags, 8 bytes."""
        data = self._memory(pid, address, 8 * min(count, _MAX_FDS))
        return None if data is None else [fd for fd, events, _ in struct.iter_unpack("=ihh", data) if events & 1]

    def _selected(self, pid: int, count: int, address: int) -> list[int] | None:
        """The same for a `select`: one bit per descriptor."""
        data = self._memory(pid, address, (min(count, _MAX_FDS) + 63) // 64 * 8)
        if data is None:
            return None
        bits = int.from_bytes(data, "little")
        return [fd for fd in range(min(count, _MAX_FDS)) if bits >> fd & 1]

    def _memory(self, pid: int, address: int, size: int) -> bytes | None:
        if address == 0 or size == 0:
            return b""
        try:
            with open(_PROC / str(pid) / "mem", "rb", buffering=0) as memory:
                memory.seek(address)
                data = memory.read(size)
        except (OSError, OverflowError):
            return None
        return data if len(data) == size else None

    def _link(self, pid: int, fd: int) -> str:
        try:
            return os.readlink(_PROC / str(pid) / "fd" / str(fd))
        except OSError:
            return ""
