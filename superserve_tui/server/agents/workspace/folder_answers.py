"""Answers about many files, as Markdown: trees, lists, figures.

May import: this package's value types and markdown; the standard library.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from superserve_tui.server.agents.workspace.counting import Counts
from superserve_tui.server.agents.workspace.folder import Kind
from superserve_tui.server.agents.workspace.languages import language_of
from superserve_tui.server.agents.workspace.markdown import (
    code,
    count,
    fence,
    joined,
    size,
    table,
    visible,
)
from superserve_tui.server.agents.workspace.walk import Entry, Inventory

__all__ = [
    "age",
    "counts",
    "empty",
    "files_of",
    "found_files",
    "in_order",
    "largest",
    "left_out",
    "listing",
    "recent",
    "tree_lines",
]

_TREE_LINES = 60
"""Lines of a tree up to which deeper folders are opened."""
_MOST_LINES = 120
"""Lines that a tree has at most, however wide its top is."""
_LIST_ITEMS = 40


def listing(title: str, inventory: Inventory, start: str = ".") -> str:
    """Files and folders as a tree, as deep as fits on a screen or two."""
    files, folders = len(inventory.files), len(inventory.folders)
    if not inventory.entries:
        return empty(title, inventory)
    extent = count(files, "file") + (f" in {count(folders, 'folder')}" if folders else "")
    at_least = "" if inventory.is_complete else "at least "
    lines, is_whole = tree_lines(inventory, start)
    hint = "" if is_whole else "Folders with a number are closed here; ask `what's in NAME?` to open one."
    return joined([f"{code(title)} holds {at_least}{extent}:", fence(lines), hint, left_out(inventory)])


def empty(title: str, inventory: Inventory) -> str:
    """A folder with nothing in it that is listed."""
    if not inventory.is_complete:
        return f"{code(title)} is too slow to read: I saw nothing of it in the time that I allow myself.\n"
    if inventory.unreadable:
        return f"{code(title)} can't be read: the system refuses it.\n"
    return joined([f"{code(title)} is empty.", left_out(inventory)])


def tree_lines(inventory: Inventory, start: str = ".", *, limit: int = _TREE_LINES) -> tuple[list[str], bool]:
    """The lines of a tree below `start`, and whether everything is in it."""
    base = 0 if start == "." else start.count("/") + 1
    levels = Counter(entry.path.count("/") - base for entry in inventory.entries)
    depth = shown = 0
    for level in sorted(levels):
        shown += levels[level]
        if level > 0 and shown > limit:
            break
        depth = level
    inside: Counter[str] = Counter()
    for entry in inventory.files:
        parts = entry.path.split("/")
        if len(parts) - 1 - base > depth:
            inside["/".join(parts[: base + depth + 1])] += 1
    visible_entries = [entry for entry in inventory.entries if entry.path.count("/") - base <= depth]
    children: dict[str, list[Entry]] = {}
    for entry in visible_entries:
        children.setdefault(entry.path.rpartition("/")[0], []).append(entry)
    lines: list[str] = []
    _grow(lines, children, "" if start == "." else start, "", inside)
    is_whole = depth >= max(levels, default=0)
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"… and {len(lines) - _MOST_LINES:,} more"]
        is_whole = False
    return lines, is_whole


def found_files(asked: str, paths: Sequence[str], inventory: Inventory) -> str:
    """Files of one kind or name, as a numbered list, so that one can be picked."""
    if not paths:
        return joined([f"I found no file like {code(asked)} here.", left_out(inventory)])
    if len(paths) == 1:
        return joined([f"There is one: {code(paths[0])}.", left_out(inventory, briefly=True)])
    more = f"… and {len(paths) - _LIST_ITEMS:,} more." if len(paths) > _LIST_ITEMS else ""
    items = "\n".join(f"{number}. {code(path)}" for number, path in enumerate(paths[:_LIST_ITEMS], 1))
    lead = f"{count(len(paths), 'match', 'matches')} for {code(asked)}:"
    return joined([lead, items, more, left_out(inventory, briefly=True)])


def largest(files: Sequence[Entry], inventory: Inventory) -> str:
    """The largest files in a table; the first is the subject then."""
    if not files:
        return "There are no files here yet.\n"
    total = sum(entry.size for entry in inventory.files)
    rows = [(str(n), code(entry.path), size(entry.size)) for n, entry in enumerate(files, 1)]
    lead = f"The largest of {count(len(inventory.files), 'file')} ({size(total)} in all) is {code(files[0].path)}:"
    return joined([lead, table(("#", "File", "Size"), rows, right=(2,)), left_out(inventory, briefly=True)])


def recent(files: Sequence[Entry], inventory: Inventory, now: datetime) -> str:
    """The files that changed last."""
    if not files:
        return "There are no files here yet.\n"
    rows = [(str(n), code(entry.path), age(entry.modified, now)) for n, entry in enumerate(files, 1)]
    lead = f"{code(files[0].path)} changed last, {age(files[0].modified, now)}:"
    return joined([lead, table(("#", "File", "Changed"), rows), left_out(inventory, briefly=True)])


def counts(
    result: Counts, title: str, inventory: Inventory, *, language: str = "", wants_files: bool = False
) -> str:
    """Lines and files by language."""
    at_least = "" if result.is_complete and inventory.is_complete else "at least "
    notes = _count_notes(result, inventory)
    if language:
        row = next((row for row in result.languages if row.name == language), None)
        if row is None:
            return joined([f"There is no {language} in {code(title)}.", notes])
        figures = (
            f"**{count(row.files, f'{language} file')}** with {count(row.lines, 'line')}"
            if wants_files
            else f"**{count(row.lines, 'line')} of {language}** in {count(row.files, 'file')}"
        )
        return joined([f"{code(title)} has {at_least}{figures}.", notes])
    if not result.languages:
        return joined([f"There are no text files in {code(title)}.", notes])
    files = result.files + result.binary_files + result.unread_files
    figures = (
        f"**{count(files, 'file')}** with {count(result.lines, 'line')} of text"
        if wants_files
        else f"**{count(result.lines, 'line')}** in {count(result.files, 'text file')}"
    )
    rows = [(row.name, f"{row.files:,}", f"{row.lines:,}") for row in result.languages[:15]]
    others = result.languages[15:]
    if others:
        rows.append(
            (f"{len(others)} more", f"{sum(o.files for o in others):,}", f"{sum(o.lines for o in others):,}")
        )
    grid = table(("Language", "Files", "Lines"), rows, right=(1, 2))
    return joined([f"{code(title)} has {at_least}{figures}:", grid, notes])


def left_out(inventory: Inventory, *, briefly: bool = False) -> str:
    """What a list does not hold, and why; `briefly` says only what could surprise."""
    notes = []
    if not inventory.is_complete:
        notes.append(
            f"This folder is very large: I stopped after {len(inventory.entries):,} entries, so there is more."
        )
    if inventory.skipped and not briefly:
        names = [code(path) for path in inventory.skipped[:6]]
        more = f" and {len(inventory.skipped) - 6:,} more" if len(inventory.skipped) > 6 else ""
        notes.append(f"Left out: {', '.join(names)}{more}.")
    if inventory.unreadable:
        names = [code(path or ".") for path in inventory.unreadable[:3]]
        more = f" and {len(inventory.unreadable) - 3:,} more" if len(inventory.unreadable) > 3 else ""
        notes.append(f"Not readable: {', '.join(names)}{more}.")
    return " ".join(notes)


def age(modified: float, now: datetime) -> str:
    """How long ago, in words; a time ahead of the clock counts as now."""
    seconds = max(0, int(now.timestamp() - modified))
    if seconds < 60:
        return "just now"
    for unit, length, limit in (("minute", 60, 3600), ("hour", 3600, 86_400), ("day", 86_400, 30 * 86_400)):
        if seconds < limit:
            return f"{count(seconds // length, unit)} ago"
    try:
        return f"on {datetime.fromtimestamp(modified, UTC):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        return "long ago"


def in_order(inventory: Inventory) -> list[str]:
    """The files in the order that a person goes through them: from the top, by name."""
    return sorted((entry.path for entry in inventory.files), key=lambda path: (path.count("/"), path.lower()))


def files_of(inventory: Inventory, language: str) -> list[str]:
    """The files written in a language."""
    return [
        entry.path
        for entry in inventory.files
        if (found := language_of(entry.path)) is not None and found.name == language
    ]


def _grow(
    lines: list[str], children: dict[str, list[Entry]], parent: str, indent: str, inside: Counter[str]
) -> None:
    """The tree below `parent`, files before folders, until enough lines are there."""
    branch = sorted(children.get(parent, []), key=lambda e: (e.kind is Kind.FOLDER, e.path.lower()))
    for position, entry in enumerate(branch, 1):
        is_last = position == len(branch)
        name = visible(entry.path.rsplit("/", 1)[-1])
        mark = {Kind.FOLDER: "/", Kind.LINK: "  (link)", Kind.SPECIAL: "  (device or pipe)", Kind.FILE: ""}[
            entry.kind
        ]
        closed = f"  ({count(inside[entry.path], 'file')})" if inside[entry.path] else ""
        lines.append(f"{indent}{'└── ' if is_last else '├── '}{name}{mark}{closed}")
        if entry.kind is Kind.FOLDER:
            _grow(lines, children, entry.path, indent + ("    " if is_last else "│   "), inside)


def _count_notes(result: Counts, inventory: Inventory) -> str:
    notes = []
    if result.binary_files:
        notes.append(f"{count(result.binary_files, 'binary file')} not counted.")
    if result.unread_files:
        notes.append(f"{count(result.unread_files, 'file')} not read (secrets, or no permission).")
    if not result.is_complete:
        notes.append("The time ran out before every file was read.")
    return " ".join([*notes, left_out(inventory, briefly=True)]).strip()
