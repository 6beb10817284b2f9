"""A session as one HTML file: nothing in it runs, and nothing is loaded from anywhere.

Messages stand as they were typed; answers are rendered from their Markdown. Lone surrogates and NUL become U+FFFD.

May import: domain, protocol, exporting.markdown, exporting.code, exporting.style, the standard library.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from superserve_tui.domain import Session, Turn, TurnState, clean_line, duration_words, json_text
from superserve_tui.exporting.code import code_style, highlighted
from superserve_tui.exporting.markdown import markdown_html
from superserve_tui.exporting.style import STYLE
from superserve_tui.protocol import CallState, ToolCall, scrub, short_id

__all__ = ["html_page"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""The browser itself refuses whatever this page should not do."""

_GIVEN_CHARS = 160
"""Of a call's input, at most, on the line that unfolds it; the page cuts that to its width."""


def html_page(session: Session, turns: Sequence[Turn]) -> str:
    """The whole file."""
    return "\n".join(_page(session, turns)) + "\n"


def _page(session: Session, turns: Sequence[Turn]) -> Iterator[str]:
    title = clean_line(session.title or "", limit=200) or "Session"
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="referrer" content="no-referrer">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield f"<title>{_text(title)}</title>"
    yield f"<style>\n{STYLE}\n{code_style()}\n</style>"
    yield "</head>"
    yield "<body>"
    yield "<header>"
    yield f"<h1>{_text(title)}</h1>"
    yield f"<p>{_facts(session, turns)}</p>"
    yield "</header>"
    yield "<main>"
    last: str | None = None
    for turn in turns:
        if last is not None and turn.server_id is not None and turn.server_id != last:
            yield '<p class="break">continued in a new session</p>'
        last = turn.server_id or last
        yield from _turn(session, turn)
    yield "</main>"
    yield f"<footer>Session {short_id(session.id)}, written by superserve-tui</footer>"
    yield "</body>"
    yield "</html>"


def _facts(session: Session, turns: Sequence[Turn]) -> str:
    began = session.created_at
    day = f'<time datetime="{began:%Y-%m-%dT%H:%M:%SZ}">{began:%Y-%m-%d %H:%M} UTC</time>'
    count = f"{len(turns)} {'turn' if len(turns) == 1 else 'turns'}"
    return f"{_text(clean_line(session.agent))} on {_text(session.profile)}, {day}, {count}"


def _turn(session: Session, turn: Turn) -> Iterator[str]:
    yield f'<article id="turn-{turn.number}">'
    yield '<section class="you">'
    yield "<h2>You</h2>"
    yield f'<div class="as-sent">{_text(turn.prompt)}</div>'
    yield "</section>"
    yield '<section class="agent">'
    yield f"<h2>{_text(clean_line(session.agent))}</h2>"
    if turn.calls:
        yield '<div class="tools">'
        yield from map(_call, turn.calls)
        yield "</div>"
    if turn.text:
        yield f'<div class="answer" dir="auto">{markdown_html(scrub(turn.text))}</div>'
    yield _end(turn)
    yield "</section>"
    yield "</article>"


def _call(call: ToolCall) -> str:
    is_well = call.state is CallState.COMPLETED
    facts = ["" if is_well else call.state.value]
    facts.append("" if call.duration_ms is None else duration_words(call.duration_ms))
    shown = highlighted(json_text(call.input, indent=2), "json")
    name = _text(clean_line(call.name, limit=120))
    given = _text(clean_line(json_text(call.input), limit=_GIVEN_CHARS))
    return (
        f'<details><summary><code>{name}</code> <span class="given">{given}</span>'
        f' <small class="{"took" if is_well else "took bad"}">{", ".join(filter(None, facts))}</small></summary>'
        f'<pre class="code"><code>{shown}</code></pre></details>'
    )


def _end(turn: Turn) -> str:
    parts = [turn.state.value]
    if turn.duration_ms is not None:
        parts.append(duration_words(turn.duration_ms))
    if turn.calls:
        parts.append(f"{len(turn.calls)} {'tool' if len(turn.calls) == 1 else 'tools'}")
    words = ", ".join(parts)
    if turn.error:
        words += f": {clean_line(turn.error, limit=2000)}"
    if turn.max_turns_reached:
        words += f"; {clean_line(turn.max_turns_message or 'the limit of steps was reached', limit=500)}"
    is_well = turn.state is TurnState.COMPLETED and not turn.max_turns_reached
    return f'<p class="{"end" if is_well else "end bad"}">{_text(words)}</p>'


def _text(text: str) -> str:
    """Text as text, as it was sent: a lone CR would be read as a line feed."""
    return escape(scrub(text)).replace("\r", "&#13;")
