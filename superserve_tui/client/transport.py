"""Connections to one service: TLS, proxies, and what went wrong in the words of our errors.

httpcore directly: httpx on top would add a second request model, 60 ms of import and its own proxy rules.

May import: httpcore, the standard library, protocol, and `client`'s abort, backend, beside,
endpoint, timing.
"""

from __future__ import annotations

import contextlib
import math
import os
import select
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import httpcore

from superserve_tui import __version__
from superserve_tui.client.abort import AbortSwitch
from superserve_tui.client.backend import AbortableBackend, Pacer, Resolver, resolve
from superserve_tui.client.beside import run_beside
from superserve_tui.client.endpoint import Endpoint, proxy_for
from superserve_tui.client.timing import Timing
from superserve_tui.protocol import ConnectionLostError, NotConnectedError

__all__ = ["CONNECT_TIMEOUT_S", "Link", "Transport", "header", "link_errors"]

CONNECT_TIMEOUT_S = 10.0
"""Resolving, connecting and the TLS handshake together."""

KEEP_ALIVE_S = 3.0
"""Idle connections are dropped before common servers do (5 s), so that no request meets a closing one."""

_NOT_SENT = (
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
    httpcore.ProxyError,
    httpcore.PoolTimeout,
    httpcore.UnsupportedProtocol,
)
_Result = TypeVar("_Result")

_LOST = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)


