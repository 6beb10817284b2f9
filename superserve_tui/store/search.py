"""Full-text search over titles, prompts, answers and tool inputs: the index, the query, the hits.

The index has one document per title, prompt, answer and a turn's tool inputs together. Its words are those of
FTS5's `unicode61`: letters and digits, case and accents set aside. Scripts that put no spaces between words are
indexed letter by letter and looked up as a phrase, so that any part of them is found.

May import: domain, protocol, the standard library, sqlite3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from sqlite3 import Connection
from typing import Any

from superserve_tui.domain import SearchHit
from superserve_tui.protocol import ToolCall, scrub
from superserve_tui.store.filters import Filters, take_filters
from superserve_tui.store.snippet import Term, snippet

__all__ = ["index_answer", "index_prompt", "index_title", "parse_query", "rebuild_index", "search"]

_WHERE = ("title", "prompt", "text", "tool")
"""What a document is, by its number modulo 4."""

_MAX_TERMS = 32  # FTS5 refuses expressions that nest too deep; nobody types more words
_MAX_QUERY = 1000

_RANKED = 1000
"""Documents that are weighed against each other: FTS5 weighs every one that has the words, 2.5 us each, and a
common word is in all of them. Of more the newest are as good: 10 ms instead of 170 in 100,000 messages."""

_INDEXED = 2_000_000
"""Characters at either end of a text that can be found: FTS5 takes 0.2 s a million, in which nothing is saved."""

# Invisible, and no part of a word for the tokenizer: stands between letters of scripts without spaces.
_GAP = "\u2063"
_LIKE_SIGNS = re.compile("[%_^]")
_TERM = re.compile(r'"([^"]*)(?:"|$)|([^\s"]+)')

_HITS = """
    SELECT session.id, session.title, turn.number, search.rowid % 4, search.body
    FROM search
    LEFT JOIN turn ON search.rowid % 4 > 0 AND turn.key = search.rowid / 4
    JOIN session ON session.key = CASE WHEN search.rowid % 4 > 0 THEN turn.session_key ELSE search.rowid / 4 END
    WHERE {condition} AND session.deleted_at IS NULL{filters}
    ORDER BY {order} LIMIT ?
"""
_FILTERED = """
    SELECT DISTINCT session.id, session.title, NULL, 0, COALESCE(session.title, '')
    FROM session LEFT JOIN turn ON turn.session_key = session.key
    WHERE session.deleted_at IS NULL{filters}
    ORDER BY session.last_activity_at DESC LIMIT ?
"""


def index_title(connection: Connection, session_key: int, title: str | None) -> None:
    """Put a session's title into the index in place of the one before."""
    _put(connection, session_key * 4, title or "")


def index_prompt(connection: Connection, turn_key: int, prompt: str) -> None:
    """Put a turn's message into the index in place of the one before."""
    _put(connection, turn_key * 4 + 1, prompt)


def index_answer(connection: Connection, turn_key: int, text: str, calls: Sequence[ToolCall]) -> None:
    """Put a turn's answer and tool inputs into the index in place of those before."""
    _put(connection, turn_key * 4 + 2, text)
    _put(connection, turn_key * 4 + 3, "\n".join(_call_text(calls)))


def rebuild_index(connection: Connection) -> None:
    """Make a damaged index new from the texts that it keeps."""
    # Row 10 says where the rest is; FTS5 refuses to open the table at all where it is odd. This is an empty one.
    connection.execute("INSERT OR REPLACE INTO search_data (id, block) VALUES (10, zeroblob(7))")
    connection.execute("INSERT INTO search (search) VALUES ('rebuild')")


