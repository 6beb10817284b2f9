"""The tools that look: list_files, read_file, search. They block and run in threads.

May import: the workspace's folder, walk, reading and search, this package's arguments; the standard library.
"""

from __future__ import annotations

from superserve_tui.server.agents.model.arguments import Arguments, ToolRefusal
from superserve_tui.server.agents.workspace.budget import Budget
from superserve_tui.server.agents.workspace.folder import Folder, Kind, Place
from superserve_tui.server.agents.workspace.reading import read_text
from superserve_tui.server.agents.workspace.search import Matching, search
from superserve_tui.server.agents.workspace.secrets import is_secret
from superserve_tui.server.agents.workspace.walk import Entry, Inventory, matches, walk

__all__ = ["list_files", "read_file", "search_files"]

_MAX_ENTRIES = 400
_MAX_LINES = 600
_MAX_HITS = 100


def list_files(folder: Folder, arguments: Arguments, budget: Budget) -> str:
    """What lies below a folder, nearest first, one path a line."""
    start = _folder_at(folder, arguments.text("path", "."))
    pattern = arguments.text("pattern", "")
    inventory = walk(folder, budget, start=start)
    shown = [entry for entry in inventory.entries if not pattern or matches(entry.path, pattern)]
    lines = [_line(entry) for entry in shown[:_MAX_ENTRIES]]
    if len(shown) > _MAX_ENTRIES:
        lines.append(f"[{len(shown) - _MAX_ENTRIES} more: list a folder below, or give a pattern]")
    lines += _notes(inventory)
    return "\n".join(lines) or "[nothing]"


def read_file(folder: Folder, arguments: Arguments, budget: Budget) -> str:  # noqa: ARG001 - tools are alike
    """Lines of a text file under a line that says which."""
    place = folder.locate(arguments.text("path"))
    if place.kind is not Kind.FILE:
        raise ToolRefusal(f"{place.path} is a folder; use list_files")
    first = arguments.number("first_line", 1, least=1, most=10**9)
    count = arguments.number("line_count", _MAX_LINES, least=1, most=_MAX_LINES)
    text = read_text(folder, place.path)
    if text.is_binary:
        raise ToolRefusal(f"{place.path} is no text file ({text.size} bytes)")
    lines = text.lines[first - 1 : first - 1 + count]
    total = f"{len(text.lines)}{'' if text.is_whole else ' or more'}"
    if not lines:
        return f"[{place.path} has {total} lines]"
    return "\n".join([f"[{place.path}, lines {first}-{first + len(lines) - 1} of {total}]", *lines])


def search_files(folder: Folder, arguments: Arguments, budget: Budget) -> str:
    """Lines with a text in them, as `path:line: text`."""
    needle = arguments.text("text")
    if not needle or "\n" in needle:
        raise ToolRefusal("`text` must be one line of plain text, not empty")
    place = folder.locate(arguments.text("path", "."))
    pattern = arguments.text("pattern", "")
    paths, notes = _searched(folder, place, budget)
    paths = [path for path in paths if not pattern or matches(path, pattern)]
    matching = Matching.ANY_CASE if arguments.flag("ignore_case") else Matching.EXACT
    found = search(folder, paths, needle, budget, matching=matching)
    lines = [f"{hit.path}:{hit.line}: {hit.text}" for hit in found.hits[:_MAX_HITS]]
    if found.total > len(lines):
        lines.append(f"[{found.total - len(lines)} more lines: search in a folder below, or give a pattern]")
    if not lines:
        lines.append(f"[not found in {found.searched} files]")
    if not found.is_complete:
        lines.append("[the search was cut short: time or size]")
    return "\n".join([*lines, *notes])


def _searched(folder: Folder, place: Place, budget: Budget) -> tuple[list[str], list[str]]:
    if place.kind is Kind.FILE:
        return [place.path], []
    inventory = walk(folder, budget, start=place.path)
    return [entry.path for entry in inventory.files], _notes(inventory)


def _folder_at(folder: Folder, path: str) -> str:
    place = folder.locate(path)
    if place.kind is not Kind.FOLDER:
        raise ToolRefusal(f"{place.path} is a file; use read_file")
    return place.path


def _line(entry: Entry) -> str:
    mark = {Kind.FOLDER: "/", Kind.LINK: " (link)", Kind.SPECIAL: " (device or pipe)", Kind.FILE: ""}[entry.kind]
    return f"{entry.path}{mark}{' (not readable: may hold secrets)' if is_secret(entry.path) else ''}"


def _notes(inventory: Inventory) -> list[str]:
    notes = []
    if inventory.skipped:
        some = ", ".join(inventory.skipped[:8])
        notes.append(f"[left out: {some}{' and more' if len(inventory.skipped) > 8 else ''}]")
    if not inventory.is_complete:
        notes.append("[not complete: there is more than can be listed in time]")
    return notes
