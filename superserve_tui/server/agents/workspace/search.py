"""Finding text, definitions and uses in the folder's files. Plain text only: a pattern from outside can't be slow.

May import: this package's folder, reading, walk, languages, budget; the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from superserve_tui.server.agents.workspace.budget import Budget
from superserve_tui.server.agents.workspace.folder import Folder, Refused
from superserve_tui.server.agents.workspace.languages import language_of
from superserve_tui.server.agents.workspace.reading import decode, split_lines
from superserve_tui.server.agents.workspace.secrets import holds_private_key, is_secret

__all__ = ["Found", "Hit", "Matching", "find_definitions", "search"]

_MAX_FILE_BYTES = 2_000_000
"""A larger file is searched in its beginning only."""
_KEPT_HITS = 500
"""Hits whose lines are kept; further ones are counted."""
_KEPT_HITS_OF_A_FILE = 20
"""So that a table full of them does not hide the other files."""
_MAX_LINE = 400
"""Characters of a line that are kept, and looked at for a definition."""

_CURLY = frozenset(
    {"C", "C++", "C#", "Java", "JavaScript", "TypeScript", "TSX", "Vue", "Svelte", "Dart", "PHP", "Objective-C"}
)
"""Languages where a definition may begin without a keyword: `int area(int a) {`, `draw() {`."""


class Matching(StrEnum):
    """How text is compared."""

    EXACT = "exact"
    ANY_CASE = "any_case"
    WORD = "word"
    """Exact, and not inside a longer name."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One line that was found."""

    path: str
    line: int
    text: str
    """The line, cut to 400 characters around the hit."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found."""

    hits: tuple[Hit, ...]
    total: int
    """Lines with a hit, those beyond the kept ones included."""
    files: int
    """Files with a hit."""
    searched: int
    """Files that were read."""
    is_complete: bool = True
    """False: the time ran out, or a file was too big to read whole."""


def search(
    folder: Folder, paths: Iterable[str], needle: str, budget: Budget, *, matching: Matching = Matching.EXACT
) -> Found:
    """Lines that contain `needle`. Blocks; about 10,000 small files a second."""
    if matching is Matching.WORD:
        word = re.compile(rf"(?<![\w$]){re.escape(needle)}(?![\w$])")
        return _scan(folder, paths, needle, budget, lambda _, line: _start(word.search(line)))
    if matching is Matching.EXACT:
        return _scan(folder, paths, needle, budget, lambda _, line: line.find(needle))
    lowered = needle.lower()
    return _scan(folder, paths, None, budget, lambda _, line: line.lower().find(lowered))


def find_definitions(folder: Folder, paths: Iterable[str], name: str, budget: Budget) -> Found:
    """Lines that define `name` (a dotted name by its last part): functions, classes, types, constants. Blocks.

    A name in lower case that nothing defines so is found in any case: people say `the desk class`.
    """
    last = name.rsplit(".", 1)[-1].rsplit("::", 1)[-1]
    is_loose = last == last.lower()
    expressions = definition_patterns(last, any_case=is_loose)
    code = (path for path in paths if (language := language_of(path)) is not None and language.is_code)

    def find(path: str, line: str) -> int:
        position = line.lower().find(last) if is_loose else line.find(last)
        if position < 0:
            return -1
        language = language_of(path)
        is_curly = language is not None and language.name in _CURLY
        return position if expressions[is_curly].match(line[:_MAX_LINE]) else -1

    found = _scan(folder, code, None if is_loose else last, budget, find)
    exact = tuple(hit for hit in found.hits if last in hit.text)
    if not exact or len(exact) == len(found.hits):
        return found
    return replace(found, hits=exact, total=len(exact), files=len({hit.path for hit in exact}))


