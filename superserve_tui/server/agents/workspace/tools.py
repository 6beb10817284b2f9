"""The tools that an answer uses, each seen by the person: a start with its input, an end with its duration.

The work runs in threads; a cancelled turn tells its thread to stop. Everything else here is on the event loop.

May import: the agents' base, this package's folder, walk, reading, outline, search, counting; the standard library.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from superserve_tui.protocol import scrub
from superserve_tui.server.agents.base import TurnSink
from superserve_tui.server.agents.workspace.budget import Budget
from superserve_tui.server.agents.workspace.counting import Counts, count_lines
from superserve_tui.server.agents.workspace.folder import Folder, Place, Refused
from superserve_tui.server.agents.workspace.names import Strength, match_names
from superserve_tui.server.agents.workspace.outline import outline
from superserve_tui.server.agents.workspace.reading import FileFacts, TextFile, measure, read_text
from superserve_tui.server.agents.workspace.search import Found, Matching, find_definitions, search
from superserve_tui.server.agents.workspace.symbols import Outline
from superserve_tui.server.agents.workspace.walk import Inventory, walk

__all__ = ["Limits", "Toolbox"]

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that one use of a tool may take; what is missing then is said in the answer."""

    walk_s: float = 2.0
    """100,000 files take about 0.6 s from a local disk."""
    scan_s: float = 3.0
    """Searching and counting, which open every file."""
    read_s: float = 2.0


class Toolbox:
    """The tools of one turn."""

    def __init__(self, folder: Folder, sink: TurnSink, limits: Limits) -> None:
        self._folder = folder
        self._sink = sink
        self._limits = limits
        self._inventories: dict[tuple[str, bool], Inventory] = {}

    async def locate(self, path: str) -> Place:
        """What a path names; no tool, only a look.

        Raises:
            Refused: as `Folder.locate`.
        """
        return await asyncio.to_thread(self._folder.locate, path)

    async def think(self, work: Callable[[], _Result]) -> _Result:
        """Work over a long list, off the event loop; no tool, it looks at nothing."""
        return await asyncio.to_thread(work)

    async def match_names(
        self, text: str, inventory: Inventory, *, wants_folder: bool = False
    ) -> tuple[list[str], Strength]:
        """Which files a name may mean; no tool, the list is there."""
        return await self.think(lambda: match_names(text, inventory, wants_folder=wants_folder))

    async def list_files(self, start: str = ".", *, pattern: str = "", with_stats: bool = False) -> Inventory:
        """Everything below `start`; walked once a turn. `pattern` only tells the person what is looked for."""
        for key in ((start, with_stats), (start, True)):
            if key in self._inventories:
                return self._inventories[key]
        tool_input = {"path": start} | ({"pattern": pattern} if pattern else {})
        inventory = await self._use(
            "list_files",
            tool_input,
            self._limits.walk_s,
            lambda budget: walk(self._folder, budget, start=start, with_stats=with_stats),
        )
        self._inventories[start, with_stats] = inventory
        return inventory

    async def read_file(self, path: str, *, lines: str = "") -> TextFile:
        """The text of a file.

        Raises:
            Refused: as `read_text`.
        """
        tool_input = {"path": path} | ({"lines": lines} if lines else {})
        return await self._use(
            "read_file", tool_input, self._limits.read_s, lambda _: read_text(self._folder, path)
        )

    async def outline(self, text: TextFile) -> Outline:
        """What a file that was read is made of."""
        return await self._use("outline", {"path": text.path}, self._limits.read_s, lambda _: outline(text))

    async def file_info(self, path: str) -> FileFacts:
        """Length, size and age.

        Raises:
            Refused: as `measure`.
        """
        return await self._use(
            "file_info", {"path": path}, self._limits.read_s, lambda budget: measure(self._folder, path, budget)
        )

    async def search_text(self, text: str, paths: Sequence[str], *, where: str, matching: Matching) -> Found:
        """Lines that contain `text`; `where` is what the person is told of the paths."""
        return await self._use(
            "search_text",
            {"pattern": text, "path": where or "."},
            self._limits.scan_s,
            lambda budget: search(self._folder, paths, text, budget, matching=matching),
        )

    async def find_definition(self, name: str, paths: Sequence[str]) -> Found:
        """Lines that define `name`."""
        return await self._use(
            "find_definition",
            {"name": name, "path": "."},
            self._limits.scan_s,
            lambda budget: find_definitions(self._folder, paths, name, budget),
        )

    async def count_lines(self, paths: Sequence[str], *, where: str = ".", language: str = "") -> Counts:
        """Files and lines by language."""
        tool_input = {"path": where} | ({"language": language} if language else {})
        return await self._use(
            "count_lines", tool_input, self._limits.scan_s, lambda budget: count_lines(self._folder, paths, budget)
        )

    async def _use(
        self, tool: str, tool_input: dict[str, str], seconds: float, work: Callable[[Budget], _Result]
    ) -> _Result:
        budget = Budget(seconds)
        shown: dict[str, Any] = {key: scrub(value) for key, value in tool_input.items()}
        call = self._sink.tool_start(tool, shown)
        try:
            result = await asyncio.to_thread(work, budget)
        except asyncio.CancelledError:
            budget.stop()  # the call stays open: the turn's end marks it interrupted
            raise
        except Refused:
            self._sink.tool_end(call)
            raise
        self._sink.tool_end(call)
        return result
