"""What listings leave out: version control, installed packages, caches, and what `.gitignore` names.

May import: the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["SKIPPED_FILES", "GitIgnore", "is_skipped_folder"]

_FOLDERS = frozenset(
    {
        ".git", ".hg", ".svn", ".jj", "node_modules", "bower_components", "__pycache__", ".venv", "venv",
        "virtualenv", ".tox", ".nox", ".eggs", "site-packages", ".mypy_cache", ".pytest_cache", ".ruff_cache",
        ".hypothesis", ".cache", ".import_linter_cache", ".ipynb_checkpoints", ".gradle", ".idea", ".next",
        ".nuxt", ".parcel-cache", ".turbo", ".svelte-kit", ".terraform", ".direnv", ".sass-cache", ".npm",
        ".yarn", ".pnpm-store",
    }
)  # fmt: skip
"""Folders that hold no work of the person's own, by name, lower case."""

_MARKS = frozenset({"pyvenv.cfg", "CACHEDIR.TAG"})
"""Files that say what the folder around them is: a virtual environment, a cache."""

SKIPPED_FILES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})

_MAX_PATTERNS = 1000
_MAX_PATTERN = 200
"""Characters; a longer pattern is passed over."""
_MAX_STARS = 6
"""Wildcards in one pattern; more could make matching slow."""


def is_skipped_folder(name: str) -> bool:
    """Whether a folder is left out for its name alone."""
    return name.lower() in _FOLDERS or name.endswith(".egg-info")


def is_marked_folder(names: Iterable[str]) -> bool:
    """Whether a folder is left out for a file in it."""
    return not _MARKS.isdisjoint(names)


@dataclass(frozen=True, slots=True)
class _Group:
    """Consecutive patterns of one sign, joined, so that a file costs one match and not one per pattern."""

    anything: re.Pattern[str] | None
    """Matches files and folders."""
    folders: re.Pattern[str] | None
    """Matches folders only (`name/`)."""
    is_negated: bool


class GitIgnore:
    """The rules of one `.gitignore`, for paths relative to its folder."""

    def __init__(self, text: str) -> None:
        self._groups: list[_Group] = []
        anything: list[str] = []
        folders: list[str] = []
        sign = False
        for line in text.split("\n")[:_MAX_PATTERNS]:
            pattern = line.rstrip("\r").rstrip(" ")
            if not pattern or pattern.startswith("#") or len(pattern) > _MAX_PATTERN:
                continue
            is_negated = pattern.startswith("!")
            pattern = pattern.removeprefix("!").removeprefix("\\")
            if not pattern.strip("/") or pattern.count("*") > _MAX_STARS:
                continue
            if is_negated != sign:
                self._close(anything, folders, is_negated=sign)
                anything, folders, sign = [], [], is_negated
            (folders if pattern.endswith("/") else anything).append(_expression(pattern.rstrip("/")))
        self._close(anything, folders, is_negated=sign)

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """True: ignored. False: taken back by a `!` rule. None: this file says nothing about it."""
        for group in reversed(self._groups):
            if group.anything is not None and group.anything.fullmatch(path):
                return not group.is_negated
            if is_folder and group.folders is not None and group.folders.fullmatch(path):
                return not group.is_negated
        return None

    def _close(self, anything: list[str], folders: list[str], *, is_negated: bool) -> None:
        if anything or folders:
            self._groups.append(_Group(_joined(anything), _joined(folders), is_negated))


def _joined(expressions: list[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(expressions), re.DOTALL) if expressions else None


def _expression(pattern: str) -> str:
    """A gitignore pattern as a regular expression over the whole relative path."""
    anchored = "/" in pattern
    body = pattern.removeprefix("/")
    parts: list[str] = []
    position = 0
    while position < len(body):
        if body.startswith("**/", position):
            parts.append("(?:.*/)?")
            position += 3
        elif body.startswith("**", position):
            parts.append(".*")
            position += 2
        elif body[position] == "*":
            parts.append("[^/]*")
            position += 1
        elif body[position] == "?":
            parts.append("[^/]")
            position += 1
        elif body[position] == "[" and (end := body.find("]", position + 2)) > 0:
            inside = body[position + 1 : end]
            negated = inside[0] in "!^"
            parts.append(_character_class(inside[1:] if negated else inside, negated=negated))
            position = end + 1
        elif body[position] == "\\" and position + 1 < len(body):
            parts.append(re.escape(body[position + 1]))
            position += 2
        else:
            parts.append(re.escape(body[position]))
            position += 1
    return ("" if anchored else "(?:.*/)?") + "".join(parts)


def _character_class(inside: str, *, negated: bool) -> str:
    """A bracket expression; one whose ranges run backwards matches nothing, as in git."""
    escaped = re.sub(r"([\\\[\]^&~|])", r"\\\1", inside)
    expression = f"[{'^' if negated else ''}{escaped}]"
    if "--" in inside:
        return "(?!)"  # Python would warn of a set difference to come
    try:
        re.compile(expression)
    except re.error:
        return "(?!)"
    return expression
