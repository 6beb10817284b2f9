"""`superserve-tui config`: the config file.

May import: click, config, wiring, the UI's keymap and themes, the modules of cli, the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from superserve_tui.cli import completing
from superserve_tui.cli.agents import tell_saved
from superserve_tui.cli.failures import WRONG_USAGE, Failure
from superserve_tui.cli.shell import Shell
from superserve_tui.config import get_value, items, load, nearest, set_value, split_key

__all__ = ["config"]

_HIDDEN = "********"
_IN_ADDRESS = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_NAMED = re.compile(r"(?i)((?:api[-_]?key|token|secret|password|passwd|bearer)(?:\s*[=:]\s*|\s+))(\S+)")
_KEY_LIKE = re.compile(r"\b(?:ss_|sk-|sk_|ghp_|xox[abp]-)[A-Za-z0-9_-]{8,}")
_SECRET_VARIABLE = re.compile(r"(?i)key|token|secret|passw")


@click.group()
def config() -> None:
    """Show and change the config file.

    Keys are written as in the file, with dots: idle_timeout, notify.bell, agents.coder.cwd, keys.session.new
    """


@config.command()
@click.pass_obj
def path(shell: Shell) -> None:
    """Print where the config file is, whether it is there or not."""
    shell.console.line(str(shell.paths.config_file))


@config.command()
@click.pass_obj
def show(shell: Shell) -> None:
    """Show every setting that is in force, with what is wrong in the file. Secrets are hidden."""
    _refuse_unreadable(shell)
    shell.tell_notices()
    for key, value in items(shell.loaded.config):
        if value is None:
            shell.console.line(f"# {key} is not set")
        else:
            shell.console.line(f"{key} = {_hide(_toml(value), shell.environ)}")


@config.command("get", short_help="Print one setting that is in force.")
@click.argument("key", shell_complete=completing.settings)
@click.pass_obj
def get_key(shell: Shell, *, key: str) -> None:
    """Print one setting that is in force: strings as they are, anything else as in the file."""
    _refuse_unreadable(shell)
    try:
        value = get_value(shell.loaded.config, split_key(key))
    except ValueError as error:
        hint = "`superserve-tui config show` lists the keys."
        raise Failure(f"{key}: {error}.", hint, status=WRONG_USAGE) from None
    if value is None:
        raise Failure(f"{key} is not set.", f"Set it: `superserve-tui config set {key} VALUE`.")
    shell.console.line(value if isinstance(value, str) else _toml(value))


@config.command("set")
@click.argument("key", shell_complete=completing.settings)
@click.argument("value")
@click.pass_obj
def set_key(shell: Shell, *, key: str, value: str) -> None:
    """Set one key in the config file; an empty VALUE takes it out.

    The file as it was is kept beside it as .bak.

    \b
    Examples:
      superserve-tui config set default_agent coder
      superserve-tui config set idle_timeout 7200
      superserve-tui config set keys.session.new ctrl+e
    """
    if value and shell.loaded.is_readable:
        _check(shell, key, value)
    saved = set_value(shell.paths.config_file, key, value)
    if value:
        in_force = get_value(load(saved.path).config, split_key(key))
        shell.console.line(f"{key} = {_hide(_toml(in_force), shell.environ)} in {saved.path}")
    else:
        shell.console.line(f"Took {key} out of {saved.path}")
    tell_saved(shell, saved)


def _check(shell: Shell, key: str, value: str) -> None:
    """What the schema can't know: themes, actions and agents.

    Raises:
        Failure: the app could do nothing with it.
    """
    try:
        where = split_key(key)
    except ValueError:
        return
    match where:
        case ("theme",):
            _check_theme(value)
        case ("keys", action):
            _check_key(shell, action, value)
        case ("default_agent",):
            _warn_of_agent(shell, value)


def _check_theme(name: str) -> None:
    from superserve_tui.ui.themes import theme_names

    names = sorted(theme_names())
    if name not in names:
        near = nearest(name, names)
        what = f"theme: there is no theme {name}{f'; the nearest is {near}' if near else ''}."
        raise Failure(what, f"There are: {', '.join(names)}.", status=WRONG_USAGE)


def _check_key(shell: Shell, action: str, key: str) -> None:
    from superserve_tui.ui.keymap import make_keymap

    keymap = make_keymap({action: key})
    faults = [f"keys.{each}: {words}." for each, words in keymap.faults if each == action]
    if action not in keymap.overrides:
        hint = "The table of keys in the README names the actions, F1 in the app the keys."
        raise Failure(faults[0], hint, status=WRONG_USAGE)
    for fault in faults:
        shell.console.note(fault)


def _warn_of_agent(shell: Shell, name: str) -> None:
    """A server elsewhere may have it, and agents may come later."""
    from superserve_tui.wiring.local_agents import local_agent_names

    names = local_agent_names(shell.loaded.config, Path.cwd())
    if name not in names:
        near = nearest(name, names)
        meant = f"; did you mean {near}?" if near else "."
        shell.console.note(
            f"No agent on this machine is called {name}{meant} `superserve-tui agents list` shows all."
        )


def _refuse_unreadable(shell: Shell) -> None:
    if not shell.loaded.is_readable:
        hint = "Mend the file by hand; the app goes on with its defaults meanwhile."
        raise Failure(str(shell.loaded.notices[0]), hint, status=WRONG_USAGE)


def _toml(value: Any) -> str:
    """A value as TOML has it, on one line; tables too."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case Mapping():
            pairs = ", ".join(f"{key} = {_toml(child)}" for key, child in value.items() if child is not None)
            return f"{{ {pairs} }}" if pairs else "{}"
        case tuple() | list():
            return f"[{', '.join(_toml(child) for child in value)}]"
        case str():
            from superserve_tui.domain import json_text

            return json_text(value)  # a JSON string is a TOML string, control characters escaped
        case _:
            return _toml({name: getattr(value, name) for name in value.__slots__})


def _hide(text: str, environ: Mapping[str, str]) -> str:
    """`text` without what may be a secret: known ones, and what looks like one."""
    for name, value in environ.items():
        if len(value) >= 8 and _SECRET_VARIABLE.search(name):
            text = text.replace(value, _HIDDEN)
    text = _IN_ADDRESS.sub(_HIDDEN, text)
    text = _NAMED.sub(rf"\g<1>{_HIDDEN}", text)
    return _KEY_LIKE.sub(_HIDDEN, text)
