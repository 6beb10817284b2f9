"""Answers about what was found in the text of files, as Markdown.

May import: this package's value types and markdown; the standard library.
"""

from __future__ import annotations

from collections.abc import Sequence

from superserve_tui.server.agents.workspace.languages import language_of
from superserve_tui.server.agents.workspace.markdown import code, count, fence, joined, one_line, reference
from superserve_tui.server.agents.workspace.search import Found, Hit
from superserve_tui.server.agents.workspace.symbols import Symbol

__all__ = ["definitions", "hits", "one_definition", "uses"]

_HITS = 30
"""Hits of one answer."""
_HITS_PER_FILE = 8
"""So that one file does not hide the others."""
_SHOWN_LINE = 160
_BODY_LINES = 40
"""Lines of a definition that are shown."""


def hits(found: Found, text: str, where: str, *, any_case: bool = False) -> str:
    """Lines that contain a text."""
    scope = f" in {code(where)}" if where else ""
    if not found.total:
        return joined([f"{code(text)} stands nowhere{scope}.", _searched(found)])
    how = ", in any case" if any_case else ""
    lead = f"{count(found.total, 'line')} with {code(text)}{how}{scope}, in {count(found.files, 'file')}:"
    return joined([lead, *_grouped(found)])


def uses(name: str, found: Found, defined: Sequence[Hit]) -> str:
    """Where a name is used, its definitions apart."""
    at = "Defined at " + ", ".join(reference(hit.path, hit.line) for hit in defined[:3]) + "." if defined else ""
    if not found.total:
        what = "nothing else here uses it" if defined else "I found no such name in the files here"
        return joined([f"No uses of {code(name)}: {what}.", at, _searched(found)])
    lead = f"{code(name)} is used on {count(found.total, 'line')} in {count(found.files, 'file')}:"
    return joined([lead, *_grouped(found), at])


def definitions(name: str, found: Found) -> str:
    """Several definitions of one name, or none."""
    if not found.total:
        hint = f"{code(f'find {name}')} searches in all text."
        return joined([f"I found no definition of {code(name)} here.", hint, _searched(found)])
    lead = f"{code(name)} is defined in {count(found.total, 'place')}:"
    return joined([lead, *_grouped(found)])


def one_definition(name: str, found: Found, lines: Sequence[str], symbol: Symbol | None) -> str:
    """The one definition that was found of a name, with its text. `lines` and `symbol` are of its file."""
    hit = found.hits[0]
    about = one_line(symbol.summary, 300) if symbol is not None else ""
    end = symbol.end_line if symbol is not None and symbol.end_line else _end_of_block(lines, hit.line)
    shown = lines[hit.line - 1 : min(end, hit.line - 1 + _BODY_LINES)]
    kind = f" ({symbol.kind} of {code(symbol.parent)})" if symbol is not None and symbol.parent else ""
    language = language_of(hit.path)
    left = end - (hit.line - 1) - len(shown)
    more = (
        f"{count(left, 'more line')}; {code(f'show lines {hit.line}-{end} of {hit.path}')} shows all."
        if left > 0
        else ""
    )
    return joined(
        [
            f"{code(name)}{kind} is defined at {reference(hit.path, hit.line)}:",
            f"> {about}" if about else "",
            fence([line[:400] for line in shown], language.tag if language is not None else "text"),
            more,
            "" if found.is_complete else _searched(found),
        ]
    )


def _grouped(found: Found) -> list[str]:
    """The hits as items, file after file, and what is left out."""
    shown: list[str] = []
    per_file: dict[str, int] = {}
    for hit in found.hits:
        if len(shown) >= _HITS:
            break
        per_file[hit.path] = per_file.get(hit.path, 0) + 1
        if per_file[hit.path] > _HITS_PER_FILE:
            continue
        line = hit.text.strip()
        line = line if len(line) <= _SHOWN_LINE else line[:_SHOWN_LINE] + "…"
        shown.append(f"- {reference(hit.path, hit.line)}  {code(line) if line else ''}".rstrip())
    left = found.total - len(shown)
    return [
        "\n".join(shown),
        f"… and {count(left, 'more line')}. Narrow it with `in FOLDER` or `in *.py`." if left > 0 else "",
        "" if found.is_complete else _searched(found),
    ]


def _searched(found: Found) -> str:
    if found.is_complete:
        return f"I looked through {count(found.searched, 'text file')}."
    return f"I looked through {count(found.searched, 'text file')}; time or size kept me from the rest."


def _end_of_block(lines: Sequence[str], start: int) -> int:
    """The last line of a block that begins at line `start`: until the indentation is back and it is closed."""
    first = lines[start - 1] if start <= len(lines) else ""
    indent = len(first) - len(first.lstrip())
    if not first.rstrip().endswith(("{", "(", "[", ":", ",", "then", "do")):
        following = lines[start] if start < len(lines) else ""
        if not following.strip().startswith("{") and len(following) - len(following.lstrip()) <= indent:
            return start
    for number in range(start + 1, min(len(lines), start + 400) + 1):
        line = lines[number - 1]
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            is_closing = line.strip()[:1] in ("}", ")", "]") or line.strip() in ("end", "fi", "done", "{")
            if line.strip() != "{":
                return number if is_closing else number - 1
    return min(len(lines), start + _BODY_LINES)
