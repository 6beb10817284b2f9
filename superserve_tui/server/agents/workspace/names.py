"""Which file a person means: `main.py`, `the readme`, `config`, a name with a slip in it.

May import: this package's walk, folder; the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from enum import IntEnum

from superserve_tui.server.agents.workspace.folder import Kind
from superserve_tui.server.agents.workspace.walk import Entry, Inventory

__all__ = ["Strength", "find_named", "match_names"]


_MAX_GUESSED = 5000
"""Names that are compared for slips; more would take too long."""
_ROOT_FIRST = ("readme", "license", "licence", "changelog", "contributing", "makefile", "dockerfile", "security")
"""Names that mean the one at the top, where there is one."""
_SPOKEN = {
    "licence": "license",
    "change log": "changelog",
    "package json": "package.json",
    "pyproject": "pyproject.toml",
    "cargo file": "cargo.toml",
    "docker file": "dockerfile",
    "make file": "makefile",
    "read me": "readme",
    "gitignore": ".gitignore",
    "test": "tests",
    "source": "src",
    "sources": "src",
    "source code": "src",
    "documentation": "docs",
    "configuration": "config",
    "settings": "config",
}


class Strength(IntEnum):
    """How sure a match is; higher is surer."""

    NONE = 0
    SLIP = 1
    """A name that differs in a letter or two."""
    PART = 2
    """A part of the name."""
    NAME = 3
    """The name, with or without its extension, or the end of the path."""
    PATH = 4
    """The whole path."""


def match_names(text: str, inventory: Inventory, *, wants_folder: bool = False) -> tuple[list[str], Strength]:
    """Paths that `text` may mean, best first, all of one strength. Links count by their own name.

    Files go before folders of the same strength, with `wants_folder` the other way round.
    """
    asked = text.strip().removeprefix("./").rstrip("/").strip()
    if not asked:
        return [], Strength.NONE
    entries = [entry for entry in inventory.entries if entry.kind in (Kind.FILE, Kind.FOLDER, Kind.LINK)]
    for wording in dict.fromkeys((asked, _SPOKEN.get(asked.lower(), asked))):
        for strength, find in ((Strength.PATH, _by_path), (Strength.NAME, _by_name)):
            if found := find(wording, entries):
                return _preferred(wording, found, wants_folder=wants_folder), strength
    for strength, guess in ((Strength.PART, _by_part), (Strength.SLIP, _by_slip)):
        if found := guess(asked, entries):
            return _preferred(asked, found, wants_folder=wants_folder), strength
    return [], Strength.NONE


def find_named(text: str, inventory: Inventory) -> list[str]:
    """Everything whose name is or holds `text`, folders with a `/` behind them; for a list, not for a choice."""
    asked = text.strip().removeprefix("./").rstrip("/")
    entries = [entry for entry in inventory.entries if entry.kind is not Kind.SPECIAL]
    found = {entry.path: entry for find in (_by_path, _by_name, _by_part) for entry in find(asked, entries)}
    ranked = sorted(found.values(), key=lambda entry: (entry.path.count("/"), entry.path.lower()))
    return [f"{entry.path}/" if entry.kind is Kind.FOLDER else entry.path for entry in ranked]


def _by_path(asked: str, entries: Sequence[Entry]) -> list[Entry]:
    exact = [entry for entry in entries if entry.path == asked]
    return exact or [entry for entry in entries if entry.path.lower() == asked.lower()]


def _by_end(asked: str, entries: Sequence[Entry]) -> list[Entry]:
    tail = "/" + asked.lower()
    found = [entry for entry in entries if entry.path.lower().endswith(tail)]
    same_case = [entry for entry in found if entry.path.endswith("/" + asked)]
    return same_case or found


def _by_name(asked: str, entries: Sequence[Entry]) -> list[Entry]:
    """By the end of the path; words without a dot may leave the extension out."""
    found = _by_end(asked, entries)
    if "." in asked.rsplit("/", 1)[-1].lstrip("."):
        return found or _by_stem(asked, entries)
    known = {entry.path for entry in found}
    return found + [entry for entry in _by_stem(asked, entries) if entry.path not in known]


def _by_stem(asked: str, entries: Sequence[Entry]) -> list[Entry]:
    """`main` for `src/main.py`, `src/main` too; `readme` for `README.md`."""
    folder, _, stem = asked.lower().rpartition("/")
    found = []
    for entry in entries:
        parent, _, name = entry.path.lower().rpartition("/")
        if name.partition(".")[0] == stem and (not folder or f"/{parent}".endswith("/" + folder)):
            found.append(entry)
    return found


def _by_part(asked: str, entries: Sequence[Entry]) -> list[Entry]:
    plain = _plain(asked)
    if len(plain) < 3:
        return []
    found = [entry for entry in entries if plain in _plain(entry.path.rsplit("/", 1)[-1])]
    return found or ([entry for entry in entries if plain in _plain(entry.path)] if "/" in asked else [])


def _by_slip(asked: str, entries: Sequence[Entry]) -> list[Entry]:
    if len(asked) < 4 or " " in asked:
        return []
    by_name: dict[str, list[Entry]] = {}
    for entry in entries[:_MAX_GUESSED]:
        by_name.setdefault(entry.path.rsplit("/", 1)[-1].lower(), []).append(entry)
    wanted = asked.lower().rsplit("/", 1)[-1]
    close = get_close_matches(wanted, by_name, n=3, cutoff=0.8)
    return [entry for name in close for entry in by_name[name]]


def _plain(name: str) -> str:
    return re.sub(r"[\s._-]+", "", name.lower())


def _preferred(asked: str, found: list[Entry], *, wants_folder: bool) -> list[str]:
    """Sort, keep one kind where both are there, and take the top one for names that mean it."""
    of_kind = [entry for entry in found if (entry.kind is Kind.FOLDER) == wants_folder]
    kept = of_kind or found
    kept = sorted(kept, key=lambda entry: (entry.path.count("/"), entry.path.lower()))
    if asked.lower().partition(".")[0] in _ROOT_FIRST:
        top = [entry for entry in kept if "/" not in entry.path]
        kept = top[:1] or kept
    return [entry.path for entry in kept]
