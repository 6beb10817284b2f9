"""`superserve-tui doctor`: what works here, and what to do where something does not.

May import: click, client, store, clipboard, wiring, the modules of cli, the standard library.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import click

from superserve_tui import __version__
from superserve_tui.cli.failures import FAILED, WRONG_USAGE, Failure, failure_of
from superserve_tui.cli.shell import Shell
from superserve_tui.protocol import NotFoundError, SuperserveError
from superserve_tui.protocol.records import dataclass

if TYPE_CHECKING:
    from superserve_tui.wiring import Profile, ServerBackends

__all__ = ["doctor"]

_REACH_S = 5.0
"""Seconds that each profile gets."""


class Verdict(StrEnum):
    """How a check came out."""

    OK = "ok"
    NOTE = "note"
    """Works, but less well than it could."""
    BAD = "bad"
    """Does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    verdict: Verdict
    subject: str
    text: str
    hint: str = ""
    """What to do; empty where nothing needs to be done."""


@click.command(short_help="Check what works here, and say what to do.")
@click.option("--keys", "is_key_trial", is_flag=True, help="Press keys and see what arrives and what it does.")
@click.pass_obj
def doctor(shell: Shell, *, is_key_trial: bool) -> int:
    """Check what works here: terminal, clipboard, config, saved sessions, and each profile's server.

    The embedded server is started for it and ended again. Exit status 1 says that something does not work.
    """
    if is_key_trial:
        _try_keys(shell)
        return 0
    worst = 0
    for finding in _findings(shell):
        shell.console.line(f"{finding.verdict.value:5} {finding.subject:10} {finding.text}")
        if finding.hint:
            shell.console.line(f"{'':16} {finding.hint}")
        if finding.verdict is Verdict.BAD:
            worst = FAILED
    return worst


def _findings(shell: Shell) -> Iterator[Finding]:
    text = f"superserve-tui {__version__}, Python {platform.python_version()}, {platform.system()}"
    yield Finding(Verdict.OK, "version", text)
    yield _terminal(shell)
    yield from _multiplexer(shell)
    yield _clipboard(shell)
    yield from _config(shell)
    yield from _keys(shell)
    yield _store(shell)
    yield from _profiles(shell)


def _terminal(shell: Shell) -> Finding:
    term = shell.environ.get("TERM", "")
    if not sys.stdin.isatty() or not shell.console.is_terminal:
        return Finding(
            Verdict.NOTE, "terminal", "this command runs without one", "Run it where you want to run the app."
        )
    if term in ("", "dumb"):
        return Finding(
            Verdict.BAD, "terminal", f"TERM is {term or 'not set'}: nothing can be drawn", "Use --plain."
        )
    size = shutil.get_terminal_size()
    colours = "no colour (NO_COLOR)" if shell.environ.get("NO_COLOR") else shell.environ.get("COLORTERM", "")
    words = f"{term}, {size.columns}x{size.lines}" + (f", {colours}" if colours else "")
    if size.columns < 80 or size.lines < 24:
        return Finding(Verdict.NOTE, "terminal", words, "80x24 and more shows everything at once.")
    return Finding(Verdict.OK, "terminal", words)


def _multiplexer(shell: Shell) -> Iterator[Finding]:
    if not shell.environ.get("TMUX"):
        return
    version = _output(["tmux", "-V"])
    if version is None:
        yield Finding(
            Verdict.NOTE, "tmux", "TMUX is set, but tmux can't be called", "Put tmux on PATH: copying uses it."
        )
        return
    keys = _output(["tmux", "show-options", "-gv", "extended-keys"])
    clip = _output(["tmux", "show-options", "-sv", "set-clipboard"])
    words = f"{version}, set-clipboard {clip or 'unknown'}, extended-keys {keys or 'unknown'}"
    if clip == "off":
        hint = "`tmux set -s set-clipboard on` lets copied text reach your terminal."
        yield Finding(Verdict.NOTE, "tmux", words, hint)
    else:
        yield Finding(Verdict.OK, "tmux", words)


def _clipboard(shell: Shell) -> Finding:
    from superserve_tui.clipboard import OSC52_LIMIT, Route, likely_route, size_words

    route, tool = likely_route(shell.environ, has_terminal=shell.console.is_terminal)
    match route:
        case Route.DESKTOP:
            return Finding(Verdict.OK, "clipboard", f"through {tool}")
        case Route.TMUX:
            return Finding(Verdict.OK, "clipboard", "through tmux, which passes it on to its terminal")
        case Route.TERMINAL:
            words = f"through the terminal (OSC 52), up to {size_words(OSC52_LIMIT)}; it does not answer"
            return Finding(
                Verdict.NOTE, "clipboard", words, "Copy something and paste it to see whether it takes it."
            )
        case _:
            words = f"none within reach: copies go to {shell.paths.data_dir / 'clip.txt'}"
            return Finding(Verdict.NOTE, "clipboard", words)


