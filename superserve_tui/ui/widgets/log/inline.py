"""Inline Markdown to spans: emphasis, code, links, images; everything else stays text.

Own code rather than markdown-it-py: nothing to import before the first paint, a bounded cost on hostile text,
and the few rules that differ here (raw HTML, markup and targets that are no links stay text).

May import: the standard library.
"""

from __future__ import annotations

import html
import re
from typing import Final, NamedTuple

__all__ = [
    "BOLD",
    "CODE",
    "FAINT",
    "IMAGE",
    "ITALIC",
    "LINK",
    "PLAIN",
    "STRIKE",
    "Span",
    "parse_inline",
    "safe_target",
]

PLAIN: Final = 0
BOLD: Final = 1
ITALIC: Final = 2
STRIKE: Final = 4
CODE: Final = 8
LINK: Final = 16
IMAGE: Final = 32
FAINT: Final = 64


class Span(NamedTuple):
    """A run of text with one look."""

    text: str
    marks: int = PLAIN
    """Any of BOLD, ITALIC, STRIKE, CODE, LINK, IMAGE, FAINT, added up."""
    target: str | None = None
    """Where a link leads: http, https or mailto only."""


class _Delimiter:
    """A run of `*`, `_` or `~` that may open or close emphasis."""

    __slots__ = ("can_close", "can_open", "count", "length", "node", "sign")

    def __init__(self, sign: str, count: int, node: int, *, can_open: bool, can_close: bool) -> None:
        self.sign = sign
        self.count = count
        self.length = count
        self.node = node
        self.can_open = can_open
        self.can_close = can_close


class _Node:
    """A piece of text whose marks are not final yet."""

    __slots__ = ("marks", "target", "text")

    def __init__(self, text: str, marks: int = PLAIN, target: str | None = None) -> None:
        self.text = text
        self.marks = marks
        self.target = target


_TOKEN = re.compile(
    r"\\[!-/:-@\[-`{-~]"
    r"|`+|\*+|_+|~+|!\[|\[|\]"
    r"|<(?:https?://|mailto:)[^\s<>]{1,2048}>"
    r"|&(?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});"
    r"|(?<![A-Za-z0-9])(?:https?://|www\.)[^\s<>`\"]{1,2048}"
)
_DESTINATION = re.compile(
    r"\(\s*(?:<([^<>\n]{0,2048})>|([^\s()<]{0,2048}(?:\([^\s()]{0,512}\)[^\s()]{0,512}){0,8}))"
    r"(?:\s+(?:\"[^\"]{0,512}\"|'[^']{0,512}'|\([^()]{0,512}\)))?\s*\)"
)
_SPECIAL = re.compile(r"[\\`*_~\[\]<&!]|://|www\.")
_TRAILING = ".,;:!?*_~'\")]}"
_SAFE = re.compile(r"(?:https?://[^\s/]|mailto:[^\s])", re.IGNORECASE)


def safe_target(target: str) -> str | None:
    """`target` where it is an http, https or mailto address, else None."""
    return target if _SAFE.match(target) and target.isprintable() else None


def parse_inline(text: str) -> list[Span]:
    """The spans of one block's text; newlines stay in the text of spans.

    Args:
        text: Cleaned text of a paragraph, heading, list item or cell.
    """
    if _SPECIAL.search(text) is None:
        return [Span(text)] if text else []
    return _Parser(text).parse()


