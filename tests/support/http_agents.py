"""HTTP agents for tests: sessions with them, and scripts that are one."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from superserve_tui.config.schema import AgentConfig
from superserve_tui.server.agents.http import HttpAgent, HttpSession
from superserve_tui.server.agents.http_process import HttpTimes

__all__ = ["SERVER", "http_agent", "opened_http", "server_command"]

SERVER = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    count = 0
    def do_POST(self):
        prompt = json.loads(self.rfile.read(int(self.headers["content-length"])))["prompt"]
        Handler.count += 1
        if prompt == "crash":
            print("about to crash", file=sys.stderr, flush=True)
            os._exit(7)
        if prompt == "flood":
            for _ in range(2000):
                print("x" * 1000)
            sys.stdout.flush()
        told = {"pid": os.getpid(), "PORT": os.environ.get("PORT"), "cwd": os.getcwd(), "argv": sys.argv[1:]}
        answer = json.dumps(told) if prompt == "tell" else f"{Handler.count}: {prompt}"
        body = json.dumps({"response": answer}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

HTTPServer(("127.0.0.1", int(PORT)), Handler).serve_forever()
"""
"""A server that answers with a count and the message; `PORT` is put in front of it."""


def server_command(folder: Path, port: str, *, words: str = "") -> str:
    """Write the server to the folder; `port` is a Python expression. Returns its command."""
    (folder / "server.py").write_text(f"import os, sys\nPORT = {port}\n{SERVER}", encoding="utf-8")
    return f'"{sys.executable}" server.py {words}'


def http_agent(
    folder: Path,
    *,
    port: int | None = None,
    command: str | None = None,
    times: HttpTimes | None = None,
    environ: Mapping[str, str] | None = None,
) -> HttpAgent:
    """An HTTP agent that works in `folder`."""
    config = AgentConfig(name="server", port=port, command=command)
    visible = {"PATH": os.environ["PATH"]} if environ is None else environ
    return HttpAgent(config, folder=folder, environ=visible, times=times)


@asynccontextmanager
async def opened_http(agent: HttpAgent) -> AsyncIterator[HttpSession]:
    """A session with it, closed at the end."""
    session = agent.open(f"ses_{secrets.token_hex(16)}")
    try:
        yield session
    finally:
        await session.close()
