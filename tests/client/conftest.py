"""A scripted service and a client of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from superserve_tui.client import Client, Session
from tests.support.fault_server import FaultServer
from tests.support.manual_timing import ManualTiming
from tests.support.service_script import SESSION_ID, script_service


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key, address, proxy or home of the machine that runs the tests."""
    for name in ("SUPERSERVE_API_KEY", "SUPERSERVE_API_URL", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as started:
        script_service(started)
        yield started


@pytest.fixture
def timing() -> ManualTiming:
    return ManualTiming()


@pytest.fixture
def client(server: FaultServer, timing: ManualTiming) -> Iterator[Client]:
    with Client(api_key="ss_secret", base_url=server.url, timing=timing) as made:
        yield made


@pytest.fixture
def session(client: Client) -> Session:
    """A handle that has asked for nothing yet."""
    return client.session(SESSION_ID)