@dataclass(slots=True)
class Transport:
    """How to reach one service; makes the links. Any thread."""

    endpoint: Endpoint
    key: str | None = field(repr=False)
    """The bearer token; None for the login calls."""
    timing: Timing
    key_source: str = ""
    """Where the key came from, for words about a key that is refused."""
    allow_insecure: bool = False
    resolver: Resolver = resolve
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _context: ssl.SSLContext | None = field(default=None, repr=False)

    def open_link(self, *, is_stream: bool) -> Link:
        """A link of its own; nothing is opened yet."""
        return Link(self, is_stream=is_stream)

    def check_safety(self) -> None:
        """Raises `NotConnectedError` where the key would leave this machine over plain http."""
        if not self.allow_insecure:
            self.endpoint.refuse_plain_http()

    def make_pool(self, backend: AbortableBackend, *, keep_alive_s: float) -> httpcore.ConnectionPool:
        """The pool of one link.

        Raises:
            NotConnectedError: plain http would leave this machine, or the environment's proxy can't be used.
        """
        self.check_safety()
        proxy = proxy_for(self.endpoint)
        context = self._tls_context() if self.endpoint.scheme == "https" else None
        keep = 0 if keep_alive_s <= 0 else 4
        if proxy is None:
            return httpcore.ConnectionPool(
                ssl_context=context,
                max_connections=None,
                max_keepalive_connections=keep,
                keepalive_expiry=keep_alive_s,
                network_backend=backend,
            )
        return httpcore.HTTPProxy(
            proxy_url=proxy.endpoint.url,
            proxy_auth=proxy.auth,
            ssl_context=context,
            proxy_ssl_context=self._tls_context() if proxy.endpoint.scheme == "https" else None,
            max_connections=None,
            max_keepalive_connections=keep,
            keepalive_expiry=keep_alive_s,
            network_backend=backend,
        )

    def headers(self, body: bytes | None, accept: str) -> list[tuple[bytes, bytes]]:
        """The headers of a request."""
        headers = {
            "Host": self.endpoint.authority,
            "Accept": accept,
            "Accept-Encoding": "identity",
            "User-Agent": f"superserve-tui/{__version__}",
        }
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key}"
        if body is not None:
            headers["Content-Type"] = "application/json"
            headers["Content-Length"] = str(len(body))
        return [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]

    def _tls_context(self) -> ssl.SSLContext:
        """One context for all connections, made at the first (25 ms); it always verifies."""
        with self._lock:
            if self._context is None:
                context = ssl.create_default_context(
                    cafile=os.environ.get("SSL_CERT_FILE") or None, capath=os.environ.get("SSL_CERT_DIR") or None
                )
                if not (os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")):
                    import certifi

                    context.load_verify_locations(certifi.where())
                self._context = context
            return self._context


class Link:
    """The connections of one stream, or those of a client's plain requests.

    A stream has a link and so a connection of its own: a message never meets an idle connection that the
    server is about to close, of which nobody could say whether it took the message.

    `abort` may be called from any thread; the link of plain requests serves any number of threads.
    """

    def __init__(self, transport: Transport, *, is_stream: bool) -> None:
        self._transport = transport
        self._keep_alive_s = 0.0 if is_stream else KEEP_ALIVE_S
        self._switch = AbortSwitch()
        self._backend = AbortableBackend(self._switch, resolver=transport.resolver, closes_on_abort=is_stream)
        self._lock = threading.Lock()
        self._pool: httpcore.ConnectionPool | None = None
        self._has_left = False
        """The body of a request was begun: its server may act on it."""

    @property
    def is_aborted(self) -> bool:
        """Whether `abort` was called."""
        return self._switch.is_set

    def check(self) -> None:
        """Raises `Aborted` once it was aborted."""
        self._switch.check()

    def abort(self) -> None:
        """End every wait and close the connections. At once, from any thread."""
        self._switch.abort()

    def abandon(self) -> None:
        """`abort`, unless the body of a request has left: what its server does about that must be known."""
        with self._lock:
            if not self._has_left:
                self._switch.abort()

    def cut(self) -> None:
        """Lose the connections, as if the network had; the link goes on. At once, from any thread."""
        self._switch.cut()

    def close(self) -> None:
        """Give everything back, at once or when the last holder leaves. No request may follow."""
        self._switch.close(self._close_pool)

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Bracket everything that waits on this link.

        Raises:
            Aborted: it was aborted or closed before.
        """
        with self._switch.hold():
            yield

    def wait(self, seconds: float, *, switch: AbortSwitch | None = None) -> None:
        """Wait between two tries. For a holder.

        Args:
            seconds: How long.
            switch: One of the caller's own, which it holds, to be ended by instead of the link's.

        Raises:
            Aborted: it was aborted.
        """
        self._transport.timing.wait(switch or self._switch, seconds)

    def run_beside(
        self, work: Callable[[], _Result], *, name: str, discard: Callable[[_Result], object]
    ) -> _Result:
        """Run `work` on a helper thread and wait for it. For a holder; see `beside.run_beside`.

        Raises:
            Aborted: the link was aborted meanwhile; the result will go to `discard`.
        """

        def wait(done: int) -> bool:
            return bool(self._backend.wait([(done, select.POLLIN)], math.inf))

        return run_beside(work, name=name, wait=wait, discard=discard)

    @contextlib.contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """What the calling thread does here ends within so many seconds."""
        with self._backend.limit(seconds):
            yield

    def pace(self) -> None:
        """From now on, read at most once per frame (see `Pacer`)."""
        self._backend.pacer = Pacer(self._transport.timing.monotonic())

    def send(
        self,
        method: str,
        target: str,
        *,
        body: bytes | None = None,
        accept: str = "application/json",
        silence_s: float,
        send_timeout_s: float = 30.0,
    ) -> httpcore.Response:
        """Send a request; returns when the headers of the answer are there. For a holder.

        Args:
            method: The HTTP method.
            target: Path and query, encoded.
            body: The body.
            accept: The media type wanted.
            silence_s: Seconds without a byte after which the connection counts as lost, here and in the body.
            send_timeout_s: Seconds without progress while sending.

        Raises:
            NotConnectedError: nothing was sent.
            ConnectionLostError: the request may have arrived.
            Aborted: the link was aborted.
        """
        endpoint = self._transport.endpoint
        request = httpcore.Request(
            method,
            httpcore.URL(
                scheme=endpoint.scheme.encode(),
                host=endpoint.host.encode(),
                port=endpoint.port,
                target=target.encode(),
            ),
            headers=self._transport.headers(body, accept),
            content=None if body is None else self._leaving(body),
            extensions={
                "timeout": {"connect": CONNECT_TIMEOUT_S, "read": silence_s, "write": send_timeout_s, "pool": None}
            },
        )
        with link_errors(endpoint):
            return self._open_pool().handle_request(request)

    def _leaving(self, body: bytes) -> Iterator[bytes]:
        """The body, noted as it leaves: connected, headers sent, and nobody gave the link up before.

        Raises:
            Aborted: it was aborted.
        """
        with self._lock:
            self._switch.check()
            self._has_left = True
        yield body

    def _close_pool(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def _open_pool(self) -> httpcore.ConnectionPool:
        with self._lock:
            self._switch.check()
            if self._pool is None:
                self._pool = self._transport.make_pool(self._backend, keep_alive_s=self._keep_alive_s)
            return self._pool


@contextlib.contextmanager
def link_errors(endpoint: Endpoint) -> Iterator[None]:
    """httpcore's errors as ours."""
    try:
        yield
    except _NOT_SENT as error:
        raise NotConnectedError(f"can't reach {endpoint.authority}: {error}") from error
    except _LOST as error:
        raise ConnectionLostError(f"the connection to {endpoint.authority} was lost: {error}") from error


def header(headers: list[tuple[bytes, bytes]], name: str) -> str | None:
    """The first header of that name."""
    wanted = name.lower().encode()
    return next((value.decode("latin-1").strip() for key, value in headers if key.lower() == wanted), None)
