"""From a question to an answer: which tools are used, what is said, what is remembered.

May import: this package, the agents' base, protocol; the standard library. Everything runs on the event loop; the
tools do their work in threads.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from superserve_tui.server.agents.workspace import (
    asking_back,
    file_answers,
    folder_answers,
    project_answers,
    self_answers,
)
from superserve_tui.server.agents.workspace import questions as q
from superserve_tui.server.agents.workspace.finding import IDENTIFIER, Finding
from superserve_tui.server.agents.workspace.folder import Folder, Kind, Place, Refused
from superserve_tui.server.agents.workspace.introducing import Introducing
from superserve_tui.server.agents.workspace.languages import language_named
from superserve_tui.server.agents.workspace.memory import Memory, Offer
from superserve_tui.server.agents.workspace.names import Strength
from superserve_tui.server.agents.workspace.resolving import Absent, Ambiguous, Unclear, resolve
from superserve_tui.server.agents.workspace.tools import Toolbox
from superserve_tui.server.agents.workspace.walk import Entry, Inventory

__all__ = ["Conversation"]


class Conversation:
    """Answers the questions of one session."""

    def __init__(self, folder: Folder, *, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._now = now
        self._memory = Memory()
        self._finding = Finding(self._memory)
        self._introducing = Introducing(folder.name, self._memory)

    async def answer(self, question: q.Question, tools: Toolbox) -> str:
        """The answer as Markdown. What is not read is said in it; a cancelled answer leaves the memory usable."""
        offer, self._memory.offer = self._memory.offer, None
        try:
            return await self._answer(question, tools, offer)
        except Refused as error:
            return file_answers.refused(error)

    async def _answer(self, question: q.Question, tools: Toolbox, offer: Offer | None = None) -> str:
        match question:
            case q.Choose():
                return await self._choose(question, tools, offer)
            case q.Agree() if offer is not None and len(offer.choices) == 1:
                return await self._choose(q.Choose(1), tools, offer)
            case q.FollowUp():
                return await self._follow_up(question, tools, offer)
            case q.More():
                return await self._more(tools)
            case q.Beyond():
                return await self._beyond(question, tools)
            case q.Explain() | q.Show() | q.FileSize() | q.CountLines() | q.ListFiles():
                self._memory.question = question
                return await self._about_target(question, tools)
            case q.SearchText() | q.Definition() | q.Uses() | q.FindFiles():
                self._memory.question = question
                return await self._find(question, tools)
            case q.Largest() | q.Recent():
                return await self._rank(question, tools)
            case q.AboutProject():
                return await self._introducing.about(tools)
            case q.Dependencies():
                return await self._introducing.dependencies(tools)
            case q.HowTo():
                return await self._introducing.how_to(question, tools)
            case _:
                return self._small_talk(question)

    def _small_talk(self, question: q.SmallTalk) -> str:
        name = self._folder.name
        match question:
            case q.Nothing():
                return self_answers.nothing_said()
            case q.Greeting():
                return self_answers.greeting(name)
            case q.Thanks() | q.Agree():
                return self_answers.thanks()
            case q.Farewell():
                return self_answers.farewell()
            case q.Help():
                return self_answers.help_text(name)
            case q.Identity():
                return self_answers.identity(name)
            case q.Connect():
                return self_answers.connect()
            case q.WhereAmI():
                return project_answers.where_am_i(name, self._folder.root)
            case _:
                assert_never(question)

    async def _find(self, question: q.FindQuestion, tools: Toolbox) -> str:
        match question:
            case q.SearchText():
                return await self._finding.search(question, tools)
            case q.Definition():
                return await self._finding.definition(question, tools)
            case q.Uses():
                return await self._finding.uses(question, tools)
            case q.FindFiles():
                return await self._finding.files(question, tools)
            case _:
                assert_never(question)

    # what a question is about

    async def _about_target(self, question: q.TargetQuestion, tools: Toolbox) -> str:
        """Questions with a target: find it, then answer about a file, a folder or a symbol."""
        target = question.target
        if target is None:
            return await self._about_place(question, Place(".", Kind.FOLDER), tools)
        if target.reference is q.Reference.IT and isinstance(question, q.Explain | q.Show):
            if self._memory.is_about_symbol:
                return await self._finding.definition(q.Definition(self._memory.symbol), tools)
            if not self._memory.recall(target):
                return await self._introducing.about(tools)
        wants_folder = isinstance(question, q.ListFiles)
        resolution = await resolve(target, tools, self._memory, wants_folder=wants_folder)
        match resolution:
            case Place():
                return await self._about_place(question, resolution, tools)
            case Ambiguous(asked, choices, strength):
                if strength is Strength.PART and (answer := await self._finding.as_symbol(asked, tools)):
                    return answer
                return asking_back.offer(self._memory, asked, choices, question)
            case Absent(asked, guess):
                if answer := await self._finding.as_symbol(asked, tools):
                    return answer
                if guess is not None:
                    return await self._about_place(question, guess, tools)
                return asking_back.missing(self._memory, resolution, question)
            case Unclear():
                return asking_back.unclear(self._memory, resolution)
            case _:
                assert_never(resolution)

    async def _about_place(self, question: q.TargetQuestion, place: Place, tools: Toolbox) -> str:
        is_folder = place.kind is Kind.FOLDER
        match question:
            case q.CountLines() if is_folder:
                return await self._count(question, place.path, tools)
            case q.FileSize() if is_folder:
                return await self._count(q.CountLines(), place.path, tools)
            case q.ListFiles() if is_folder and question.language:
                return await self._list_language(question, place.path, tools)
            case q.Explain() | q.Show() | q.ListFiles() if is_folder:
                return await self._list_folder(place.path, tools)
            case q.Show():
                return await self._show(place.path, question.first, question.last, tools)
            case q.CountLines() | q.FileSize():
                info = await tools.file_info(place.path)
                self._memory.look_at(place.path)
                return file_answers.facts(info, self._now())
            case q.Explain() | q.ListFiles():
                text = await tools.read_file(place.path)
                outline = await tools.outline(text)
                self._memory.look_at(place.path)
                return file_answers.explain(text, outline)
            case _:
                assert_never(question)

    # following on

    async def _choose(self, question: q.Choose, tools: Toolbox, offer: Offer | None) -> str:
        listed = offer.choices if offer is not None else self._memory.listed
        number = len(listed) if question.number < 0 else question.number
        if not 1 <= number <= len(listed):
            self._memory.offer = offer
            return self_answers.nothing_to_choose(question.number, len(listed))
        return await self._ask_about(listed[number - 1], offer.question if offer is not None else None, tools)

    async def _ask_about(self, path: str, question: q.Question | None, tools: Toolbox) -> str:
        """Ask about a chosen path what was asked before the choice."""
        match question:
            case q.Explain() | q.Show() | q.FileSize() | q.CountLines() | q.ListFiles():
                return await self._answer(replace(question, target=q.Target(path)), tools)
            case q.SearchText():
                return await self._answer(replace(question, where=path), tools)
            case _:
                return await self._answer(q.Explain(q.Target(path)), tools)

    async def _follow_up(self, question: q.FollowUp, tools: Toolbox, offer: Offer | None) -> str:
        """A bare name, or `and X?`: a choice, the last question about something else, or an explanation."""
        target = question.target
        if offer is not None and target.text:
            fitting = [path for path in offer.choices if target.text.lower() in path.lower()]
            if len(fitting) == 1:
                return await self._ask_about(fitting[0], offer.question, tools)
        again = self._again(target) if question.follows else None
        if again is not None:
            return await self._answer(again, tools)
        if " " in target.text or not re.search(r"\w", target.text + (target.reference or "")):
            inventory = await tools.list_files(pattern=target.text)
            _, strength = await tools.match_names(target.text, inventory)
            if strength < Strength.NAME:
                return asking_back.beyond(self._memory)
        return await self._answer(q.Explain(target), tools)

    def _again(self, target: q.Target) -> q.Question | None:
        """The last question about another target; None where it has none."""
        last = self._memory.question
        match last:
            case q.SearchText() if target.text:
                return replace(last, text=target.text, is_exact=False)
            case q.Definition() | q.Uses() if IDENTIFIER.fullmatch(target.text):
                return replace(last, name=target.text)
            case q.Explain() | q.Show() | q.FileSize():
                return replace(last, target=target)
            case q.CountLines() | q.ListFiles() if target.text:
                language = language_named(target.text)
                return (
                    replace(last, language=language.name) if language is not None else replace(last, target=target)
                )
            case _:
                return None

    async def _more(self, tools: Toolbox) -> str:
        if not self._memory.shown_to:
            return self_answers.nothing_to_continue()
        return await self._show(self._memory.path, self._memory.shown_to + 1, 0, tools)

    async def _beyond(self, question: q.Beyond, tools: Toolbox) -> str:
        """What it can't do; a file that was named is offered instead."""
        for word in re.findall(r"[\w./-]{1,100}\.\w{1,5}", question.text[:400])[:5]:
            try:
                place = await tools.locate(word)
            except Refused:
                continue
            self._memory.look_at(place.path)
            return asking_back.beyond(self._memory, wants_change=question.wants_change, seen=place.path)
        return asking_back.beyond(self._memory, wants_change=question.wants_change)

    # files and folders

    async def _show(self, path: str, first: int, last: int, tools: Toolbox) -> str:
        lines = f"{first}-{last or ''}" if first > 0 else f"last {-first}" if first else ""
        text = await tools.read_file(path, lines=lines)
        shown = file_answers.show(text, first, last)
        self._memory.look_at(path)
        self._memory.shown_to = 0 if shown.is_end else shown.last
        return shown.markdown

    async def _list_folder(self, path: str, tools: Toolbox) -> str:
        inventory = await tools.list_files(path)
        self._memory.show_list(await tools.think(lambda: folder_answers.in_order(inventory)))
        self._memory.look_at(path)
        return await tools.think(lambda: folder_answers.listing(self._title(path), inventory, path))

    async def _list_language(self, question: q.ListFiles, path: str, tools: Toolbox) -> str:
        inventory = await tools.list_files(path, pattern=question.language)
        paths = folder_answers.files_of(inventory, question.language)
        self._memory.show_list(paths)
        return folder_answers.found_files(f"{question.language} files", paths, inventory)

    async def _count(self, question: q.CountLines, path: str, tools: Toolbox) -> str:
        inventory = await tools.list_files(path)
        language = question.language
        files = [entry.path for entry in inventory.files]
        paths = folder_answers.files_of(inventory, language) if language else files
        result = await tools.count_lines(paths, where=path, language=language)
        if path != ".":
            self._memory.look_at(path)
        return folder_answers.counts(
            result, self._title(path), inventory, language=language, wants_files=question.counts_files
        )

    async def _rank(self, question: q.Largest | q.Recent, tools: Toolbox) -> str:
        """The largest files, or those that changed last."""
        inventory = await tools.list_files(with_stats=True)
        is_by_size = isinstance(question, q.Largest)

        def rank(inventory: Inventory) -> list[Entry]:
            ranked = sorted(inventory.files, key=lambda e: (-e.size if is_by_size else -e.modified, e.path))
            return ranked[: question.limit]

        files = await tools.think(lambda: rank(inventory))
        self._memory.show_list([entry.path for entry in files])
        if is_by_size:
            return folder_answers.largest(files, inventory)
        return folder_answers.recent(files, inventory, self._now())

    def _title(self, path: str) -> str:
        return self._folder.name if path == "." else path
