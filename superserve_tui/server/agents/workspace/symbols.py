"""The parts that an outline consists of.

May import: the standard library.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Outline", "Symbol"]


@dataclass(frozen=True, slots=True)
class Symbol:
    """One named thing in a file."""

    kind: str
    """`class`, `function`, `method`, `constant`, `heading`, `key`, `type` or another word of the language."""
    name: str
    line: int
    """From 1."""
    end_line: int = 0
    """Last line; 0 where that is not known."""
    signature: str = ""
    """As written, without body; empty where the name says it all."""
    summary: str = ""
    """The first line of its documentation."""
    depth: int = 0
    """0 at the top of the file, 1 inside another symbol, and so on."""
    parent: str = ""
    """Name of the symbol around it."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What a file is made of."""

    symbols: tuple[Symbol, ...] = ()
    summary: str = ""
    """What the file says about itself: the first paragraph of its docstring, comment or text."""
    imports: tuple[str, ...] = ()
    """Modules that it uses, as named there, in order, each once."""
    is_script: bool = False
    """It does something when run (`if __name__ == "__main__"`, `func main`)."""
    is_broken: bool = False
    """The language's parser refused it; the outline is by patterns."""
