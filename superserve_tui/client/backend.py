"""Sockets for httpcore whose every wait can be ended at once: resolving, connecting, TLS, headers, body.

httpcore's own backend blocks inside `getaddrinfo`, `connect`, the handshake and `recv`; closing a response
from another thread does not wake it before its time-out. Here sockets never block: each wait is a `poll` on
the socket and on the `AbortSwitch`, and names are resolved in a helper thread.

May import: httpcore, the standard library, `client.abort`, `client.beside`, `client.tls`.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpcore

from superserve_tui.client.abort import AbortSwitch
from superserve_tui.client.beside import run_beside
from superserve_tui.client.tls import TlsStream

__all__ = ["AbortableBackend", "Pacer", "Resolver"]

Address = tuple[socket.AddressFamily, Any]
"""A family and a socket address of it."""

Resolver = Callable[[str, int], list[Address]]
"""A host name and a port to addresses, in the order to try; raises OSError."""

STAGGER_S = 0.25
"""How long one address is tried alone before the next is tried beside it (RFC 8305)."""

_KEEPALIVE = (("TCP_KEEPIDLE", 20), ("TCP_KEEPALIVE", 20), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
"""Seconds, seconds, seconds, probes: a peer that vanished during a long silence is found in 35 s."""


def resolve(host: str, port: int) -> list[Address]:
    """The system's resolver. Blocks."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]


class Pacer:
    """Says how long to wait before a read, so that a fast trickle of events costs one wake-up per frame.

    A chunk that comes after a silence is never held up; nor is a bulk transfer, nor the first 32 ms.
    """

    INTERVAL_S = 0.016
    """Between two reads: one frame at 60 Hz."""
    WARM_UP_S = 0.032
    """No waiting so soon after the start: the first token shows at once."""
    BULK_BYTES = 4096
    """A read that brought more means that data is waiting already."""

    def __init__(self, now: float) -> None:
        self._warm_at = now + self.WARM_UP_S
        self._next_read_at = now

    def delay_s(self, now: float) -> float:
        """Seconds to wait before the next read; 0 or less for none."""
        return self._next_read_at - now

    def took(self, size: int, now: float) -> None:
        """A read brought `size` bytes."""
        is_paced = now >= self._warm_at and size <= self.BULK_BYTES
        self._next_read_at = now + self.INTERVAL_S if is_paced else now


