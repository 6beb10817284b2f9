"""Logging in from inside the app, against a server that has the device flow."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from superserve_tui.config import Config, Paths, ProfileConfig
from superserve_tui.protocol import AuthenticationError, SuperserveError
from superserve_tui.wiring import ServerBackends
from superserve_tui.wiring.login import DeviceFlow, login_flow
from tests.support.fault_server import Exchange, FaultServer, answer, wait_for

CODE = {
    "device_code": "secret",
    "user_code": "ABCD-EFGH",
    "verification_uri": "https://log.in/here",
    "interval": 1,
    "expires_in": 60,
}


@pytest.fixture(autouse=True)
def no_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test here comes near a person's own files."""
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        server.on("POST", "/v1/auth/device-code", answer(200, CODE))
        yield server


def _paths(root: Path) -> Paths:
    return Paths(root / "config.toml", root / "data", root / ".superserve" / "auth.json")


def _flow(server: FaultServer, root: Path, **environ: str) -> DeviceFlow | None:
    environ |= {"SUPERSERVE_API_URL": server.url}
    config = Config(profiles={"other": ProfileConfig(server.url, "OTHER_KEY")})
    paths = _paths(root)
    paths.auth_file.parent.mkdir(parents=True, exist_ok=True)
    if not paths.auth_file.exists():
        paths.auth_file.write_text('{"token": "ss_old", "colour": "red"}')
    return login_flow("superserve", config=config, paths=paths, environ=environ)


def test_a_login_saves_the_key_and_the_next_request_has_it(server: FaultServer, tmp_path: Path) -> None:
    server.on(
        "POST",
        "/v1/auth/device-token",
        answer(428, {"error": "authorization_pending"}),
        answer(200, {"access_token": "ss_new"}),
    )
    keys: list[str] = []

    def agents(exchange: Exchange) -> None:
        keys.append(exchange.request.headers["authorization"])
        exchange.json(200, {"agents": []})

    server.on("GET", "/v1/agents", agents)
    flow = _flow(server, tmp_path)
    assert flow is not None
    backends = ServerBackends(Config(), _paths(tmp_path), environ={"SUPERSERVE_API_URL": server.url})
    try:
        backends.service("superserve").list_agents()
        code = flow.start()
        assert (code.address, code.code) == ("https://log.in/here", "ABCD-EFGH")
        said = flow.wait()
        backends.service("superserve").list_agents()
    finally:
        flow.stop()
        backends.stop()
    auth_file = _paths(tmp_path).auth_file
    assert str(auth_file) in said
    assert "ss_new" not in said
    assert keys == ["Bearer ss_old", "Bearer ss_new"]
    assert stat.S_IMODE(auth_file.stat().st_mode) == 0o600
    assert '"colour"' in auth_file.read_text()


def test_a_login_that_is_given_up_ends_at_once_and_saves_nothing(server: FaultServer, tmp_path: Path) -> None:
    server.on("POST", "/v1/auth/device-token", answer(428, {"error": "authorization_pending"}))
    flow = _flow(server, tmp_path)
    assert flow is not None
    before = _paths(tmp_path).auth_file.read_text()
    flow.start()
    errors: list[SuperserveError] = []

    def wait() -> None:
        try:
            flow.wait()
        except SuperserveError as error:
            errors.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    wait_for(lambda: server.sent_to("/v1/auth/device-token"))
    flow.stop()
    thread.join(2)
    assert not thread.is_alive()
    assert isinstance(errors[0], AuthenticationError)
    assert _paths(tmp_path).auth_file.read_text() == before


def test_one_that_was_given_up_before_it_began_asks_for_nothing(server: FaultServer, tmp_path: Path) -> None:
    flow = _flow(server, tmp_path)
    assert flow is not None
    flow.stop()
    with pytest.raises(AuthenticationError):
        flow.start()
    flow.stop()
    assert server.requests == []


def test_there_is_no_login_where_it_would_not_help(server: FaultServer, tmp_path: Path) -> None:
    assert _flow(server, tmp_path, SUPERSERVE_API_KEY="ss_x") is None
    config = Config(profiles={"other": ProfileConfig(server.url, "OTHER_KEY")})
    for name in ("local", "other", "nowhere"):
        assert login_flow(name, config=config, paths=_paths(tmp_path), environ={}) is None
