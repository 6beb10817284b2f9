"""The table that other apps were measured by: one column for the bare app, one for ours."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.figures import Figure, number

__all__ = ["summary"]

_ROWS = (
    ("first paint, ratio to bare", "1", (("start", "first paint", "x"),)),
    ("memory at rest, MB", "start/bare app: memory", (("start", "memory", "MB"),)),
    ("1,200 tokens at 200/s, seconds until shown", "", (("stream prose", "seconds until shown", "s"),)),
    ("CPU for it, s", "", (("stream prose", "CPU", "s"),)),
    (
        "key echo meanwhile, median / p95 ms",
        "",
        (("stream prose", "key echo, median", "ms"), ("stream prose", "key echo, p95", "ms")),
    ),
    (
        "20,000 tokens at full speed, wall / CPU s",
        "",
        (("flood", "20,000 tokens, wall", "s"), ("flood", "20,000 tokens, CPU", "s")),
    ),
    ("CPU for 4 times the tokens", "", (("flood", "CPU for 4 times the tokens", "x"),)),
    ("memory, streaming, MB", "", (("stream prose", "peak memory", "MB"),)),
)
"""A row: its name; the bare app's text, or part and figure; our figures by part, name and unit."""


def summary(figures: Sequence[Figure]) -> str:
    """The rows whose figures were measured, in Markdown; empty where none were."""
    known = {(each.part, each.name, each.unit): each for each in figures}
    bare = {f"{each.part}/{each.name}": number(each.value) for each in figures}
    lines = []
    for name, other, keys in _ROWS:
        if all(key in known for key in keys):
            ours = " / ".join(number(known[key].value) for key in keys)
            lines.append(f"| {name} | {bare.get(other, '' if '/' in other else other)} | {ours} |")
    return "\n".join(["| | bare app | ours |", "|---|---|---|", *lines]) if lines else ""
