"""The embedded server alone, in the foreground: `superserve-tui serve` (CONTRACT 1).

May import: everything in server, protocol, the standard library.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from superserve_tui.protocol import CredentialError
from superserve_tui.server.address import new_token
from superserve_tui.server.lifetime import Lifetime
from superserve_tui.server.listener import bind
from superserve_tui.server.living import TOKEN_VARIABLE, exit_status, live
from superserve_tui.server.options import ServerOptions

__all__ = ["ServeOptions", "serve"]

_TOKEN = re.compile(r"[!-~]+\Z")
"""What a header can carry: visible ASCII without a space."""


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """One `serve` command."""

    server: ServerOptions
    """What to serve."""
    host: str = "127.0.0.1"
    """A loopback address."""
    port: int = 0
    """0 for any that is free."""
    token_file: Path | None = None
    """Whose first line is the token; None: `SUPERSERVE_SERVE_TOKEN`, else a fresh one, which is printed."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    """The environment that the token may come from, and that agents see some of."""


def serve(options: ServeOptions) -> int:
    """Serve until a signal comes; returns the process's exit status. The main thread only.

    Raises:
        ValueError: `host` is no loopback address.
        OSError: the port is taken, or the token file can't be read.
        CredentialError: the token is empty, or has characters that no header may carry.
    """
    given = _given_token(options)
    token = given or new_token()
    listening = bind(options.host, options.port)
    lines_after = "" if given else f"token {token}\n"

    def on_listening(url: str, _lifetime: Lifetime) -> None:
        sys.stdout.write(f"listening on {url}\n{lines_after}")
        sys.stdout.flush()

    try:
        number = asyncio.run(
            live(options.server, token, listening, environ=options.environ, on_listening=on_listening)
        )
    except BrokenPipeError:
        _forget_stdout()
        return 0
    return exit_status(number)


def _given_token(options: ServeOptions) -> str | None:
    if options.token_file is not None:
        text = options.token_file.read_text(encoding="utf-8", errors="replace").strip()
        origin = str(options.token_file)
    elif TOKEN_VARIABLE in options.environ:
        text, origin = options.environ[TOKEN_VARIABLE].strip(), TOKEN_VARIABLE
    else:
        return None
    if not _TOKEN.match(text):
        raise CredentialError(f"{origin} holds no token: it is empty, or has characters that no header may carry")
    return text


def _forget_stdout() -> None:
    """Whoever read it is gone; without this, Python complains at exit."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
