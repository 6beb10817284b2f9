"""The embedded server's process as its starter holds it: started, asked to stay, stopped.

May import: server.address, server.options, protocol, the standard library. It loads no HTTP library.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import IO

import superserve_tui
from superserve_tui.protocol import SuperserveError
from superserve_tui.server.address import ServerAddress, new_token
from superserve_tui.server.options import ServerOptions

__all__ = ["EmbeddedServer", "EmbeddedServerError"]

_LOG_LINES = 50
"""Lines of the server's standard error that are kept for error messages."""

_FIRST_LINE_MAX = 4096
_LISTENING = b"listening on "

_START = "import sys; sys.path.append(sys.argv[1]); from superserve_tui.server.child import main; sys.exit(main())"
"""`-m superserve_tui.server.child`, in our own package also where that lies in no folder of installed ones."""


class EmbeddedServerError(SuperserveError):
    """The embedded server did not start. `str(error)` says what it said."""


class EmbeddedServer:
    """One server process. Its methods may be called from any thread, one at a time; all of them may block.

    The server ends by itself when this process is gone, however it goes: it watches the pipe between them.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._is_kept = False

    def start(self, options: ServerOptions, *, timeout_s: float = 10.0) -> ServerAddress:
        """Start the process and wait until it takes requests.

        Raises:
            EmbeddedServerError: it ended, or said nothing in time; it is gone then.
        """
        assert self._process is None, "started twice"
        token = new_token()
        root = Path(superserve_tui.__file__).parent.parent
        try:
            # -P: no module of the person's folder may stand in for one of ours.
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", _START, str(root)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=options.folder,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            raise EmbeddedServerError(f"the embedded server can't be started: {error}") from None
        self._process = process
        self._reader = threading.Thread(target=self._read_log, name="server-log", daemon=True)
        self._reader.start()
        url = self._greet(process, options.to_line(token), timeout_s)
        return ServerAddress(url, token, process.pid, folder=options.folder)

    def keep(self) -> None:
        """Let the server live on without us, until its sessions have ended or expired."""
        self._is_kept = True
        self._write(b"keep\n")

    def trust(self, trust_key: str) -> None:
        """The person has said yes to a project: from now on the server starts its agent."""
        self._write(f"trust {trust_key}\n".encode())

    def stop(self, deadline_s: float = 3.0) -> int | None:
        """Let go of the server and end it; returns its exit code.

        It is asked by the closed pipe and SIGTERM, and killed after the deadline. One that was to be kept is only
        let go of: it lives on, and None is returned unless it had nothing to live for.
        """
        process = self._process
        if process is None:
            return None
        _close(process.stdin)
        if self._is_kept:
            _close(process.stdout)
            return process.poll()
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _close(process.stdout)
        if self._reader is not None:
            # Children of a killed server may hold the pipe: the thread is a daemon and may stay.
            self._reader.join(0.2)
        return process.returncode

    def poll(self) -> int | None:
        """The exit code of a server that has ended; None while it lives or before it was started."""
        return None if self._process is None else self._process.poll()

    @property
    def pid(self) -> int | None:
        """The server's process; None before it was started."""
        return None if self._process is None else self._process.pid

    def log_lines(self) -> list[str]:
        """The last lines of the server's standard error, oldest first."""
        return list(self._log)

    def _greet(self, process: subprocess.Popen[bytes], options_line: bytes, timeout_s: float) -> str:
        """Say what to serve, hear where."""
        self._write(options_line)
        line = _read_line(process, time.monotonic() + timeout_s)
        if line is not None and line.startswith(_LISTENING):
            return line.removeprefix(_LISTENING).decode("ascii", "replace").strip()
        if line is None:
            problem = f"said nothing in {timeout_s:g} s"
        else:
            # Its output is closed, so it is about to end by itself: its own exit code says more than a signal's.
            with suppress(subprocess.TimeoutExpired):
                process.wait(1.0)
            problem = "ended at once"
        code = self.stop()
        said = next((text for text in reversed(self._log) if text.strip()), f"exit code {code}")
        raise EmbeddedServerError(f"the embedded server {problem}: {said}")

    def _write(self, data: bytes) -> None:
        """To the server's standard input; one that is gone is noticed by the next `poll` or request."""
        assert self._process is not None, "not started"
        assert self._process.stdin is not None
        with suppress(BrokenPipeError, ValueError):
            view = memoryview(data)
            while view:
                view = view[self._process.stdin.write(view) :]

    def _read_log(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            rest = b""
            while piece := os.read(stream.fileno(), 65536):
                *lines, rest = (rest + piece).split(b"\n")
                self._log.extend(line.decode("utf-8", "replace") for line in lines)
                rest = rest[-_FIRST_LINE_MAX:]
            if rest:
                self._log.append(rest.decode("utf-8", "replace"))


def _close(stream: IO[bytes] | None) -> None:
    if stream is not None:
        with suppress(BrokenPipeError):
            stream.close()


def _read_line(process: subprocess.Popen[bytes], deadline: float) -> bytes | None:
    """The first line of the process's standard output; what there was of it at its end; None: not in time."""
    assert process.stdout is not None
    received = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while b"\n" not in received and len(received) < _FIRST_LINE_MAX:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                return None
            piece = os.read(process.stdout.fileno(), _FIRST_LINE_MAX)
            if not piece:
                break
            received += piece
    return received
