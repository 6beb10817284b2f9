"""Words of a search that narrow it: `agent:reviewer`, `state:failed`, `tool:bash`, `before:2026-11-01`, `after:`.

May import: the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time

__all__ = ["Filters", "take_filters"]

_FILTER = re.compile(r'(?<!\S)(agent|state|tool|before|after):("[^"]*"|\S+)', re.IGNORECASE)
_LIKE_SIGNS = re.compile("[%_^]")


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions on the tables `session` and `turn`."""

    sql: str = ""
    """Each begins with ` AND `; empty where nothing narrows the search."""
    values: tuple[str | int, ...] = ()
    """What stands for its question marks."""


def take_filters(query: str) -> tuple[str, Filters]:
    """The query without its filters, and the filters. A date that is none stays a word like any other."""
    sql: list[str] = []
    values: list[str | int] = []

    def take(match: re.Match[str]) -> str:
        condition = _CONDITIONS[match[1].lower()](match[2].strip('"'))
        if condition is None:
            return match[0]
        sql.append(f" AND {condition[0]}")
        values.append(condition[1])
        return " "

    rest = _FILTER.sub(take, query)
    return rest, Filters("".join(sql), tuple(values))


def _beginning(column: str) -> Callable[[str], tuple[str, str | int] | None]:
    return lambda word: (f"{column} LIKE ? ESCAPE '^'", _escaped(word) + "%")


def _tool(word: str) -> tuple[str, str | int]:
    # The column is JSON of our own writing; a name in it is a quoted string after its key.
    return "turn.calls LIKE ? ESCAPE '^'", f'%"name":"{_escaped(word)}%'


def _day(sign: str) -> Callable[[str], tuple[str, str | int] | None]:
    def condition(word: str) -> tuple[str, str | int] | None:
        try:
            day = date.fromisoformat(word)
        except ValueError:
            return None
        begins = datetime.combine(day, time()).astimezone()
        return f"COALESCE(turn.created_at, session.created_at) {sign} ?", int(begins.timestamp()) * 1_000_000

    return condition


def _escaped(word: str) -> str:
    return _LIKE_SIGNS.sub(r"^\g<0>", word)


_CONDITIONS: dict[str, Callable[[str], tuple[str, str | int] | None]] = {
    "agent": _beginning("session.agent"),
    "state": _beginning("session.state"),
    "tool": _tool,
    "before": _day("<"),
    "after": _day(">="),
}