class _Parser:
    """One pass over the tokens, with CommonMark's stacks for brackets and for emphasis."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._nodes: list[_Node] = []
        self._delimiters: list[_Delimiter] = []
        self._brackets: list[tuple[int, bool, int]] = []
        """Open brackets: node, whether it is an image's, delimiters before it."""
        self._ticks: dict[int, list[int]] | None = None
        self._link_floor = 0
        """Brackets below this one are dead: they would put a link into a link."""

    def parse(self) -> list[Span]:
        text = self._text
        at = 0
        while match := _TOKEN.search(text, at):
            start = match.start()
            if start > at:
                self._nodes.append(_Node(text[at:start]))
            at = self._take(match)
        if at < len(text):
            self._nodes.append(_Node(text[at:]))
        self._emphasise(0)
        return self._merge()

    def _take(self, match: re.Match[str]) -> int:
        """Handle one token; returns where to go on."""
        token, start, end = match.group(), match.start(), match.end()
        nodes = self._nodes
        match token[0]:
            case "\\":
                nodes.append(_Node(token[1]))
            case "`":
                return self._code(start, len(token))
            case "*" | "_" | "~":
                self._run(token, start, end)
            case "!" | "[":
                self._brackets.append((len(nodes), token == "![", len(self._delimiters)))
                nodes.append(_Node(token))
            case "]":
                return self._close_bracket(end)
            case "<":
                target = safe_target(token[1:-1])
                nodes.append(_Node(token[1:-1] if target else token, LINK if target else PLAIN, target))
            case "&":
                decoded = html.unescape(token)
                is_text = bool(decoded) and (decoded.isprintable() or decoded == "\xa0")
                nodes.append(_Node(decoded if is_text else token))
            case _:
                return self._bare_link(token, start)
        return end

    def _code(self, start: int, count: int) -> int:
        """A code span, or its ticks as text where nothing closes it."""
        if self._ticks is None:
            self._ticks = {}
            for run in re.finditer("`+", self._text):
                self._ticks.setdefault(len(run.group()), []).append(run.start())
        content = start + count
        ends = self._ticks.get(count, [])
        while ends and ends[0] < content:
            ends.pop(0)
        if not ends:
            self._nodes.append(_Node("`" * count))
            return content
        code = self._text[content : ends[0]].replace("\n", " ")
        if len(code) > 2 and code[0] == " " == code[-1] and code.strip():
            code = code[1:-1]
        self._nodes.append(_Node(code, CODE))
        return ends[0] + count

    def _run(self, token: str, start: int, end: int) -> None:
        """A run of emphasis signs, with CommonMark's flanking rules."""
        text, sign = self._text, token[0]
        before = text[start - 1] if start else " "
        after = text[end] if end < len(text) else " "
        is_space_before, is_space_after = before.isspace(), after.isspace()
        is_sign_before, is_sign_after = _is_punctuation(before), _is_punctuation(after)
        is_left = not is_space_after and (not is_sign_after or is_space_before or is_sign_before)
        is_right = not is_space_before and (not is_sign_before or is_space_after or is_sign_after)
        can_open, can_close = is_left, is_right
        if sign == "_":
            can_open = is_left and (not is_right or is_sign_before)
            can_close = is_right and (not is_left or is_sign_after)
        elif sign == "~" and len(token) != 2:
            can_open = can_close = False
        if can_open or can_close:
            delimiter = _Delimiter(sign, len(token), len(self._nodes), can_open=can_open, can_close=can_close)
            self._delimiters.append(delimiter)
        self._nodes.append(_Node(token))

    def _close_bracket(self, end: int) -> int:
        """A `]`: the end of a link or an image where `(target)` follows, else text."""
        if len(self._brackets) <= self._link_floor:
            self._nodes.append(_Node("]"))
            return end
        node, is_image, delimiters = self._brackets.pop()
        found = _DESTINATION.match(self._text, end) if self._text.startswith("(", end) else None
        if found is None:
            self._nodes.append(_Node("]"))
            return end
        raw = found.group(1) if found.group(1) is not None else found.group(2)
        raw = html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", raw))
        target = safe_target(raw)
        self._emphasise(delimiters)
        inner = self._nodes[node + 1 :]
        if is_image:
            alt = "".join(piece.text for piece in inner)
            self._nodes[node:] = [_Node(f"[image: {alt}]" if alt else "[image]", IMAGE, target)]
            return found.end()
        del self._nodes[node]
        if target is not None:
            for piece in inner:
                piece.marks |= LINK
                piece.target = target
            self._link_floor = len(self._brackets)
            if not inner:
                self._nodes.append(_Node(target, LINK, target))
        elif raw:
            self._nodes.append(_Node(f" ({raw})" if inner else raw, FAINT))
        return found.end()

    def _bare_link(self, token: str, start: int) -> int:
        """An address in running text, without the sentence's own punctuation at its end."""
        link = token
        while link and link[-1] in _TRAILING:
            if link[-1] == ")" and link.count("(") >= link.count(")"):
                break
            link = link[:-1]
        target = safe_target(link if link.startswith("http") else f"http://{link}")
        if target is None or len(link) < 5:
            self._nodes.append(_Node(token))
            return start + len(token)
        self._nodes.append(_Node(link, LINK, target))
        return start + len(link)

    def _emphasise(self, bottom: int) -> None:
        """CommonMark's `process emphasis` over the delimiters from `bottom` on."""
        stack = self._delimiters
        floors: dict[tuple[str, bool, int], int] = {}
        at = bottom
        while at < len(stack):
            closer = stack[at]
            if not closer.can_close or not closer.count:
                at += 1
                continue
            key = (closer.sign, closer.can_open, closer.length % 3)
            floor = max(bottom, floors.get(key, bottom))
            opener_at = _opener(stack, at, floor)
            if opener_at is None:
                floors[key] = at
                at += 1
                continue
            opener = stack[opener_at]
            used = 2 if closer.count >= 2 and opener.count >= 2 else 1
            mark = STRIKE if closer.sign == "~" else BOLD if used == 2 else ITALIC
            for node in self._nodes[opener.node + 1 : closer.node]:
                node.marks |= mark
            for side in (opener, closer):
                side.count -= used
                self._nodes[side.node].text = side.sign * side.count
            for between in stack[opener_at + 1 : at]:
                between.can_open = between.can_close = False
            if not closer.count:
                at += 1
        del stack[bottom:]

    def _merge(self) -> list[Span]:
        """Neighbours of one look become one span."""
        spans: list[Span] = []
        for node in self._nodes:
            if not node.text:
                continue
            if spans and spans[-1].marks == node.marks and spans[-1].target == node.target:
                spans[-1] = Span(spans[-1].text + node.text, node.marks, node.target)
            else:
                spans.append(Span(node.text, node.marks, node.target))
        return spans


def _opener(stack: list[_Delimiter], at: int, floor: int) -> int | None:
    """The nearest delimiter below `at` that opens what it closes."""
    closer = stack[at]
    for index in range(at - 1, floor - 1, -1):
        opener = stack[index]
        if opener.sign != closer.sign or not opener.can_open or not opener.count:
            continue
        is_both = opener.can_close or closer.can_open
        if is_both and (opener.length + closer.length) % 3 == 0 and (opener.length % 3 or closer.length % 3):
            continue
        return index
    return None


def _is_punctuation(sign: str) -> bool:
    """Whether `sign` is neither a letter, a digit nor white space."""
    return not sign.isalnum() and not sign.isspace()
