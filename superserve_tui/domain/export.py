"""A session as text for elsewhere: markdown, plain text, or the JSON that commands print (CONTRACT 1).

Prompts and answers stand in markdown and text as they were sent, in one piece, so that a diff against the
server's text is empty; tools are listed beside them, never within. Nothing is cleaned here: that is done where
text goes to a terminal.

May import: protocol, the standard library.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any

from superserve_tui.domain.session import Session
from superserve_tui.domain.transcript import Turn, TurnState
from superserve_tui.protocol import CallState, ToolCall, format_time, scrub, short_id

__all__ = [
    "ExportFormat",
    "duration_words",
    "export_name",
    "export_session",
    "json_text",
    "session_json",
    "transcript_json",
    "turn_json",
]

_INVISIBLE = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb\U000e0000-\U000e007f]")
_FENCES = re.compile("`+")
_SPACES = re.compile(r"\s+")


class ExportFormat(StrEnum):
    """What a transcript can be written as; the value is what people type."""

    MARKDOWN = "md"
    JSON = "json"
    TEXT = "text"
    HTML = "html"
    """Made by the package `exporting`, which may use a Markdown parser."""

    @property
    def suffix(self) -> str:
        """What such a file's name ends in."""
        return ".txt" if self is ExportFormat.TEXT else f".{self.value}"


def export_session(
    session: Session, turns: Sequence[Turn], export_format: ExportFormat, *, with_tools: bool = True
) -> str:
    """The transcript in one of the formats; ends in a newline. JSON always has the tools.

    Raises:
        ValueError: for HTML, which the package `exporting` makes.
    """
    match export_format:
        case ExportFormat.JSON:
            return json_text(transcript_json(session, turns), indent=2) + "\n"
        case ExportFormat.MARKDOWN:
            return "\n".join(_markdown(session, turns, with_tools=with_tools))
        case ExportFormat.TEXT:
            return "\n".join(_text(session, turns, with_tools=with_tools))
        case ExportFormat.HTML:
            raise ValueError("pages are made by the package exporting")


def export_name(session: Session, export_format: ExportFormat) -> str:
    """A file name from the id and the day that the session began; never from foreign text (PROMISES 17)."""
    return f"session-{short_id(session.id)}-{session.created_at:%Y-%m-%d}{export_format.suffix}"


def session_json(session: Session) -> dict[str, Any]:
    """The object of `sessions list --json`."""
    return {
        "id": session.id,
        "server_id": session.server_id,
        "profile": session.profile,
        "agent": session.agent,
        "title": session.title,
        "state": session.state.value,
        "pinned": session.is_pinned,
        "unread": session.is_unread,
        "message_count": session.message_count,
        "created_at": format_time(session.created_at),
        "last_activity_at": format_time(session.last_activity_at),
    }


def turn_json(turn: Turn) -> dict[str, Any]:
    """One turn of `sessions show --json` and `export --format json`."""
    reason = turn.finish_reason
    return {
        "number": turn.number,
        "prompt": turn.prompt,
        "text": turn.text,
        "state": turn.state.value,
        "finish_reason": None if reason is None else reason.value,
        "error": turn.error,
        "started_at": format_time(turn.started_at),
        "duration_ms": turn.duration_ms,
        "max_turns_reached": turn.max_turns_reached,
        "max_turns_message": turn.max_turns_message,
        "server_id": turn.server_id,
        "tool_calls": [_call_json(call) for call in turn.calls],
    }


def transcript_json(session: Session, turns: Iterable[Turn]) -> dict[str, Any]:
    """A session with all that was said in it."""
    return {
        **session_json(session),
        "server_ids": list(session.server_ids),
        "turns": [turn_json(turn) for turn in turns],
    }


def json_text(value: Any, *, indent: int | None = None) -> str:
    """JSON whose control characters and invisible signs are escaped, so that it can be shown anywhere.

    The same values come out of any JSON reader; lone surrogates and NUL become U+FFFD.
    """
    text = json.dumps(_without_unstorable(value), ensure_ascii=False, allow_nan=False, indent=indent)
    return _INVISIBLE.sub(lambda found: json.dumps(found[0])[1:-1], text)


