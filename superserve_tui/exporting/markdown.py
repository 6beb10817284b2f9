"""An answer's Markdown as HTML that can do nothing: no raw HTML, no images, links to three schemes only.

May import: markdown-it-py, pygments, the standard library.
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from html import escape
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from superserve_tui.exporting.code import highlighted

__all__ = ["is_safe_link", "markdown_html"]

MARKDOWN_LIMIT = 1_000_000
"""Characters of an answer beyond which it is shown as it was written: parsing would take seconds."""

INLINE_LIMIT = 20_000
"""Characters of one paragraph beyond which its signs stand as they are: some of them cost time by the square."""

_SCHEMES = frozenset({"http", "https", "mailto"})

_Env = MutableMapping[str, Any]


def markdown_html(text: str) -> str:
    """`text` as HTML. Safe to put into a page whatever it holds."""
    if len(text) > MARKDOWN_LIMIT:
        return f'<div class="as-sent">{escape(text)}</div>'
    return str(_parser().render(text))


def is_safe_link(target: str) -> bool:
    """Whether a link may be one: http, https and mailto, and nothing else, not even a relative one."""
    try:
        return urlsplit(target.strip()).scheme.lower() in _SCHEMES
    except ValueError:
        return False


def _parser() -> MarkdownIt:
    parser = _Parser("commonmark", {"html": False, "linkify": False}, renderer_cls=_Renderer)
    parser.enable(["table", "strikethrough"])
    parser.core.ruler.before("inline", "long_inline", _keep_long_paragraphs)
    return parser


def _keep_long_paragraphs(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and len(token.content) > INLINE_LIMIT:
            token.type = "long_text"


class _Parser(MarkdownIt):
    """Knows which links are links; the others stay as they were written."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - markdown-it's name
        return is_safe_link(url)


class _Renderer(RendererHTML):
    """What differs from plain CommonMark."""

    def link_open(self, tokens: Sequence[Token], index: int, options: Any, env: _Env) -> str:
        """A link that tells its target nothing of where it came from."""
        tokens[index].attrSet("rel", "noopener noreferrer")
        return self.renderToken(tokens, index, options, env)

    def image(self, tokens: Sequence[Token], index: int, options: Any, env: _Env) -> str:  # noqa: ARG002
        """A picture would be fetched: its text is shown, with a link."""
        target = str(tokens[index].attrGet("src") or "")
        words = escape(tokens[index].content or target)
        if not is_safe_link(target):
            return words
        return f'<a href="{escape(target)}" rel="noopener noreferrer">{words}</a>'

    def fence(self, tokens: Sequence[Token], index: int, options: Any, env: _Env) -> str:  # noqa: ARG002
        """Code in colours."""
        words = tokens[index].info.split()
        return _code(tokens[index].content, words[0] if words else "")

    def code_block(self, tokens: Sequence[Token], index: int, options: Any, env: _Env) -> str:  # noqa: ARG002
        """Code of which nobody says what it is."""
        return _code(tokens[index].content, "")

    def long_text(self, tokens: Sequence[Token], index: int, options: Any, env: _Env) -> str:  # noqa: ARG002
        """A paragraph that is too long to look for signs in."""
        return escape(tokens[index].content)

    def table_open(self, tokens: Sequence[Token], index: int, options: Any, env: _Env) -> str:
        """A wide table scrolls by itself, not the page."""
        return '<div class="wide">' + self.renderToken(tokens, index, options, env)

    def table_close(self, tokens: Sequence[Token], index: int, options: Any, env: _Env) -> str:
        """The end of it."""
        return self.renderToken(tokens, index, options, env) + "</div>\n"


def _code(text: str, language: str) -> str:
    return f'<pre class="code"><code>{highlighted(text, language)}</code></pre>\n'
