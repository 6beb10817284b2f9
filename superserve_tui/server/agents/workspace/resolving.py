"""From what a person calls a thing to a place in the folder.

May import: this package's folder, tools, memory, names, questions; the standard library.
"""

from __future__ import annotations

from dataclasses import dataclass

from superserve_tui.server.agents.workspace.folder import Place, Refusal, Refused
from superserve_tui.server.agents.workspace.memory import Memory
from superserve_tui.server.agents.workspace.names import Strength
from superserve_tui.server.agents.workspace.questions import Target
from superserve_tui.server.agents.workspace.tools import Toolbox

__all__ = ["Absent", "Ambiguous", "Resolution", "Unclear", "resolve"]

_MAX_WORDS = 3
"""Words of a loose name; more are a sentence, unless a file is called exactly so."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several places fit."""

    asked: str
    choices: tuple[str, ...]
    strength: Strength


@dataclass(frozen=True, slots=True)
class Absent:
    """No place is called so."""

    asked: str
    guess: Place | None = None
    """The one place whose name has the asked words in it."""
    close: tuple[str, ...] = ()
    """Places with almost the same name."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """A reference, and nothing that it could mean."""

    target: Target


Resolution = Place | Ambiguous | Absent | Unclear


async def resolve(target: Target, tools: Toolbox, memory: Memory, *, wants_folder: bool = False) -> Resolution:
    """Find the place that a target means.

    Raises:
        Refused: there is one, and it is not read.
    """
    if target.reference is not None:
        path = memory.recall(target)
        return await tools.locate(path) if path else Unclear(target)
    for name in dict.fromkeys((target.text, target.text.removeprefix("@"))):  # a file is mentioned with an `@`
        try:
            return await tools.locate(name)
        except Refused as error:
            if error.reason is not Refusal.MISSING:
                raise
    if len(target.text.split()) > _MAX_WORDS:
        return Absent(target.text)
    inventory = await tools.list_files(pattern=target.text)
    paths, strength = await tools.match_names(target.text, inventory, wants_folder=wants_folder)
    if strength <= Strength.SLIP:
        return Absent(target.text, close=tuple(paths))
    if len(paths) > 1:
        return Ambiguous(target.text, tuple(paths), strength)
    place = await tools.locate(paths[0])
    return Absent(target.text, place) if strength is Strength.PART else place
