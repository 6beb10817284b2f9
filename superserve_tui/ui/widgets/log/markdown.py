"""Markdown text, as it streams, to blocks: a line is looked at once, when it is complete.

Line breaks inside a paragraph are kept: agents that know no Markdown print lines. Raw HTML, markup and link
definitions are text.

May import: the log's own modules.
"""

from __future__ import annotations

import re

from superserve_tui.ui.widgets.log.blocks import MAX_CHARACTERS, Block, Fence, Kind, Lead, Table
from superserve_tui.ui.widgets.log.grammar import (
    BULLETS,
    DELIMITER_ROW,
    FENCE,
    HEADING,
    ITEM,
    QUOTE,
    RULE,
    SETEXT,
    TASK,
    alignment,
    cut_at,
    split_row,
    starts_block,
    untabbed,
)
from superserve_tui.ui.widgets.log.writer import BlockWriter, Container, is_void

__all__ = ["BlockParser"]

_MAX_DEPTH = 12
"""Containers within each other; deeper markers are text."""


class BlockParser(BlockWriter):
    """Turns cleaned text into blocks. Feeding costs the text's length, whatever came before.

    `take` hands out closed blocks, once; `tail` shows what the open end would be if it ended here.
    """

    __slots__ = ("_fence_indent", "_is_mid_line", "_partial")

    def __init__(self) -> None:
        super().__init__()
        self._partial = ""
        """A line without its end, at most a block's size."""
        self._is_mid_line = False
        """The open block ends in the middle of a line."""
        self._fence_indent = 0

    def feed(self, text: str) -> None:
        """Go on with `text`."""
        lines = (self._partial + text).split("\n")
        self._partial = lines.pop()
        for line in lines:
            self._long_line(line, is_ended=True)
        if len(self._partial) > MAX_CHARACTERS:
            partial, self._partial = self._partial, ""
            self._partial = self._long_line(partial, is_ended=False)

    def tail(self) -> list[Block]:
        """The open end as blocks of its own, to be shown until the next call. Costs one block."""
        fork = self
        is_fence_end = self._fence_end is not None and not self._partial.strip(" `~")
        if self._partial and not is_fence_end:
            fork = self._fork()
            fork._long_line(self._partial, is_ended=True)
        last = fork._open
        closed = [] if fork is self else fork._closed
        if last is None or is_void(last):
            return closed
        return [*closed, last.copy() if fork is self else last]

    def finish(self) -> None:
        """The text is complete."""
        self._end_line()
        if self._fence_end is not None and self._open is not None and self._open.fence is not None:
            self._open.fence.is_closed = True
        self._close()

    def cut(self) -> BlockParser:
        """End here, for something that stands between; returns the parser for the text after it.

        An open code block goes on in that one, in the middle of its line where it was.
        """
        is_mid_line = bool(self._partial) or self._is_mid_line
        self._end_line()
        after = BlockParser()
        if self._fence_end is not None and self._open is not None:
            after._fence_end, after._fence_indent = self._fence_end, self._fence_indent
            after._containers = list(self._containers)
            after._open = after._open_block(Kind.CODE)
            after._open.fence, after._open.is_first = self._open.fence, False
            after._open.margin = 1
            after._open.join = "" if is_mid_line else "\n"
        after._has_blank, after._last_kind = True, Kind.PARAGRAPH
        self._close()
        return after

    def _end_line(self) -> None:
        if self._partial:
            partial, self._partial = self._partial, ""
            self._long_line(partial, is_ended=True)
        self._is_mid_line = False

    # Lines

    def _fork(self) -> BlockParser:
        fork = BlockParser()
        fork._containers = list(self._containers)
        fork._open = self._open.copy() if self._open is not None else None
        fork._is_mid_line = self._is_mid_line
        fork._has_blank = self._has_blank
        fork._last_kind = self._last_kind
        fork._fence_end = self._fence_end
        fork._fence_indent = self._fence_indent
        fork._is_fork = True
        return fork

    def _long_line(self, line: str, *, is_ended: bool) -> str:
        """Take a line piece by piece; returns what is left of one that has not ended."""
        while len(line) > MAX_CHARACTERS:
            at = cut_at(line)
            is_space = line[at] == " "
            self._piece(line[:at])
            self._is_mid_line = True
            if self._open is not None:
                self._next_chunk(join=" " if is_space else "")
            line = line[at + is_space :]
        if not is_ended:
            return line
        if line or not self._is_mid_line:
            self._piece(line)
        elif self._open is not None and not self._open.lines:
            self._open.join = "\n"
        self._is_mid_line = False
        return ""

    def _piece(self, text: str) -> None:
        """The beginning of a line, or more of one."""
        if not self._is_mid_line:
            is_code = self._fence_end is not None and not self._containers
            self._line(text if is_code else untabbed(text))
            return
        if self._open is None:
            self._start(Kind.PARAGRAPH)
        elif self._open.lines:
            self._next_chunk(join="")
        assert self._open is not None
        self._open.add(text)

    def _line(self, line: str) -> None:
        rest, matched = self._match(line)
        is_all = matched == len(self._containers)
        if self._fence_end is not None:
            if is_all:
                self._code_line(rest)
                return
            self._close()
        if not rest.strip():
            self._blank(rest, matched)
            return
        is_paragraph = self._open is not None and self._open.kind is Kind.PARAGRAPH
        if not is_all:
            if is_paragraph and not starts_block(rest):
                self._append(rest.strip())
                return
            self._close()
            del self._containers[matched:]
        rest = self._open_containers(rest)
        if rest:
            self._leaf(rest)
        elif self._containers:
            self._start_if_bare()

    def _match(self, line: str) -> tuple[str, int]:
        """Take off what the open containers ask for; returns the rest and how many matched."""
        rest = line
        for index, container in enumerate(self._containers):
            if container.lead.is_quote:
                found = QUOTE.match(rest)
                if found is None:
                    return rest, index
                rest = rest[found.end() :]
            elif rest.isspace() or not rest:
                continue
            elif rest[: container.indent].isspace() and len(rest) > container.indent:
                rest = rest[container.indent :]
            else:
                return rest, index
        return rest, len(self._containers)

    def _blank(self, rest: str, matched: int) -> None:
        if self._open is not None and self._open.kind is Kind.CODE and self._open.fence is None:
            self._append(rest[4:])
            return
        self._close()
        for index in range(matched, len(self._containers)):
            if self._containers[index].lead.is_quote:
                del self._containers[index:]
                break
        self._has_blank = True

    def _open_containers(self, rest: str) -> str:
        """Open quotes and list items that begin here; returns what follows their markers."""
        while len(self._containers) < _MAX_DEPTH:
            is_paragraph = self._open is not None and self._open.kind is Kind.PARAGRAPH
            if found := QUOTE.match(rest):
                self._close()
                self._containers.append(Container(Lead("▌ ", "▌ ", is_quote=True), 0))
                rest = rest[found.end() :]
                continue
            if not is_paragraph and rest.startswith("    "):
                return rest
            found = ITEM.match(rest)
            if found is None or RULE.match(rest):
                return rest
            marker, after = found.group(2), rest[found.end() :]
            if is_paragraph and (not after.strip() or (marker[0].isdigit() and marker[:-1] != "1")):
                return rest
            self._close()
            padding = found.group(3)
            indent = len(found.group(1)) + len(marker) + (len(padding) if padding else 1)
            if found.group(4):
                after = found.group(4)[1:] + after
            rest = self._item(marker, indent, after)
        return rest

    def _item(self, marker: str, indent: int, after: str) -> str:
        depth = sum(1 for container in self._containers if not container.lead.is_quote)
        sign = marker if marker[0].isdigit() else BULLETS[min(depth, len(BULLETS) - 1)]
        if task := TASK.match(after):
            sign = "☐" if task.group(1) == " " else "☑"
            after = after[task.end() :]
        width = len(sign) + 1
        self._containers.append(Container(Lead(sign + " ", " " * width), indent))
        return after

    def _start_if_bare(self) -> None:
        """A marker with nothing after it yet is shown."""
        if not self._containers[-1].is_drawn and not self._containers[-1].lead.is_quote:
            self._start(Kind.PARAGRAPH)

    def _leaf(self, rest: str) -> None:
        is_paragraph = self._open is not None and self._open.kind is Kind.PARAGRAPH
        is_indented = rest.startswith("    ") and not is_paragraph
        if is_indented:
            if self._open is None or self._open.kind is not Kind.CODE:
                self._start(Kind.CODE)
            self._append(rest[4:])
            return
        if self._open is not None and self._open.kind is Kind.CODE:
            self._close()
        if found := FENCE.match(rest):
            self._start_fence(found)
        elif found := HEADING.match(rest):
            self._start(Kind.HEADING).level = len(found.group(1))
            self._append(found.group(2) or "")
            self._close()
        elif is_paragraph and (found := SETEXT.match(rest)) and not self._is_table_head(rest):
            self._underline(1 if found.group(1)[0] == "=" else 2)
        elif RULE.match(rest):
            self._start(Kind.RULE)
            self._close()
        elif is_paragraph and self._is_table_head(rest):
            self._start_table(rest)
        elif self._open is not None and self._open.kind is Kind.TABLE and "|" in rest:
            self._row(rest)
        else:
            if not is_paragraph:
                self._start(Kind.PARAGRAPH)
            self._append(rest.strip())

    def _code_line(self, rest: str) -> None:
        assert self._fence_end is not None
        if self._fence_end.fullmatch(rest):
            fence = self._open.fence if self._open is not None else None
            self._close()
            if fence is not None and not self._is_fork:
                fence.is_closed = True
            return
        indent = self._fence_indent
        if indent and rest[:indent].isspace():
            rest = rest[indent:]
        self._append(rest)

    # Blocks

    def _start_fence(self, found: re.Match[str]) -> None:
        signs = found.group(2)
        self._start(Kind.CODE).fence = Fence(found.group(3)[:32])
        self._fence_end = re.compile(rf" {{0,3}}{signs[0]}{{{len(signs)},}}[ \t]*")
        self._fence_indent = len(found.group(1))

    def _underline(self, level: int) -> None:
        """The open paragraph turns out to be a heading."""
        assert self._open is not None
        self._open.kind, self._open.level = Kind.HEADING, level
        self._close()

    def _is_table_head(self, rest: str) -> bool:
        """Whether `rest` is the line under a table's head and the line before is that head."""
        if self._open is None or not self._open.lines or "|" not in rest + self._open.lines[-1]:
            return False
        if DELIMITER_ROW.match(rest) is None:
            return False
        return len(split_row(rest)) == len(split_row(self._open.lines[-1]))

    def _start_table(self, rest: str) -> None:
        assert self._open is not None
        head = self._open.lines.pop()
        aligns = [alignment(cell) for cell in split_row(rest)]
        if self._open.lines:
            self._start(Kind.TABLE)
        else:
            self._open.kind = Kind.TABLE
            self._open.size = 0
        self._open.table = Table(aligns)
        self._row(head)
