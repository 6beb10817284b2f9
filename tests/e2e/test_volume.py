"""Whatever comes at once: in order, saved exactly, the app alive meanwhile, in bounded memory (PROMISES 14)."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from superserve_tui.domain import TurnState
from superserve_tui.protocol import encode_event
from tests.support.command_line import CommandLine
from tests.support.fault_server import Exchange, FaultServer, completed, delta
from tests.support.session_service import SessionService
from tests.support.terminal import Keys

SHARE = float(os.environ.get("VOLUME", "0.05"))
"""The part of what is promised that is tried; 1 by hand."""
MAX_MB = 400


def _count(promised: int) -> int:
    return max(1, int(promised * SHARE))


def _deltas() -> Iterator[bytes]:
    yield from (delta(f"{number} ") for number in range(_count(200_000)))


def _one_delta() -> Iterator[bytes]:
    yield delta("four megabytes of words " * _count(174_763))


def _word() -> Iterator[bytes]:
    yield from (delta("x" * 1000) for _ in range(_count(1000)))


def _lines() -> Iterator[bytes]:
    yield from (delta(f"line {number}\n" * 100) for number in range(_count(1000)))


def _table() -> Iterator[bytes]:
    yield delta("| a | b | c |\n|---|--:|---|\n")
    yield from (delta(f"| row {number} | {number} | `code` **bold** |\n") for number in range(_count(2000)))


def _calls() -> Iterator[bytes]:
    for number in range(_count(5000)):
        yield encode_event("tool.start", {"id": str(number), "tool": "bash", "input": {"command": f"ls {number}"}})
        yield encode_event("tool.end", {"id": str(number), "duration_ms": number})


def _heartbeats() -> Iterator[bytes]:
    yield from (encode_event("heartbeat", {}) for _ in range(_count(1_000_000)))


FLOODS: dict[str, Callable[[], Iterator[bytes]]] = {
    "deltas": _deltas,
    "one delta": _one_delta,
    "a word": _word,
    "lines": _lines,
    "a table": _table,
    "calls": _calls,
    "heartbeats": _heartbeats,
}


def _text(flood: Callable[[], Iterator[bytes]]) -> str:
    """What the deltas say, read apart from the decoder."""
    rows = (event.split(b"\n")[1].removeprefix(b"data: ") for event in flood() if event.startswith(b"event: mes"))
    return "".join(json.loads(row)["content"] for row in rows)


def _flood(exchange: Exchange) -> None:
    exchange.stream()
    name = exchange.request.json["prompt"]
    events = FLOODS[name]()
    while block := b"".join(event for _, event in zip(range(2000), events, strict=False)):
        exchange.send(block)
    exchange.send(delta(f"\n\nthe end of {name}"))
    exchange.send(completed(9))
    exchange.close()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from /proc")
@pytest.mark.timeout(600)
def test_whatever_comes_at_once_is_exact_and_the_app_alive(machine: CommandLine) -> None:
    with FaultServer() as server:
        service = SessionService(server)
        machine.write_config(service.config())
        server.on("POST", "/v1/sessions/[^/]*/messages", _flood)
        with machine.terminal(environ=service.environ) as terminal:
            terminal.wait_for("Message my-agent")
            for name in FLOODS:
                terminal.send(name)
                terminal.type("alive")
                terminal.wait_for("❯ alive", deadline_s=20)
                terminal.wait_for(f"the end of {name}", "my-agent · idle", deadline_s=120)
                terminal.type(Keys.CTRL_C)
                terminal.wait_gone("❯ alive")
            peak_mb = _peak_mb(terminal.pid)
            terminal.type(Keys.CTRL_Q)
            assert terminal.wait_exit() == 0
    assert peak_mb < MAX_MB
    (session,) = machine.saved()
    for turn in machine.transcript(session.id):
        assert turn.state is TurnState.COMPLETED
        assert turn.text == _text(FLOODS[turn.prompt]) + f"\n\nthe end of {turn.prompt}", turn.prompt
        assert len(turn.calls) == (_count(5000) if turn.prompt == "calls" else 0)


def _peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
