"""Code to coloured pieces. Runs in a thread: pygments is imported there, and lexing takes longer than a frame.

May import: pygments (when first used), the standard library.
"""

from __future__ import annotations

from typing import Final

from superserve_tui.ui.widgets.log.palette import SYNTAX

__all__ = ["MAX_CODE", "highlight"]

MAX_CODE: Final = 200_000
"""Characters of code that are highlighted; more stays plain."""

_CLASSES: Final = (
    ("Token.Comment", "comment"),
    ("Token.Keyword.Type", "builtin"),
    ("Token.Keyword", "keyword"),
    ("Token.Operator.Word", "keyword"),
    ("Token.Literal.String", "string"),
    ("Token.Literal.Number", "number"),
    ("Token.Name.Function", "name"),
    ("Token.Name.Class", "name"),
    ("Token.Name.Decorator", "name"),
    ("Token.Name.Tag", "keyword"),
    ("Token.Name.Attribute", "name"),
    ("Token.Name.Builtin", "builtin"),
    ("Token.Generic.Inserted", "inserted"),
    ("Token.Generic.Deleted", "deleted"),
    ("Token.Generic.Heading", "keyword"),
    ("Token.Generic.Subheading", "name"),
)


def highlight(code: str, language: str) -> list[list[tuple[str, int]]] | None:
    """The lines of `code` as `(text, class)`, a class being a position in `SYNTAX`; None where nothing is known.

    Args:
        code: A whole code block.
        language: What its fence names.
    """
    if not language or len(code) > MAX_CODE:
        return None
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language.lower(), stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
    known: dict[object, int] = {}
    lines: list[list[tuple[str, int]]] = [[]]
    for token, text in lexer.get_tokens(code):
        kind = known.get(token)
        if kind is None:
            kind = known[token] = _class(str(token))
        for index, piece in enumerate(text.split("\n")):
            if index:
                lines.append([])
            if piece:
                lines[-1].append((piece, kind))
    return lines


def _class(token: str) -> int:
    for prefix, name in _CLASSES:
        if token.startswith(prefix):
            return SYNTAX.index(name)
    return 0
