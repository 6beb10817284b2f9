"""What the benchmark's server answers: the prompt asks for a shape, a number of tokens and a rate.

`prose 1200 200` is 1,200 tokens of prose at 200 tokens a second; rate 0 is as fast as it goes. A fourth word is a
number of characters that come at once before that. The last token is `END`, to be found on the screen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count, islice

__all__ = ["END", "SHAPES", "Order", "answer", "parse_order", "tokens"]

END = "ЩЩЩ"
"""Stands in no other word: on the screen, the answer is shown whole."""

SHAPES = ("prose", "code", "paragraph", "table", "list")

_SENTENCE = (
    "the parser keeps one line of state so nothing is looked at twice and `feed` takes bytes in **any** chunking "
    "while the reader waits for an end that may come later or never as the case may be"
)
_WORDS = _SENTENCE.split()


@dataclass(frozen=True, slots=True)
class Order:
    """What a prompt asks for."""

    shape: str
    count: int
    """Tokens, the last one aside."""
    rate: float
    """Tokens a second; 0: no pause between them."""
    head: int = 0
    """Characters that come before them, at once."""


def parse_order(prompt: str) -> Order:
    """The order in a prompt; a prompt of another kind is answered shortly."""
    match prompt.split():
        case [shape, number, rate, *head] if shape in SHAPES:
            return Order(shape, int(number), float(rate), int(head[0]) if head else 0)
        case _:
            return Order("prose", 20, 0)


def answer(order: Order) -> str:
    """The whole text of an answer."""
    return _head(order) + "".join(tokens(order))


def tokens(order: Order) -> Iterator[str]:
    """The pieces of an answer as they are sent, the head first where there is one."""
    head = _head(order)
    endless = _SHAPES[order.shape]()
    if head:
        yield head
        endless = islice(endless, _tokens_in(order.shape, len(head)), None)
    yield from islice(endless, order.count)
    yield f"\n\n{END}\n"  # a paragraph of its own: a table shows no cell beyond its columns


def _head(order: Order) -> str:
    if not order.head:
        return ""
    pieces, size = [], 0
    for piece in _SHAPES[order.shape]():
        pieces.append(piece)
        size += len(piece)
        if size >= order.head:
            break
    return "".join(pieces)


def _tokens_in(shape: str, size: int) -> int:
    for number, piece in enumerate(_SHAPES[shape](), 1):
        size -= len(piece)
        if size <= 0:
            return number
    raise AssertionError("the shapes are endless")


def _words() -> Iterator[str]:
    for number in count():
        yield _WORDS[number % len(_WORDS)]


def _prose() -> Iterator[str]:
    """Paragraphs, headings, lists and short blocks of code, as agents write."""
    words = _words()
    for section in count(1):
        yield from ("## ", f"Part {section}", "\n\n")
        yield from chain.from_iterable((word, " ") for word in islice(words, 60))
        yield "\n\n"
        for item in range(4):
            yield f"{item + 1}. "
            yield from (word + " " for word in islice(words, 8))
            yield "\n"
        yield from (
            "\n```python\n",
            "def ",
            "feed",
            "(data",
            ": ",
            "bytes",
            "):\n",
            "    return ",
            "data",
            "\n```\n\n",
        )


def _code() -> Iterator[str]:
    yield "```python\n"
    for line in count():
        yield from (f"value_{line % 97}", " = ", "read", "(", f'"{line}"', ", ", "limit", "=", "100", ")", "\n")


def _paragraph() -> Iterator[str]:
    for word in _words():
        yield word + " "


def _table() -> Iterator[str]:
    yield "| file | lines | about |\n|---|---:|---|\n"
    words = _words()
    for row in count():
        yield from ("| ", f"file_{row}.py", " | ", str(row), " | ", next(words), " ", next(words), " |", "\n")


def _list() -> Iterator[str]:
    words = _words()
    while True:
        yield "- "
        yield from (word + " " for word in islice(words, 8))
        yield "\n"


_SHAPES = {"prose": _prose, "code": _code, "paragraph": _paragraph, "table": _table, "list": _list}
