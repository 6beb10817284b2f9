"""Answers about one file or symbol, as Markdown.

May import: this package's value types and markdown; the standard library.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from superserve_tui.server.agents.workspace.folder import Refusal, Refused
from superserve_tui.server.agents.workspace.folder_answers import age
from superserve_tui.server.agents.workspace.languages import language_of
from superserve_tui.server.agents.workspace.markdown import code, count, fence, joined, one_line, size
from superserve_tui.server.agents.workspace.reading import FileFacts, TextFile
from superserve_tui.server.agents.workspace.symbols import Outline, Symbol

__all__ = ["Shown", "choose", "explain", "facts", "missing", "refused", "show"]


_SHOWN_LINES = 200
"""Lines of one answer; `more` shows the next."""
_SHOWN_CHARACTERS = 30_000
_LONGEST_LINE = 1000
"""Characters of a shown line; minified files have one line of a megabyte."""
_SYMBOLS = 40
_HEAD_LINES = 15


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of a file as an answer."""

    markdown: str
    last: int
    """The last line that was shown."""
    is_end: bool
    """Nothing is left after it."""


def show(text: TextFile, first: int, last: int) -> Shown:
    """Lines `first` to `last`, from 1; a `last` of 0: as far as fits; a `first` below 0: so many from the end."""
    total = len(text.lines)
    if text.is_binary:
        return Shown(_binary(text), 0, True)
    if not total:
        return Shown(f"{code(text.path)} is empty.\n", 0, True)
    if first < 0:
        first, last = max(1, total + first + 1), total
    start = max(first, 1)
    if start > total:
        known = count(total, "line") + ("" if text.is_whole else " that I read of it")
        return Shown(f"{code(text.path)} has only {known}, so there is no line {start:,}.\n", 0, True)
    wanted = min(last or total, total)
    lines, are_cut = _fitting(text.lines[start - 1 : wanted])
    end = start + len(lines) - 1
    is_end = end >= total and text.is_whole
    notes = _rest(text, end, wanted, was_asked=bool(last), are_cut=are_cut)
    return Shown(joined([_lead(text, start, end), fence(lines, _tag(text.path)), notes]), end, is_end)


def explain(text: TextFile, outline: Outline) -> str:
    """What a file is: its own words first, then what it is made of."""
    if text.is_binary:
        return _binary(text)
    if not text.lines:
        return f"{code(text.path)} is empty.\n"
    language = language_of(text.path)
    kind = f"{_article(language.name)} {language.name} file" if language is not None else "a text file"
    extent = count(len(text.lines), "line") + ("" if text.is_whole else f" of its {size(text.size)} read")
    lead = f"{code(text.path)} is {kind}, {extent}."
    if outline.is_script:
        lead += " It can be run as a program."
    says = f"> {one_line(outline.summary, 400)}" if outline.summary else ""
    body = _parts(text, outline)
    uses = "Uses " + ", ".join(code(name) for name in outline.imports[:12]) if outline.imports else ""
    if len(outline.imports) > 12:
        uses += f" and {len(outline.imports) - 12} more"
    broken = "Its syntax can't be parsed, so this list is by patterns." if outline.is_broken else ""
    return joined([lead, says, body, f"{uses}." if uses else "", broken, _encoding_note(text)])


def facts(info: FileFacts, now: datetime) -> str:
    """Length, size, age."""
    changed = f"changed {age(info.modified.timestamp(), now)}"
    if info.lines is None:
        return f"{code(info.path)} is a binary file of **{size(info.size)}**, {changed}.\n"
    at_least = "" if info.is_exact else "at least "
    words = f", {count(info.words, 'word')}" if info.words is not None else ""
    return (
        f"{code(info.path)} has {at_least}**{count(info.lines, 'line')}**{words}, {size(info.size)}, {changed}.\n"
    )


def choose(asked: str, choices: Sequence[str], more: int = 0) -> str:
    """Several fit: a numbered list to choose from."""
    items = "\n".join(f"{number}. {code(path)}" for number, path in enumerate(choices, 1))
    rest = f"… and {count(more, 'more', 'more')}; say more of the path." if more else ""
    return joined([f"{code(asked)} could be one of these:", items, rest, "Which one? A number is enough."])


def missing(asked: str, close: Sequence[str] = ()) -> str:
    """Nothing here is called so."""
    if close:
        if len(close) == 1:
            return (
                f"I found nothing called {code(asked)} here. Did you mean {code(close[0])}? Say `yes` to see it.\n"
            )
        items = "\n".join(f"{number}. {code(path)}" for number, path in enumerate(close, 1))
        return joined([f"I found nothing called {code(asked)} here. Did you mean one of these?", items])
    return joined(
        [
            f"I found nothing called {code(asked)} in this folder, neither a file nor a definition.",
            f"{code('what files are there?')} lists what is here, {code(f'find {asked}')} searches in the text.",
        ]
    )


