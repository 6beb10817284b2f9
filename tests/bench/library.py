"""Part `sdk`: our client beside the least that reads the same: httpx, a split and a `json.loads` per event."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import httpx

from superserve_tui.client import Client
from tests.bench.answers import answer, parse_order
from tests.bench.figures import Figure, figure, ratio
from tests.bench.scene import ROOT, LoadServerProcess, Scene

__all__ = ["measure_sdk"]

_FAST, _PACED = "prose 20000 0", "prose 800 200"
_KEY = "ss_bench"


def measure_sdk(scene: Scene, pairs: int) -> list[Figure]:
    """Wall time at full speed, CPU at 200 events a second."""
    fast: tuple[list[float], list[float]] = [], []
    paced: tuple[list[float], list[float]] = [], []
    with LoadServerProcess({**scene.environ, "PYTHONPATH": str(ROOT)}) as server:
        _ours(server.url, "prose 10 0")
        _least(server.url, "prose 10 0")
        for _ in range(pairs):
            fast[0].append(_timed(time.monotonic, _ours, server.url, _FAST))
            fast[1].append(_timed(time.monotonic, _least, server.url, _FAST))
        for _ in range(max(1, pairs // 2)):
            paced[0].append(_timed(time.process_time, _ours, server.url, _PACED))
            paced[1].append(_timed(time.process_time, _least, server.url, _PACED))
    part = "sdk"
    return [
        figure(part, "20,000 events", fast[0], "s"),
        figure(part, "20,000 events, the least", fast[1], "s"),
        ratio(part, "20,000 events", fast[0], fast[1], target=5),
        ratio(part, "200 events a second, CPU", paced[0], paced[1], target=1.3),
    ]


def _timed(clock: Callable[[], float], read: Callable[[str, str], str], url: str, prompt: str) -> float:
    began = clock()
    text = read(url, prompt)
    took = clock() - began
    assert text == answer(parse_order(prompt))
    return took


def _ours(url: str, prompt: str) -> str:
    with Client(_KEY, url) as client, client.create_session("agt_bench") as session:
        return "".join(session.stream(prompt).text_stream)


def _least(url: str, prompt: str) -> str:
    pieces, rest = [], b""
    with httpx.Client(headers={"authorization": f"Bearer {_KEY}"}, timeout=60, trust_env=False) as client:
        session = client.post(f"{url}/v1/sessions", json={"agent_id": "agt_bench"}).json()["id"]
        with client.stream("POST", f"{url}/v1/sessions/{session}/messages", json={"prompt": prompt}) as response:
            for data in response.iter_raw():
                *blocks, rest = (rest + data).split(b"\n\n")
                for block in blocks:
                    name, _, payload = block.partition(b"\ndata: ")
                    body = json.loads(payload)
                    if name == b"event: message.delta":
                        pieces.append(body["content"])
    return "".join(pieces)