def duration_words(duration_ms: int) -> str:
    """A duration for a person: `340 ms`, `5.4 s`, `2 min 05 s`, `1 h 02 min`."""
    if duration_ms < 1000:
        return f"{duration_ms} ms"
    if duration_ms < 59_950:
        return f"{duration_ms / 1000:.1f} s"
    seconds = round(duration_ms / 1000)
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02} min"


def _call_json(call: ToolCall) -> dict[str, Any]:
    return {
        "name": call.name,
        "input": call.input,
        "duration_ms": call.duration_ms,
        "state": call.state.value,
    }


def _without_unstorable(value: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {scrub(key): _without_unstorable(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_without_unstorable(child) for child in value]
    return value


def _markdown(session: Session, turns: Sequence[Turn], *, with_tools: bool) -> Iterator[str]:
    agent = _one_line(session.agent)
    yield f"# {_one_line(session.title or '') or 'Session'}"
    yield ""
    yield f"{agent} on {session.profile}, {_day_and_time(session)}"
    for turn, is_new_server in _with_breaks(turns):
        yield ""
        if is_new_server:
            yield "---"
            yield ""
            yield "*continued in a new session*"
            yield ""
        yield "## You"
        yield ""
        yield turn.prompt
        yield ""
        yield f"## {agent}"
        if turn.text:
            yield ""
            yield turn.text
        if end := _end_words(turn):
            yield ""
            yield f"*{end}*"
        if with_tools and turn.calls:
            yield ""
            yield "### Tools"
            for call in turn.calls:
                yield ""
                yield f"- {_code(call.name)}{_call_words(call)}"
                yield ""
                yield from _fenced(json_text(call.input, indent=2))
    yield ""


def _text(session: Session, turns: Sequence[Turn], *, with_tools: bool) -> Iterator[str]:
    agent = _one_line(session.agent)
    if title := _one_line(session.title or ""):
        yield title
    yield f"{agent} on {session.profile}, {_day_and_time(session)}"
    for turn, is_new_server in _with_breaks(turns):
        yield ""
        if is_new_server:
            yield "--- continued in a new session ---"
            yield ""
        yield "You:"
        yield turn.prompt
        yield ""
        yield f"{agent}:"
        if turn.text:
            yield turn.text
        if end := _end_words(turn):
            yield f"[{end}]"
        if with_tools:
            for call in turn.calls:
                yield f"[tool: {_one_line(call.name)}{_call_words(call)}] {json_text(call.input)}"
    yield ""


def _with_breaks(turns: Sequence[Turn]) -> Iterator[tuple[Turn, bool]]:
    """Each turn, and whether a new server session began with it."""
    last: str | None = None
    for turn in turns:
        yield turn, last is not None and turn.server_id is not None and turn.server_id != last
        last = turn.server_id or last


def _end_words(turn: Turn) -> str:
    """How it ended where that was not simply well."""
    words = "" if turn.state is TurnState.COMPLETED else turn.state.value
    if turn.error:
        words = f"{words}: {_one_line(turn.error)}"
    if turn.max_turns_reached:
        limit = _one_line(turn.max_turns_message or "the agent's limit of steps was reached")
        words = f"{words}; {limit}" if words else limit
    return words


def _call_words(call: ToolCall) -> str:
    parts = [] if call.duration_ms is None else [duration_words(call.duration_ms)]
    if call.state is not CallState.COMPLETED:
        parts.append(call.state.value)
    return f", {', '.join(parts)}" if parts else ""


def _one_line(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _day_and_time(session: Session) -> str:
    return f"{session.created_at:%Y-%m-%d %H:%M} UTC"


def _code(text: str) -> str:
    """`text` as inline code, whatever backticks it holds."""
    text = _one_line(text)
    ticks = "`" * (max(map(len, _FENCES.findall(text)), default=0) + 1)
    space = " " if len(ticks) > 1 else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def _fenced(text: str) -> Iterator[str]:
    """Lines of a code block within a list item, whatever backticks the text holds."""
    ticks = "`" * max(3, max(map(len, _FENCES.findall(text)), default=0) + 1)
    yield f"  {ticks}json"
    for line in text.split("\n"):
        yield f"  {line}"
    yield f"  {ticks}"
