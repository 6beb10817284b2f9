"""Answers about the project as a whole, as Markdown.

May import: this package's value types and markdown; the standard library.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from superserve_tui.server.agents.workspace.folder_answers import left_out, tree_lines
from superserve_tui.server.agents.workspace.languages import language_of
from superserve_tui.server.agents.workspace.manifests import Manifest
from superserve_tui.server.agents.workspace.markdown import bullets, code, count, fence, joined, one_line
from superserve_tui.server.agents.workspace.symbols import Symbol
from superserve_tui.server.agents.workspace.walk import Inventory

__all__ = ["about", "dependencies", "how_to", "section_about", "where_am_i"]

_ITEMS = 25
"""Dependencies of one group that are listed."""

_TOPICS = {
    "run": ("run", "usage", "quick", "getting started", "start"),
    "start": ("start", "run", "usage", "quick"),
    "launch": ("launch", "run", "usage", "quick", "start"),
    "use": ("usage", "use", "quick", "getting started", "example"),
    "install": ("install", "setup", "set up", "getting started", "quick"),
    "setup": ("setup", "set up", "install", "getting started", "quick"),
    "test": ("test", "development", "contribut"),
    "build": ("build", "compil", "development", "install"),
    "deploy": ("deploy", "production", "release"),
    "contribute": ("contribut", "development"),
}
"""Words of a heading that is about a topic, best first."""


def about(folder: str, readme: str, summary: str, manifests: Sequence[Manifest], inventory: Inventory) -> str:
    """What the project is, by its own words, its manifests and its layout."""
    if not inventory.entries:
        return joined(
            [f"{code(folder)} is an empty folder: there is nothing here to tell about yet.", left_out(inventory)]
        )
    lead = _lead(folder, manifests)
    said = summary or next((manifest.description for manifest in manifests if manifest.description), "")
    by = f" ({code(readme)})" if summary else ""
    quote = f"> {one_line(said, 500)}{by}" if said else ""
    lines, _ = tree_lines(inventory, limit=30)
    languages = Counter(
        language.name
        for entry in inventory.files
        if (language := language_of(entry.path)) is not None and language.is_code
    )
    written = ", ".join(f"{name} ({count(number, 'file')})" for name, number in languages.most_common(4))
    at_least = "" if inventory.is_complete else "at least "
    return joined(
        [
            lead,
            quote,
            f"Written in {written}." if written else "",
            f"{at_least.capitalize()}{count(len(inventory.files), 'file')}:",
            fence(lines),
            _commands(manifests, 6),
            f"Ask on: {code('what are the dependencies?')}, {code('largest files')}, or about a file by its name.",
            left_out(inventory, briefly=True),
        ]
    )


def dependencies(folder: str, manifests: Sequence[Manifest]) -> str:
    """What the project depends on, by manifest and group."""
    with_groups = [manifest for manifest in manifests if manifest.groups]
    broken = [
        f"{code(manifest.path)} can't be read: {one_line(manifest.problem)}."
        for manifest in manifests
        if manifest.problem
    ]
    if not with_groups:
        where = ", ".join(code(manifest.path) for manifest in manifests)
        looked = (
            f"I looked in {where}."
            if where
            else "There is no manifest like `pyproject.toml` or `package.json` here."
        )
        return joined([f"{code(folder)} names no dependencies.", looked, *broken])
    total = sum(
        len(group.items) for manifest in with_groups for group in manifest.groups if group.name == "runtime"
    )
    lead = f"{code(folder)} depends on {count(total, 'package')} at run time." if total else "Dependencies:"
    parts = [lead]
    for manifest in with_groups:
        requires = f" ({manifest.requires})" if manifest.requires else ""
        for group in manifest.groups:
            title = "" if group.name == manifest.path else f", {group.name}"
            items = bullets(code(item) for item in group.items[:_ITEMS])
            more = f"… and {len(group.items) - _ITEMS:,} more" if len(group.items) > _ITEMS else ""
            parts += [f"**{code(manifest.path)}{title}**{requires}:", items, more]
            requires = ""
    return joined([*parts, *broken])


def how_to(topic: str, section: Sequence[str], readme: str, line: int, manifests: Sequence[Manifest]) -> str:
    """How it is run or installed, by the README's section and the manifests' commands."""
    commands = _commands(manifests, 12)
    if section:
        kept = section[:60]
        more = f"… {count(len(section) - 60, 'more line')}." if len(section) > 60 else ""
        return joined([f"{code(f'{readme}:{line}')} says:", fence(kept, "markdown"), more, commands])
    if commands:
        return joined([f"The README says nothing about that, but there is this to {topic}:", commands])
    return "I found nothing about that: no section in a README, and no commands in a manifest.\n"


def section_about(topic: str, lines: Sequence[str], headings: Sequence[Symbol]) -> tuple[tuple[str, ...], int]:
    """The first section whose heading is about a topic, and its line; nothing and 0 where there is none."""
    words = _TOPICS.get(topic.replace(" ", ""), (topic,))
    for word in words:
        for position, heading in enumerate(headings):
            if word not in heading.name.lower():
                continue
            following = (other.line for other in headings[position + 1 :] if other.depth <= heading.depth)
            end = next(following, len(lines) + 1)
            return tuple(lines[heading.line - 1 : end - 1]), heading.line
    return (), 0


def where_am_i(folder: str, root: str) -> str:
    """The folder that this is about."""
    return f"We are in {code(root)}. I read inside {code(folder)} only, and change nothing.\n"


def _lead(folder: str, manifests: Sequence[Manifest]) -> str:
    main = next((manifest for manifest in manifests if manifest.name), None)
    if main is None:
        kinds = [manifest.kind for manifest in manifests if manifest.kind not in ("Makefile", "package", "project")]
        kind = f", a {kinds[0]}" if kinds else ""
        return f"This is {code(folder)}{kind}."
    version = f" {main.version}" if main.version else ""
    requires = f", for {main.requires}" if main.requires else ""
    return f"This is **{code(main.name)}**{version}, a {main.kind}{requires} ({code(main.path)})."


def _commands(manifests: Sequence[Manifest], limit: int) -> str:
    rows = [row for manifest in manifests for row in manifest.commands]
    if not rows:
        return ""
    items = [
        code(name) + (f": {code(one_line(meaning, 100))}" if meaning else "") for name, meaning in rows[:limit]
    ]
    more = f"… and {len(rows) - limit} more" if len(rows) > limit else ""
    return joined(["Commands that it defines:", bullets(items), more]).strip()
