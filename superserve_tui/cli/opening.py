"""Opening the app, or plain mode, with what the command line says.

May import: wiring, config, the modules of cli, the standard library.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

from superserve_tui.cli.failures import WRONG_USAGE, Failure
from superserve_tui.cli.shell import Shell
from superserve_tui.config import nearest

__all__ = ["open_app"]


def open_app(
    shell: Shell,
    *,
    scripts: tuple[str, ...] = (),
    agent: str | None = None,
    profile: str | None = None,
    session: str | None = None,
    is_continue: bool = False,
    title: str | None = None,
    idle_timeout: int | None = None,
    keep: bool = False,
    trust: bool = False,
    plain: bool = False,
) -> int:
    """Open the app; returns the exit status. The arguments are the options of the command (`app`)."""
    path = _script(scripts[0]) if scripts else None
    if len(scripts) > 1:
        hint = "Add the others to the config file: `superserve-tui agents add NAME --command C`."
        raise Failure("The app takes one script.", hint, status=WRONG_USAGE)
    if session is not None and is_continue:
        hint = "Leave one of them out."
        raise Failure("--session and --continue exclude each other.", hint, status=WRONG_USAGE)
    if not plain:
        _check_terminal(shell)
    trusted = shell.trust_project() if trust else ()
    if profile is not None:
        with shell.backends() as backends:
            shell.profile(backends, profile)
    if session is not None:
        with shell.store() as store:
            session = shell.find(store, session).id

    gc.disable()  # until the engine has its parts, which is after the first paint: 0.1 of 0.45 s on a slow core
    from superserve_tui.wiring import AppOptions

    options = AppOptions(
        script=path,
        agent=agent,
        profile=profile,
        session=session,
        is_continue=is_continue,
        title=title,
        idle_timeout_s=idle_timeout,
        is_kept=keep,
        trusted=trusted,
    )
    if plain:
        from superserve_tui.wiring import run_plain

        return run_plain(options, environ=shell.environ)
    from superserve_tui.wiring import run_app

    return run_app(options, environ=shell.environ)


def _script(word: str) -> Path:
    """The script, or else what was probably meant."""
    path = Path(word)
    if path.is_file():
        return path.absolute()
    if path.is_dir():
        raise Failure(f"{word} is a folder.", "Name the script in it, e.g. agent.py.", status=WRONG_USAGE)
    from superserve_tui.cli.commands import COMMANDS

    near = nearest(word, COMMANDS)
    meant = f"Did you mean `superserve-tui {near}`? " if near else ""
    hint = f"{meant}`superserve-tui --help` lists the commands."
    raise Failure(f"There is neither a command nor a file called {word}.", hint, status=WRONG_USAGE)


def _check_terminal(shell: Shell) -> None:
    """The app draws on a whole screen: without one it says so, and writes no escape sequence."""
    hint = "Use `superserve-tui --plain` for lines, or `superserve-tui run AGENT PROMPT` for one turn."
    if not (_is_terminal(sys.stdin) and _is_terminal(sys.stdout)):
        raise Failure("The app needs a terminal for its input and output.", hint, status=WRONG_USAGE)
    term = shell.environ.get("TERM", "")
    if term in ("", "dumb"):
        raise Failure(f"The terminal can't draw (TERM={term or 'is not set'}).", hint, status=WRONG_USAGE)


def _is_terminal(stream: object) -> bool:
    fileno = getattr(stream, "fileno", None)
    try:
        return fileno is not None and os.isatty(fileno())
    except (OSError, ValueError):
        return False
