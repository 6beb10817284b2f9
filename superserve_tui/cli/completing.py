"""What a shell offers for a word that is a session, an agent, a profile or a key of the config file.

No server is asked and no folder made; where something can't be read, nothing is offered.

May import: click, store, config, domain, protocol, the modules of cli.
"""

from __future__ import annotations

from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem

from superserve_tui.cli.failures import Failure
from superserve_tui.cli.shell import Shell
from superserve_tui.config import HOSTED_PROFILE, LOCAL_PROFILE, items
from superserve_tui.domain import clean_line
from superserve_tui.protocol import short_id

__all__ = ["agents", "agents_and_scripts", "own_agents", "profiles", "saved_sessions", "settings"]

_BUILT_IN = "workspace"
_TITLE_CHARS = 60


def saved_sessions(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids, the newest activity first, each with its title where the shell shows that."""
    shell = ctx.ensure_object(Shell)
    if not shell.paths.database.exists():
        return []
    try:
        with shell.store() as store:
            found = store.sessions().result()
    except Failure:
        return []
    return [
        CompletionItem(name, help=clean_line(session.title or session.agent, limit=_TITLE_CHARS))
        for session in found
        if (name := short_id(session.id)).startswith(incomplete)
    ]


def agents(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The agents of this machine."""
    return _beginning([_BUILT_IN, *ctx.ensure_object(Shell).loaded.config.agents], incomplete)


def agents_and_scripts(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The agents of this machine, and files."""
    return [*agents(ctx, param, incomplete), CompletionItem(incomplete, type="file")]


def own_agents(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The agents of the config file."""
    return _beginning(ctx.ensure_object(Shell).loaded.config.agents, incomplete)


def profiles(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The profile that is always there, those of the config file, and the hosted one."""
    names = [LOCAL_PROFILE, *ctx.ensure_object(Shell).loaded.config.profiles, HOSTED_PROFILE]
    return _beginning(dict.fromkeys(names), incomplete)


def settings(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Keys of the config file."""
    return _beginning((key for key, _ in items(ctx.ensure_object(Shell).loaded.config)), incomplete)


def _beginning(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