class AbortableBackend(httpcore.NetworkBackend):
    """Opens the connections of one `AbortSwitch`.

    Args:
        switch: Ends every wait. The calling thread must hold it.
        resolver: Name resolution; called on a helper thread, which is left behind when the switch is thrown.
        closes_on_abort: Shut connections down as soon as the switch is thrown, also while nobody reads.
    """

    def __init__(self, switch: AbortSwitch, *, resolver: Resolver = resolve, closes_on_abort: bool = False) -> None:
        self._switch = switch
        self._resolver = resolver
        self._closes_on_abort = closes_on_abort
        self._local = threading.local()
        self.pacer: Pacer | None = None
        """Paces the reads once it is set."""

    @contextlib.contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """All that the calling thread does on these connections ends within so many seconds."""
        outer: float | None = getattr(self._local, "deadline", None)
        own = time.monotonic() + seconds
        self._local.deadline = own if outer is None else min(own, outer)
        try:
            yield
        finally:
            self._local.deadline = outer

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 - httpcore's signature
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """A connection, resolved and made within `timeout` seconds.

        Raises:
            httpcore.ConnectError: no address could be reached.
            httpcore.ConnectTimeout: time is up.
            Aborted: the switch was thrown.
        """
        deadline = self.deadline(timeout)
        addresses = self._resolve(host, port, deadline)
        sock = self._connect_any(addresses, deadline)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in _KEEPALIVE:
                if hasattr(socket, name):
                    sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
            if self._closes_on_abort:
                self._switch.tap(sock)
        except OSError as error:
            sock.close()
            raise httpcore.ConnectError(_reason(error)) from error
        return SocketStream(sock, self, connect_deadline=deadline)

    def deadline(self, timeout: float | None) -> float:
        """When a wait of `timeout` seconds that starts now must end, by the monotonic clock."""
        own: float | None = getattr(self._local, "deadline", None)
        limit = math.inf if own is None else own
        return limit if timeout is None else min(limit, time.monotonic() + timeout)

    def wait(self, watched: Iterable[tuple[Any, int]], deadline: float) -> list[int]:
        """Wait for events on sockets; returns the ready descriptors, none when time is up.

        Raises:
            Aborted: the switch was thrown.
        """
        poller = select.poll()
        switch_fd = self._switch.fileno()
        poller.register(switch_fd, select.POLLIN)
        for sock, mask in watched:
            poller.register(sock, mask)
        left = deadline - time.monotonic()
        ready = poller.poll(None if left == math.inf else max(0, math.ceil(left * 1000)))
        self._switch.check()
        return [fd for fd, _ in ready if fd != switch_fd]

    def pause(self) -> None:
        """Wait as the pacer says."""
        if self.pacer is not None and (delay := self.pacer.delay_s(time.monotonic())) > 0:
            self._switch.wait(delay)

    def took(self, size: int) -> None:
        """Tell the pacer of a read; a thrown switch makes what was read worthless."""
        self._switch.check()
        if self.pacer is not None:
            self.pacer.took(size, time.monotonic())

    def untap(self, sock: socket.socket) -> None:
        """`sock` is about to be closed."""
        self._switch.untap(sock)

    def _resolve(self, host: str, port: int, deadline: float) -> list[Address]:
        with contextlib.suppress(OSError, UnicodeError):
            numbers = host.encode("ascii")  # as text it would load the tables of international names, 3 ms
            found = socket.getaddrinfo(numbers, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
            return [(family, address) for family, _, _, _, address in found]
        try:
            return run_beside(
                lambda: self._resolver(host, port),
                name=f"resolve:{host}",
                wait=lambda done: bool(self.wait([(done, select.POLLIN)], deadline)),
            )
        except TimeoutError:
            raise httpcore.ConnectTimeout("the host name was not resolved in time") from None
        except OSError as error:
            raise httpcore.ConnectError(_reason(error)) from error
        except UnicodeError as error:
            raise httpcore.ConnectError("no valid host name") from error

    def _connect_any(self, addresses: list[Address], deadline: float) -> socket.socket:
        """The first address that answers; the next is tried when one fails or is slow."""
        waiting = deque(addresses)
        trying: dict[int, socket.socket] = {}
        last_error = OSError("the host name has no address")
        next_at = -math.inf
        try:
            while waiting or trying:
                if waiting and (not trying or time.monotonic() >= next_at):
                    try:
                        sock = _begin_connect(*waiting.popleft())
                    except OSError as error:
                        last_error = error
                        continue
                    trying[sock.fileno()] = sock
                    next_at = time.monotonic() + STAGGER_S
                ends = min(deadline, next_at) if waiting else deadline
                for fd in self.wait([(sock, select.POLLOUT) for sock in trying.values()], ends):
                    sock = trying.pop(fd)
                    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if code == 0:
                        return sock
                    sock.close()
                    last_error = OSError(code, os.strerror(code))
                    next_at = -math.inf
                if time.monotonic() >= deadline:
                    raise httpcore.ConnectTimeout("no answer to the connect in time")
        finally:
            for sock in trying.values():
                sock.close()
        raise httpcore.ConnectError(_reason(last_error)) from last_error


class SocketStream(httpcore.NetworkStream):
    """One connection of an `AbortableBackend`."""

    def __init__(self, sock: socket.socket, backend: AbortableBackend, *, connect_deadline: float) -> None:
        self._sock = sock
        self._backend = backend
        self._connect_deadline = connect_deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes; none at the end.

        Raises:
            httpcore.ReadTimeout: nothing came in time.
            httpcore.ReadError: the connection broke.
            Aborted: the switch was thrown.
        """
        self._backend.pause()
        deadline = self._backend.deadline(timeout)
        while True:
            if not self._backend.wait([(self._sock, select.POLLIN)], deadline):
                raise httpcore.ReadTimeout("no byte in time")
            try:
                data = self._sock.recv(max_bytes)
            except BlockingIOError:
                continue
            except OSError as error:
                raise httpcore.ReadError(_reason(error)) from error
            self._backend.took(len(data))
            return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of `buffer`.

        Raises:
            httpcore.WriteTimeout: the peer took nothing in time.
            httpcore.WriteError: the connection broke.
            Aborted: the switch was thrown.
        """
        left = memoryview(buffer)
        deadline = self._backend.deadline(timeout)
        while left:
            if not self._backend.wait([(self._sock, select.POLLOUT)], deadline):
                raise httpcore.WriteTimeout("the peer takes no data")
            try:
                left = left[self._sock.send(left) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise httpcore.WriteError(_reason(error)) from error

    def close(self) -> None:
        """Close it."""
        self._backend.untap(self._sock)
        self._sock.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """TLS over this connection; the handshake shares the time that connecting had.

        Raises:
            httpcore.ConnectError: the handshake failed.
            httpcore.ConnectTimeout: time is up.
            Aborted: the switch was thrown.
        """
        left = max(0.0, self._connect_deadline - time.monotonic())
        left = left if timeout is None else min(left, timeout)
        try:
            return TlsStream(self, ssl_context, server_hostname, None if left == math.inf else left)
        except BaseException:  # whatever ended the handshake: nobody else knows this socket
            self.close()
            raise

    def get_extra_info(self, info: str) -> Any:
        """httpcore asks whether an idle connection is readable, that is: closed by the peer."""
        match info:
            case "is_readable":
                poller = select.poll()
                poller.register(self._sock, select.POLLIN)
                return bool(poller.poll(0))
            case "socket":
                return self._sock
            case _:
                return None


def _begin_connect(family: socket.AddressFamily, address: Any) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        code = sock.connect_ex(address)
        if code not in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
            raise OSError(code, os.strerror(code))
    except OSError:
        sock.close()
        raise
    return sock


def _reason(error: OSError) -> str:
    """The system's words for an error, without its number."""
    return error.strerror or str(error)
