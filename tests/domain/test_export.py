"""A transcript for elsewhere: what was said byte for byte, and the JSON that scripts rely on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from superserve_tui.domain import (
    ExportFormat,
    Session,
    SessionState,
    Turn,
    TurnState,
    duration_words,
    export_name,
    export_session,
    json_text,
    session_json,
    turn_json,
)
from superserve_tui.protocol import CallState, ToolCall

BEGAN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SESSION = Session(
    id="0123456789abcdef0123456789abcdef",
    profile="local",
    agent="workspace",
    created_at=BEGAN,
    state=SessionState.IDLE,
    title="a\ntitle",
    server_id="ses_b",
    server_ids=("ses_a", "ses_b"),
    message_count=2,
    last_activity_at=BEGAN + timedelta(minutes=1),
    is_pinned=True,
)
CALL = ToolCall(0, "ba`sh", {"command": "```"}, CallState.COMPLETED, text_offset=3, started_ms=0, duration_ms=342)
TEXT_FORMATS = [ExportFormat.MARKDOWN, ExportFormat.TEXT]


def turn(number: int = 1, **fields: object) -> Turn:
    values: dict[str, object] = {"prompt": "question", "text": "answer", "state": TurnState.COMPLETED}
    return Turn(id=f"t{number}", number=number, created_at=BEGAN, **(values | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize("export_format", TEXT_FORMATS)
@given(prompt=st.text(min_size=1), text=st.text(min_size=1))
def test_prompts_and_answers_stand_as_they_were(export_format: ExportFormat, prompt: str, text: str) -> None:
    written = export_session(SESSION, [turn(prompt=prompt, text=text, calls=(CALL,))], export_format)
    assert f"\n{prompt}\n" in written
    assert f"\n{text}\n" in written
    assert written.endswith("\n")


def test_markdown_reads_as_a_conversation() -> None:
    turns = [
        turn(1, calls=(CALL,), server_id="ses_a"),
        turn(2, state=TurnState.INTERRUPTED, error="the link\nwas lost", server_id="ses_b"),
    ]
    assert export_session(SESSION, turns, ExportFormat.MARKDOWN) == (
        "# a title\n\nworkspace on local, 2026-01-02 03:04 UTC\n\n"
        "## You\n\nquestion\n\n## workspace\n\nanswer\n\n"
        '### Tools\n\n- `` ba`sh ``, 342 ms\n\n  ````json\n  {\n    "command": "```"\n  }\n  ````\n\n'
        "---\n\n*continued in a new session*\n\n"
        "## You\n\nquestion\n\n## workspace\n\nanswer\n\n*interrupted: the link was lost*\n"
    )


def test_text_reads_as_a_conversation() -> None:
    running = ToolCall(1, "wait", None, CallState.INTERRUPTED, text_offset=0, started_ms=0)
    turns = [turn(1, calls=(CALL, running)), turn(2, text="", state=TurnState.QUEUED)]
    assert export_session(SESSION, turns, ExportFormat.TEXT) == (
        "a title\nworkspace on local, 2026-01-02 03:04 UTC\n\n"
        "You:\nquestion\n\nworkspace:\nanswer\n"
        '[tool: ba`sh, 342 ms] {"command": "```"}\n[tool: wait, interrupted] null\n\n'
        "You:\nquestion\n\nworkspace:\n[queued]\n"
    )


@pytest.mark.parametrize("export_format", TEXT_FORMATS)
def test_tools_can_be_left_out(export_format: ExportFormat) -> None:
    assert "ba`sh" in export_session(SESSION, [turn(calls=(CALL,))], export_format)
    assert "ba`sh" not in export_session(SESSION, [turn(calls=(CALL,))], export_format, with_tools=False)


@pytest.mark.parametrize("export_format", TEXT_FORMATS)
def test_a_limit_that_was_reached_is_said(export_format: ExportFormat) -> None:
    reached = turn(max_turns_reached=True, max_turns_message="50 steps")
    assert "50 steps" in export_session(SESSION, [reached], export_format)
    assert "limit of steps" in export_session(SESSION, [turn(max_turns_reached=True)], export_format)


def test_json_has_the_keys_that_scripts_rely_on() -> None:
    turns = [turn(calls=(CALL,), started_at=BEGAN, duration_ms=5432)]
    written = json.loads(export_session(SESSION, turns, ExportFormat.JSON))
    made = written.pop("turns")
    assert written == {
        "id": SESSION.id,
        "server_id": "ses_b",
        "profile": "local",
        "agent": "workspace",
        "title": "a\ntitle",
        "state": "idle",
        "pinned": True,
        "unread": False,
        "message_count": 2,
        "created_at": "2026-01-02T03:04:05Z",
        "last_activity_at": "2026-01-02T03:05:05Z",
        "server_ids": ["ses_a", "ses_b"],
    }
    assert made == [
        {
            "number": 1,
            "prompt": "question",
            "text": "answer",
            "state": "completed",
            "finish_reason": "completed",
            "error": None,
            "started_at": "2026-01-02T03:04:05Z",
            "duration_ms": 5432,
            "max_turns_reached": False,
            "max_turns_message": None,
            "server_id": None,
            "tool_calls": [
                {"name": "ba`sh", "input": {"command": "```"}, "duration_ms": 342, "state": "completed"}
            ],
        }
    ]


def test_a_draft_has_null_where_nothing_is_known() -> None:
    draft = session_json(Session(id="f" * 32, profile="local", agent="a", created_at=BEGAN))
    assert (draft["server_id"], draft["title"], draft["last_activity_at"]) == (None, None, None)
    assert (draft["state"], draft["pinned"], draft["unread"]) == ("draft", False, False)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (TurnState.QUEUED, None),
        (TurnState.SENT, None),
        (TurnState.STREAMING, None),
        (TurnState.COMPLETED, "completed"),
        (TurnState.FAILED, "failed"),
        (TurnState.STOPPED, "cancelled"),
        (TurnState.CANCELLED, "cancelled"),
        (TurnState.INTERRUPTED, "interrupted"),
        (TurnState.UNKNOWN, None),
    ],
)
def test_each_state_of_a_turn_has_its_finish_reason(state: TurnState, reason: str | None) -> None:
    made = turn_json(turn(state=state))
    assert (made["state"], made["finish_reason"]) == (state.value, reason)


def test_times_are_utc_whatever_zone_they_were_in() -> None:
    there = BEGAN.astimezone(timezone(timedelta(hours=2)))
    assert turn_json(turn(started_at=there))["started_at"] == "2026-01-02T03:04:05Z"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner)))
def test_json_comes_back_the_same_and_holds_no_control_character(value: object) -> None:
    written = json_text({"value": value})
    assert not [sign for sign in written if not sign.isprintable() and ord(sign) < 0xA0]
    assert json.loads(written) == json.loads(json.dumps({"value": value}).replace("\\u0000", "\\ufffd"))


def test_json_escapes_what_a_terminal_would_obey() -> None:
    written = json_text("\x1b\x7f\x9b\u2028\u202e\u2066\U000e0041\ud800\x00🙂")
    assert written == r'"\u001b\u007f\u009b\u2028\u202e\u2066\udb40\udc41' + '\ufffd\ufffd🙂"'


def test_a_file_is_named_by_id_and_day_never_by_the_title() -> None:
    assert export_name(SESSION, ExportFormat.MARKDOWN) == "session-0123456789ab-2026-01-02.md"
    assert export_name(SESSION, ExportFormat.TEXT) == "session-0123456789ab-2026-01-02.txt"


@pytest.mark.parametrize(
    ("duration_ms", "words"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (1000, "1.0 s"),
        (59_949, "59.9 s"),
        (59_950, "1 min 00 s"),
        (3_720_000, "1 h 02 min"),
    ],
)
def test_durations_read_well(duration_ms: int, words: str) -> None:
    assert duration_words(duration_ms) == words
