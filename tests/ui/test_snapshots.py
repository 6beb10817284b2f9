"""The main states of the screen as text, one file each under `snapshots/`."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from superserve_tui.config import Notice
from superserve_tui.domain import (
    AgentsListed,
    Problem,
    ProblemRaised,
    QueueChanged,
    QuitProgressed,
    SearchFinished,
    SearchHit,
    Session,
    SessionChanged,
    SessionExpired,
    SessionsLoaded,
    SessionState,
    TranscriptLoaded,
    TranscriptRead,
    Turn,
    TurnState,
)
from superserve_tui.protocol import Agent, CallState, ToolCall
from tests.support.manual_clock import ManualClock
from tests.support.opened_app import OpenedApp, opened
from tests.support.saved import make_call, make_session, make_turn
from tests.support.snapshot import check_snapshot

FOLDER = Path(__file__).parent / "snapshots"
NOW = ManualClock().now()

ANSWER = """\
The tests fail because `parse_time` returns **naive** times:

1. `read.py` calls it without a zone,
2. `session.py` compares the result with an aware one.

```python
def parse_time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
```

| file | line |
|------|-----:|
| read.py | 41 |
| session.py | 118 |

Shall I change both?
"""


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The times on screen are local: let that be UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def _session(number: int, title: str, agent: str = "workspace", **more: object) -> Session:
    facts: dict[str, object] = {"id": f"{number:032x}", "state": SessionState.IDLE, "agent": agent}
    facts["server_id"] = f"ses_{number:012x}"
    facts |= {
        "created_at": NOW - timedelta(minutes=3 * number),
        "last_activity_at": NOW - timedelta(minutes=number),
    }
    return make_session(title, **{**facts, **more})


def _turn(number: int, prompt: str, text: str, *calls: ToolCall, **more: object) -> Turn:
    facts: dict[str, object] = {
        "id": f"{number:032x}",
        "created_at": NOW - timedelta(minutes=9 - number),
        "server_id": "ses_1",
    }
    facts |= {"state": TurnState.COMPLETED, "duration_ms": 8340, "text": text, "calls": calls}
    return make_turn(number, prompt, **{**facts, **more})


CALLS = (
    make_call(0, name="list_files", input={"path": "tests"}, state=CallState.COMPLETED, duration_ms=12),
    make_call(
        1, name="search", input={"words": "parse_time"}, state=CallState.COMPLETED, duration_ms=431, started_ms=60
    ),
    make_call(2, name="read_file", input={"path": "src/read.py", "lines": [30, 60]}, started_ms=900),
)
DONE = tuple(replace(call, state=CallState.COMPLETED, duration_ms=call.duration_ms or 1800) for call in CALLS)
FILES = ("README.md", "pyproject.toml", "src/read.py", "src/deep/reader/thread_safe.py", "tests/test_read.py")
TALK = _session(1, "Why do the tests of the reader fail?")
SESSIONS = (
    TALK,
    _session(2, "Write the release notes", "notes", state=SessionState.RUNNING, server_id="ses_2"),
    _session(7, "Read the logs of the night", "echo", state=SessionState.FAILED, is_unread=True),
    _session(45, "日本語のファイル名を直す", "echo", state=SessionState.EXPIRED),
    _session(700, "Rename the modules", state=SessionState.INTERRUPTED, idle_timeout_s=86_400),
    _session(1500, "A very long title that says at length what nobody wanted to know", state=SessionState.ENDED),
    _session(9000, "Kept for later", is_pinned=True, state=SessionState.DRAFT, server_id=None),
)


async def _empty(desk: OpenedApp) -> None:
    """Nothing is saved yet."""


async def _finished(desk: OpenedApp) -> None:
    await desk.open(TALK, _turn(1, "Why do the tests of the reader fail?", ANSWER, *DONE))
    await desk.feed(SessionsLoaded(SESSIONS))


async def _streaming(desk: OpenedApp) -> None:
    busy = replace(TALK, state=SessionState.RUNNING)
    first = _turn(1, "What is in this folder?", "A Python package, `reader`, with its tests.")
    second = _turn(
        2, "Why do the tests of the reader fail?", ANSWER[:190], *CALLS, state=TurnState.STREAMING, duration_ms=None
    )
    await desk.open(busy, first, second)
    await desk.feed(SessionsLoaded((busy, *SESSIONS[1:])))
    waiting = _turn(3, "Then run them again, please", "", state=TurnState.QUEUED)
    await desk.feed(QueueChanged(busy.id, (waiting,)))


async def _many(desk: OpenedApp) -> None:
    more = (_session(60 * n + 1, f"Talk number {n}", "echo", idle_timeout_s=30 * 86_400) for n in range(2, 200))
    await desk.feed(SessionsLoaded((*SESSIONS, *more)))
    if not desk.sidebar.region.area:
        await desk.press("f9")
    desk.sidebar.focus()
    await desk.press("down", "down")


async def _composing(desk: OpenedApp) -> None:
    await _finished(desk)
    log = "\n".join(f"line {number}" for number in range(214))
    await desk.type(f"Why does this log \x1b[200~{log}\x1b[201~ not fit to @rea")
    await desk.see("README.md")


async def _broadcast(desk: OpenedApp) -> None:
    await _finished(desk)
    await desk.type("Is the release ready? Say what is missing, in one line each.")
    await desk.press("alt+s")
    for words in ("reader fail", "release notes"):
        await desk.type(words)
        await desk.press("tab", "ctrl+u")


async def _side_by_side(desk: OpenedApp) -> None:
    await _broadcast(desk)
    await desk.press("enter")
    prompt = desk.composer.sent[0]
    answered = _turn(1, prompt, ANSWER, *DONE)
    waiting = _turn(
        2, prompt, "The notes are written, but for", CALLS[2], state=TurnState.STREAMING, duration_ms=None
    )
    await desk.feed(TranscriptLoaded(TALK.id, (answered,)), TranscriptLoaded(SESSIONS[1].id, (waiting,)))


async def _failed(desk: OpenedApp) -> None:
    failed = replace(TALK, state=SessionState.FAILED)
    turn = _turn(1, "Go on", "I began to", *DONE[:1], state=TurnState.FAILED, error="the model is overloaded")
    await desk.open(failed, turn)
    await desk.feed(
        ProblemRaised(Problem("The agent failed: the model is overloaded.", "R sends the message again."))
    )


async def _expired(desk: OpenedApp) -> None:
    await _finished(desk)
    await desk.type("Yes, change both\r")
    gone = replace(TALK, state=SessionState.EXPIRED)
    await desk.feed(SessionChanged(gone), SessionExpired(TALK.id, "Yes, change both"))


async def _new_session(desk: OpenedApp) -> None:
    agents = (
        Agent("agt_1", "workspace"),
        Agent("agt_2", "echo", command="python echo.py"),
        Agent("agt_3", "notes", command="python notes.py", required_secrets=("NOTES_KEY",)),
    )
    await desk.feed(AgentsListed("local", agents))
    await desk.feed(AgentsListed("superserve", (), Problem("Nothing answers at api.superserve.ai:443.", "")))
    await desk.press("ctrl+n", "down", "down", "enter")


async def _switcher(desk: OpenedApp) -> None:
    await _finished(desk)
    await desk.press("ctrl+s")
    await desk.type("read")
    hits = (
        SearchHit(TALK.id, TALK.title or "", 1, "text", "… `read.py` calls it without a zone …"),
        SearchHit(SESSIONS[2].id, SESSIONS[2].title or "", 4, "tool", "read_file path=night.log"),
    )
    await desk.feed(SearchFinished("read", hits))


async def _help(desk: OpenedApp) -> None:
    await _finished(desk)
    await desk.press("f1")


async def _palette(desk: OpenedApp) -> None:
    await desk.press("ctrl+p")
    await desk.type("session")


async def _quit(desk: OpenedApp) -> None:
    await _streaming(desk)
    await desk.press("ctrl+q")


async def _quitting(desk: OpenedApp) -> None:
    await _finished(desk)
    await desk.press("ctrl+q")
    await desk.press("enter")
    await desk.feed(QuitProgressed(1, 4))


async def _tool_call(desk: OpenedApp) -> None:
    await _finished(desk)
    desk.main.show_call(DONE[2])
    await desk.settle()


async def _overlay(desk: OpenedApp) -> None:
    await _finished(desk)
    if desk.sidebar.region.area:
        await desk.press("f9")
    await desk.press("f9")


async def _rename(desk: OpenedApp) -> None:
    await _many(desk)
    await desk.press("f2", "end")
    await desk.type(" for 2.0")


async def _export(desk: OpenedApp) -> None:
    told = _turn(
        1, "Who wrote this?", "ada@example.org did, in /home/ada; the key is sk-ant-api03-abcdefghijkl.", *DONE
    )
    await desk.open(TALK, told)
    await desk.main.run_action("log_export")
    await desk.feed(TranscriptRead(TALK.id, (told,)))
    await desk.until(lambda: "making" not in desk.text())
    await desk.press("down", "down", "down", "down", "space")
    await desk.until(lambda: "making" not in desk.text())


async def _config_problems(desk: OpenedApp) -> None:
    await _finished(desk)
    path = Path("/home/ada/.config/superserve-tui/config.toml")
    problems = (
        Notice(path, 3, "them", "unknown key, ignored; did you mean theme?"),
        Notice(path, 12, 'keys."session.new"', "ctrl+i arrives as Tab; the default stays"),
    )
    desk.main.show_problems(problems, ["In force: keys.", "At the next start: agents."])


async def _try_keys(desk: OpenedApp) -> None:
    await _finished(desk)
    desk.main.action_app_try_keys()
    await desk.settle()
    await desk.press("f8", "ctrl+right_square_bracket", "x", "enter", "ctrl+a", "escape")


STATES: dict[str, Callable[[OpenedApp], Awaitable[None]]] = {
    "empty": _empty,
    "finished": _finished,
    "streaming": _streaming,
    "many_sessions": _many,
    "broadcast": _broadcast,
    "side_by_side": _side_by_side,
    "composing": _composing,
    "failed": _failed,
    "expired": _expired,
    "new_session": _new_session,
    "switcher": _switcher,
    "help": _help,
    "palette": _palette,
    "quit": _quit,
    "quitting": _quitting,
    "tool_call": _tool_call,
    "overlay": _overlay,
    "rename": _rename,
    "try_keys": _try_keys,
    "config_problems": _config_problems,
    "export": _export,
}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", STATES)
async def test_the_screen_is_as_it_was_accepted(state: str, size: tuple[int, int]) -> None:
    profiles = ("local", "superserve") if state == "new_session" else ("local",)
    async with opened(
        size=size, profiles=profiles, find_files=lambda *_: FILES, folder=Path("/srv/reader")
    ) as desk:
        await STATES[state](desk)
        await desk.settle()
        if folder := os.environ.get("SNAPSHOT_PICTURES"):
            picture = desk.app.export_screenshot(title=state)
            Path(folder, f"{state}_{size[0]}x{size[1]}.svg").write_text(picture, encoding="utf-8")

        check_snapshot(FOLDER / f"{state}_{size[0]}x{size[1]}.txt", desk.rows())


def test_no_snapshot_is_left_over() -> None:
    kept = {path.stem.rpartition("_")[0] for path in FOLDER.glob("*.txt")}

    assert kept == set(STATES)
