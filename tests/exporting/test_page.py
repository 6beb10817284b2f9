"""The HTML page: what was said can be read back from it, and nothing in it runs, loads or leads astray."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superserve_tui.domain import ExportFormat, Session, SessionState, Turn, TurnState
from superserve_tui.exporting import export_transcript
from superserve_tui.exporting.markdown import is_safe_link, markdown_html
from superserve_tui.protocol import CallState, ToolCall

BEGAN = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
SESSION = Session(
    id="0123456789abcdef0123456789abcdef",
    profile="local",
    agent="coder",
    created_at=BEGAN,
    state=SessionState.IDLE,
    title="<i>A title</i>",
)
CALL = ToolCall(0, "ba<sh", {"command": "echo '</code><b>'"}, CallState.COMPLETED, 0, 0, duration_ms=342)
VOID = {"meta", "br", "hr", "img", "input", "link"}
EVIL = st.lists(
    st.sampled_from([*"<>&\"'`[]()!*_#|-~\n :/\\ax", "<script>", "javascript:", "](", "</pre>", "```"]), max_size=40
).map("".join)


class Page(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self._pieces: dict[str, list[list[str]]] = {}
        self._within: list[list[str]] = []
        self.feed(text)
        self.close()
        self.texts = {name: ["".join(pieces) for pieces in every] for name, every in self._pieces.items()}
        """The text within each element, by its class where it has one, else by its tag."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in VOID:
            return
        self.open.append(tag)
        name = dict(attrs).get("class") or tag
        self._within.append([])
        self._pieces.setdefault(name, []).append(self._within[-1])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag
        self._within.pop()

    def handle_data(self, data: str) -> None:
        for pieces in self._within:
            pieces.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every such tag."""
        return [attributes for each, attributes in self.tags if each == tag]


def page(*turns: Turn, **fields: Any) -> tuple[str, Page]:
    text = export_transcript(SESSION, turns, ExportFormat.HTML, **fields).text
    return text, Page(text)


def turn(number: int = 1, **fields: Any) -> Turn:
    values: dict[str, Any] = {"prompt": "question", "text": "answer", "state": TurnState.COMPLETED}
    return Turn(**{"id": f"t{number}", "number": number, "created_at": BEGAN, **values, **fields})


def test_a_page_is_whole_and_names_what_it_is() -> None:
    text, read = page(turn(calls=(CALL,), duration_ms=5432))
    assert text.startswith("<!doctype html>\n")
    assert read.open == []
    assert read.texts["title"] == read.texts["h1"] == ["<i>A title</i>"]
    assert read.texts["header"][0].split("\n")[1:3] == [
        "<i>A title</i>",
        "coder on local, 2026-01-02 03:04 UTC, 1 turn",
    ]
    assert read.texts["end"] == ["completed, 5.4 s, 1 tool"]


def test_the_browser_is_told_to_load_and_run_nothing() -> None:
    _, read = page(turn(text="![a](https://evil.example/x.png) <img src=x> <script>alert(1)</script>"))
    metas = {each.get("http-equiv"): each.get("content") for each in read.of("meta")}
    assert metas["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert not {"script", "img", "link", "iframe", "object", "form", "base"} & {tag for tag, _ in read.tags}
    assert all("://" not in style and "url(" not in style for style in read.texts["style"])
    assert "<img src=x> <script>alert(1)</script>" in read.texts["answer"][0]


@given(st.text())
def test_a_message_is_read_back_as_it_was_typed(prompt: str) -> None:
    _, read = page(turn(prompt=prompt))
    wanted = re.sub("[\x00\ud800-\udfff]", "\ufffd", prompt)
    assert read.texts["as-sent"] == [wanted]


@settings(max_examples=60, deadline=None)
@given(EVIL)
def test_no_text_gets_out_of_its_place(text: str) -> None:
    call = ToolCall(0, text, text, CallState.RUNNING, 0, 0)
    _, read = page(turn(prompt=text, text=text, error=text, calls=(call,), state=TurnState.FAILED))
    assert read.open == []
    assert len(read.of("article")) == len(read.of("main")) == 1
    assert not {"script", "img"} & {tag for tag, _ in read.tags}
    for tag, attributes in read.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        assert re.fullmatch("(text-align:(left|center|right))?", attributes.get("style") or ""), tag
        if tag == "a":
            assert is_safe_link(attributes["href"] or "")


@pytest.mark.parametrize("target", ["https://a.example/x", "HTTP://a.example", "mailto:a@b.cc"])
def test_a_link_that_may_be_one_tells_its_target_nothing(target: str) -> None:
    _, read = page(turn(text=f"[words]({target})"))
    (link,) = read.of("a")
    assert (link["href"] or "").lower() == target.lower()
    assert link["rel"] == "noopener noreferrer"


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "/etc/passwd",
        "#x",
        "//x.example",
    ],
)
@pytest.mark.parametrize("form", ["[words]({})", "<{}>", "![words]({})", "[words][1]\n\n[1]: {}"])
def test_any_other_link_is_text(form: str, target: str) -> None:
    _, read = page(turn(text=form.format(target)))
    assert read.of("a") == []


def test_a_picture_is_a_link_with_its_words() -> None:
    _, read = page(turn(text='![a "plan"](https://a.example/?x=1&y="2")'))
    assert read.of("img") == []
    assert "plan" in read.texts["answer"][0]


def test_code_is_exact_and_coloured_where_its_language_is_known() -> None:
    code = "def f(x):\n\n    return '<b>' & x\n"
    text, read = page(turn(text=f"```python\n{code}```\n\n~~~nonsense\n{code}~~~\n"))
    assert read.texts["code"] == [code] * 4  # each as the block's class and as its element
    assert '<span class="k-k">def</span>' in text
    assert "pre.code .k-k {" in text
    assert "@media screen and (prefers-color-scheme: dark)" in text


def test_tables_lists_and_quotes_are_what_they_are() -> None:
    _, read = page(turn(text="|a|b|\n|-|-|\n|1|2|\n\n- one\n  - two\n\n> said\n\n~~gone~~"))
    assert {"table", "ul", "blockquote", "s"} <= {tag for tag, _ in read.tags}


def test_tools_can_be_unfolded_or_left_out() -> None:
    _, read = page(turn(calls=(CALL,)))
    assert read.texts["summary"] == ['ba<sh {"command": "echo \'</code><b>\'"} 342 ms']
    assert "echo '</code><b>'" in read.texts["details"][0]
    _, read = page(turn(calls=(CALL,)), with_tools=False)
    assert read.of("details") == []


def test_a_call_that_did_not_end_says_so_before_it_is_unfolded() -> None:
    lost = ToolCall(0, "wait", {"text": "x" * 1000}, CallState.RUNNING, 0, 0)
    _, read = page(turn(calls=(CALL, lost)))
    assert read.texts["took bad"] == ["running"]
    assert read.texts["took"] == ["342 ms"]
    assert len(read.texts["given"][1]) == 160
    assert len(read.of("details")) == 2
    assert all("open" not in each for each in read.of("details"))


def test_ends_that_are_not_well_and_new_servers_are_told() -> None:
    _, read = page(
        turn(1, server_id="a", state=TurnState.INTERRUPTED, error="the link <b>"),
        turn(2, server_id="b", max_turns_reached=True),
    )
    assert read.texts["end bad"] == ["interrupted: the link <b>", "completed; the limit of steps was reached"]
    assert read.texts["break"] == ["continued in a new session"]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "*a" * 50_000,
        "`a``" * 50_000,
        ">" * 50_000,
        "![" * 50_000,
        "<" * 100_000,
        "a" * 2_000_000,
        "\n".join(" " * depth + "- x" for depth in range(1000)),
        "[a](<b" * 3_000,
        "**a " * 4_900,
    ],
    ids=lambda text: text[:8],
)
def test_hostile_markdown_costs_no_minutes(text: str) -> None:
    began = time.process_time()
    markdown_html(text)
    assert time.process_time() - began < 8
