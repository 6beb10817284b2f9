"""Numbers from repeated measurements: the middle one and the spread; the table and the JSON made of them."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["Figure", "figure", "number", "percentile", "ratio", "table", "write_json"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured quantity."""

    part: str
    name: str
    value: float
    """The median."""
    unit: str
    low: float
    """The quarter of the measurements below it; with few of them the least."""
    high: float
    count: int
    target: float | None = None
    """The most that it may be; None: for information."""

    @property
    def is_met(self) -> bool:
        """Whether it is within its target."""
        return self.target is None or self.value <= self.target


def figure(part: str, name: str, values: Sequence[float], unit: str, *, target: float | None = None) -> Figure:
    """The middle and the spread of several measurements."""
    ordered = sorted(values)
    return Figure(
        part,
        name,
        statistics.median(ordered),
        unit,
        percentile(ordered, 25),
        percentile(ordered, 75),
        len(ordered),
        target,
    )


def ratio(part: str, name: str, ours: Sequence[float], theirs: Sequence[float], *, target: float | None) -> Figure:
    """Ours to theirs, pair by pair: what the machine did at that moment falls out."""
    return figure(part, name, [mine / other for mine, other in zip(ours, theirs, strict=True)], "x", target=target)


def percentile(values: Iterable[float], percent: float) -> float:
    """The value that `percent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]


def table(figures: Sequence[Figure]) -> str:
    """Rows for people; what is beyond its target has a mark."""
    rows = [("part", "figure", "median", "quartiles", "n", "target", "")]
    for each in figures:
        target = "" if each.target is None else f"{number(each.target)} {each.unit}"
        spread = f"{number(each.low)} - {number(each.high)}"
        mark = "" if each.is_met else "beyond"
        rows.append(
            (each.part, each.name, f"{number(each.value)} {each.unit}", spread, str(each.count), target, mark)
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def write_json(path: Path, figures: Sequence[Figure]) -> None:
    """The figures and the machine that they hold for."""
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "system": platform.platform()}
    body = {"machine": machine, "figures": [{**asdict(each), "is_met": each.is_met} for each in figures]}
    path.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")


def number(value: float) -> str:
    """Three digits that say something."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
