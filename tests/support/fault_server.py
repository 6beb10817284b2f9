"""A scripted server on a raw socket: it answers as told, byte by byte, and breaks where told.

Handlers run on the thread of their connection. A handler that returns leaves the connection open for the next
request; `Exchange.close` and `Exchange.reset` end it.

    with FaultServer() as server:
        server.on("POST", "/v1/sessions/ses_1/messages", lambda it: it.events(delta("Hi"), completed()))
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from superserve_tui.protocol import encode_event

__all__ = [
    "Exchange",
    "FaultServer",
    "Handler",
    "Received",
    "answer",
    "completed",
    "delta",
    "wait_for",
]

EVENT_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n"
)


def wait_for(condition: Callable[[], object], *, timeout_s: float = 5.0) -> None:
    """Wait until `condition` holds; fails the test after `timeout_s`."""
    ends = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < ends, "the condition did not come true in time"
        time.sleep(0.002)


def delta(content: str) -> bytes:
    """A `message.delta` on the wire."""
    return encode_event("message.delta", {"content": content})


def completed(duration_ms: int = 5) -> bytes:
    """A `run.completed` on the wire."""
    return encode_event("run.completed", {"duration_ms": duration_ms})


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came."""

    method: str
    target: str
    """Path and query as sent, still encoded."""
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def path(self) -> str:
        """The path, still encoded."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The last value of every parameter."""
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Exchange:
    """One request and the connection that it came on."""

    def __init__(self, server: FaultServer, connection: socket.socket, request: Received) -> None:
        self.server = server
        self.connection = connection
        self.request = request
        self.is_closed = False

    def send(self, data: bytes) -> None:
        """Raw bytes. A client that left is no error."""
        with contextlib.suppress(OSError):
            self.connection.sendall(data)

    def json(self, status: int, body: Any, *, headers: dict[str, str] | None = None) -> None:
        """A whole JSON answer."""
        self.answer(status, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None, reason: str = "Some") -> None:
        """A whole answer with its length."""
        lines = [f"HTTP/1.1 {status} {reason}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def stream(self, *pieces: bytes) -> None:
        """The head of an event stream, then pieces, each in a packet of its own; the stream stays open."""
        self.send(EVENT_STREAM_HEAD)
        for piece in pieces:
            self.send(piece)

    def events(self, *pieces: bytes) -> None:
        """A whole event stream: head, pieces, and the connection closed."""
        self.stream(*pieces)
        self.close()

    def close(self) -> None:
        """Close the connection in good order."""
        self.is_closed = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Break the connection: the client gets a RST."""
        self.is_closed = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def hold(self, gate: threading.Event, *, timeout_s: float = 10.0) -> None:
        """Wait for a gate, or for the server's end."""
        ends = time.monotonic() + timeout_s
        while not gate.wait(0.01) and not self.server.is_stopping and time.monotonic() < ends:
            pass

    def wait_until_left(self, *, timeout_s: float = 10.0) -> bool:
        """Wait until the client closed its end; whether it did."""
        with contextlib.suppress(OSError):
            self.connection.settimeout(timeout_s)
            while self.connection.recv(65536):
                pass
            return True
        return not self.server.is_stopping and self.connection.fileno() >= 0 and not _times_out(self.connection)


def _times_out(connection: socket.socket) -> bool:
    """Whether silence, not an error, ended the wait: a peer that was reset reads as closed."""
    try:
        connection.settimeout(0.01)
        connection.recv(1)
    except TimeoutError:
        return True
    except OSError:
        return False
    return False


Handler = Callable[[Exchange], None]


def answer(status: int, body: Any, *, headers: dict[str, str] | None = None) -> Handler:
    """A handler that answers with JSON."""
    return lambda exchange: exchange.json(status, body, headers=headers)


class FaultServer:
    """Listens on a loopback port of its own while it is entered.

    Args:
        tls: Serve TLS with this context.
        port: A port to come back on; else a free one.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self._tls = tls
        self._lock = threading.Lock()
        self._routes: list[tuple[str, re.Pattern[str], list[Handler]]] = []
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.requests: list[Received] = []
        """Everything that came, in order."""
        self.failures: list[BaseException] = []
        """What handlers raised; the end of the `with` block raises the first."""
        self.is_stopping = False
        self.connections_made = 0
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def on(self, method: str, path: str, *handlers: Handler) -> None:
        """Script a path: the first request gets the first handler, and so on; the last one stays.

        Args:
            method: The HTTP method.
            path: A regular expression for the whole path. Later scripts win over earlier ones.
            *handlers: What to do.
        """
        with self._lock:
            self._routes.insert(0, (method, re.compile(path + r"\Z"), list(handlers)))

    def sent_to(self, path: str, *, method: str | None = None) -> list[Received]:
        """The requests for a path (a regular expression), in order."""
        pattern = re.compile(path + r"\Z")
        with self._lock:
            return [
                request
                for request in self.requests
                if pattern.match(request.path) and (method is None or request.method == method)
            ]

    def __enter__(self) -> FaultServer:
        self._start(self._accept, "fault-server")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.is_stopping = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            connections, threads = list(self._connections), list(self._threads)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(5)
            assert not thread.is_alive(), f"{thread.name} did not end"
        if self.failures and error is None:
            raise self.failures[0]

    def _start(self, work: Callable[..., None], name: str, *args: Any) -> None:
        thread = threading.Thread(target=work, args=args, name=name, daemon=True)
        with self._lock:
            self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections_made += 1
                self._connections.add(connection)
            self._start(self._serve, f"fault-server-{self.connections_made}", connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None:
                with self._lock:
                    self._connections.discard(connection)
                    wrapped = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                    self._connections.add(wrapped)
                connection = wrapped
                wrapped.do_handshake()
            buffer = b""
            while (received := _read_request(connection, buffer)) is not None:
                request, buffer = received
                exchange = Exchange(self, connection, request)
                self._handler_for(request)(exchange)
                if exchange.is_closed:
                    break
        except (ssl.SSLError, ConnectionError, TimeoutError):
            pass  # the client left: that is what it is tested for
        except OSError:
            if not self.is_stopping:
                raise
        except BaseException as error:  # noqa: BLE001 - raised again where the test ends
            self.failures.append(error)
        finally:
            with self._lock:
                self._connections.discard(connection)
            connection.close()

    def _handler_for(self, request: Received) -> Handler:
        with self._lock:
            self.requests.append(request)
            for method, pattern, handlers in self._routes:
                if method == request.method and pattern.match(request.path):
                    return handlers.pop(0) if len(handlers) > 1 else handlers[0]
        return answer(404, {"detail": f"nothing is scripted for {request.method} {request.path}"})


def _read_request(connection: socket.socket, buffer: bytes) -> tuple[Received, bytes] | None:
    """The next request and what came after it; None at the end of the connection."""
    while b"\r\n\r\n" not in buffer:
        data = connection.recv(65536)
        if not data:
            return None
        buffer += data
    head, _, rest = buffer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", "0"))
    while len(rest) < length:
        data = connection.recv(65536)
        if not data:
            return None
        rest += data
    return Received(method, target, headers, rest[:length]), rest[length:]