def refused(error: Refused) -> str:
    """Why a path is not read, and what would help."""
    name = code(error.path)
    match error.reason:
        case Refusal.OUTSIDE:
            return f"{name} lies outside this folder. I read only inside it; start the app there to ask.\n"
        case Refusal.LINK_OUTSIDE:
            return f"{name} is a link that leads outside this folder, so I don't follow it.\n"
        case Refusal.SECRET:
            return f"{name} may hold secrets (passwords, keys, tokens), so I never read it.\n"
        case Refusal.SPECIAL:
            return f"{name} is a device, a pipe or a socket, not a file; I don't open those.\n"
        case Refusal.UNREADABLE:
            return f"{name} can't be read: the system refuses it. Its permissions may need a change.\n"
        case Refusal.NOT_A_FILE:
            return f"{name} is a folder, not a file.\n"
        case Refusal.MISSING:
            return f"{name} is not there any more.\n"


def _parts(text: TextFile, outline: Outline) -> str:
    if not outline.symbols:
        if outline.summary and len(text.lines) > _HEAD_LINES:
            return ""
        head, _ = _fitting(text.lines[:_HEAD_LINES])
        rest = len(text.lines) - len(head)
        return joined([f"It {'begins' if rest else 'reads'}:", fence(head, _tag(text.path))]).strip()
    symbols = _telling(outline.symbols)
    top = min(symbol.depth for symbol in symbols)
    items = "\n".join(_item(text.path, symbol, symbol.depth - top) for symbol in symbols[:_SYMBOLS])
    hidden = len(outline.symbols) - min(len(symbols), _SYMBOLS)
    more = f"… and {count(hidden, 'more', 'more')}." if hidden else ""
    return joined([_headline(outline.symbols), items, more]).strip()


def _telling(symbols: Sequence[Symbol]) -> Sequence[Symbol]:
    """The symbols that fit into an answer: private ones go first, then the inner ones."""
    public = [symbol for symbol in symbols if not symbol.name.startswith("_")]
    named = [symbol for symbol in public if symbol.kind not in ("constant", "variable")]
    top = min((symbol.depth for symbol in symbols), default=0)
    for fewer in (symbols, public, named, *([s for s in named if s.depth <= top + depth] for depth in (1, 0))):
        if 0 < len(fewer) <= _SYMBOLS:
            return fewer
    return [symbol for symbol in symbols if symbol.depth == top]


def _headline(symbols: Sequence[Symbol]) -> str:
    kinds: dict[str, int] = {}
    for symbol in symbols:
        kinds[symbol.kind] = kinds.get(symbol.kind, 0) + 1
    named = [count(number, kind, _plural(kind)) for kind, number in kinds.items()]
    return "It has " + (", ".join(named[:-1]) + " and " if len(named) > 1 else "") + named[-1] + ":"


def _item(path: str, symbol: Symbol, depth: int) -> str:
    name = path.rsplit("/", 1)[-1]
    about = f": {one_line(symbol.summary, 140)}" if symbol.summary else ""
    return (
        f"{'  ' * min(depth, 4)}- {code(symbol.signature or symbol.name)}{about} ({code(f'{name}:{symbol.line}')})"
    )


def _plural(kind: str) -> str:
    return {"class": "classes", "impl": "impls"}.get(kind, f"{kind}s")


def _lead(text: TextFile, start: int, end: int) -> str:
    total = len(text.lines)
    if start == 1 and end == total and text.is_whole:
        return f"{code(text.path)}, {count(total, 'line')}:"
    of = f"of {total:,}" if text.is_whole else f"of a file of {size(text.size)}"
    which = f"line {start:,}" if start == end else f"lines {start:,}–{end:,}"
    return f"{code(text.path)}, {which} {of}:"


def _rest(text: TextFile, end: int, wanted: int, *, was_asked: bool, are_cut: bool) -> str:
    notes = []
    left = (wanted if was_asked else len(text.lines)) - end
    if left > 0:
        notes.append(f"{count(left, 'line is', 'lines are')} left out; say `more` to go on.")
    if not text.is_whole and not was_asked:
        notes.append(f"The file is {size(text.size)}; I read its first {size(2_000_000)}.")
    if are_cut:
        notes.append(f"Lines longer than {_LONGEST_LINE:,} characters are cut.")
    return " ".join([*notes, _encoding_note(text)]).strip()


def _fitting(lines: Sequence[str]) -> tuple[list[str], bool]:
    """The lines that fit into one answer, and whether one of them was cut."""
    kept: list[str] = []
    room = _SHOWN_CHARACTERS
    are_cut = False
    for line in lines[:_SHOWN_LINES]:
        is_long = len(line) > _LONGEST_LINE
        shown = line[:_LONGEST_LINE] + "…" if is_long else line
        if kept and len(shown) > room:
            break
        are_cut = are_cut or is_long
        room -= len(shown)
        kept.append(shown)
    return kept, are_cut


def _binary(text: TextFile) -> str:
    return f"{code(text.path)} is a binary file of {size(text.size)}; there is no text in it to show.\n"


def _encoding_note(text: TextFile) -> str:
    if text.encoding in ("utf-8", "binary"):
        return ""
    return f"It is not UTF-8; I read it as {text.encoding.upper().replace('WINDOWS', 'Windows')}."


def _tag(path: str) -> str:
    language = language_of(path)
    return language.tag if language is not None else "text"


def _article(noun: str) -> str:
    return "an" if noun[:1] in "AEIOU" or noun in ("HTML", "XML", "SQL", "R") else "a"
