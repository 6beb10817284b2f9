"""`superserve-tui serve`: the embedded server alone.

May import: click, server, wiring, the modules of cli, the standard library.
"""

from __future__ import annotations

from pathlib import Path

import click

from superserve_tui.cli.failures import WRONG_USAGE, Failure
from superserve_tui.cli.shell import Shell

__all__ = ["serve"]


@click.command(short_help="Serve agents on this machine, in the foreground.")
@click.argument("scripts", metavar="[SCRIPT]...", nargs=-1, type=click.Path())
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option(
    "--port", metavar="N", type=click.IntRange(0, 65_535), default=0, help="The port; 0 takes any that is free."
)
@click.option("--token-file", metavar="FILE", type=click.Path(), help="Read the bearer token from this file.")
@click.option("--trust", is_flag=True, help="Say yes to the agent of this folder's superserve.yaml; remembered.")
@click.pass_obj
def serve(
    shell: Shell, *, scripts: tuple[str, ...], host: str, port: int, token_file: str | None, trust: bool
) -> int:
    """Serve agents in the foreground: `workspace`, those of the config file, and each SCRIPT.

    The agent of this folder's superserve.yaml is served too, once you have said yes to it.

    Prints `listening on http://127.0.0.1:PORT` once it takes requests. The bearer token comes from --token-file or
    SUPERSERVE_SERVE_TOKEN; else a fresh one is printed on the next line as `token TOKEN`.

    It listens on this machine only and runs until it is interrupted.
    """
    paths = [Path(script) for script in scripts]
    for path in paths:
        if not path.is_file():
            hint = "Name a file, e.g. agent.py; without one, `workspace` and your own agents are served."
            raise Failure(f"There is no file {path}.", hint, status=WRONG_USAGE)
    shell.tell_notices()
    trusted = shell.trust_project() if trust else ()

    from superserve_tui.server.foreground import ServeOptions
    from superserve_tui.server.foreground import serve as serve_in_foreground
    from superserve_tui.server.options import ServerOptions
    from superserve_tui.wiring.trust import TrustedFolder

    options = ServeOptions(
        server=ServerOptions(
            folder=Path.cwd(),
            agents=tuple(shell.loaded.config.agents.values()),
            scripts=tuple(path.absolute() for path in paths),
            trusted_projects=tuple({*trusted, *TrustedFolder(shell.paths).keys()}),
        ),
        host=host,
        port=port,
        token_file=None if token_file is None else Path(token_file),
        environ=shell.environ,
    )
    try:
        return serve_in_foreground(options)
    except ValueError as error:
        raise Failure(f"{error}.", "Leave --host out, or use 127.0.0.1.", status=WRONG_USAGE) from None
    except OSError as error:
        name = f"{error.filename}: " if isinstance(error.filename, str) else f"{host}:{port}: "
        raise Failure(
            f"{name}{error.strerror or error}", "Choose another --port, or mend the token file."
        ) from None