def definition_patterns(name: str, *, any_case: bool = False) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns for a line that defines `name`: for most languages, and for those with braces."""
    word = rf"{re.escape(name)}(?![\w$])"
    modifier = (
        r"(?:(?:public|private|protected|internal|static|async|override|get|set|final|virtual|inline|extern)\s+)"
    )
    keyword = (
        r"(?:def|class|func|fn|fun|function\*?|struct|enum|trait|interface|type|const|let|var|val|object|module|record"
        r"|namespace|protocol|sub|macro_rules!|#\s*define|defp?|message|service|rpc)"
    )
    usual = [
        rf"\s*(?:[\w()!#]+\s+){{0,5}}{keyword}\s+{word}",
        rf"func\s+\([^)]{{1,120}}\)\s*{word}",
        rf"(?:export\s+|pub\s+|static\s+|local\s+|readonly\s+)*{word}\s*(?::[^=]{{1,120}})?=(?!=)",
        rf"(?:function\s+)?{word}\s*\(\)\s*\{{?\s*$",
        (
            r"(?i:\s*create\s+(?:or\s+replace\s+)?(?:table|view|index|function|procedure|trigger|type)\s+"
            rf"(?:if\s+not\s+exists\s+)?[\"`]?){word}"
        ),
    ]
    curly = [
        rf"\s+{modifier}*{word}\s*\([^;]*\)\s*(?::[^;{{]{{1,80}})?\{{\s*$",
        (
            rf"\s*{modifier}*(?!return\b|new\b|await\b|else\b|throw\b|yield\b|case\b|delete\b|import\b|typeof\b|assert\b)"
            rf"[A-Za-z_][\w:<>,\[\]*&]*[\s*&]+(?:[\w:]+::)?{word}\s*\([^;=]*(?:\{{|\)\s*(?:const)?\s*)$"
        ),
    ]
    return _joined(usual, any_case=any_case), _joined([*usual, *curly], any_case=any_case)


def _joined(expressions: Iterable[str], *, any_case: bool) -> re.Pattern[str]:
    joined = "|".join(f"(?:{expression})" for expression in expressions)
    return re.compile(joined, re.IGNORECASE if any_case else re.NOFLAG)


def _scan(
    folder: Folder, paths: Iterable[str], must_hold: str | None, budget: Budget, find: Callable[[str, str], int]
) -> Found:
    """Look at every line; `find(path, line)` says where in it the hit is, below 0: none."""
    hits: list[Hit] = []
    total = files = searched = 0
    is_complete = True
    for path in paths:
        if budget.is_spent():
            is_complete = False
            break
        text, is_whole = _text(folder, path)
        is_complete = is_complete and is_whole
        if text is None:
            continue
        searched += 1
        if must_hold is not None and must_hold not in text:
            continue
        before = total
        for number, line in enumerate(split_lines(text), 1):
            position = find(path, line)
            if position < 0:
                continue
            total += 1
            if len(hits) < _KEPT_HITS and total - before <= _KEPT_HITS_OF_A_FILE:
                hits.append(Hit(path, number, _around(line, position)))
        files += total > before
    return Found(tuple(hits), total, files, searched, is_complete)


def _text(folder: Folder, path: str) -> tuple[str | None, bool]:
    """A file's text (None: not text, or not readable), and whether that is all of it."""
    if is_secret(path):
        return None, True
    try:
        with folder.open(path) as file:
            data = file.read(_MAX_FILE_BYTES + 1) or b""
    except Refused:
        return None, True
    if holds_private_key(data):
        return None, True
    text, _ = decode(data[:_MAX_FILE_BYTES])
    return text, len(data) <= _MAX_FILE_BYTES or text is None


def _start(match: re.Match[str] | None) -> int:
    return match.start() if match is not None else -1


def _around(line: str, position: int) -> str:
    """The line, or 400 characters of it around the hit."""
    if len(line) <= _MAX_LINE:
        return line
    start = max(0, min(position - _MAX_LINE // 4, len(line) - _MAX_LINE))
    return ("…" if start else "") + line[start : start + _MAX_LINE] + ("…" if start + _MAX_LINE < len(line) else "")
