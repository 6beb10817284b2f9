"""What a shell offers for a word: from the person's own files, without asking a server or making anything."""

from __future__ import annotations

import pytest

from tests.support.command_line import CommandLine
from tests.support.saved import make_session

CONFIG = '[agents.coder]\ncommand = "python coder.py"\n\n[profiles.staging]\nbase_url = "https://staging.example"\n'


def offered(cli: CommandLine, *words: str) -> list[str]:
    """The values for the last word, which may be empty."""
    done = cli.run(
        _SUPERSERVE_TUI_COMPLETE="bash_complete",
        COMP_WORDS=" ".join(("superserve-tui", *words)),
        COMP_CWORD=str(len(words)),
    )
    assert (done.status, done.err) == (0, "")
    return [line.partition(",")[2] for line in done.out.splitlines() if line.startswith("plain,")]


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (("sessions", "export", "ab"), ["ab" * 6]),
        (("sessions", "end", "abab", ""), ["ab" * 6, "cd" * 6]),
        (("--plain", "--session", "c"), ["cd" * 6]),
        (("run", "--profile", ""), ["local", "staging", "superserve"]),
        (("run", "co"), ["coder"]),
        (("--agent", ""), ["workspace", "coder"]),
        (("agents", "remove", ""), ["coder"]),
        (("config", "get", "agents.coder.comm"), ["agents.coder.command"]),
    ],
    ids=" ".join,
)
def test_what_is_known_here_completes(cli: CommandLine, words: tuple[str, ...], values: list[str]) -> None:
    cli.write_config(CONFIG)
    if {"export", "end", "--session"} & {*words}:
        cli.save(make_session("newer\x1b[2J", id="ab" * 16, message_count=1))
        cli.save(make_session("older", id="cd" * 16))
    assert sorted(offered(cli, *words)) == sorted(values)


def test_where_nothing_is_saved_nothing_is_offered_or_made(cli: CommandLine) -> None:
    assert offered(cli, "sessions", "show", "") == []
    assert not cli.data.exists()
