"""How sessions, turns and tool calls are put in words, each on one line; none of them cleaned yet.

May import: domain, protocol, the standard library.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from superserve_tui.domain import Session, SessionState, Turn, TurnState, clean_line, duration_words
from superserve_tui.protocol import Agent, CallState, ToolCall, dumps

__all__ = [
    "ago",
    "call_end",
    "call_start",
    "counted",
    "end_words",
    "expires_words",
    "session_line",
    "session_name",
    "trust_words",
]

_INPUT_LIMIT = 160
"""Characters of a tool's input that a line shows."""

_TITLE_LIMIT = 60

_HINTS = {
    TurnState.FAILED: "/retry sends the message again, /log tells what the agent wrote",
    TurnState.CANCELLED: "/retry sends the message again",
    TurnState.INTERRUPTED: "what came is kept; /reconnect picks it up, /retry sends the message again",
    TurnState.UNKNOWN: "nobody knows whether the message arrived; /retry sends it again",
}


def counted(number: int, noun: str) -> str:
    """`1 tool`, `2 tools`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def session_name(session: Session) -> str:
    """Its title in quotes."""
    title = clean_line(session.title or "", limit=_TITLE_LIMIT)
    return f'"{title}"' if title else "a session without a title"


def session_line(session: Session, number: int, now: datetime, *, is_current: bool, waiting: int) -> str:
    """A line of the list of sessions."""
    marks = [
        "this one" if is_current else "",
        "unread" if session.is_unread else "",
        "pinned" if session.is_pinned else "",
        f"{counted(waiting, 'message')} waiting" if waiting else "",
    ]
    parts = [session.state.value, clean_line(session.agent, limit=30)]
    parts += [session.profile, ago(session.last_activity_at or session.created_at, now), *filter(None, marks)]
    return f"{number}. {session_name(session)}, {', '.join(parts)}"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago; a time ahead of the clock is now."""
    seconds = (now - moment) / timedelta(seconds=1)
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{counted(int(seconds // size), unit)} ago"
    return "just now"


def expires_words(session: Session, now: datetime) -> str:
    """When its server ends it, by our clock; empty where nothing counts down."""
    is_waiting = session.state in (SessionState.IDLE, SessionState.FAILED, SessionState.INTERRUPTED)
    if not is_waiting or session.server_id is None or session.last_activity_at is None:
        return ""
    idle_s = max(0.0, (now - session.last_activity_at).total_seconds())
    minutes = max(0.0, session.idle_timeout_s - idle_s) / 60
    return f"expires in about {counted(round(minutes), 'minute')}"


def end_words(turn: Turn) -> str:
    """How a turn ended, how long it took, and with how many tools; what can be done where it did not go well."""
    words = turn.state.value
    if turn.duration_ms is not None:
        words += f", {duration_words(turn.duration_ms)}"
    if turn.calls:
        words += f", {counted(len(turn.calls), 'tool')}"
    if turn.error:
        words += f": {clean_line(' / '.join(turn.error.splitlines()), limit=600)}"
    if turn.max_turns_reached:
        words += f"; {turn.max_turns_message or 'the limit of steps of the agent was reached'}"
    hint = _HINTS.get(turn.state)
    return f"{words.rstrip('.')}. {hint}" if hint else words


def call_start(call: ToolCall) -> str:
    """A call that began."""
    text = call.input if isinstance(call.input, str) else dumps(call.input)
    shown = clean_line(text, limit=_INPUT_LIMIT)
    return f"{_call_name(call)} {shown}".rstrip()


def call_end(call: ToolCall) -> str:
    """A call that is over."""
    word = "done" if call.state is CallState.COMPLETED else call.state.value
    took = "" if call.duration_ms is None else f", {duration_words(call.duration_ms)}"
    return f"{_call_name(call)} {word}{took}"


def trust_words(agent: Agent) -> str:
    """What the person is told before a folder's own project runs for the first time."""
    gets = f" and get {', '.join(agent.required_secrets)}" if agent.required_secrets else ""
    intent = agent.deps_error or "it does not say what it would run"
    needs = f"It {agent.needs}. " if agent.needs else ""
    return (
        f"{agent.name} comes with this folder and is not trusted yet: {intent}{gets}, with all your rights. {needs}"
        f"/trust {agent.name} says yes to that; it is remembered until its superserve.yaml changes"
    )


def _call_name(call: ToolCall) -> str:
    return clean_line(call.name, limit=60) or "unnamed"
