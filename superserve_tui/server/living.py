"""One server from its first request to its last, as the child process and the foreground command both run it.

May import: everything in server, the standard library.
"""

from __future__ import annotations

import os
import resource
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from superserve_tui.server.address import ServerAddress, remove_address, write_address
from superserve_tui.server.agents.project import TrustedProjects
from superserve_tui.server.agents.registry import build_agents
from superserve_tui.server.core import Server, url_of
from superserve_tui.server.lifetime import Lifetime
from superserve_tui.server.options import ServerOptions

__all__ = ["TOKEN_VARIABLE", "exit_status", "live"]

TOKEN_VARIABLE = "SUPERSERVE_SERVE_TOKEN"
"""Where the foreground command may get its token from; no agent ever sees it."""

_LAST_WORD_S = 2.9
"""From the decision to end until the process is gone, whatever an agent or a thread still does."""

_STOP_REASON = "The embedded server was ended."


async def live(
    options: ServerOptions,
    token: str,
    listening: socket.socket,
    *,
    environ: Mapping[str, str],
    trusted: TrustedProjects | None = None,
    on_listening: Callable[[str, Lifetime], None],
) -> int | None:
    """Serve until the lifetime is over; the main thread of a process of its own only.

    Args:
        options: What to serve.
        token: What its callers must bear.
        listening: From `bind`; closed in the end.
        environ: What agents may see some of.
        trusted: See `build_agents`.
        on_listening: Called once with the address, when requests are taken.

    Returns:
        The signal that ended it, None where none did.

    """
    _allow_many_files()
    visible = {name: value for name, value in environ.items() if name != TOKEN_VARIABLE}
    agents = build_agents(options, visible, trusted=trusted)
    server = Server(agents, token=token)
    lifetime = Lifetime.from_options(server.sessions, options)
    lifetime.take_signals()
    await server.start(listening)
    url = url_of(listening)
    address = ServerAddress(url, token, os.getpid(), started_at=datetime.now(UTC), folder=options.folder)
    file = _leave_address(options.servers_dir, address)
    try:
        on_listening(url, lifetime)
        number = await lifetime.until_over()
    finally:
        if file is not None:
            remove_address(file)
    _end_by_force_later(exit_status(number))
    await server.stop(_STOP_REASON)
    return number


def _leave_address(servers_dir: Path | None, address: ServerAddress) -> Path | None:
    """For the commands that come later; where nothing can be written (PROMISES 27), the starter's own will do."""
    if servers_dir is None:
        return None
    try:
        return write_address(servers_dir, address)
    except OSError as error:
        sys.stderr.write(f"the server's address can't be written down: {error}\n")
        return None


def exit_status(number: int | None) -> int:
    """The process's status: 0, or 128 and the signal's number."""
    return 0 if number is None else 128 + number


def _end_by_force_later(status: int) -> None:
    timer = threading.Timer(_LAST_WORD_S, os._exit, (status,))
    timer.daemon = True
    timer.start()


def _allow_many_files() -> None:
    """1,000 connections and the pipes of the agents need more descriptors than the usual soft limit of 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(8192, hard)
    with suppress(ValueError, OSError):
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
