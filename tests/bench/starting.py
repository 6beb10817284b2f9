"""Part `start`: from the command to a screen that echoes keys, beside a bare app, in turn."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.bench.figures import Figure, figure, ratio
from tests.bench.scene import Scene, save
from tests.bench.terminal import ProgramOnTerminal

__all__ = ["measure_start"]

_SAVED = 2000
_COMPOSER = "essage"
"""Of the placeholder; the cursor stands on its first letter."""


@dataclass(frozen=True, slots=True)
class _Start:
    paint_s: float
    echo_s: float
    """From the command to the first key on the screen, typed as soon as the screen is painted."""
    paint_cpu_s: float
    """Used by the first paint: what other programs do to the wall time falls out."""
    cpu_s: float
    """Until idle."""
    listed_s: float
    """From the command to the list of what is saved."""
    memory_mb: float


def measure_start(scene: Scene, pairs: int) -> list[Figure]:
    """First paint, first key, time until idle and memory; then the same with many saved sessions."""
    scene.use_data("start-empty")
    for _ in range(2):  # compiled and in the page cache, both
        _once(scene.bare, _COMPOSER)
        _once(scene.ours, _COMPOSER, "F1")
    bare, ours = [], []
    for _ in range(pairs):
        bare.append(_once(scene.bare, _COMPOSER))
        ours.append(_once(scene.ours, _COMPOSER, "F1"))
    scene.use_data("start-many")
    save(scene.database, sessions=_SAVED, turns=1)
    _once(scene.ours, _COMPOSER, "F1")
    beside, many = [], []
    for _ in range(pairs):
        scene.use_data("start-empty")
        beside.append(_once(scene.ours, _COMPOSER, "F1"))
        scene.use_data("start-many")
        many.append(_once(scene.ours, _COMPOSER, "F1", listed="session 0"))
    part = "start"
    return [
        figure(part, "bare app: first paint", [each.paint_s for each in bare], "s"),
        figure(part, "first paint", [each.paint_s for each in ours], "s"),
        ratio(part, "first paint", [e.paint_s for e in ours], [e.paint_s for e in bare], target=1.35),
        ratio(part, "first key echoed", [e.echo_s for e in ours], [e.echo_s for e in bare], target=1.35),
        ratio(
            part,
            "CPU until first paint",
            [each.paint_cpu_s for each in ours],
            [each.paint_cpu_s for each in bare],
            target=1.35,
        ),
        figure(part, "bare app: CPU until idle", [each.cpu_s for each in bare], "s"),
        figure(part, "CPU until idle", [each.cpu_s for each in ours], "s"),
        ratio(part, "CPU until idle", [e.cpu_s for e in ours], [e.cpu_s for e in bare], target=1.6),
        figure(part, "bare app: memory", [each.memory_mb for each in bare], "MB"),
        figure(part, "memory", [each.memory_mb for each in ours], "MB", target=60),
        ratio(
            part,
            f"first paint, {_SAVED} saved, to none saved",
            [e.paint_s for e in many],
            [e.paint_s for e in beside],
            target=1.10,
        ),
        figure(part, f"{_SAVED} saved: listed after", [each.listed_s for each in many], "s"),
        ratio(
            part,
            f"CPU until idle, {_SAVED} saved, to none saved",
            [e.cpu_s for e in many],
            [e.cpu_s for e in beside],
            target=None,
        ),
        figure(part, f"memory, {_SAVED} saved", [each.memory_mb for each in many], "MB", target=60),
    ]


def _once(start: Callable[[], AbstractContextManager[ProgramOnTerminal]], *words: str, listed: str = "") -> _Start:
    """One start; it is painted when all `words` are on the screen."""
    with start() as program:
        painted_at = max(program.when_shown(word) for word in words)
        paint_cpu_s = program.cpu_s()
        since = program.position
        program.type("щ")
        echoed_at = program.when_shown("щ", since=since)
        cpu_s = program.cpu_until_idle_s()
        listed_at = program.when_shown(listed)
        began = program.started_at
        return _Start(
            painted_at - began, echoed_at - began, paint_cpu_s, cpu_s, listed_at - began, program.memory_mb()
        )