def _config(shell: Shell) -> Iterator[Finding]:
    from superserve_tui.ui.settings import problems_of
    from superserve_tui.ui.themes import theme_names
    from superserve_tui.wiring.local_agents import agent_notices

    loaded = shell.loaded
    with shell.backends() as backends:
        names = [profile.name for profile in backends.profiles]
    problems = (
        *problems_of(loaded, theme_names()),
        *agent_notices(loaded, profiles=names, folder=Path.cwd()),
    )
    if not problems:
        is_there = loaded.path.exists()
        yield Finding(Verdict.OK, "config", f"{loaded.path}{'' if is_there else ' (not there: defaults)'}")
    for notice in problems:
        verdict = Verdict.NOTE if loaded.is_readable else Verdict.BAD
        yield Finding(verdict, "config", str(notice))


def _keys(shell: Shell) -> Iterator[Finding]:
    """What the config moves keys to; faults stand with the config's others."""
    from superserve_tui.ui.keymap import make_keymap

    keymap = make_keymap(shell.loaded.config.keys)
    moved = len(keymap.overrides)
    words = f"{moved} moved" if moved else "as they come"
    verdict = Verdict.NOTE if keymap.faults else Verdict.OK
    yield Finding(verdict, "keys", f"{words}; `superserve-tui doctor --keys` shows what arrives of each")


def _try_keys(shell: Shell) -> None:
    """Tell of each key that is pressed, until Escape twice.

    Raises:
        Failure: there is no terminal to press them on.
    """
    from superserve_tui.ui.key_trial import try_keys
    from superserve_tui.ui.keymap import make_keymap

    if not sys.stdin.isatty() or not shell.console.is_terminal:
        hint = "Run it where you want to run the app."
        raise Failure("There is no terminal to press keys on.", hint, status=WRONG_USAGE)
    try_keys(make_keymap(shell.loaded.config.keys), sys.stdin.fileno(), shell.console.line, shell.console.control)


def _store(shell: Shell) -> Finding:
    """Opening the store checks it; what it finds comes as problems."""
    from superserve_tui.store import Store, StoreError

    problems: list[tuple[str, str]] = []
    path = shell.paths.database
    store = Store(path, on_problem=lambda what, hint: problems.append((what, hint)))
    try:
        store.start().result()
        count = len(store.sessions().result())
    except StoreError as error:
        return Finding(Verdict.BAD, "store", f"{path}: {error}", "Update superserve-tui.")
    finally:
        store.close(5.0)
    if problems:
        what, hint = problems[0]
        return Finding(Verdict.BAD, "store", what, hint)
    return Finding(Verdict.OK, "store", f"{path}, {count} session{'' if count == 1 else 's'}")


def _profiles(shell: Shell) -> Iterable[Finding]:
    """Every profile's server, asked at once."""
    with shell.backends() as backends:
        profiles = backends.profiles
        with ThreadPoolExecutor(max_workers=len(profiles), thread_name_prefix="doctor") as pool:
            return list(pool.map(lambda profile: _reach(shell, backends, profile), profiles))


def _reach(shell: Shell, backends: ServerBackends, profile: Profile) -> Finding:
    from superserve_tui.client import Client

    where = profile.base_url or "the embedded server"
    try:
        if profile.base_url is None:
            count = len(backends.client(profile.name).agents.list())
        else:
            key = profile.key(shell.environ)
            with Client(key, where, _REACH_S, allow_insecure=profile.allow_insecure) as client:
                count = len(client.agents.list())
    except NotFoundError:
        hint = "Check the profile's address."
        return Finding(Verdict.BAD, profile.name, f"{where}: serves no sessions here", hint)
    except SuperserveError as error:
        failure = failure_of(error, key_source=shell.key_source(backends, profile.name))
        return Finding(Verdict.BAD, profile.name, f"{where}: {failure.what}", failure.hint)
    return Finding(Verdict.OK, profile.name, f"{where}, {count} agent{'' if count == 1 else 's'}")


def _output(argv: list[str]) -> str | None:
    """What a program prints on its first line; None where it fails or takes more than a second."""
    import subprocess

    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=1, env=dict(os.environ), check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    lines = done.stdout.strip().splitlines()
    return lines[0] if lines else None
