"""Emphasis, code, links: what is marked, and what stays text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from superserve_tui.ui.widgets.log.inline import (
    BOLD,
    CODE,
    FAINT,
    IMAGE,
    ITALIC,
    LINK,
    STRIKE,
    Span,
    parse_inline,
    safe_target,
)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("plain", [Span("plain")]),
        ("", []),
        ("**b** *i* ~~s~~", [Span("b", BOLD), Span(" "), Span("i", ITALIC), Span(" "), Span("s", STRIKE)]),
        ("***both***", [Span("both", BOLD | ITALIC)]),
        ("a `x = *y*` b", [Span("a "), Span("x = *y*", CODE), Span(" b")]),
        ("`` a ` b ``", [Span("a ` b", CODE)]),
        ("an open ` tick", [Span("an open ` tick")]),
        ("snake_case_name", [Span("snake_case_name")]),
        (r"\*not\*", [Span("*not*")]),
        ("a &amp; b &nosuch;", [Span("a & b &nosuch;")]),
        ("[t](https://a.b)", [Span("t", LINK, "https://a.b")]),
        (
            "[**t** u](https://a.b 'title')",
            [Span("t", LINK | BOLD, "https://a.b"), Span(" u", LINK, "https://a.b")],
        ),
        ("[t](https://a.b/x_(y))", [Span("t", LINK, "https://a.b/x_(y)")]),
        ("see https://a.b/c.", [Span("see "), Span("https://a.b/c", LINK, "https://a.b/c"), Span(".")]),
        ("<mailto:a@b.c>", [Span("mailto:a@b.c", LINK, "mailto:a@b.c")]),
        ("![alt](x.png)", [Span("[image: alt]", IMAGE)]),
        ("![](x.png)", [Span("[image]", IMAGE)]),
    ],
)
def test_marks(text: str, spans: list[Span]) -> None:
    assert parse_inline(text) == spans


@pytest.mark.parametrize(
    "target", ["javascript:x", "file:///etc/passwd", "data:text/html,x", "docs/a.md", "//a.b/c"]
)
def test_a_target_that_is_no_web_or_mail_address_is_shown_and_not_linked(target: str) -> None:
    spans = parse_inline(f"[label]({target})")

    assert spans == [Span("label"), Span(f" ({target})", FAINT)]


@pytest.mark.parametrize("text", ["[/]", "[@click=app.quit]x[/]", "a[0]", "[red]x[/red]", "<b>x</b>", "<script>"])
def test_markup_and_html_stay_text(text: str) -> None:
    assert parse_inline(text) == [Span(text)]


def test_an_entity_does_not_bring_in_a_control_character() -> None:
    assert parse_inline("a&#x202e;b&#27;c") == [Span("a&#x202e;b&#27;c")]


def test_a_target_with_control_characters_is_no_link() -> None:
    assert safe_target("https://a.b/\x1b]52") is None
    assert safe_target("HTTPS://a.b") == "HTTPS://a.b"


def _flat(spans: list[Span]) -> list[tuple[str, bool, bool]]:
    return [(sign, bool(span.marks & BOLD), bool(span.marks & ITALIC)) for span in spans for sign in span.text]


def _reference(text: str) -> list[tuple[str, bool, bool]]:
    found: list[tuple[str, bool, bool]] = []
    bold = italic = 0
    (inline,) = MarkdownIt("commonmark").parseInline(text)
    for token in inline.children or []:
        match token.type:
            case "strong_open" | "strong_close":
                bold += token.nesting
            case "em_open" | "em_close":
                italic += token.nesting
            case _:
                found.extend((sign, bold > 0, italic > 0) for sign in token.content)
    return found


@settings(max_examples=400, deadline=None)
@given(st.text("ab *_.", max_size=24))
def test_emphasis_is_what_commonmark_says(text: str) -> None:
    text = f"x{text}x"

    assert _flat(parse_inline(text)) == _reference(text)


@pytest.mark.parametrize(
    "piece", ["*a", "[", "``", "[a](", "*_", "<", "&", "**a *b ", "a**b", "![", "[x](http://a.b)", "](", "~~a"]
)
def test_hostile_text_costs_little(piece: str) -> None:
    text = (piece * 4096)[:4096]
    began = time.process_time()

    parse_inline(text)

    assert time.process_time() - began < 1
