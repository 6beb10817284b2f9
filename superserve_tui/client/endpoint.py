"""A service's address: parsed, checked, and the way to it (direct, or a proxy of the environment).

May import: the standard library, protocol.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote, urlencode, urlsplit

from superserve_tui.protocol import NotConnectedError
from superserve_tui.protocol.records import dataclass

__all__ = ["Endpoint", "Proxy", "is_loopback", "proxy_for"]

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A base URL in parts."""

    scheme: str
    """`http` or `https`."""
    host: str
    """Lower case, without brackets; international names in their ASCII form."""
    port: int
    prefix: str = ""
    """The path before `/v1`, without a slash at its end."""

    @classmethod
    def parse(cls, base_url: str) -> Endpoint:
        """Read a base URL; a slash at its end is dropped.

        Raises:
            NotConnectedError: it is no http or https address.
        """
        try:
            parts = urlsplit(base_url.strip())
            scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
            if not host.isascii():
                host = host.encode("idna").decode("ascii")
        except ValueError:
            raise NotConnectedError("the address of the service is not a URL") from None
        if scheme not in _DEFAULT_PORTS or not host or not _is_plain(host):
            raise NotConnectedError("the address of the service must be http://HOST or https://HOST")
        if parts.username is not None:
            raise NotConnectedError("the address of the service must not hold a name or password")
        prefix = quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~-._")
        return cls(scheme, host, _DEFAULT_PORTS[scheme] if port is None else port, prefix)

    @property
    def authority(self) -> str:
        """Host and port as the `Host` header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The base URL, normalised."""
        return f"{self.scheme}://{self.authority}{self.prefix}"

    def target(self, segments: Sequence[str], query: Mapping[str, str | int] | None = None) -> str:
        """The path and query of a request; every segment is percent-encoded."""
        path = "/".join(_encode_segment(segment) for segment in segments)
        return f"{self.prefix}/v1/{path}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")

    def refuse_plain_http(self) -> None:
        """Raises `NotConnectedError` where the token would cross a network in the clear (PROMISES 6)."""
        if self.scheme == "http" and not is_loopback(self.host):
            raise NotConnectedError(
                f"plain http to {self.authority} is refused: the key would travel unprotected; "
                "use https, or allow_insecure for this address"
            )


@dataclass(frozen=True, slots=True)
class Proxy:
    """An http or https proxy."""

    endpoint: Endpoint
    auth: tuple[bytes, bytes] | None
    """Name and password."""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name: nothing is resolved."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host == "localhost"
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def proxy_for(endpoint: Endpoint) -> Proxy | None:
    """The environment's proxy for an address; never one for loopback.

    Raises:
        NotConnectedError: the environment names a proxy that can't be used.
    """
    if is_loopback(endpoint.host):
        return None
    import urllib.request  # loads http.client and email: 40 ms that a local server need not wait for

    proxies = urllib.request.getproxies()
    address = proxies.get(endpoint.scheme) or proxies.get("all")
    if not address or urllib.request.proxy_bypass(f"{endpoint.host}:{endpoint.port}"):
        return None
    if "://" not in address:
        address = f"http://{address}"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in _DEFAULT_PORTS:
        raise NotConnectedError("the proxy that the environment names is neither http:// nor https://")
    auth = None
    if parts.username is not None:
        auth = unquote(parts.username).encode(), unquote(parts.password or "").encode()
    return Proxy(Endpoint(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme]), auth)


def _encode_segment(segment: str) -> str:
    """`quote` leaves dots alone, but `.` and `..` would walk the path."""
    if segment in (".", ".."):
        return segment.replace(".", "%2E")
    return quote(segment.encode("utf-8", "replace"), safe="")


def _is_plain(host: str) -> bool:
    return all("\x20" < sign < "\x7f" and sign not in '\\"<>^`{|}' for sign in host)
