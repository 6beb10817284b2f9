"""What is to be seen on each picture: seeded sessions, turns and keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from superserve_tui.config import Config
from superserve_tui.domain import (
    CallChanged,
    SearchFinished,
    SearchHit,
    Session,
    SessionChanged,
    SessionExpired,
    SessionState,
    StatusReported,
    TextAppended,
    TranscriptLoaded,
    TranscriptRead,
    Turn,
    TurnState,
)
from superserve_tui.protocol import Agent, CallState, ToolCall
from tests.support.opened_app import OpenedApp

__all__ = ["AGENTS", "SCENES", "SESSIONS", "Scene"]

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
"""Where the clock of the tests stands."""

AGENTS = (
    Agent("agt_1", "workspace"),
    Agent("agt_2", "reviewer", command="python reviewer.py"),
    Agent("agt_3", "migrator", command="python -m migrator", required_secrets=("DATABASE_URL",)),
    Agent("agt_4", "researcher", command="npx tsx researcher.ts"),
)

ANSWER = """\
`parse_event` turns one server-sent event into a typed one and **never raises**:

1. the JSON is read; anything else becomes `{"raw": ...}`
2. the type chooses a reader; an unknown one is kept as it is
3. a wrong shape is an `UnknownEvent` with its problem named

```python
def parse_event(event_type: str, data: str) -> Event:
    wire = loads_object(data)
    if wire is None:
        wire = {"raw": data}
    reader = _READERS.get(event_type)
    return reader(wire) if reader else UnknownEvent(event_type, wire)
```

| case | result | tests |
|:-----|:-------|------:|
| known type, right shape | its own class | 14 |
| known type, wrong shape | `UnknownEvent` | 31 |
| unknown type | `UnknownEvent` | 6 |

