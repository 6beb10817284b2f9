"""A server that answers as fast as it is asked to, in a process of its own: `python -m tests.bench.load_server`.

It prints its port on the first line, then, per answer, `end` and the time on the monotonic clock at which the last
byte left. Written on asyncio's streams alone, so that it takes little of the cores that are measured.
"""

from __future__ import annotations

import asyncio
import json
import sys
from time import monotonic
from typing import Any

from superserve_tui.protocol import encode_event
from tests.bench.answers import Order, parse_order, tokens

__all__ = ["LoadServer"]

AGENT: dict[str, Any] = {
    "id": "agt_bench",
    "name": "bench",
    "command": "bench",
    "environment_keys": [],
    "required_secrets": [],
    "deps_status": "ready",
    "deps_error": None,
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
}
BEHIND_S = 0.002
"""A pause shorter than this is not worth a timer."""


class LoadServer:
    """Agents, sessions, messages: as much of the wire's contract as a turn needs."""

    def __init__(self) -> None:
        self._sessions: dict[str, dict[str, Any]] = {}

    async def serve(self) -> None:
        """Listen until standard input is closed."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        _say(str(server.sockets[0].getsockname()[1]))
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _request(reader)) is not None:
                method, path, body = request
                if path.endswith("/messages"):
                    await self._answer(writer, path.split("/")[3], parse_order(body["prompt"]))
                    break
                writer.write(_response(*self._plain(method, path, body)))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left
        finally:
            writer.close()

    def _plain(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        match [method, *path.partition("?")[0].strip("/").split("/")]:
            case ["GET", "v1", "agents"]:
                return 200, {"agents": [AGENT]}
            case ["GET", "v1", "agents", _]:
                return 200, AGENT
            case ["POST", "v1", "sessions"]:
                session_id = f"ses_{len(self._sessions):032x}"
                self._sessions[session_id] = {
                    "id": session_id,
                    "agent_id": AGENT["id"],
                    "agent_name": AGENT["name"],
                    "status": "active",
                    "title": body.get("title"),
                    "message_count": 0,
                    "created_at": "2026-01-01T00:00:00Z",
                }
                return 201, self._sessions[session_id]
            case [_, "v1", "sessions", session_id, *_] if session_id in self._sessions:
                return 200, self._sessions[session_id]
            case _:
                return 404, {"detail": "not found"}

    async def _answer(self, writer: asyncio.StreamWriter, session_id: str, order: Order) -> None:
        self._sessions[session_id]["message_count"] += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        writer.write(encode_event("run.started", {}))
        began = monotonic()
        for number, token in enumerate(tokens(order)):
            if order.rate:
                pause_s = began + number / order.rate - monotonic()
                if pause_s > BEHIND_S:
                    await asyncio.sleep(pause_s)
            writer.write(encode_event("message.delta", {"content": token}))
            await writer.drain()
        writer.write(encode_event("run.completed", {"duration_ms": 1000}))
        await writer.drain()
        _say(f"end {monotonic()}")


async def _request(reader: asyncio.StreamReader) -> tuple[str, str, Any] | None:
    """Method, path and body; None at the end of the connection."""
    line = await reader.readline()
    if not line:
        return None
    method, path, _ = line.decode("latin-1").split(" ", 2)
    length = 0
    while (header := await reader.readline()) not in (b"\r\n", b""):
        name, _, value = header.decode("latin-1").partition(":")
        if name.lower() == "content-length":
            length = int(value)
    body = await reader.readexactly(length)
    return method, path, json.loads(body) if body else {}


def _response(status: int, body: Any) -> bytes:
    data = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} Some\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(LoadServer().serve())
