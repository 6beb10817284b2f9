"""Parts `stream`, `flood` and `eight`: 200 tokens a second, full speed, and eight sessions at once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.bench.answers import END, SHAPES, answer, parse_order
from tests.bench.figures import Figure, figure, percentile
from tests.bench.scene import ROOT, LoadServerProcess, Scene
from tests.bench.terminal import ProgramOnTerminal

__all__ = ["measure_eight", "measure_flood", "measure_stream"]

_KEYS = "абвгдежзийклмнопрстуфхцчшэюя"
"""Letters that no answer has, each typed once, so that its echo can be told apart."""
_KEY_PAUSE_S = 0.15
_RATE = 200
_SECONDS = 6


@dataclass(frozen=True, slots=True)
class _Run:
    """One answer, as the person had it."""

    cpu_s: float
    wall_s: float
    """From Enter until the end of the answer was on the screen."""
    late_s: float
    """From the server's last byte until then."""
    echoes_ms: tuple[float, ...]
    frames: int
    peak_mb: float

    @property
    def core(self) -> float:
        """The part of one core that it took."""
        return self.cpu_s / self.wall_s


@contextmanager
def _server(scene: Scene) -> Iterator[LoadServerProcess]:
    with LoadServerProcess({**scene.environ, "PYTHONPATH": str(ROOT)}) as server:
        scene.use_server(server.url)
        yield server


