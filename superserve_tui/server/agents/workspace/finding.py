"""Answers to what is looked for: text, definitions, uses, files by name.

May import: this package's tools, answers, memory, resolving; the standard library.
"""

from __future__ import annotations

import re
from dataclasses import replace

from superserve_tui.server.agents.workspace import asking_back, folder_answers, search_answers, self_answers
from superserve_tui.server.agents.workspace import questions as q
from superserve_tui.server.agents.workspace.folder import Kind, Place
from superserve_tui.server.agents.workspace.languages import language_of
from superserve_tui.server.agents.workspace.memory import Memory
from superserve_tui.server.agents.workspace.names import Strength, find_named
from superserve_tui.server.agents.workspace.resolving import Absent, Ambiguous, Unclear, resolve
from superserve_tui.server.agents.workspace.search import Found, Matching
from superserve_tui.server.agents.workspace.tools import Toolbox
from superserve_tui.server.agents.workspace.walk import matches
from superserve_tui.server.agents.workspace.wording import read_target

__all__ = ["IDENTIFIER", "Finding"]

IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|::)[A-Za-z_$][\w$]*)*")
"""What may be the name of a function, a class, a constant."""
_GLOB = re.compile(r"[*?\[]")


class Finding:
    """The part of a conversation that searches."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def search(self, question: q.SearchText, tools: Toolbox) -> str:
        """Lines with a text. Words in lower case mean any case; capitals found nowhere are tried in any case too.

        Raises:
            Refused: the place that was named is not read.
        """
        scope = await self._scope(question, tools)
        if isinstance(scope, str):
            return scope
        where, paths = scope
        is_lower = question.text == question.text.lower()
        matching = Matching.ANY_CASE if is_lower and not question.is_exact else Matching.EXACT
        found = await tools.search_text(question.text, paths, where=where, matching=matching)
        if not found.total and found.is_complete and matching is Matching.EXACT and not is_lower:
            matching = Matching.ANY_CASE
            found = await tools.search_text(question.text, paths, where=where, matching=matching)
        self._memory.show_list([hit.path for hit in found.hits])
        is_loose = matching is Matching.ANY_CASE and not is_lower
        return search_answers.hits(found, question.text, where, any_case=is_loose)

    async def _scope(self, question: q.SearchText, tools: Toolbox) -> tuple[str, list[str]] | str:
        """Where is searched, and the files there; or an answer that asks back."""
        where = question.where
        if not where or _GLOB.search(where):
            inventory = await tools.list_files()
            paths = [entry.path for entry in inventory.files]
            return where, [path for path in paths if matches(path, where)] if where else paths
        resolution = await resolve(read_target(where), tools, self._memory, wants_folder=True)
        if isinstance(resolution, Absent) and resolution.guess is not None:
            resolution = resolution.guess
        match resolution:
            case Place(path, Kind.FOLDER):
                inventory = await tools.list_files(path)
                return path, [entry.path for entry in inventory.files]
            case Place(path):
                return path, [path]
            case Ambiguous(asked, choices):
                inventory = await tools.list_files()
                return asked, [path for path in choices if path in inventory.paths]
            case Absent():
                return asking_back.missing(self._memory, resolution, question)
            case Unclear():
                return asking_back.unclear(self._memory, resolution)

    async def definition(self, question: q.Definition, tools: Toolbox) -> str:
        """Where a symbol is defined."""
        name = question.name or self._memory.symbol
        if not name:
            return self_answers.which_one("it")
        return await self._tell_definition(name, await self._find_definition(name, tools), tools)

    async def as_symbol(self, name: str, tools: Toolbox) -> str:
        """The definition of what a person named; empty where nothing here defines it."""
        if not IDENTIFIER.fullmatch(name) or language_of(name) is not None:
            return ""
        found = await self._find_definition(name, tools)
        if not found.total and found.is_complete:
            return ""
        return await self._tell_definition(name, found, tools)

    async def uses(self, question: q.Uses, tools: Toolbox) -> str:
        """Where a symbol, or the module in a file, is used."""
        name = question.name or (self._memory.symbol if self._memory.is_about_symbol else "")
        name = name or self._memory.path
        if not name:
            return self_answers.which_one("it")
        inventory = await tools.list_files()
        if not IDENTIFIER.fullmatch(name) or language_of(name) is not None:
            name = name.rsplit("/", 1)[-1].partition(".")[0]  # a file: who uses the module
        paths = [entry.path for entry in inventory.files]
        code = [path for path in paths if (language := language_of(path)) is not None and language.is_code]
        defined = await self._find_definition(name, tools)
        found = await tools.search_text(name, code, where=".", matching=Matching.WORD)
        at = {(hit.path, hit.line) for hit in defined.hits}
        others = tuple(hit for hit in found.hits if (hit.path, hit.line) not in at)
        gone = len(found.hits) - len(others)
        found = replace(found, hits=others, total=found.total - gone, files=len({hit.path for hit in others}))
        self._memory.show_list([hit.path for hit in others])
        self._memory.speak_of(name, defined.hits[0].path if len(defined.hits) == 1 else "")
        return search_answers.uses(name, found, defined.hits)

    async def files(self, question: q.FindFiles, tools: Toolbox) -> str:
        """Files of a name, or a glob; a name that only a symbol or a text has is found there."""
        pattern = question.pattern
        inventory = await tools.list_files(pattern=pattern)
        if _GLOB.search(pattern):
            paths = [entry.path for entry in inventory.files if matches(entry.path, pattern)]
        else:
            paths, strength = await tools.match_names(pattern, inventory)
            if strength < Strength.NAME and (answer := await self.as_symbol(pattern, tools)):
                return answer
            if not paths and IDENTIFIER.fullmatch(pattern) and language_of(pattern) is None:
                return await self.search(q.SearchText(pattern), tools)
            if strength is Strength.SLIP:
                absent = Absent(pattern, close=tuple(paths))
                return asking_back.missing(self._memory, absent, q.Explain(q.Target(pattern)))
            paths = await tools.think(lambda: find_named(pattern, inventory)) or paths
        self._memory.show_list(paths)
        return folder_answers.found_files(pattern, paths, inventory)

    async def _find_definition(self, name: str, tools: Toolbox) -> Found:
        inventory = await tools.list_files()
        return await tools.find_definition(name, [entry.path for entry in inventory.files])

    async def _tell_definition(self, name: str, found: Found, tools: Toolbox) -> str:
        self._memory.show_list([hit.path for hit in found.hits])
        if found.total != 1:
            self._memory.speak_of(name)
            return search_answers.definitions(name, found)
        hit = found.hits[0]
        text = await tools.read_file(hit.path)
        outline = await tools.outline(text)
        symbol = next((symbol for symbol in outline.symbols if symbol.line == hit.line), None)
        self._memory.speak_of(name, hit.path)
        return search_answers.one_definition(name, found, text.lines, symbol)
