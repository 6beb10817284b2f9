"""Search finds what people mean, whatever they type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from superserve_tui.domain import SearchHit, TurnState
from superserve_tui.store import Store
from tests.support.saved import Problems, done, make_call, make_session, make_turn, open_store

_SESSION = make_session("Naïve parser")
_TURN = make_turn(
    3,
    "why does foo.bar(x) fail?",
    state=TurnState.COMPLETED,
    text="The quick brown fox; 東京都に住む -> \U0001f388 a_b 100%\n\nand the lazy dog",
    calls=(make_call(input={"command": ["grep -rn", {"needle": "haystack"}], "limit": 4711}),),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    problems = Problems()
    with open_store(tmp_path / "sessions.db", problems) as opened:
        opened.save_session(_SESSION)
        done(opened.save_turn(_SESSION.id, _TURN))
        yield opened
    assert problems.told == []


def _places(store: Store, query: str) -> list[str]:
    return [hit.where for hit in done(store.search(query))]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("naive", ["title"]),
        ("PARSER na", ["title"]),
        ("PARSER nat", []),
        ("parser naïv", ["title"]),
        ("foo.bar", ["prompt"]),
        ("bar foo", ["prompt"]),
        ('"bar foo"', []),
        ('"foo bar"', ["prompt"]),
        ('"quick brown" laz', ["text"]),
        ('"quick bro', ["text"]),
        ('"quick bow', []),
        ("quick AND brown", ["text"]),
        ("quick AND NOT brown", []),
        ("fox OR dog", []),
        ("quick NOT brown", []),
        ("haystack", ["tool"]),
        ("read 4711", ["tool"]),
        ("東京", ["text"]),
        ("京都に", ["text"]),
        ("quíck 京都", ["text"]),
        ("京東", []),
        ("->", ["text"]),
        ("\U0001f388", ["text"]),
        ("100%", ["text"]),
        ("ystac", ["tool"]),
        ("row azy", ["text"]),
        ("%", ["text"]),
        ("%%", []),
        ("^", []),
        ("body:quick", []),
    ],
)
def test_where_words_are_found(store: Store, query: str, places: list[str]) -> None:
    assert _places(store, query) == places


def test_of_a_word_that_is_everywhere_the_newest_places_come_first(store: Store) -> None:
    for number in range(4, 1006):
        store.save_turn(_SESSION.id, make_turn(number, "common " * (1 + number % 7) + str(number)))
    assert [hit.turn for hit in done(store.search("common", limit=3))] == [1005, 1004, 1003]
    assert [hit.turn for hit in done(store.search('common "77"'))] == [77]
    assert len(done(store.search("commo after:2000-01-01", limit=10))) == 10


@pytest.mark.parametrize(
    "query",
    [
        *[
            "",
            " ",
            '"',
            '""',
            '"""',
            "'",
            "*",
            "**",
            "(",
            ")",
            "((((",
            "{body}:x",
            "body:",
            "-x",
            "+",
            "^x",
            "NEAR(a b)",
        ],
        *[
            "AND",
            "OR OR",
            "NOT",
            "a AND",
            "NEAR/2",
            "\x00",
            "\ud800",
            "\\",
            "a\nb",
            ";",
            "--",
            "x' OR 1=1 --",
            "\x02\x03",
        ],
        *[
            "a" * 100_000,
            "a " * 5000,
            '"' * 5000,
            "(" * 5000,
            "* " * 5000,
            "é" * 3000,
            "東" * 3000,
            "\u0301",
            "%_^" * 50,
        ],
    ],
)
def test_no_query_breaks_the_search(store: Store, query: str) -> None:
    assert isinstance(done(store.search(query)), tuple)
    assert _places(store, "naive") == ["title"]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("quick agent:echo", ["text"]),
        ("quick agent:ec", ["text"]),
        ("quick agent:reviewer", []),
        ("AGENT:echo naive", ["title"]),
        ("fox state:draft", ["text"]),
        ("fox state:failed", []),
        ("haystack tool:read", ["tool"]),
        ("haystack tool:bash", []),
        ("quick after:2026-01-01", ["text"]),
        ("quick before:2020-01-01", []),
        ("quick after:2020-01-01 before:2099-01-01", ["text"]),
        ("naive after:2099-01-01", []),
        ("agent:echo", ["title"]),
        ('agent:"echo" state:draft', ["title"]),
        ("agent:nobody", []),
        ("agent:e%o", []),
        ("before:yesterday", []),
    ],
)
def test_filters_narrow_the_search(store: Store, query: str, places: list[str]) -> None:
    assert _places(store, query) == places


def test_a_hit_says_where_it_is_with_the_words_in_their_context(store: Store) -> None:
    done(
        store.save_turn(
            _SESSION.id, replace(_TURN, text="word " * 500 + "\nthe\tneedle  is\nhere " + "word " * 500)
        )
    )
    (hit,) = done(store.search("needle is"))
    assert (hit.session_id, hit.title, hit.turn, hit.where) == (_SESSION.id, "Naïve parser", 3, "text")
    assert "the needle is here word" in hit.snippet
    assert "\n" not in hit.snippet
    assert len(hit.snippet.split()) == 24


def test_a_snippet_of_endless_words_is_cut_and_shows_the_hit(store: Store) -> None:
    done(store.save_turn(_SESSION.id, replace(_TURN, text="x" * 1_000_000 + " needle " + "y" * 1_000_000)))
    (hit,) = done(store.search("needle"))
    assert "needle" in hit.snippet
    assert len(hit.snippet) <= 200


def test_hits_of_a_session_stand_together_its_title_first(store: Store) -> None:
    other = make_session("other fox")
    store.save_session(other)
    store.save_turn(other.id, make_turn(1, "fox fox fox", state=TurnState.COMPLETED, text="no fox here but words"))
    hits = done(store.search("fox"))
    assert [(hit.session_id == other.id, hit.where) for hit in hits][:2] == [(True, "title"), (True, "prompt")]
    assert sorted(hit.session_id == other.id for hit in hits) == [False, True, True, True]
    assert len({hit.session_id for hit in hits[:3]}) == 1


def test_the_limit_holds(store: Store) -> None:
    for number in range(20):
        store.save_session(make_session(f"many {number}"))
    assert len(done(store.search("many", limit=7))) == 7
    assert len(done(store.search("any", limit=7))) == 7
    assert done(store.search("many", limit=0)) == ()


def test_an_answer_is_found_when_its_turn_is_over_and_as_it_is_then(store: Store) -> None:
    turn = make_turn(9, "question", text="partial")
    store.save_turn(_SESSION.id, turn)
    store.append(turn.id, text="ly", calls=(), events_seen=1)
    assert _places(store, "question") == ["prompt"]
    assert _places(store, "partial") == []
    store.save_turn(_SESSION.id, replace(turn, text="partially", state=TurnState.INTERRUPTED))
    assert _places(store, "partial") == ["text"]
    store.save_turn(_SESSION.id, replace(turn, text="entire", state=TurnState.COMPLETED))
    assert _places(store, "partial") == []
    assert _places(store, "entire") == ["text"]


def test_a_new_title_is_found_and_the_old_one_is_not(store: Store) -> None:
    store.save_session(replace(_SESSION, title="Lexer"))
    assert done(store.search("parser")) == ()
    assert done(store.search("lexer")) == (SearchHit(_SESSION.id, "Lexer", None, "title", "Lexer"),)
