"""One process of an agent: its three pipes, its end, and the end of everything that it started.

The pipes are our own, not asyncio's: those make standard input a socket, which `/dev/stdin` can't open and whose
reader can't be told from a reader of the network. Standard output is read only when somebody asks for it, so the
pipe itself is the bound on what a flooding agent can make us hold. Everything runs on the server's loop.

May import: the agents' own modules, the standard library.
"""

from __future__ import annotations

import array
import asyncio
import fcntl
import os
import signal
import subprocess
import termios
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from superserve_tui.server.agents.process_tree import ProcessTree
from superserve_tui.server.agents.stderr_ring import StderrRing

__all__ = ["READ_BYTES", "AgentProcess"]

READ_BYTES = 64 * 1024
"""Bytes of one read: what a pipe holds on Linux, so one read takes all that is there."""

_STDERR_PAUSE_S = 0.002
"""Seconds of rest after a full read of standard error: a flood goes at 30 MB/s and leaves the loop its time."""

_STDERR_LAST_READS = 64
"""Reads at the end, so that a process which outlives its parent and floods can't hold us."""

_KILL_ROUNDS = 5
"""Looks for processes that were forked while their family was being killed."""


class AgentProcess:
    """A started process. Whoever starts it must `stop` it."""

    def __init__(
        self, argv: Sequence[str], *, cwd: Path, environ: Mapping[str, str], variable: str, log: StderrRing
    ) -> None:
        """Start it, without a shell, leading its own session and process group.

        Args:
            argv: the words; the first is the program's path.
            cwd: where it works.
            environ: all that it gets to see.
            variable: `NAME=value` of `environ`, unlike that of any other agent; see `ProcessTree`.
            log: takes what it writes to standard error.

        Raises:
            OSError: it could not be started.
        """
        self._loop = asyncio.get_running_loop()
        self._log = log
        child_stdin, self._stdin = os.pipe()
        self._stdout, child_stdout = os.pipe()
        self._stderr, child_stderr = os.pipe()
        try:
            self._popen = subprocess.Popen(
                list(argv),
                stdin=child_stdin,
                stdout=child_stdout,
                stderr=child_stderr,
                cwd=cwd,
                env=dict(environ),
                start_new_session=True,
            )
        except (OSError, ValueError):
            for fd in (self._stdin, self._stdout, self._stderr):
                os.close(fd)
            raise
        finally:
            for fd in (child_stdin, child_stdout, child_stderr):
                os.close(fd)
        for fd in (self._stdin, self._stdout, self._stderr):
            os.set_blocking(fd, False)
        self.stdin_link = f"pipe:[{os.fstat(self._stdin).st_ino}]"
        """What `/proc/<pid>/fd/<n>` shows for its standard input."""
        self.stdout_link = f"pipe:[{os.fstat(self._stdout).st_ino}]"
        self._tree = ProcessTree(self._popen.pid, variable=variable)
        self._outbox = bytearray()
        self._is_stdin_open = True
        self._is_stderr_open = True
        self._stderr_timer: asyncio.TimerHandle | None = None
        self._is_stopped = False
        self._loop.add_reader(self._stderr, self._on_stderr)

    @property
    def pid(self) -> int:
        """Its process id, and its group's."""
        return self._popen.pid

    @property
    def exit_status(self) -> int | None:
        """The exit code, a negative signal number, or None while it runs. Reaps it when it has ended."""
        return self._popen.poll()

    @property
    def unread_input(self) -> int:
        """Bytes sent that it has not taken yet."""
        if not self._is_stdin_open:
            return 0
        waiting = array.array("i", [0])
        with suppress(OSError):
            fcntl.ioctl(self._stdin, termios.FIONREAD, waiting)
        return len(self._outbox) + waiting[0]

    def send(self, data: bytes) -> None:
        """Put bytes on its standard input; never waits. What it no longer can take is dropped: its exit tells."""
        if self._is_stdin_open:
            self._outbox += data
            self._write()

    async def read(self, timeout_s: float | None) -> bytes | None:
        """What it printed, `b""` at the end of its output, None when nothing came within `timeout_s` seconds."""
        while True:
            try:
                return os.read(self._stdout, READ_BYTES)
            except BlockingIOError:
                if not await self._is_readable(timeout_s):
                    return None

    async def wait(self, timeout_s: float) -> int | None:
        """Its exit status (see `exit_status`), None when it still runs after `timeout_s` seconds."""
        deadline = self._loop.time() + timeout_s
        pause_s = 0.002
        while (status := self.exit_status) is None and self._loop.time() < deadline:
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, 0.05)
        return status

    def read_last_stderr(self) -> None:
        """Take what is left in the standard error of a process that has ended."""
        for _ in range(_STDERR_LAST_READS):
            if not self._is_stderr_open or not self._read_stderr():
                return

    async def stop(self, *, patience_s: float) -> None:
        """End it and all that it started: end of input, SIGTERM, SIGKILL after `patience_s` seconds. Idempotent."""
        if self._is_stopped:
            return
        self._is_stopped = True
        self._close_pipes()
        self._tree.look()
        try:
            self._tree.signal(signal.SIGTERM)
            deadline = self._loop.time() + patience_s
            pause_s = 0.005
            while (self.exit_status is None or self._tree.is_alive()) and self._loop.time() < deadline:
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, 0.05)
        finally:
            self._kill()

    def _kill(self) -> None:
        for _ in range(_KILL_ROUNDS):
            self._tree.look()
            self._tree.signal(signal.SIGKILL)
            if not self._tree.is_alive():
                break
        with suppress(subprocess.TimeoutExpired):  # stuck in the kernel: it dies when the kernel lets it
            self._popen.wait(1)

    def _close_pipes(self) -> None:
        if self._stderr_timer is not None:
            self._stderr_timer.cancel()
        self.read_last_stderr()
        self._close_stderr()
        self._close_stdin()
        self._loop.remove_reader(self._stdout)
        os.close(self._stdout)

    async def _is_readable(self, timeout_s: float | None) -> bool:
        ready = self._loop.create_future()
        self._loop.add_reader(self._stdout, _resolve, ready)
        try:
            async with asyncio.timeout(timeout_s):
                await ready
        except TimeoutError:
            return False
        finally:
            if not self._is_stopped:
                self._loop.remove_reader(self._stdout)
        return True

    def _write(self) -> None:
        try:
            while self._outbox:
                with memoryview(self._outbox) as view:
                    written = os.write(self._stdin, view[:READ_BYTES])
                del self._outbox[:written]
            self._loop.remove_writer(self._stdin)
        except BlockingIOError:
            self._loop.add_writer(self._stdin, self._write)
        except OSError:  # it closed its standard input, or has ended
            self._close_stdin()

    def _close_stdin(self) -> None:
        if self._is_stdin_open:
            self._is_stdin_open = False
            self._outbox.clear()
            self._loop.remove_writer(self._stdin)
            os.close(self._stdin)

    def _on_stderr(self) -> None:
        if self._read_stderr() < READ_BYTES or not self._is_stderr_open:
            return
        self._loop.remove_reader(self._stderr)
        self._stderr_timer = self._loop.call_later(_STDERR_PAUSE_S, self._resume_stderr)

    def _resume_stderr(self) -> None:
        if self._is_stderr_open:
            self._loop.add_reader(self._stderr, self._on_stderr)

    def _read_stderr(self) -> int:
        try:
            data = os.read(self._stderr, READ_BYTES)
        except BlockingIOError:
            return 0
        if not data:
            self._close_stderr()
            self._popen.poll()  # the end of its errors is mostly its own: no zombie stays between two turns
        self._log.feed(data)
        return len(data)

    def _close_stderr(self) -> None:
        if self._is_stderr_open:
            self._is_stderr_open = False
            self._loop.remove_reader(self._stderr)
            os.close(self._stderr)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