def measure_stream(scene: Scene, pairs: int) -> list[Figure]:
    """Each shape at 200 tokens a second, after nothing and after 95 KB of the same answer."""
    figures = []
    with _server(scene) as server:
        for shape in SHAPES:
            short, long = [], []
            for _ in range(max(1, pairs // 3)):
                short.append(_stream(scene, server, f"{shape} {_RATE * _SECONDS} {_RATE}"))
                long.append(_stream(scene, server, f"{shape} {_RATE * _SECONDS} {_RATE} 95000"))
            part = f"stream {shape}"
            figures += [
                figure(part, "seconds until shown", [each.wall_s for each in short], "s"),
                figure(part, "CPU", [each.cpu_s for each in short], "s"),
                figure(part, "shown after the server's end", [each.late_s for each in short], "s", target=0.3),
                figure(part, "core", [each.core for each in short], "", target=0.30),
                figure(part, "key echo, median", _echoes(short, 50), "ms"),
                figure(part, "key echo, p95", _echoes(short, 95), "ms", target=25),
                figure(part, "frames a second", [each.frames / each.wall_s for each in short], ""),
                figure(part, "peak memory", [each.peak_mb for each in short], "MB", target=150),
                figure(part, "core after 95 KB", [each.core for each in long], "", target=0.30),
                figure(part, "key echo after 95 KB, p95", _echoes(long, 95), "ms", target=25),
                figure(
                    part,
                    "CPU after 95 KB to CPU after none",
                    [late.core / early.core for early, late in zip(short, long, strict=True)],
                    "x",
                    target=1.3,
                ),
            ]
    return figures


def measure_flood(scene: Scene, pairs: int) -> list[Figure]:
    """5,000, 20,000 and 200,000 tokens as fast as they come; how a bare app's start compares."""
    start, short, long, huge = [], [], [], []
    with _server(scene) as server:
        for _ in range(max(2, pairs // 2)):
            with scene.bare() as program:
                program.when_shown("essage")
                start.append(program.cpu_until_idle_s())
            short.append(_stream(scene, server, "prose 5000 0", has_keys=False))
            long.append(_stream(scene, server, "prose 20000 0", has_keys=False))
        huge.append(_stream(scene, server, "prose 200000 0", has_keys=False))
    part = "flood"
    return [
        figure(part, "20,000 tokens, wall", [each.wall_s for each in long], "s"),
        figure(part, "20,000 tokens, CPU", [each.cpu_s for each in long], "s"),
        figure(
            part,
            "20,000 tokens, CPU to a bare app's start",
            [run.cpu_s / bare for run, bare in zip(long, start, strict=True)],
            "x",
            target=8,
        ),
        figure(
            part,
            "CPU for 4 times the tokens",
            [after.cpu_s / before.cpu_s for before, after in zip(short, long, strict=True)],
            "x",
            target=4.4,
        ),
        figure(part, "20,000 tokens, peak memory", [each.peak_mb for each in long], "MB", target=150),
        figure(part, "200,000 tokens, wall", [each.wall_s for each in huge], "s"),
        figure(part, "200,000 tokens, CPU", [each.cpu_s for each in huge], "s"),
        figure(part, "200,000 tokens, peak memory", [each.peak_mb for each in huge], "MB", target=400),
    ]


def measure_eight(scene: Scene, pairs: int) -> list[Figure]:
    """Eight sessions at 200 tokens a second each, one of them on the screen."""
    seconds = 12
    prompt = f"prose {_RATE * seconds} {_RATE}"
    cores, echoes, exact, peaks = [], [], [], []
    with _server(scene) as server:
        for number in range(max(1, pairs // 3)):
            scene.use_data(f"eight-{number}")
            with scene.ready() as program:
                for session in range(8):
                    if session:
                        since = program.position
                        program.type("\x0e")
                        program.when_shown("New session", since=since)
                        since = program.position
                        program.type("\r")
                        program.when_shown(f"session 1 of {session + 1}", since=since)
                    since = program.position
                    program.type(f"{prompt}\r")
                    program.when_shown("running", since=since)
                began, cpu_s = time.monotonic(), program.cpu_s()
                echoes += _type_keys(program, 4.0)
                cores.append((program.cpu_s() - cpu_s) / (time.monotonic() - began))
                for _ in range(8):
                    server.next_end()
                program.cpu_until_idle_s()
                peaks.append(program.memory_mb(is_peak=True))
            exact.append(float(_differences(scene, answer(parse_order(prompt)))))
    part = "eight"
    return [
        figure(part, "core", cores, "", target=0.60),
        figure(part, "key echo, p95", [percentile(echoes, 95)], "ms", target=25),
        figure(part, "transcripts that differ", exact, "", target=0),
        figure(part, "peak memory", peaks, "MB", target=150),
    ]


def _stream(scene: Scene, server: LoadServerProcess, prompt: str, *, has_keys: bool = True) -> _Run:
    """One answer in a fresh app; keys are typed while it comes."""
    with scene.ready() as program:
        since, cpu_s = program.position, program.cpu_s()
        sent_at = program.type(f"{prompt}\r")
        echoes: tuple[float, ...] = ()
        if has_keys:
            program.when_shown("running", since=since)
            echoes = tuple(_type_keys(program, _SECONDS - 1.0))
        shown_at = program.when_shown(END, since=since, deadline_s=120)
        used = program.cpu_s() - cpu_s
        ended_at = server.next_end()
        frames = program.frames(since)
        return _Run(used, shown_at - sent_at, shown_at - ended_at, echoes, frames, program.memory_mb(is_peak=True))


def _type_keys(program: ProgramOnTerminal, seconds: float) -> list[float]:
    """Type letters now and then; the milliseconds from each key to its echo."""
    echoes, ends = [], time.monotonic() + seconds
    for letter in _KEYS:
        if time.monotonic() >= ends:
            break
        since = program.position
        typed_at = program.type(letter)
        echoes.append((program.when_shown(letter, since=since) - typed_at) * 1000)
        time.sleep(_KEY_PAUSE_S)
    return echoes


def _echoes(runs: list[_Run], percent: float) -> list[float]:
    return [percentile(each.echoes_ms, percent) for each in runs]


def _differences(scene: Scene, expected: str) -> int:
    """How many saved transcripts are not the text that was sent."""
    rows = json.loads(_command(scene, "sessions", "list", "--json"))
    assert len(rows) == 8, f"{len(rows)} sessions"
    shown = [json.loads(_command(scene, "sessions", "show", row["id"], "--json")) for row in rows]
    return sum(each["turns"][0]["text"] != expected for each in shown)


def _command(scene: Scene, *words: str) -> str:
    command = [sys.executable, "-m", "superserve_tui", *words]
    return subprocess.run(
        command, env=scene.environ, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60
    ).stdout
