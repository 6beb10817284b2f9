"""Markdown that stays whole whatever a file's name or text holds.

May import: the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from superserve_tui.protocol import scrub

__all__ = ["bullets", "code", "count", "fence", "joined", "one_line", "reference", "size", "table"]

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TICKS = re.compile(r"`+")


def code(text: str) -> str:
    """Text as code within a line: a file name, a symbol. Control characters are shown as escapes, so that a name
    with a line break in it stays on its line."""
    shown = visible(text)
    ticks = "`" * (_longest_run(shown) + 1)
    pad = " " if shown[:1] in ("`", " ", "") or shown[-1:] in ("`", " ") else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def visible(text: str) -> str:
    """A name on one line, control characters as escapes."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", scrub(text))


def reference(path: str, line: int) -> str:
    """`path:line`, as editors and terminals understand it."""
    return code(f"{path}:{line}")


def fence(lines: Iterable[str], tag: str = "text") -> str:
    """A code block, its fence longer than any in the text."""
    body = scrub("\n".join(lines))
    ticks = "`" * max(3, _longest_run(body) + 1)
    return f"{ticks}{tag}\n{body}\n{ticks}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """A table; `right` are the columns whose figures stand at the right."""
    rule = ["---:" if column in right else "---" for column in range(len(head))]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in (head, rule, *rows)
    )


def bullets(items: Iterable[str]) -> str:
    """A list, one line each."""
    return "\n".join(f"- {item}" for item in items)


def one_line(text: str, limit: int = 240) -> str:
    """Foreign prose inside a sentence or an item: one line, cut at a word."""
    flat = " ".join(scrub(text).split())
    return flat if len(flat) <= limit else flat[:limit].rsplit(" ", 1)[0].rstrip(",.;:") + " …"


def joined(parts: Iterable[str]) -> str:
    """Paragraphs and blocks with an empty line between; empty ones left out."""
    return "\n\n".join(part for part in parts if part) + "\n"


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 file`, `1,200 files`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def size(number: int) -> str:
    """Bytes as people say them."""
    if number < 1000:
        return count(number, "byte")
    value = float(number)
    for unit in ("KB", "MB", "GB"):
        value /= 1000
        if value < 999.95:
            return f"{value:.1f} {unit}"
    return f"{value / 1000:.1f} TB"


def _longest_run(text: str) -> int:
    return max((len(run) for run in _TICKS.findall(text)), default=0)
