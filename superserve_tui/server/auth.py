"""Who may ask: the bearer of this start's token, on this machine, and no web page (PROMISES 29).

May import: protocol, the standard library.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from superserve_tui.protocol import AuthenticationError, PermissionDeniedError

__all__ = ["LOOPBACK_HOSTS", "check_request"]

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
"""The addresses that the server binds and answers to."""


def check_request(headers: Iterable[tuple[bytes, bytes]], *, port: int, token: str) -> None:
    """Let a request pass or raise.

    A page in a browser reaches loopback too: by its own origin, or by a name that its owner points at
    127.0.0.1 (DNS rebinding). So both headers must name this server.

    Args:
        headers: Names in lower case, as ASGI has them.
        port: The port that the server listens on.
        token: The token that the caller must bear.

    Raises:
        PermissionDeniedError: a foreign Host or Origin.
        AuthenticationError: no token, or a wrong one.
    """
    hosts, origins, authorizations = [], [], []
    for name, value in headers:
        match name:
            case b"host":
                hosts.append(value)
            case b"origin":
                origins.append(value)
            case b"authorization":
                authorizations.append(value)
            case _:
                pass
    own = _own_hosts(port)
    if len(hosts) != 1 or hosts[0].lower() not in own:
        raise PermissionDeniedError("this server answers only to its own loopback address")
    if any(not origin.startswith(b"http://") or origin[7:].lower() not in own for origin in origins):
        raise PermissionDeniedError("this server answers no web page")
    if len(authorizations) != 1:
        raise AuthenticationError("not authenticated")
    scheme, _, given = authorizations[0].partition(b" ")
    if scheme.lower() != b"bearer" or not hmac.compare_digest(given.strip(), token.encode()):
        raise AuthenticationError("not authenticated")


def _own_hosts(port: int) -> frozenset[bytes]:
    names = [f"[{host}]" if ":" in host else host for host in LOOPBACK_HOSTS]
    own = {f"{name}:{port}".encode() for name in names}
    if port == 80:
        own.update(name.encode() for name in names)
    return frozenset(own)
