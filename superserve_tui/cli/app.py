"""`superserve-tui [SCRIPT]`: the options of the app.

May import: click, the modules of cli, the standard library.
"""

from __future__ import annotations

from typing import Any

import click

from superserve_tui.cli import completing, opening
from superserve_tui.cli.shell import Shell

__all__ = ["open_app"]


@click.command("(app)")
@click.argument("scripts", metavar="[SCRIPT]", nargs=-1, type=click.Path())
@click.option(
    "--agent", metavar="NAME", shell_complete=completing.agents, help="Start new sessions with this agent."
)
@click.option(
    "--profile",
    metavar="NAME",
    shell_complete=completing.profiles,
    help="Start new sessions on this profile's server.",
)
@click.option("--session", metavar="ID", shell_complete=completing.saved_sessions, help="Open this saved session.")
@click.option("--continue", "is_continue", is_flag=True, help="Open the latest session.")
@click.option("--title", metavar="TITLE", help="Title for the first session that is started.")
@click.option(
    "--idle-timeout",
    metavar="SECONDS",
    type=click.IntRange(min=1),
    help="Idle seconds after which new sessions end.",
)
@click.option("--keep", is_flag=True, help="Leave the sessions on their servers at quit.")
@click.option("--trust", is_flag=True, help="Say yes to the agent of this folder's superserve.yaml; remembered.")
@click.option(
    "--plain", is_flag=True, help="Lines instead of a screen, for screen readers, logs, pipes and dumb terminals."
)
@click.pass_obj
def open_app(shell: Shell, /, **given: Any) -> int:
    """Open the app."""
    return opening.open_app(shell, **given)
