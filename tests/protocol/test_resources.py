"""Agents, sessions and users, read from whatever a server sends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from superserve_tui.protocol import (
    AGENT_NAME,
    Agent,
    SessionInfo,
    User,
    format_time,
    is_live_status,
    parse_rows,
    parse_time,
    short_id,
    title_from,
)

ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text() | st.integers())


def test_an_agent_is_read_and_written() -> None:
    data = {
        "id": "agt_1",
        "name": "helper",
        "command": "python a.py",
        "environment_keys": ["A"],
        "required_secrets": ["A", "B"],
        "deps_status": "ready",
        "deps_error": None,
        "created_at": "2026-01-02T03:04:05Z",
        "updated_at": None,
    }
    agent = Agent.from_json({**data, "unknown": 1})
    assert agent.missing_secrets == ("B",)
    assert Agent.from_json({**agent.to_json(), "environment_keys": ["A"], "required_secrets": ["A", "B"]}) == agent


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, None),
        ({"deps_status": "ready"}, None),
        ({"deps_status": "building"}, "not ready yet (building)"),
        ({"deps_status": "new word"}, "not ready yet (new word)"),
        ({"deps_status": "failed", "deps_error": "pip broke"}, "pip broke"),
        ({"deps_status": "failed"}, "deploy it again"),
        ({"deps_status": "untrusted", "deps_error": "it would run x"}, "not trusted yet: it would run x"),
        ({"required_secrets": ["K"]}, "missing secret: K"),
        ({"required_secrets": ["K", "L"], "environment_keys": ["X"]}, "missing secrets: K, L"),
        ({"required_secrets": ["K"], "environment_keys": ["K"]}, None),
    ],
)
def test_why_an_agent_is_not_ready(fields: dict[str, Any], words: str | None) -> None:
    reason = Agent.from_json({"id": "agt_1", "name": "a", **fields}).not_ready_reason
    assert reason is None if words is None else words in (reason or "")


def test_what_an_agent_needs_is_named_while_it_is_not_set() -> None:
    assert (
        Agent("agt_1", "a", required_secrets=("K", "L"), environment_keys=("L",)).needs
        == "needs K, which is not set"
    )
    assert Agent("agt_1", "a", required_secrets=("K", "L")).needs == "needs K and L, which are not set"
    assert Agent("agt_1", "a", required_secrets=("K",), environment_keys=("K",)).needs == ""


@pytest.mark.parametrize("kind", [Agent, SessionInfo, User])
@given(
    fields=st.dictionaries(st.sampled_from(["name", "status", "title", "message_count", "created_at"]), ANYTHING)
)
def test_odd_fields_raise_nothing_but_value_error(kind: Any, fields: dict[str, Any]) -> None:
    try:
        read = kind.from_json({"id": "x", **fields})
    except ValueError:
        return
    repr(read).encode()


@pytest.mark.parametrize("kind", [Agent, SessionInfo, User])
@pytest.mark.parametrize("bad", [None, 7, "", [], {}])
def test_what_has_no_id_is_refused(kind: Any, bad: object) -> None:
    with pytest.raises(ValueError, match="id is missing"):
        kind.from_json({"id": bad, "name": "x"})


@pytest.mark.parametrize(
    ("value", "count"),
    [(0, 0), (12, 12), (True, None), ("3", None), (None, None), (-1, None), (10**30, None), (1.5, None)],
)
def test_only_a_sane_message_count_is_believed(value: object, count: int | None) -> None:
    assert SessionInfo.from_json({"id": "ses_1", "message_count": value}).message_count == count


@pytest.mark.parametrize("status", ["pending", "active", "running", "idle", "never heard of"])
def test_statuses_that_take_messages(status: str) -> None:
    assert is_live_status(status)


@pytest.mark.parametrize("status", ["completed", "ended", "timeout", "failed", "error"])
def test_statuses_that_take_none(status: str) -> None:
    assert not is_live_status(status)
    assert not SessionInfo.from_json({"id": "ses_1", "status": status}).is_live


def test_the_short_id_is_twelve_hex_digits() -> None:
    assert short_id("ses_01234567-89ab-cdef-0123-456789abcdef") == "0123456789ab"
    assert SessionInfo.from_json({"id": "ses_0123456789abcdef"}).short_id == "0123456789ab"


def test_bad_rows_are_counted() -> None:
    rows: list[object] = [{"id": "a", "name": "x"}, None, 7, {"id": "b"}, {"id": "c", "name": "y"}, []]
    good, bad = parse_rows(rows, Agent.from_json)
    assert ([agent.id for agent in good], bad) == (["a", "c"], 4)
    assert parse_rows({"id": "a"}, Agent.from_json) == ([], 0)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05.5+02:00", datetime(2026, 1, 2, 1, 4, 5, 500_000, tzinfo=UTC)),
        ("9999-12-31T23:59:59-10:00", None),
        ("yesterday", None),
        ("", None),
        (7, None),
        (None, None),
    ],
)
def test_odd_times_are_unknown(text: object, moment: datetime | None) -> None:
    assert parse_time(text) == moment


def test_times_are_written_in_utc() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))
    assert format_time(moment) == "2026-01-02T01:04:05Z"
    assert format_time(None) is None


def test_a_title_is_one_line_of_fifty_characters() -> None:
    assert title_from("  What\nis\tthis?  ") == "What is this?"
    assert title_from("x" * 60) == "x" * 50
    assert title_from("x" * 49 + " y") == "x" * 49


@pytest.mark.parametrize("name", ["a", "a-1", "helper2"])
def test_good_agent_names(name: str) -> None:
    assert AGENT_NAME.match(name)


@pytest.mark.parametrize("name", ["", "1a", "A", "a_b", "a b", "a\n", "-a", "\u00e4"])
def test_bad_agent_names(name: str) -> None:
    assert not AGENT_NAME.match(name)
