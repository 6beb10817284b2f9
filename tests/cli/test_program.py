"""What the first word means, and how every command ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from superserve_tui import __version__
from superserve_tui.cli.commands import program
from tests.support.command_line import CommandLine
from tests.support.saved import make_session, make_turn

COMMANDS = ["run", "agents", "sessions", "serve", "login", "logout", "whoami", "config", "doctor"]


def test_help_names_every_command_and_how_to_complete_them(cli: CommandLine) -> None:
    done = cli.run("--help")
    assert done.status == 0
    for words in (*COMMANDS, "--continue", "--keep", "--plain", "_SUPERSERVE_TUI_COMPLETE=zsh_source", "[SCRIPT]"):
        assert words in done.out


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(cli: CommandLine, command: str) -> None:
    done = cli.run(command, "--help")
    assert done.status == 0
    assert done.out.startswith(f"Usage: superserve-tui {command} ")


def test_every_help_fits_80_columns_and_cuts_no_summary() -> None:
    def walk(command: click.Command, above: click.Context | None, name: str) -> Iterator[str]:
        context = click.Context(command, above, name, **command.context_settings)
        yield command.get_help(context)
        if isinstance(command, click.Group):
            for each in command.list_commands(context):
                child = command.get_command(context, each)
                assert child is not None
                yield from walk(child, context, each)

    pages = list(walk(program, None, "superserve-tui"))
    assert len(pages) > 20
    lines = [line for page in pages for line in page.splitlines()]
    assert [line for line in lines if len(line) > 80] == []
    assert [line for line in lines if line.endswith("...") and "superserve-tui" not in line] == []


@pytest.mark.parametrize("group", ["agents", "sessions", "config"])
def test_a_group_without_a_subcommand_prints_its_help_as_it_is(cli: CommandLine, group: str) -> None:
    done = cli.run(group)
    assert (done.status, done.out) == (2, "")
    assert done.err == cli.run(group, "--help").out


def test_the_version_is_told(cli: CommandLine) -> None:
    assert cli.run("--version").out == f"superserve-tui, version {__version__}\n"


def test_a_mistyped_command_names_the_nearest(cli: CommandLine) -> None:
    cli.run("sesions", "list").failed(2, "neither a command nor a file called sesions", "superserve-tui sessions")


def test_a_mistyped_command_of_a_group_names_the_nearest(cli: CommandLine) -> None:
    cli.run("sessions", "lst").failed(2, "lst", "Did you mean `superserve-tui sessions list`?")


def test_a_mistyped_option_names_the_nearest(cli: CommandLine) -> None:
    cli.run("run", "--titel", "x", "a", "b").failed(2, "--titel", "Did you mean --title?")
    cli.run("--contine").failed(2, "--contine", "Did you mean --continue?")


def test_options_before_a_command_are_explained(cli: CommandLine) -> None:
    cli.run("--profile", "local", "run", "x").failed(2, "superserve-tui run --profile")


def test_a_folder_is_no_script(cli: CommandLine) -> None:
    cli.run(".").failed(2, ". is a folder.")


def test_a_file_named_like_a_command_is_reached_by_its_path(cli: CommandLine) -> None:
    cli.script("run")
    cli.run("run").failed(2, "Missing argument 'AGENT'")
    cli.run("./run").failed(2, "needs a terminal")


def test_without_a_terminal_the_app_names_plain_and_writes_no_escape(cli: CommandLine) -> None:
    cli.run().failed(2, "needs a terminal", "--plain")


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_draw_is_told_of_plain_without_an_escape(cli: CommandLine, term: str) -> None:
    done = cli.run_in_terminal(TERM=term)
    assert done.status == 2
    assert "--plain" in done.out
    assert "\x1b" not in done.out


def test_plain_is_a_conversation_in_a_pipe(cli: CommandLine) -> None:
    script = cli.script()
    done = cli.run("--plain", str(script), text="hello\nagain\n")
    assert (done.status, done.err) == (0, "")
    assert done.out.index("you> hello\n") < done.out.index("agent> echo: hello\nstatus: completed, ")
    assert "you> again\nagent> echo: again\nstatus: completed, " in done.out
    assert done.out.endswith("status: Ending 1 of 1 session\n")


def test_session_and_continue_exclude_each_other(cli: CommandLine) -> None:
    cli.run("--session", "a", "--continue").failed(2, "exclude each other")


def test_a_closed_reader_ends_a_command_quietly(cli: CommandLine) -> None:
    session = make_session("long")
    cli.save(session, *(make_turn(number, "x" * 50_000) for number in range(1, 9)))
    process = cli.start("sessions", "show", session.id)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(1)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(20) == 0


def test_a_closed_stdout_is_no_error(cli: CommandLine) -> None:
    argv = f'exec "{sys.executable}" -P -m superserve_tui sessions list --json >&-'
    done = subprocess.run(
        ["/bin/sh", "-c", argv], env=cli.environ, cwd=cli.folder, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_full_disk_below_the_output_is_told(cli: CommandLine) -> None:
    with open("/dev/full", "wb") as full:
        process = subprocess.run(
            [sys.executable, "-P", "-m", "superserve_tui", "config", "path"],
            env=cli.environ,
            cwd=cli.folder,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert process.returncode == 1
    assert b"Traceback" not in process.stderr
    assert len(process.stderr.splitlines()) == 2


def test_commands_complete_in_a_shell(cli: CommandLine) -> None:
    done = cli.run(_SUPERSERVE_TUI_COMPLETE="bash_complete", COMP_WORDS="superserve-tui se", COMP_CWORD="1")
    assert {"plain,sessions", "plain,serve"} <= set(done.out.split())
    done = cli.run(_SUPERSERVE_TUI_COMPLETE="bash_complete", COMP_WORDS="superserve-tui --co", COMP_CWORD="1")
    assert "plain,--continue" in done.out


def test_the_command_line_loads_nothing_heavy_before_a_command_needs_it() -> None:
    code = (
        "import sys, superserve_tui.cli.program\n"
        "heavy = ('textual', 'rich', 'httpx', 'httpcore', 'starlette', 'uvicorn', 'sqlite3', 'asyncio', 'ssl')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"


def test_on_windows_it_says_so() -> None:
    code = "import sys; sys.platform = 'win32'; from superserve_tui.cli import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "WSL" in done.stderr
