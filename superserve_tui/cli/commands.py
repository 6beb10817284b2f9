"""The commands, and what the first word means.

May import: click, the modules of cli, the standard library.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from superserve_tui import __version__
from superserve_tui.cli.app import open_app
from superserve_tui.cli.failures import WRONG_USAGE, Failure
from superserve_tui.cli.shell import Shell
from superserve_tui.config import nearest

__all__ = ["COMMANDS", "complete", "invoke"]

COMMANDS = {
    "run": "run",
    "agents": "agents",
    "sessions": "sessions",
    "serve": "serve",
    "login": "login",
    "logout": "login",
    "whoami": "login",
    "config": "config_file",
    "doctor": "doctor",
}
"""The commands in the order of use, each with its module here, which is loaded when the command is used."""

_NAME = "superserve-tui"
_WORDS = f"{__name__}.words"
"""Where a context keeps the words that it was made from."""

_INTRO = """\
Many conversations with AI agents at once, in one terminal. Without a command it opens the app; the sessions of
every agent stand side by side, each with its own transcript, and go on while you look at another.

With SCRIPT, a program that reads a line and prints an answer, that program is an agent here, selected for the
first session."""

_EPILOG = """\
\b
Examples:
  superserve-tui                              open the app
  superserve-tui agent.py                     open it with your script as agent
  superserve-tui run workspace "What is in this folder?"
  git diff | superserve-tui run reviewer -    one turn in a pipe
  superserve-tui sessions search "time zone"  find what was said

\b
A first word that is a command is the command; write ./run for a file of that
name.

\b
Completion of commands, options, sessions, agents and settings in your shell;
the line belongs into ~/.bashrc, ~/.zshrc or config.fish:
  bash  eval "$(_SUPERSERVE_TUI_COMPLETE=bash_source superserve-tui)"
  zsh   eval "$(_SUPERSERVE_TUI_COMPLETE=zsh_source superserve-tui)"
  fish  _SUPERSERVE_TUI_COMPLETE=fish_source superserve-tui | source

\b
Environment:
  SUPERSERVE_API_KEY, SUPERSERVE_API_URL  key and address of the profile
                                          `superserve`
  SUPERSERVE_TUI_CONFIG                   the config file
  SUPERSERVE_TUI_DATA                     the folder of everything saved
  NO_COLOR                                no colour

\b
Exit status: 0 done, 1 the run or the request failed, 2 wrong usage,
130 interrupted, 128+n ended by signal n."""


class Program(click.Group):
    """The commands; a first word that is none of them is a script for the app."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """In the order of use, not of the alphabet."""
        return list(COMMANDS)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Hand what names no command to the app."""
        ctx.meta[_WORDS] = list(args)
        before, command = self._split(args)
        if command is None and not ctx.resilient_parsing and not _asks_about_program(args):
            args = [open_app.name or "", *args]
        elif command is None and not ctx.resilient_parsing:
            args = ["--version" if "--version" in args else "--help"]
        elif command is not None and before and not _asks_about_program(before):
            raise click.UsageError(f"Options of a command stand after it: {_NAME} {command} {before[0]} ...", ctx)
        return super().parse_args(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command; the app's own has a name that nobody can type."""
        if cmd_name == open_app.name:
            return open_app
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module(f"superserve_tui.cli.{COMMANDS[cmd_name]}"), cmd_name)
        return command

    def format_usage(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Two lines, one for each way to call it."""
        formatter.write(f"Usage: {_NAME} [OPTIONS] [SCRIPT]\n       {_NAME} COMMAND [ARGS]...\n")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The app's options stand beside our own."""
        mine = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        theirs = [param for param in open_app.params if isinstance(param, click.Option)]
        rows = [row for param in (*theirs, *mine) if (row := param.get_help_record(ctx)) is not None]
        with formatter.section("Options"):
            formatter.write_dl(rows)
        self.format_commands(ctx, formatter)

    def format_epilog(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As it stands."""
        formatter.write_paragraph()
        for paragraph in _EPILOG.split("\n\n"):
            formatter.write(paragraph.removeprefix("\b\n") + "\n\n")

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Commands, the app's options and what may follow those, and files."""
        app = click.Context(open_app, info_name=open_app.name, parent=ctx, resilient_parsing=True)
        last = ctx.meta.get(_WORDS, [""])[-1:]
        for param in open_app.params:
            if isinstance(param, click.Option) and not param.is_flag and {*last} & {*param.opts}:
                return param.shell_complete(app, incomplete)
        return [*super().shell_complete(ctx, incomplete), *open_app.shell_complete(app, incomplete)]

    def _split(self, args: Sequence[str]) -> tuple[Sequence[str], str | None]:
        """What stands before the first word, and that word where it is a command."""
        takes_value = {
            name
            for param in open_app.params
            if isinstance(param, click.Option) and not param.is_flag
            for name in param.opts
        }
        is_value = False
        for index, word in enumerate(args):
            if is_value:
                is_value = False
            elif word in takes_value:
                is_value = True
            elif word == "--":
                break
            elif not word.startswith("-") or word == "-":
                return args[:index], word if word in COMMANDS else None
        return args, None


def _asks_about_program(args: Sequence[str]) -> bool:
    """Whether help or the version is what is wanted."""
    words = args[: args.index("--")] if "--" in args else args
    return any(word in ("--help", "-h", "--version") for word in words)


@click.group(
    cls=Program,
    name=_NAME,
    help=_INTRO,
    context_settings={"help_option_names": ["--help", "-h"]},
)
@click.version_option(__version__, prog_name=_NAME, help="Show the version and exit.")
def program() -> None:
    """Everything stands in the commands."""


def invoke(arguments: list[str], shell: Shell) -> int:
    """Run the command that the arguments name; returns the exit status.

    Raises:
        Failure: they name none, or the command can't do it.
        KeyboardInterrupt: it was interrupted.
    """
    try:
        with program.make_context(_NAME, arguments, obj=shell) as context:
            status = program.invoke(context)
            return status if isinstance(status, int) else 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        shell.console.help(error.format_message())
        return WRONG_USAGE
    except click.UsageError as error:
        raise Failure(_usage_words(error), _usage_hint(error), status=WRONG_USAGE) from error
    except click.Abort:
        raise KeyboardInterrupt from None


def complete(variable: str, shell: Shell) -> None:
    """Answer the person's shell, which asks by that variable how a line can go on, and exit."""
    program.main(prog_name=_NAME, complete_var=variable, obj=shell)


def _usage_words(error: click.UsageError) -> str:
    """click's message on one line, without its guesses: those stand in the hint."""
    words = " ".join(error.format_message().split()).partition(" Did you mean")[0]
    return words.partition(" (Possible options")[0]


def _usage_hint(error: click.UsageError) -> str:
    """The nearest word where one was mistyped, else where help is."""
    if error.ctx is None:
        return f"`{_NAME} --help` explains it."
    command = error.ctx.command
    path = error.ctx.command_path.removesuffix(f" {open_app.name}")
    if isinstance(error, click.NoSuchOption):
        known = [name for param in command.params if isinstance(param, click.Option) for name in param.opts]
        near = nearest(error.option_name, known)
        return (
            f"Did you mean {near}? `{path} --help` lists the options." if near else f"`{path} --help` lists them."
        )
    if isinstance(command, click.Group) and "'" in error.message:
        near = nearest(error.message.split("'")[1], command.list_commands(error.ctx))
        if near is not None:
            return f"Did you mean `{path} {near}`? `{path} --help` lists the commands."
    return f"`{path} --help` explains it."
