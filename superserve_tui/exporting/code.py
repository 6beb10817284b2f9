"""Code in colours, by classes whose colours the page's own style holds for light and dark.

May import: pygments, the standard library.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.formatters import HtmlFormatter
    from pygments.lexer import Lexer

__all__ = ["code_style", "highlighted"]

CODE_LIMIT = 200_000
"""Characters of a code block beyond which it is shown without colours."""

LIGHT, DARK = "friendly", "github-dark"
"""Styles of pygments."""

_PREFIX = "k-"


def highlighted(text: str, language: str) -> str:
    """`text` as HTML, coloured where the language is known."""
    lexer = _lexer(language) if language and len(text) <= CODE_LIMIT else None
    if lexer is None:
        return escape(text)
    from pygments import highlight

    coloured: str = highlight(text, lexer, _formatter())
    return coloured


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    """Kept, since finding one takes longer than a few lines of code; None where nobody knows the language."""
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


@lru_cache(maxsize=1)
def _formatter() -> HtmlFormatter[str]:
    """Kept for the same reason: it works out a style sheet."""
    from pygments.formatters import HtmlFormatter

    return HtmlFormatter(nowrap=True, classprefix=_PREFIX)


def code_style() -> str:
    """The style sheet of the colours."""
    return f"{_rules(LIGHT)}\n@media screen and (prefers-color-scheme: dark) {{\n{_rules(DARK)}\n}}"


def _rules(style: str) -> str:
    from pygments.formatters import HtmlFormatter

    formatter = HtmlFormatter(style=style, classprefix=_PREFIX)
    lines: str = formatter.get_style_defs("pre.code")  # type: ignore[no-untyped-call]
    own = [line for line in lines.splitlines() if line.startswith(f"pre.code .{_PREFIX}")]
    return "\n".join(own)
