"""The line forms of Markdown that the block parser knows.

May import: the log's own modules.
"""

from __future__ import annotations

import re

from superserve_tui.ui.widgets.log.blocks import MAX_CHARACTERS

__all__ = [
    "BULLETS",
    "DELIMITER_ROW",
    "FENCE",
    "HEADING",
    "ITEM",
    "QUOTE",
    "RULE",
    "SETEXT",
    "TASK",
    "alignment",
    "cut_at",
    "split_row",
    "starts_block",
    "untabbed",
]

FENCE = re.compile(r"( {0,3})(`{3,}(?=[^`]*$)|~{3,})\s*([^\s`]*)")
HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*$")
ITEM = re.compile(r"( {0,3})([-*+]|\d{1,9}[.)])(?:( {1,4})(?=\S)|( +)(?=\S)|[ \t]*$)")
QUOTE = re.compile(r" {0,3}> ?")
TASK = re.compile(r"\[([ xX])\](?: |$)")
DELIMITER_ROW = re.compile(r" {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_PIPE = re.compile(r"(?<!\\)\|")
BULLETS = "•◦▪"


def starts_block(rest: str) -> bool:
    """Whether a line ends the paragraph before it, though it is outside of the paragraph's containers."""
    return bool(
        FENCE.match(rest) or HEADING.match(rest) or QUOTE.match(rest) or RULE.match(rest) or ITEM.match(rest)
    )


def split_row(line: str) -> list[str]:
    """The cells of a table's row."""
    line = line.strip()
    line = line.removeprefix("|")
    if line.endswith("|") and not line.endswith("\\|"):
        line = line[:-1]
    return [cell.strip().replace("\\|", "|") for cell in _PIPE.split(line)]


def alignment(cell: str) -> str:
    """What a cell of the row under a table's head says of its column."""
    if cell.endswith(":"):
        return "center" if cell.startswith(":") else "right"
    return "left"


def cut_at(line: str) -> int:
    """Where a line that is too long for one block is cut: at a space where there is one, never in a cluster."""
    space = line.rfind(" ", MAX_CHARACTERS // 2, MAX_CHARACTERS)
    if space > 0:
        return space
    at = MAX_CHARACTERS
    while at > MAX_CHARACTERS - 16 and (line[at] in "\u200d\ufe0f" or line[at - 1] == "\u200d"):
        at -= 1
    return at


def untabbed(line: str) -> str:
    """`line` with the tabs it is indented by as spaces; others stay."""
    text = line.lstrip(" \t")
    indent = line[: len(line) - len(text)]
    return indent.expandtabs(4) + text if "\t" in indent else line
