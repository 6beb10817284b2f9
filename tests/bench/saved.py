"""Parts `open`, `search` and `idle`: what is saved opens, is found, and costs nothing while nobody looks."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.bench.figures import Figure, figure, percentile, ratio
from tests.bench.scene import LAST, Scene, save
from tests.bench.terminal import ProgramOnTerminal

__all__ = ["measure_idle", "measure_open", "measure_search"]

_NEXT, _PREVIOUS = "\x1b[1;3B", "\x1b[1;3A"
_PAGE_UP = "\x1b[5~"
_IDLE_S = 10.0


@dataclass(slots=True)
class _Opened:
    """Milliseconds that sessions of one size took."""

    begun: list[float] = field(default_factory=list)
    """The very first of a process, which loads the transcript's own code."""
    first: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)


def measure_open(scene: Scene, pairs: int) -> list[Figure]:
    """Sessions of 1,000 and of 5,000 messages, in turn: the first time, again, and scrolling through."""
    sizes = {turns: _Opened() for turns in (500, 2500)}
    for turns in sizes:
        scene.use_data(f"open-{turns}")
        save(scene.database, sessions=3, turns=turns)
    for _ in range(max(2, pairs // 2)):
        for turns, took in sizes.items():
            scene.use_data(f"open-{turns}")
            with scene.ours() as program:
                program.when_shown("session 2")
                program.cpu_until_idle_s()
                took.begun.append(_open(program, _NEXT, f"{LAST}0"))
                program.cpu_until_idle_s()
                took.first += _open_in_turn(program, _NEXT, (1, 2))
                took.again += _open_in_turn(program, _PREVIOUS, (1, 0))
                took.pages.append(_scroll(program))
    figures = []
    for turns, took in sizes.items():
        part = f"open {turns * 2}"
        figures += [
            figure(part, "the first of all", took.begun, "ms"),
            figure(part, "the first time", took.first, "ms", target=100 if turns == 500 else None),
            figure(part, "again", took.again, "ms", target=30),
            figure(part, "ms per page while scrolling", took.pages, "ms", target=33.3),
        ]
    figures.append(ratio("open", "5,000 messages to 1,000", sizes[2500].first, sizes[500].first, target=1.2))
    return figures


def measure_search(scene: Scene, pairs: int) -> list[Figure]:
    """Full text over 100,000 messages; the sidebar's filter over 5,000 rows."""
    scene.use_data("search")
    save(scene.database, sessions=5000, turns=10, size=200)
    found, filtered = [], []
    for _ in range(pairs):
        with scene.ours() as program:
            program.when_shown("session 0")
            program.cpu_until_idle_s()
            program.type("\x13")
            program.cpu_until_idle_s()
            since = program.position
            typed_at = program.type("wxbcd")
            found.append((program.when_shown("keeps one", since=since) - typed_at) * 1000)
            program.type("\x1b")
            program.cpu_until_idle_s()
            _focus_sidebar(program)
            program.type("/")
            program.cpu_until_idle_s()
            for letter in "zqbc":
                filtered.append(_draw(program, letter))
                program.cpu_until_idle_s()
    part = "search"
    return [
        figure(part, "first hits over 100,000 messages", found, "ms", target=50),
        figure(part, "sidebar's filter over 5,000 rows", filtered, "ms", target=33.3),
    ]


def measure_idle(scene: Scene, pairs: int) -> list[Figure]:
    """Ten seconds in which nothing happens, with 50 saved sessions."""
    scene.use_data("idle")
    save(scene.database, sessions=50, turns=2)
    cores, wakes, memory = [], [], []
    for _ in range(max(1, pairs // 2)):
        with scene.ours() as program:
            program.when_shown("session 0")
            program.cpu_until_idle_s()
            time.sleep(2.0)
            cpu_s, woken, began = program.cpu_s(), program.wake_ups(), time.monotonic()
            time.sleep(_IDLE_S)
            seconds = time.monotonic() - began
            cores.append((program.cpu_s() - cpu_s) / seconds * 100)
            wakes.append((program.wake_ups() - woken) / seconds)
            memory.append(program.memory_mb())
    return [
        figure("idle", "core", cores, "%", target=0.5),
        figure("idle", "wake-ups a second, all threads", wakes, ""),
        figure("idle", "memory", memory, "MB", target=60),
    ]


def _open(program: ProgramOnTerminal, key: str, words: str) -> float:
    """Milliseconds from the key until the end of the transcript is on the screen."""
    since = program.position
    typed_at = program.type(key)
    return (program.when_shown(words, since=since) - typed_at) * 1000


def _open_in_turn(program: ProgramOnTerminal, key: str, numbers: Iterable[int]) -> list[float]:
    """One after the other, at rest in between: what still goes on after one is not the next one's."""
    times = []
    for number in numbers:
        times.append(_open(program, key, f"{LAST}{number}"))
        program.cpu_until_idle_s()
    return times


def _focus_sidebar(program: ProgramOnTerminal) -> None:
    for _ in range(5):
        since = program.position
        program.type("\t")
        program.cpu_until_idle_s()
        if program.has_shown("filter", since=since):
            return
    raise TimeoutError("no pane says that it can be filtered")


def _scroll(program: ProgramOnTerminal) -> float:
    """Pages up, each as soon as the one before is drawn: the milliseconds that 95 % of them do not exceed."""
    return percentile([_draw(program, _PAGE_UP) for _ in range(40)], 95)


def _draw(program: ProgramOnTerminal, key: str) -> float:
    """Milliseconds from the key until a frame is drawn."""
    since = program.position
    typed_at = program.type(key)
    return (program.when_drawn(since) - typed_at) * 1000