One thing I would change: """


def _session(number: int, title: str, agent: str, state: SessionState, minutes: float, **fields: object) -> Session:
    at = NOW - timedelta(minutes=minutes)
    has_server = state is not SessionState.DRAFT
    return Session(
        id=f"{number:032x}",
        profile="local",
        agent=agent,
        created_at=at,
        title=title,
        state=state,
        server_id=f"ses_{number * 7919:012x}{'0' * 20}" if has_server else None,
        last_activity_at=at,
        message_count=1,
        idle_timeout_s=7200,
        **fields,  # type: ignore[arg-type]
    )


SESSIONS = (
    _session(1, "Review the event parser", "reviewer", SessionState.RUNNING, 0.2),
    _session(2, "Migrate orders to the new schema", "migrator", SessionState.RUNNING, 1.5, is_pinned=True),
    _session(3, "Compare three queue libraries", "researcher", SessionState.IDLE, 4, is_unread=True),
    _session(4, "What files are in the project?", "workspace", SessionState.IDLE, 26),
    _session(5, "Flaky test in the store", "reviewer", SessionState.FAILED, 95, is_unread=True),
    _session(6, "Nightly import, dry run", "migrator", SessionState.EXPIRED, 60 * 20),
    _session(7, "Licences of all dependencies", "researcher", SessionState.ENDED, 60 * 26),
    _session(8, "Release notes for 0.9", "workspace", SessionState.ENDED, 60 * 24 * 3),
)

OPEN = SESSIONS[0]


def _call(index: int, name: str, value: object, started_ms: int, duration_ms: int | None) -> ToolCall:
    state = CallState.RUNNING if duration_ms is None else CallState.COMPLETED
    return ToolCall(index, name, value, state, 0, started_ms, duration_ms)


CALLS = (
    _call(0, "list_files", {"path": "superserve_tui/protocol"}, 120, 8),
    _call(1, "read_file", {"path": "superserve_tui/protocol/events.py"}, 140, 21),
    _call(2, "search_text", {"pattern": "parse_event", "path": "."}, 410, 342),
    _call(3, "run_command", {"command": "pytest -q tests/protocol"}, 900, None),
)

EARLIER = Turn(
    id="a" * 32,
    number=1,
    prompt="Which functions of the protocol package may raise?",
    created_at=NOW - timedelta(minutes=3),
    started_at=NOW - timedelta(minutes=3),
    state=TurnState.COMPLETED,
    text="Only the decoder: `EventStreamDecoder.feed` raises `EventTooLargeError` at 16 MB.",
    duration_ms=2350,
    calls=(_call(0, "search_text", {"pattern": "raise ", "path": "superserve_tui/protocol"}, 30, 12),),
)

RUNNING = Turn(
    id="b" * 32,
    number=2,
    prompt="Good. Then review `parse_event`: what happens to an event of a wrong shape?",
    created_at=NOW - timedelta(seconds=12),
    started_at=NOW - timedelta(seconds=12),
    state=TurnState.STREAMING,
)


async def _stream(app: OpenedApp) -> None:
    app.main.open_session(OPEN.id)
    await app.feed(TranscriptLoaded(OPEN.id, (EARLIER, RUNNING)))
    await app.feed(*(CallChanged(OPEN.id, RUNNING.id, call) for call in CALLS))
    await app.feed(TextAppended(OPEN.id, RUNNING.id, ANSWER))
    await app.feed(StatusReported(OPEN.id, "running the tests of the protocol"))


async def _new_session(app: OpenedApp) -> None:
    await _stream(app)
    await app.press("ctrl+n")


async def _switcher(app: OpenedApp) -> None:
    await _stream(app)
    await app.press("ctrl+s", *"queue")
    hits = (
        SearchHit(SESSIONS[2].id, "Compare three queue libraries", 2, "text", "… a bounded queue …"),
        SearchHit(SESSIONS[4].id, "Flaky test in the store", 1, "tool", "… grep -rn 'queue.get' tests/store …"),
    )
    await app.feed(SearchFinished("queue", hits))


async def _expired(app: OpenedApp) -> None:
    session = SESSIONS[5]
    app.main.open_session(session.id)
    await app.feed(TranscriptLoaded(session.id, (EARLIER,)))
    await app.feed(SessionExpired(session.id, "Now run it for real, but only for yesterday."))


async def _overlay(app: OpenedApp) -> None:
    await _stream(app)
    await app.press("ctrl+backslash")


async def _export(app: OpenedApp) -> None:
    told = replace(
        EARLIER, text="Ada (ada@example.org) keeps it in /home/ada; the key was sk-ant-api03-abcdefghijkl."
    )
    app.main.open_session(SESSIONS[3].id)
    await app.feed(TranscriptLoaded(SESSIONS[3].id, (told,)))
    await app.main.run_action("log_export")
    await app.feed(TranscriptRead(SESSIONS[3].id, (told,)))
    await app.until(lambda: "making" not in app.text())


async def _side_by_side(app: OpenedApp) -> None:
    await _stream(app)
    await app.type("Is the release ready? Say what is missing.")
    await app.press("alt+s")
    for words in ("queue libraries", "what files"):
        await app.type(words)
        await app.press("tab", "ctrl+u")
    await app.press("enter")
    prompt = app.composer.sent[0]
    ready = "Nearly. **One licence** is not known:\n\n| library | licence |\n|---|---|\n| arrow | unknown |\n"
    over = TurnState.COMPLETED
    done = replace(RUNNING, id="c" * 32, prompt=prompt, text=ready, calls=CALLS[:3], state=over, duration_ms=8340)
    going = replace(RUNNING, id="d" * 32, prompt=prompt, text="Not yet:\n\n- `README.md` has none", calls=CALLS)
    busy = replace(SESSIONS[3], state=SessionState.RUNNING, last_activity_at=RUNNING.started_at)
    await app.feed(SessionChanged(busy))
    await app.feed(TranscriptLoaded(SESSIONS[2].id, (done,)), TranscriptLoaded(SESSIONS[3].id, (going,)))


async def _tool_call(app: OpenedApp) -> None:
    await _stream(app)
    app.main.show_call(CALLS[3])
    await app.settle()


async def _finished(app: OpenedApp) -> None:
    await _stream(app)
    await app.feed(SessionChanged(OPEN))


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture."""

    name: str
    size: tuple[int, int]
    play: Callable[[OpenedApp], Awaitable[None]]
    config: Config = Config()  # noqa: RUF009 - frozen


async def _nothing(app: OpenedApp) -> None:
    await app.settle()


SCENES = (
    Scene("welcome", (120, 36), _nothing),
    Scene("overview", (132, 40), _stream),
    Scene("paper", (132, 40), _finished, Config(theme="superserve-paper")),
    Scene("small", (80, 24), _stream),
    Scene("small-sessions", (80, 24), _overlay),
    Scene("new-session", (120, 36), _new_session),
    Scene("switcher", (120, 36), _switcher),
    Scene("expired", (120, 36), _expired),
    Scene("tool-call", (120, 36), _tool_call),
    Scene("export", (120, 36), _export),
    Scene("side-by-side", (130, 26), _side_by_side),
)
