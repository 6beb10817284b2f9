"""Answers about the project as a whole: what it is, what it needs, how it is run.

May import: this package's tools, answers, memory, manifests; the standard library.
"""

from __future__ import annotations

from superserve_tui.server.agents.workspace import project_answers
from superserve_tui.server.agents.workspace import questions as q
from superserve_tui.server.agents.workspace.folder import Refused
from superserve_tui.server.agents.workspace.manifests import Manifest, is_manifest, parse_manifest
from superserve_tui.server.agents.workspace.memory import Memory
from superserve_tui.server.agents.workspace.names import Strength
from superserve_tui.server.agents.workspace.tools import Toolbox
from superserve_tui.server.agents.workspace.walk import Inventory

__all__ = ["Introducing"]


class Introducing:
    """The part of a conversation that is about the project."""

    def __init__(self, name: str, memory: Memory) -> None:
        self._name = name
        self._memory = memory

    async def about(self, tools: Toolbox) -> str:
        """What the project is: README, manifests, layout."""
        inventory = await tools.list_files()
        manifests = await self._manifests(inventory, tools)
        readme, summary = await self._readme(inventory, tools), ""
        if readme:
            try:
                summary = (await tools.outline(await tools.read_file(readme))).summary
            except Refused:
                readme = ""
        self._memory.show_list([path for path in (readme, *(manifest.path for manifest in manifests)) if path])
        self._memory.look_at(readme)
        return project_answers.about(self._name, readme, summary, manifests, inventory)

    async def dependencies(self, tools: Toolbox) -> str:
        """What the project depends on."""
        manifests = await self._manifests(await tools.list_files(), tools)
        self._memory.show_list([manifest.path for manifest in manifests])
        return project_answers.dependencies(self._name, manifests)

    async def how_to(self, question: q.HowTo, tools: Toolbox) -> str:
        """How it is installed, run, tested.

        Raises:
            Refused: the README can't be read.
        """
        inventory = await tools.list_files()
        manifests = await self._manifests(inventory, tools)
        section: tuple[str, ...] = ()
        line = 0
        readme = await self._readme(inventory, tools)
        if readme:
            text = await tools.read_file(readme)
            headings = (await tools.outline(text)).symbols
            section, line = project_answers.section_about(question.topic, text.lines, headings)
            self._memory.look_at(readme)
        return project_answers.how_to(question.topic, section, readme, line, manifests)

    async def _readme(self, inventory: Inventory, tools: Toolbox) -> str:
        """The README at the top; empty where there is none."""
        paths, strength = await tools.match_names("readme", inventory)
        return paths[0] if strength >= Strength.NAME and "/" not in paths[0] else ""

    async def _manifests(self, inventory: Inventory, tools: Toolbox) -> list[Manifest]:
        made = []
        for entry in inventory.files:
            if "/" in entry.path or not is_manifest(entry.path):
                continue
            try:
                text = await tools.read_file(entry.path)
            except Refused as error:
                made.append(Manifest(entry.path, "project", problem=f"it is {error.reason}"))
            else:
                made.append(parse_manifest(entry.path, text.lines))
        return made
