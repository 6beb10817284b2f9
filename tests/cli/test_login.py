"""Logging in and out; the key is never shown."""

from __future__ import annotations

import json
import stat

import pytest

from tests.support.command_line import CommandLine
from tests.support.fault_server import FaultServer, answer

KEY = "ss_a_very_secret_key"


def test_a_key_from_standard_input_is_checked_and_saved_for_this_person(cli: CommandLine) -> None:
    with FaultServer() as faults:
        faults.on("GET", "/v1/auth/validate", answer(200, {"valid": True, "user": None}))
        done = cli.run("login", "--api-key-stdin", text=f"{KEY}\n", SUPERSERVE_API_URL=faults.url)
        (asked,) = faults.requests
    assert done.status == 0
    assert KEY not in done.out + done.err
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert json.loads(cli.auth_file.read_text()) == {"token": KEY}
    assert stat.S_IMODE(cli.auth_file.stat().st_mode) == 0o600


@pytest.mark.parametrize(("status", "body"), [(200, {"valid": False}), (401, {"detail": "no"})])
def test_a_key_that_is_not_accepted_is_not_saved(cli: CommandLine, status: int, body: dict[str, object]) -> None:
    with FaultServer() as faults:
        faults.on("GET", "/v1/auth/validate", answer(status, body))
        cli.run("login", "--api-key-stdin", text=KEY, SUPERSERVE_API_URL=faults.url).failed(1, "does not accept")
    assert not cli.auth_file.exists()


def test_a_key_that_no_header_may_carry_is_refused_unshown(cli: CommandLine) -> None:
    done = cli.run("login", "--api-key-stdin", text="ss_bad\x07key", SUPERSERVE_API_URL="http://127.0.0.1:9")
    done.failed(1, "standard input", "control characters")
    assert "bad" not in done.err


def test_a_key_is_never_taken_from_a_terminal(cli: CommandLine) -> None:
    assert "Standard input is a terminal." in cli.run_in_terminal("login", "--api-key-stdin").out


def test_the_code_is_shown_and_the_token_saved_once_confirmed(cli: CommandLine) -> None:
    code = {
        "device_code": "dc_secret",
        "user_code": "ABCD-\x1b[1mEFGH",
        "verification_uri": "https://example.com/device",
        "expires_in": 60,
        "interval": 1,
    }
    with FaultServer() as faults:
        faults.on("POST", "/v1/auth/device-code", answer(200, code))
        faults.on(
            *("POST", "/v1/auth/device-token"),
            answer(428, {"error": "authorization_pending"}),
            answer(200, {"access_token": KEY, "refresh_token": "r"}),
        )
        done = cli.run_in_terminal("login", SUPERSERVE_API_URL=faults.url)
    assert done.status == 0
    assert "https://example.com/device" in done.out
    assert "ABCD-EFGH" in done.out
    assert KEY not in done.out
    assert "dc_secret" not in done.out
    assert json.loads(cli.auth_file.read_text()) == {"token": KEY, "refresh_token": "r"}


def test_a_refused_login_saves_nothing(cli: CommandLine) -> None:
    code = {"device_code": "d", "user_code": "c", "verification_uri": "https://example.com", "interval": 1}
    with FaultServer() as faults:
        faults.on("POST", "/v1/auth/device-code", answer(200, code))
        faults.on("POST", "/v1/auth/device-token", answer(403, {"error": "access_denied"}))
        done = cli.run("login", SUPERSERVE_API_URL=faults.url)
    assert done.status == 1
    assert "Not logged in: the login was refused" in done.err
    assert not cli.auth_file.exists()


def test_a_service_without_a_login_by_code_names_the_other_way(cli: CommandLine) -> None:
    with FaultServer() as faults:
        faults.on("POST", "/v1/auth/device-code", answer(404, {"detail": "no"}))
        cli.run("login", SUPERSERVE_API_URL=faults.url).failed(1, "no login by code", "--api-key-stdin")


def test_logout_forgets_the_key(cli: CommandLine) -> None:
    cli.auth_file.parent.mkdir()
    cli.auth_file.write_text(json.dumps({"token": KEY}))
    assert cli.run("logout").out == "Logged out.\n"
    assert not cli.auth_file.exists()
    again = cli.run("logout", SUPERSERVE_API_KEY=KEY)
    assert (again.status, again.out) == (0, "There was no key to forget.\n")
    assert "SUPERSERVE_API_KEY is set" in again.err
    assert KEY not in again.err


def test_whoami_says_who_and_whence_the_key_is(cli: CommandLine) -> None:
    with FaultServer() as faults:
        faults.on(
            "GET", "/v1/auth/me", answer(200, {"id": "u", "email": "a@example.com", "full_name": "A\x1b[1m B"})
        )
        done = cli.run("whoami", SUPERSERVE_API_URL=faults.url, SUPERSERVE_API_KEY=KEY)
        assert done.out.endswith(f"<a@example.com> at {faults.url}, with the key from SUPERSERVE_API_KEY\n")
        cli.auth_file.parent.mkdir()
        cli.auth_file.write_text(json.dumps({"token": KEY}))
        done = cli.run("whoami", SUPERSERVE_API_URL=faults.url)
        assert done.out.endswith(f"with the key from {cli.auth_file}\n")
    assert KEY not in done.out


def test_whoami_without_a_key_says_how_to_get_one(cli: CommandLine) -> None:
    cli.run("whoami").failed(1, "Not logged in", "superserve-tui login")


def test_whoami_with_a_wrong_key_names_its_source(cli: CommandLine) -> None:
    with FaultServer() as faults:
        faults.on("GET", "/v1/auth/me", answer(401, {"detail": "who?"}))
        done = cli.run("whoami", SUPERSERVE_API_URL=faults.url, SUPERSERVE_API_KEY=KEY)
    done.failed(1, "the key from SUPERSERVE_API_KEY: who?")
    assert KEY not in done.err
