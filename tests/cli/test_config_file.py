"""The config file on the command line."""

from __future__ import annotations

import pytest

from tests.support.command_line import CommandLine


def test_the_path_is_told_whether_the_file_is_there_or_not(cli: CommandLine) -> None:
    assert cli.run("config", "path").out == f"{cli.config_file}\n"


def test_a_value_that_was_set_is_shown_and_got(cli: CommandLine) -> None:
    done = cli.run("config", "set", "notify.bell", "no")
    assert (done.status, done.out, done.err) == (0, f"notify.bell = false in {cli.config_file}\n", "")
    assert cli.run("config", "get", "notify.bell").out == "false\n"
    assert cli.run("config", "get", "idle_timeout").out == "1740\n"
    assert cli.run("config", "get", "on_quit").out == "end\n"
    assert cli.run("config", "get", "notify").out == "{ bell = false, osc = true, title = true }\n"
    shown = cli.run("config", "show").out.splitlines()
    assert "notify.bell = false" in shown
    assert "# theme is not set" in shown


def test_an_unset_key_fails_as_a_key_that_there_is(cli: CommandLine) -> None:
    cli.run("config", "get", "theme").failed(1, "theme is not set")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("get", "thme"), "the nearest is theme"),
        (("get", "agents.nobody"), "agents.nobody is not set"),
        (("set", "thme", "x"), "the nearest is theme"),
        (("set", "idle_timeout", "soon"), "a whole number"),
        (("set", "theme"), "Missing argument 'VALUE'"),
        (("set", "theme", "nrod"), "there is no theme nrod; the nearest is nord.\nThere are: "),
        (("set", "keys.session.nwe", "f4"), "there is no such action; did you mean session.new?"),
        (("set", "keys.session.new", "ctrl+i"), "ctrl+i arrives as Tab"),
    ],
)
def test_wrong_keys_and_values_are_named(cli: CommandLine, arguments: tuple[str, ...], words: str) -> None:
    cli.run("config", *arguments).failed(2, words)
    assert not cli.config_file.exists()


def test_a_key_is_set_and_taken_out_again_and_both_is_said(cli: CommandLine) -> None:
    assert cli.run("config", "set", "keys.session.new", "ctrl+e").out.startswith('keys.session.new = "ctrl+e" in ')
    assert cli.run("config", "get", "keys.session.new").out == "ctrl+e\n"
    assert (
        cli.run("config", "set", "keys.session.new", "").out == f"Took keys.session.new out of {cli.config_file}\n"
    )
    assert "default stays" not in cli.run("config", "set", "keys.session.new", "ctrl+1").err


def test_an_agent_that_nobody_has_yet_is_set_with_a_warning(cli: CommandLine) -> None:
    cli.run("agents", "add", "coder", "--command", "python3 x.py")
    done = cli.run("config", "set", "default_agent", "codr")
    assert (done.status, 'default_agent = "codr"' in done.out) == (0, True)
    assert done.err.startswith("No agent on this machine is called codr; did you mean coder?")
    for name in ("coder", "workspace"):
        assert cli.run("config", "set", "default_agent", name).err == ""


def test_faults_in_the_file_are_named_beside_what_counts(cli: CommandLine) -> None:
    cli.write_config('idle_timout = 1\non_quit = "maybe"\n')
    done = cli.run("config", "show")
    assert done.status == 0
    assert 'on_quit = "end"' in done.out
    assert f"{cli.config_file}:1: idle_timout: unknown key, ignored; did you mean idle_timeout?" in done.err
    assert f"{cli.config_file}:2: on_quit: must be end, keep or ask" in done.err


@pytest.mark.parametrize("arguments", [("show",), ("get", "theme"), ("set", "theme", "x")])
def test_a_file_that_cannot_be_read_fails_with_its_line(cli: CommandLine, arguments: tuple[str, ...]) -> None:
    cli.write_config("a = 1\ntheme = \n")
    cli.run("config", *arguments).failed(2, "config.toml:2: is not TOML")
    assert cli.config_file.read_text() == "a = 1\ntheme = \n"


def test_lost_comments_are_told_and_kept_beside(cli: CommandLine) -> None:
    cli.write_config("# mine\n")
    done = cli.run("config", "set", "theme", "nord")
    assert "comments are only in" in done.err
    assert (cli.config_file.parent / "config.toml.bak").read_text() == "# mine\n"


def test_show_prints_no_secret(cli: CommandLine) -> None:
    cli.write_config(
        'api_key = "plain-secret-1"\n'
        '[profiles.a]\nbase_url = "https://me:plain-secret-2@host.example"\napi_key_env = "MY_KEY"\n'
        '[agents.a]\ncommand = "run --api-key plain-secret-3 --token=plain-secret-4"\n'
        '[agents.b]\ncommand = "run sk-abcdefghijklmnop ss_abcdefghijklmnop plain-secret-5"\n'
    )
    done = cli.run("config", "show", MY_API_KEY="plain-secret-5")
    assert 'api_key_env = "MY_KEY"' in done.out
    for secret in ("plain-secret", "sk-abc", "ss_abc"):
        assert secret not in done.out + done.err
