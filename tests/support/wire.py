"""Requests as bytes on a socket, for what an HTTP library would not send."""

from __future__ import annotations

import socket

from tests.support.embedded import DEADLINE_S, RunningServer

__all__ = ["connect", "read_answer", "request_bytes"]


def connect(server: RunningServer) -> socket.socket:
    """A connection to the server, with a deadline on everything."""
    return socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S)


def request_bytes(
    server: RunningServer, method: str, path: str, body: bytes = b"", *, headers: dict[str, str] | None = None
) -> bytes:
    """A request; `headers` replace the usual ones, an empty value leaves one out."""
    fields = {
        "Host": f"127.0.0.1:{server.port}",
        "Authorization": f"Bearer {server.token}",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **(headers or {}),
    }
    lines = [f"{name}: {value}" for name, value in fields.items() if value]
    return "\r\n".join([f"{method} /v1{path} HTTP/1.1", *lines, "", ""]).encode("latin-1") + body


def read_answer(connection: socket.socket) -> tuple[int, bytes]:
    """The status and the body of the answer, read until the server closes; 0 for a close without an answer."""
    received = b""
    while True:
        try:
            piece = connection.recv(65536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            break
        received += piece
    if not received:
        return 0, b""
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body
