"""The embedded server's process: `python -m superserve_tui.server.child`, started by `EmbeddedServer`.

One line of JSON on standard input says what to serve; `listening on URL` on standard output says where. Then
standard input only tells whether the starter is alive, whether it wants its sessions kept (`keep`), and which
projects the person has come to trust (`trust KEY`).

May import: everything in server, the standard library.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress

from superserve_tui.server.agents.project import TrustedProjects
from superserve_tui.server.lifetime import Lifetime
from superserve_tui.server.listener import bind
from superserve_tui.server.living import exit_status, live
from superserve_tui.server.options import ServerOptions

__all__ = ["main"]

_NICENESS = 5
"""Agents and their server give way to the terminal that the person types in."""

_OPTIONS_MAX = 16 * 1024 * 1024


def main() -> int:
    """Serve until it is over; returns the process's exit status."""
    line, rest = _read_line()
    try:
        options, token = ServerOptions.from_line(line)
    except ValueError:
        sys.stderr.write("superserve_tui.server.child: expects its options as a line of JSON\n")
        return 2
    with suppress(OSError):
        os.nice(_NICENESS)

    trusted = TrustedProjects(options.trusted_projects)

    def on_listening(url: str, lifetime: Lifetime) -> None:
        _StarterPipe(lifetime, trusted, rest).watch()
        # A starter that is gone by now can't read it; its end of the pipe says so next.
        with suppress(OSError):
            os.write(1, f"listening on {url}\n".encode())

    try:
        listening = bind("127.0.0.1", 0)
        number = asyncio.run(
            live(options, token, listening, environ=os.environ, trusted=trusted, on_listening=on_listening)
        )
    except OSError as error:
        sys.stderr.write(f"the embedded server can't start: {error}\n")
        return 1
    return exit_status(number)


class _StarterPipe:
    """Standard input, as the starter's sign of life."""

    def __init__(self, lifetime: Lifetime, trusted: TrustedProjects, received: bytes) -> None:
        self._lifetime = lifetime
        self._trusted = trusted
        self._received = received
        self._loop = asyncio.get_running_loop()

    def watch(self) -> None:
        """Tell the lifetime what comes, from now on."""
        os.set_blocking(0, False)
        self._loop.add_reader(0, self._on_readable)
        self._take_lines()

    def _on_readable(self) -> None:
        try:
            piece = os.read(0, 4096)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        self._received += piece
        self._take_lines()
        if not piece:
            self._loop.remove_reader(0)
            _leave_the_terminal()
            self._lifetime.starter_gone()

    def _take_lines(self) -> None:
        *lines, self._received = self._received.split(b"\n")
        for line in lines:
            word, _, key = line.partition(b" ")
            if word == b"keep":
                self._lifetime.keep()
            elif word == b"trust":
                self._trusted.add(key.decode("ascii", "replace"))


def _leave_the_terminal() -> None:
    """Nobody reads what we print any more: print it nowhere, instead of failing."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _read_line() -> tuple[bytes, bytes]:
    """The first line of standard input, and what came after it; unbuffered, for the rest is watched."""
    received = b""
    while b"\n" not in received and len(received) < _OPTIONS_MAX:
        piece = os.read(0, 65536)
        if not piece:
            break
        received += piece
    line, _, rest = received.partition(b"\n")
    return line, rest


if __name__ == "__main__":
    sys.exit(main())
