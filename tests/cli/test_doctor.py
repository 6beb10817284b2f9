"""What the doctor finds."""

from __future__ import annotations

from tests.support.command_line import CommandLine
from tests.support.embedded import ScriptedAgent, running_server


def verdicts(out: str) -> dict[str, str]:
    """Subject to verdict; lines that only hint are passed over."""
    return {line.split()[1]: line.split()[0] for line in out.splitlines() if line and not line.startswith(" ")}


def test_a_sound_machine_is_called_sound(cli: CommandLine) -> None:
    done = cli.run("doctor")
    assert done.status == 0
    assert verdicts(done.out) == {
        "version": "ok",
        "terminal": "note",
        "clipboard": "note",
        "config": "ok",
        "keys": "ok",
        "store": "ok",
        "local": "ok",
    }
    assert "1 agent" in done.out


def test_a_terminal_is_described(cli: CommandLine) -> None:
    done = cli.run_in_terminal("doctor", COLUMNS="120", LINES="40")
    assert "xterm-256color, 120x40" in done.out
    assert "OSC 52" in done.out


def test_keys_and_themes_that_can_not_be_are_named_with_their_lines(cli: CommandLine) -> None:
    cli.write_config('theme = "nrod"\n[keys]\n"session.new" = "ctrl+i"\n"session.switch" = "f10"\n')
    done = cli.run("doctor")
    assert done.status == 0
    assert "config.toml:1: theme: there is no such theme; did you mean nord?" in done.out
    assert 'config.toml:3: keys."session.new": ctrl+i arrives as Tab' in done.out
    assert "1 moved; `superserve-tui doctor --keys`" in done.out


def test_keys_can_not_be_tried_without_a_terminal(cli: CommandLine) -> None:
    done = cli.run("doctor", "--keys")
    assert (done.status, done.out) == (2, "")
    assert "no terminal" in done.err


def test_a_profile_out_of_reach_is_bad_and_the_others_are_still_looked_at(cli: CommandLine) -> None:
    cli.write_config('[profiles.staging]\nbase_url = "http://127.0.0.1:9"\napi_key_env = "STAGING_KEY"\n')
    with running_server(ScriptedAgent("hosted")) as server:
        done = cli.run(
            "doctor",
            SUPERSERVE_API_URL=server.url,
            SUPERSERVE_API_KEY=server.token,
            STAGING_KEY="ss_secret_key",
        )
        assert server.token not in done.out
    assert done.status == 1
    found = verdicts(done.out)
    assert (found["superserve"], found["staging"], found["local"]) == ("ok", "bad", "ok")
    assert "ss_secret_key" not in done.out + done.err


def test_a_profile_without_its_key_is_told_which_variable(cli: CommandLine) -> None:
    cli.write_config('[profiles.staging]\nbase_url = "http://127.0.0.1:9"\napi_key_env = "STAGING_KEY"\n')
    done = cli.run("doctor")
    assert "http://127.0.0.1:9: no key: STAGING_KEY is not set\n" in done.out
    assert "Set STAGING_KEY to the key of staging.\n" in done.out
    assert "login" not in done.out


def test_faults_of_the_config_are_listed(cli: CommandLine) -> None:
    cli.write_config("idle_timout = 1\n")
    done = cli.run("doctor")
    assert done.status == 0
    assert "config.toml:1: idle_timout" in done.out
    cli.write_config("a = \n")
    assert cli.run("doctor").status == 1


def test_a_broken_store_is_told_and_moved_aside(cli: CommandLine) -> None:
    cli.data.mkdir()
    (cli.data / "sessions.db").write_bytes(b"no database at all" * 1000)
    done = cli.run("doctor")
    assert done.status == 1
    assert verdicts(done.out)["store"] == "bad"
    assert list(cli.data.glob("sessions.db.corrupt-*"))
