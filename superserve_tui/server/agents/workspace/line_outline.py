"""Outline of any language by patterns over single lines.

Lines are cut before they are matched, so that no file makes this slow.

May import: this package's symbols, line_patterns; the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from superserve_tui.server.agents.workspace.line_patterns import patterns_for
from superserve_tui.server.agents.workspace.symbols import Outline, Symbol

__all__ = ["outline_lines"]

_MAX_LINE = 400
"""Characters of a line that are looked at."""
_MAX_SYMBOLS = 2000

_DATA = frozenset({"TOML", "INI", "YAML", "JSON"})
_PROSE = frozenset({"Markdown", "Text", "reStructuredText", ""})
_BARE_KINDS = frozenset({"key", "table", "heading", "target", "step", "rule", "block"})
"""Kinds whose line says no more than their name."""

_IMPORT = re.compile(
    r"\s*(?:import\s+(?:type\s+)?(?:[\w${}*,\s]{1,200}\s+from\s+)?[\"']?(?P<a>[\w@./:-]+)"
    r"|from\s+(?P<b>[\w.]+)\s+import"
    r"|use\s+(?P<c>[\w:]+)|#\s*include\s+[<\"](?P<d>[\w./+-]+)|require\s+[\"'](?P<e>[\w./-]+)"
    r"|(?:const|let|var)\s+[^=]{1,120}=\s*require\([\"'](?P<f>[\w@./-]+))"
)
_MAIN = re.compile(r"\s*(?:func main\(\)|fn main\(\)|(?:int|void)\s+main\s*\(|public static void main|fun main\()")
_COMMENT = re.compile(r"\s*(?:///?|//!|#+|--|;+|/\*\*?|\*|<!--|\"\"\"|%+)\s?(?P<text>.*?)(?:\*/|-->|\"\"\")?\s*$")
_NOT_A_SUMMARY = re.compile(r"(?i)(copyright|\(c\)|spdx|licen[sc]ed?|-\*-|vim:|eslint|prettier|@ts-|pragma)")


def outline_lines(lines: Sequence[str], language: str, *, is_broken: bool = False) -> Outline:
    """The outline of a file by its lines; no symbols for a language that has no patterns."""
    visible = _outside_fences(lines) if language == "Markdown" else enumerate(lines, 1)
    is_code = language not in _DATA | _PROSE
    return Outline(
        symbols=_symbols(visible, language),
        summary=_prose_summary(lines) if language in _PROSE else _comment_summary(lines),
        imports=tuple(dict.fromkeys(_imports(lines))) if is_code else (),
        is_script=is_code and any(_MAIN.match(line[:_MAX_LINE]) for line in lines),
        is_broken=is_broken,
    )


def _symbols(lines: Iterable[tuple[int, str]], language: str) -> tuple[Symbol, ...]:
    found: list[Symbol] = []
    patterns = patterns_for(language)
    is_in_table = False
    for number, line in lines if patterns else ():
        cut = line[:_MAX_LINE]
        for kind, pattern in patterns:
            match = pattern.match(cut)
            if match is None:
                continue
            is_in_table = is_in_table or kind == "table"
            depth = 1 if kind == "key" and is_in_table else _depth(match, cut, language)
            signature = "" if kind in _BARE_KINDS else cut.strip().rstrip("{ ").strip()
            found.append(Symbol(kind, match["name"].strip().strip("\"'"), number, signature=signature, depth=depth))
            break
        if len(found) >= _MAX_SYMBOLS:
            break
    return tuple(found)


def _depth(match: re.Match[str], line: str, language: str) -> int:
    groups = match.groupdict()
    if groups.get("level"):
        return len(groups["level"]) - 1
    if language == "JSON":  # its top level is indented once already
        return 1 if len((groups["indent"] or "").expandtabs(2)) > 2 else 0
    return 1 if line[:1].isspace() else 0


def _outside_fences(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Lines of Markdown that are not inside a code block, where `#` is a comment and no heading."""
    fence = ""
    for number, line in enumerate(lines, 1):
        mark = line.lstrip()[:3]
        if fence:
            if mark == fence:
                fence = ""
        elif mark in ("```", "~~~"):
            fence = mark
        else:
            yield number, line


def _imports(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        match = _IMPORT.match(line[:_MAX_LINE])
        if match is not None:
            yield next(value for value in match.groups() if value)


def _prose_summary(lines: Sequence[str]) -> str:
    """The first paragraph of prose: no heading, badge, rule, list or code."""
    paragraph: list[str] = []
    for _, line in _outside_fences(lines[:200]):
        text = line.strip()
        is_rule = set(text) <= set("=-~^*_ ")
        if text and not is_rule and text[0] not in "#<>|+`:![" and not text.startswith(("- ", "* ")):
            paragraph.append(text)
        elif is_rule and text:
            paragraph.clear()  # the line before it was a heading
        elif paragraph:
            break
    return _cut(" ".join(paragraph))


def _comment_summary(lines: Sequence[str]) -> str:
    """The first comment of a file, without its `#!` line, licence or editor marks."""
    paragraph: list[str] = []
    for line in lines[:30]:
        if line.startswith(("#!", "#include", "#define", "#pragma", "#if")):
            continue
        match = _COMMENT.match(line[:_MAX_LINE])
        text = match["text"].strip() if match is not None else ""
        if text and _NOT_A_SUMMARY.match(text):
            continue
        if text:
            paragraph.append(text)
        elif paragraph or (match is None and line.strip()):
            break
    return _cut(" ".join(paragraph))


def _cut(text: str, limit: int = 400) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
