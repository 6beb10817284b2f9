"""Where in a TOML file a key stands, which its parser does not tell.

May import: the standard library.
"""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["find_line", "line_in"]

_PART = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)"""
_PATH = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*\[\[?\s*({_PATH})\s*\]")
_ASSIGNMENT = re.compile(rf"\s*({_PATH})\s*=")
_PARTS = re.compile(_PART)
_LONG_QUOTES = re.compile(r'"""|\'\'\'')


def find_line(text: str, path: tuple[str, ...]) -> int | None:
    """The line, from 1, where the key at `path` is set, else where the nearest table around it begins.

    A scan by lines, not a parser: a key inside of an inline table is found at that table's line.
    """
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    closing = ""
    for number, line in enumerate(text.splitlines(), 1):
        if closing:
            closing = "" if closing in line else closing
            continue
        if header := _HEADER.match(line):
            table = _split(header[1])
            found.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            key = (*table, *_split(assignment[1]))
            for depth in range(len(table) + 1, len(key) + 1):
                found.setdefault(key[:depth], number)
        quotes = _LONG_QUOTES.findall(line)
        if len(quotes) % 2:
            closing = quotes[-1]
    for depth in range(len(path), 0, -1):
        if path[:depth] in found:
            return found[path[:depth]]
    return None


def line_in(file: Path, path: tuple[str, ...]) -> int | None:
    """As `find_line`, in a file; None where that can't be read."""
    try:
        return find_line(file.read_text(encoding="utf-8-sig"), path)
    except (OSError, UnicodeDecodeError):
        return None


def _split(path: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") if part[0] in "\"'" else part for part in _PARTS.findall(path))
