"""Addresses: what is taken, what is refused before a packet leaves, and the way there."""

from __future__ import annotations

import socket

import pytest

from superserve_tui.client import Client
from superserve_tui.client.endpoint import Endpoint, is_loopback, proxy_for
from superserve_tui.protocol import NotConnectedError
from tests.support.fault_server import FaultServer, answer, completed
from tests.support.service_script import MESSAGES, SESSION_ID, script_service


@pytest.mark.parametrize(
    ("address", "url", "target"),
    [
        ("https://api.superserve.ai/", "https://api.superserve.ai", "/v1/agents"),
        ("HTTPS://API.superserve.ai:443", "https://api.superserve.ai", "/v1/agents"),
        ("http://localhost:8000/some/path/", "http://localhost:8000/some/path", "/some/path/v1/agents"),
        ("http://[::1]:80", "http://[::1]", "/v1/agents"),
        ("http://[::1]:8080", "http://[::1]:8080", "/v1/agents"),
        ("https://b\u00fccher.example", "https://xn--bcher-kva.example", "/v1/agents"),
    ],
)
def test_an_address_is_normalised(address: str, url: str, target: str) -> None:
    endpoint = Endpoint.parse(address)
    assert endpoint.url == url
    assert endpoint.target(["agents"]) == target


@pytest.mark.parametrize(
    "address",
    [
        "api.superserve.ai",
        "ftp://host",
        "https://",
        "https://host:99999",
        "https://host:x",
        "http://[::1",
        "https://user:secret@host",
        "https://ho st",
        "https://host\r\nX: y",
        "https://" + "a" * 70 + "\u00fc.example",
        "file:///etc/passwd",
        "",
    ],
)
def test_what_is_no_web_address_is_refused(address: str) -> None:
    with pytest.raises(NotConnectedError) as caught:
        Endpoint.parse(address)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["localhost.example", "10.0.0.1", "0.0.0.0", "::", "example.org", "127.1", "127.0.0.1.example", ""]
)
def test_other_machines(host: str) -> None:
    assert not is_loopback(host)


def test_plain_http_is_refused_before_anything_is_resolved() -> None:
    def resolver(host: str, port: int) -> list[tuple[socket.AddressFamily, object]]:
        raise AssertionError("a name was resolved")

    with Client(api_key="k", base_url="http://api.example", resolver=resolver) as client:
        with pytest.raises(NotConnectedError, match=r"plain http to api\.example is refused"):
            client.agents.list()
        with pytest.raises(NotConnectedError, match="unprotected"):
            client.session(SESSION_ID).run("x")


def test_plain_http_is_allowed_where_the_person_says_so(server: FaultServer) -> None:
    def resolver(host: str, port: int) -> list[tuple[socket.AddressFamily, object]]:
        return [(socket.AF_INET, ("127.0.0.1", server.port))]

    with Client(
        api_key="k", base_url=f"http://api.example:{server.port}", allow_insecure=True, resolver=resolver
    ) as client:
        assert client.agents.list()[0].name == "my-agent"
    assert server.requests[0].headers["host"] == f"api.example:{server.port}"


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9"])
def test_loopback_never_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch, base_url: str) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://proxy.example:3128")
    assert proxy_for(Endpoint.parse(base_url)) is None


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({"HTTPS_PROXY": "http://proxy.example:3128"}, "http://proxy.example:3128"),
        ({"https_proxy": "proxy.example:3128"}, "http://proxy.example:3128"),
        ({"ALL_PROXY": "https://proxy.example"}, "https://proxy.example"),
        ({"HTTP_PROXY": "http://proxy.example"}, None),
        ({"HTTPS_PROXY": "http://proxy.example", "NO_PROXY": "api.example"}, None),
        ({"HTTPS_PROXY": "http://proxy.example", "NO_PROXY": ".example"}, None),
        ({"HTTPS_PROXY": "http://proxy.example", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": ""}, None),
    ],
)
def test_the_proxies_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    proxy = proxy_for(Endpoint.parse("https://api.example"))
    assert (None if proxy is None else proxy.endpoint.url) == url


@pytest.mark.parametrize("address", ["socks5://proxy.example:1080", "http://", "http://[bad"])
def test_a_proxy_that_can_not_be_used_is_named(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(NotConnectedError, match="proxy"):
        proxy_for(Endpoint.parse("https://api.example"))


def test_requests_and_streams_go_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer() as proxy:
        script_service(proxy)
        base = "http://api.example"
        proxy.on("GET", ".*/v1/agents", answer(200, {"agents": []}))
        proxy.on("POST", f".*{MESSAGES}", lambda exchange: exchange.events(completed()))
        monkeypatch.setenv("HTTP_PROXY", f"http://name:pass%20word@127.0.0.1:{proxy.port}")
        with Client(api_key="k", base_url=base, allow_insecure=True) as client:
            assert client.agents.list() == []
            client.session(SESSION_ID).run("x")
        assert [request.target for request in proxy.requests] == [
            f"{base}:80/v1/agents?limit=100",
            f"{base}:80{MESSAGES}",
        ]
        assert proxy.requests[0].headers["proxy-authorization"] == "Basic bmFtZTpwYXNzIHdvcmQ="
        assert proxy.requests[0].headers["host"] == "api.example"
