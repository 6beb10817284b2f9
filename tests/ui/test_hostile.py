"""Foreign text wherever it is shown: nothing of it reaches the terminal as a command, nothing raises.

`OpenedApp.rows` checks every row for control characters and for its width.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from superserve_tui.config import Config
from superserve_tui.domain import (
    AgentsListed,
    LinkChanged,
    Problem,
    ProblemRaised,
    QueueChanged,
    SearchFinished,
    SearchHit,
    Session,
    SessionChanged,
    SessionExpired,
    SessionState,
    StatusReported,
    TextAppended,
    TurnChanged,
    TurnState,
)
from superserve_tui.protocol import Agent, CallState
from tests.support.opened_app import opened
from tests.support.saved import make_call, make_session, make_turn

HOSTILE = {
    "escapes": "a\x1b[31mred\x1b[0m\x1b]0;title\x07b\x1b]52;c;aGk=\x1b\\c\x1bPq\x1b\\",
    "unfinished": "text\x1b]52;c;never ends and goes on",
    "c1": "a\x9b31mb\x9d0;x\x9cc\x85d",
    "c0": "\x00\x07\x08\x0b\x0c\r\x7f back",
    "bidi": "user\u202etxt.exe\u2066x\u2069\u200f",
    "tags": "flag\U000e0041\U000e007f",
    "markup": "[/] [bold]x[/bold] a[0] [@click=app.quit]quit[/] [link=file:///x]y[/link] \\[",
    "newlines": "\n\n\none\n\ttwo\r\nthree\u2028four\u2029",
    "wide": "日本語" * 40,
    "emoji": "👩\u200d💻👨\u200d👩\u200d👧\u200d👦🏳️\u200d🌈e\u0301\u0301\u0301",
    "combining": "e" + "\u0301" * 300,
    "surrogates": "a\ud800b\udfff",
    "long": "x" * 10_000,
    "spaces": " \u3000\u2003 ",
    "nothing": "",
}

everywhere = pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in HOSTILE.items()])
sizes = pytest.mark.parametrize("size", [(120, 40), (60, 20)], ids=["wide", "narrow"])


def _session(text: str, **more: object) -> Session:
    return make_session(text, agent=text or "agent", state=SessionState.IDLE, server_id=f"ses_{text}", **more)


@everywhere
@sizes
async def test_titles_agents_answers_and_tools_are_shown_safely(text: str, size: tuple[int, int]) -> None:
    session = replace(_session(text), state=SessionState.RUNNING)
    turn = make_turn(1, text, text=text, max_turns_message=text, server_id=f"ses_{text}")
    call = make_call(0, name=text, input={text: text, "more": [text, {text: None}]})
    async with opened(
        size=size, sessions=(session, _session(f"{text} two")), config=Config(default_agent=text)
    ) as desk:
        desk.rows()
        await desk.open(session, turn)
        await desk.feed(TextAppended(session.id, turn.id, f"\n{text[: len(text) // 2]}"))
        await desk.feed(TextAppended(session.id, turn.id, text[len(text) // 2 :]))
        await desk.feed(TurnChanged(session.id, replace(turn, calls=(call, replace(call, index=1, input=text)))))
        await desk.feed(StatusReported(session.id, text), LinkChanged(session.id, "no data for 3 s"))
        await desk.feed(QueueChanged(session.id, (make_turn(2, text, state=TurnState.QUEUED),)))
        desk.rows()
        await desk.feed(LinkChanged(session.id, text, resumes_at=desk.clock.monotonic() + 5))
        desk.rows()
        for state in (TurnState.FAILED, TurnState.INTERRUPTED, TurnState.STOPPED, TurnState.UNKNOWN):
            await desk.feed(TurnChanged(session.id, replace(turn, state=state, error=text, duration_ms=3)))
            desk.rows()
        desk.sidebar.focus()
        if size == (60, 20):
            await desk.press("f9")
        await desk.press("down", "up")
        desk.rows()


@everywhere
@sizes
async def test_a_call_opens_safely_and_copies_its_input_cleaned(text: str, size: tuple[int, int]) -> None:
    session = _session("plain")
    done = {"state": CallState.COMPLETED, "duration_ms": 3, "is_order_assumed": True}
    turn = make_turn(1, "p", state=TurnState.COMPLETED, calls=(make_call(0, name=text, input=text, **done),))
    async with opened(size=size) as desk:
        await desk.open(session, turn)
        desk.main.show_call(turn.calls[0])
        await desk.settle()
        desk.rows()
        await desk.press("escape")
        assert not desk.has_dialog


@everywhere
@sizes
async def test_dialogs_show_foreign_text_safely(text: str, size: tuple[int, int]) -> None:
    session = _session(text)
    unready = Agent("agt_9", f"{text}2", deps_status="failed", deps_error=text)
    agents = (Agent("agt_8", text, command=text), unready)
    async with opened(size=size, sessions=(session,), agents=agents, profiles=("local", f"p{text}")) as desk:
        await desk.open(session)
        await desk.press("f2")
        desk.rows()
        await desk.press("escape", "ctrl+n")
        await desk.feed(AgentsListed(f"p{text}", (), Problem(f"what {text}", f"hint {text}")))
        desk.rows()
        await desk.press("end", "enter")
        desk.rows()
        await desk.press("escape", "ctrl+s")
        await desk.type("pla")
        hits = tuple(
            SearchHit(session.id, text, turn, where, text) for turn, where in ((None, "title"), (3, "text"))
        )
        await desk.feed(SearchFinished("pla", hits))
        desk.rows()
        await desk.press("escape")
        await desk.feed(
            SessionChanged(replace(session, state=SessionState.EXPIRED)),
            SessionExpired(session.id, f"{text}\n{text}"),
        )
        desk.rows()
        await desk.press("escape")
        desk.rows()


@everywhere
async def test_notices_show_foreign_text_safely_and_leave_the_composer_in_view(text: str) -> None:
    async with opened(size=(80, 24), notices=(f"config.toml, line 3: {text}",), session_id=f"none {text}") as desk:
        await desk.feed(ProblemRaised(Problem(f"The server said: {text * 3}", f"Try {text}.")))
        desk.rows()
        assert desk.has("Message")


async def test_markup_in_a_problem_is_shown_letter_by_letter() -> None:
    async with opened(size=(80, 24)) as desk:
        await desk.feed(ProblemRaised(Problem("400: bad [/] field a[0] [@click=app.quit]x[/]", "Change it.")))

        await desk.see("400: bad [/] field a[0] [@click=app.quit]x[/]")
        await desk.see("Change it.")


async def test_markup_in_titles_is_shown_letter_by_letter() -> None:
    session = _session("a[0] [/] [b]x")
    async with opened(sessions=(session,)) as desk:
        desk.main.open_session(session.id)
        await desk.settle()

        title = next(row for row in desk.rows() if "session 1 of 1" in row)
        assert "a[0] [/] [b]x" in title


async def test_a_long_problem_is_cut() -> None:
    async with opened(size=(80, 24)) as desk:
        await desk.feed(ProblemRaised(Problem("word " * 20_000, "Do something.")))

        assert len(desk.notices()[-1]) < 1000
        assert desk.has("Message workspace")


@pytest.mark.parametrize("key", ["f2", "ctrl+s", "ctrl+n", "filter"])
async def test_a_paste_into_a_line_is_cleaned(key: str) -> None:
    session = _session("plain")
    async with opened(sessions=(session,)) as desk:
        await desk.open(session)
        if key == "filter":
            desk.sidebar.focus()
            await desk.press("slash")
        else:
            await desk.press(key)
        if key == "ctrl+n":
            await desk.press("tab")
        await desk.type("\x1b[200~pl\x1b]52;c;aGk=\x07a\u202ein\x9b\r\nmore\x1b[201~")

        desk.rows()
        assert desk.has("plain more")


async def test_a_deep_input_opens() -> None:
    deep: object = "end"
    for _ in range(190):
        deep = [deep]
    turn = make_turn(
        1, "p", state=TurnState.COMPLETED, calls=(make_call(0, input=deep, state=CallState.COMPLETED),)
    )
    async with opened() as desk:
        await desk.open(_session("plain"), turn)
        desk.main.show_call(turn.calls[0])
        await desk.settle()
        desk.rows()


async def test_odd_times_are_shown_as_no_age_at_all() -> None:
    async with opened() as desk:
        now = desk.clock.now()
        sessions = (
            make_session("from the future", created_at=now + timedelta(days=400)),
            make_session("ancient", created_at=now.replace(year=1, month=1, day=3)),
            make_session("far", created_at=now.replace(year=9999, month=12, day=30)),
        )
        for session in sessions:
            await desk.feed(SessionChanged(session))
        rows = desk.rows()
        assert sum("from the future" in row for row in rows) == 1
        assert desk.has("ancient")
