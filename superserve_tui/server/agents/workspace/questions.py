"""What can be asked, as data: `understanding` makes it of a prompt, `conversation` answers it.

May import: the standard library.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "AboutProject",
    "Agree",
    "Beyond",
    "Choose",
    "Connect",
    "CountLines",
    "Definition",
    "Dependencies",
    "Explain",
    "Farewell",
    "FileSize",
    "FindFiles",
    "FindQuestion",
    "FollowUp",
    "Greeting",
    "Help",
    "HowTo",
    "Identity",
    "Largest",
    "ListFiles",
    "More",
    "Nothing",
    "Question",
    "Recent",
    "Reference",
    "SearchText",
    "Show",
    "SmallTalk",
    "Target",
    "TargetQuestion",
    "Thanks",
    "Uses",
    "WhereAmI",
]


class Reference(StrEnum):
    """A file that is meant without its name."""

    IT = "it"
    NEXT = "next"
    PREVIOUS = "previous"
    LAST = "last"
    NUMBER = "number"
    """The n-th of the last list; `Target.number` says which."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a question is about: words that name a file, a folder or a symbol, or a reference to one."""

    text: str = ""
    reference: Reference | None = None
    number: int = 0


IT = Target(reference=Reference.IT)


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty message."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """Hello."""


@dataclass(frozen=True, slots=True)
class Thanks:
    """Thank you, or another kind word that asks for nothing."""


@dataclass(frozen=True, slots=True)
class Agree:
    """Yes."""


@dataclass(frozen=True, slots=True)
class Farewell:
    """Goodbye."""


@dataclass(frozen=True, slots=True)
class Help:
    """What can you do?"""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who are you?"""


@dataclass(frozen=True, slots=True)
class Connect:
    """How is a model or a script connected?"""


@dataclass(frozen=True, slots=True)
class Beyond:
    """Something that takes a model, or that changes files."""

    text: str
    wants_change: bool = False


@dataclass(frozen=True, slots=True)
class WhereAmI:
    """Which folder is this?"""


@dataclass(frozen=True, slots=True)
class ListFiles:
    """What files are there?"""

    target: Target | None = None
    """A folder; None: the whole project."""
    language: str = ""
    """Only files of this language, as the person called it."""


@dataclass(frozen=True, slots=True)
class FindFiles:
    """Which files are called so?"""

    pattern: str
    """A name, a part of one, or a glob."""


@dataclass(frozen=True, slots=True)
class Explain:
    """What is in this, what does it do?"""

    target: Target


@dataclass(frozen=True, slots=True)
class Show:
    """Show the text, whole or some lines."""

    target: Target
    first: int = 0
    """First line from 1; 0: from the beginning. Below 0: that many lines from the end."""
    last: int = 0
    """Last line; 0: as far as fits."""


@dataclass(frozen=True, slots=True)
class FileSize:
    """How long, how big, how old is it?"""

    target: Target


@dataclass(frozen=True, slots=True)
class CountLines:
    """How many lines or files, in all or of one language or folder?"""

    language: str = ""
    target: Target | None = None
    counts_files: bool = False
    """The files were asked for, the lines come along."""


@dataclass(frozen=True, slots=True)
class SearchText:
    """Where does this text stand?"""

    text: str
    where: str = ""
    """A glob, a folder or a file; empty: everywhere."""
    is_exact: bool = False
    """It was in quotes: case and spaces count."""


@dataclass(frozen=True, slots=True)
class Definition:
    """Where is this defined?"""

    name: str
    """Empty: the symbol talked about."""


@dataclass(frozen=True, slots=True)
class Uses:
    """Who uses this?"""

    name: str
    """Empty: the symbol talked about."""


@dataclass(frozen=True, slots=True)
class AboutProject:
    """What is this project?"""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What does the project depend on?"""


@dataclass(frozen=True, slots=True)
class HowTo:
    """How is the project installed, run, tested?"""

    topic: str


@dataclass(frozen=True, slots=True)
class Largest:
    """Which files are the largest?"""

    limit: int = 10


@dataclass(frozen=True, slots=True)
class Recent:
    """Which files changed last?"""

    limit: int = 10


@dataclass(frozen=True, slots=True)
class Choose:
    """The n-th of what was offered."""

    number: int
    """From 1; -1 is the last."""


@dataclass(frozen=True, slots=True)
class More:
    """Go on where the last answer ended."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The last question again, about something else (`and README.md?`); or a bare name."""

    target: Target
    follows: bool = False
    """It began with `and`, `what about` or the like."""


TargetQuestion = Explain | Show | FileSize | CountLines | ListFiles
"""Questions about one file or folder, which can be asked again of another."""
FindQuestion = SearchText | Definition | Uses | FindFiles
"""Questions that look for something."""
SmallTalk = Nothing | Greeting | Thanks | Agree | Farewell | Help | Identity | Connect | WhereAmI
"""Questions that need no look into the folder."""
Question = (
    TargetQuestion
    | FindQuestion
    | SmallTalk
    | Beyond
    | AboutProject
    | Dependencies
    | HowTo
    | Largest
    | Recent
    | Choose
    | More
    | FollowUp
)