def search(connection: Connection, query: str, limit: int) -> tuple[SearchHit, ...]:
    """The best hits, of very many the newest, grouped by session, the session with the first hit first.

    All words must be in the same document, the last one at least as the beginning of a word; quoted words as
    they stand. Every other sign is only a sign. Where no document has the words, those that have the letters
    anywhere, the newest first. Filters narrow it (see `filters`); filters alone find sessions.
    """
    rest, filters = take_filters(query)
    terms = parse_query(rest)
    if limit <= 0 or not (terms or filters.sql):
        return ()
    if not terms:
        return tuple(_hits(connection, _FILTERED.format(filters=filters.sql), (*filters.values, limit), ()))
    hits: list[SearchHit] = []
    if any(term.has_words for term in terms):
        match = _match_expression(terms)
        order = "search.rowid DESC" if _has_very_many(connection, match) else "rank"
        by_words = _HITS.format(condition="search MATCH ?", filters=filters.sql, order=order)
        hits = _hits(connection, by_words, (match, *filters.values, limit), terms)
    return _grouped(hits or _by_letters(connection, terms, filters, limit))


def parse_query(query: str) -> tuple[Term, ...]:
    """The words and quoted phrases of what a person typed."""
    terms = []
    for match in _TERM.finditer(scrub(query[:_MAX_QUERY])):
        quoted, word = match.groups()
        text = " ".join((word if quoted is None else quoted).split())
        if text:
            terms.append(Term(text, quoted is not None))
    return tuple(terms[:_MAX_TERMS])


def _match_expression(terms: Sequence[Term]) -> str:
    """The query in FTS5's language: every term a quoted string, so that no sign of that language counts."""
    parts = [f'"{_spaced(term.text)}"' for term in terms if term.has_words]
    if terms[-1].has_words and not terms[-1].is_quoted:
        parts[-1] += " *"
    return " ".join(parts)


def _has_very_many(connection: Connection, match: str) -> bool:
    rows = connection.execute("SELECT 1 FROM search WHERE search MATCH ? LIMIT 1 OFFSET ?", (match, _RANKED))
    return rows.fetchone() is not None


def _by_letters(connection: Connection, terms: Sequence[Term], filters: Filters, limit: int) -> list[SearchHit]:
    patterns = ["%" + _LIKE_SIGNS.sub(r"^\g<0>", _spaced(term.text)) + "%" for term in terms]
    condition = " AND ".join(["search.body LIKE ? ESCAPE '^'"] * len(patterns))
    by_letters = _HITS.format(condition=condition, filters=filters.sql, order="search.rowid DESC")
    return _hits(connection, by_letters, (*patterns, *filters.values, limit), terms)


def _hits(
    connection: Connection, sql: str, values: tuple[str | int, ...], terms: Sequence[Term]
) -> list[SearchHit]:
    return [
        SearchHit(session_id, title or "", number, _WHERE[kind], snippet(body.replace(_GAP, ""), terms))
        for session_id, title, number, kind, body in connection.execute(sql, values)
    ]


def _put(connection: Connection, number: int, text: str) -> None:
    connection.execute("DELETE FROM search WHERE rowid = ?", (number,))
    if len(text) > 2 * _INDEXED:
        text = f"{text[:_INDEXED]}\n{text[-_INDEXED:]}"
    if text and not text.isspace():
        connection.execute("INSERT INTO search (rowid, body) VALUES (?, ?)", (number, _spaced(text)))


def _spaced(text: str) -> str:
    return text if text.isascii() else _unspaced().sub(f"{_GAP}\\g<0>{_GAP}", text)


@cache
def _unspaced() -> re.Pattern[str]:
    """A letter of a script without spaces. Compiled when first needed: 4 ms, which most starts do without."""
    return re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f]")


def _call_text(calls: Iterable[ToolCall]) -> Iterator[str]:
    for call in calls:
        yield scrub(call.name)
        yield from _leaves(call.input)


def _leaves(value: Any) -> Iterator[str]:
    """Every string and number in a JSON value, in order."""
    match value:
        case str():
            yield scrub(value)
        case bool() | None:
            return
        case int() | float():
            yield str(value)
        case dict():
            for child in value.values():
                yield from _leaves(child)
        case list() | tuple():
            for child in value:
                yield from _leaves(child)


def _grouped(hits: Iterable[SearchHit]) -> tuple[SearchHit, ...]:
    groups: dict[str, list[SearchHit]] = {}
    for hit in hits:
        groups.setdefault(hit.session_id, []).append(hit)
    return tuple(hit for group in groups.values() for hit in sorted(group, key=lambda hit: hit.turn is not None))
