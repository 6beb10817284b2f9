"""One turn on the command line: the answer to standard output, what goes on beside it to standard error.

May import: client (through the session it is handed), domain, protocol, the modules of cli.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from superserve_tui.cli.console import Console
from superserve_tui.domain import clean_line, duration_words
from superserve_tui.protocol import CallState, Event, NotFoundError, RunBuilder, RunResult, ToolCall, dumps

if TYPE_CHECKING:
    from superserve_tui.client import Session

__all__ = ["print_turn"]

_INPUT_LIMIT = 160
"""Characters of a tool's input that a line shows."""


def print_turn(
    console: Console,
    session: Session,
    prompt: str,
    *,
    is_json: bool,
    on_event: Callable[[Event], object] | None = None,
) -> RunResult:
    """Send a message and print the turn as it comes.

    Args:
        console: Where to.
        session: The session.
        prompt: The message.
        is_json: Each event as a line `{"type", "data"}`, as it came, and nothing beside.
        on_event: Called for each event, before anything of it is printed.

    Raises:
        SuperserveError: the message was refused, or no answer came.
        OutputClosed, Signalled: whoever reads it, or runs it, has enough. The connection is closed then.
    """
    try:
        return _print_turn(console, session, prompt, is_json=is_json, on_event=on_event)
    except NotFoundError:
        # PROTOCOL 3: a session that is merely idle is resumed and asked again; any other is gone.
        if session.refresh().status != "idle":
            raise
        session.resume()
        return _print_turn(console, session, prompt, is_json=is_json, on_event=on_event)


def _print_turn(
    console: Console,
    session: Session,
    prompt: str,
    *,
    is_json: bool,
    on_event: Callable[[Event], object] | None,
) -> RunResult:
    def told_wait(seconds: float, reason: str) -> None:
        console.note(f"The server is busy ({reason}); trying again in {seconds:g} s.")

    def told_reconnect(number: int, of: int) -> None:
        console.note(f"The connection was lost; reconnecting {number}/{of}.")

    folded = RunBuilder()
    with session.stream(prompt, on_wait=told_wait, on_reconnect=told_reconnect) as stream:
        for event in stream:
            if on_event is not None:
                on_event(event)
            if is_json:
                console.json({"type": event.type, "data": event.wire})
                continue
            match folded.add(event):
                case str() as text:
                    console.piece(text)
                case ToolCall(state=CallState.RUNNING) as call:
                    console.note(f"[{call.name}] {_input_words(call)}")
                case ToolCall() as call:
                    console.note(f"[{call.name}] {duration_words(call.duration_ms or 0)}")
        result = stream.result
    if not is_json:
        console.end_line()
        _tell_end(console, result)
    return result


def _tell_end(console: Console, result: RunResult) -> None:
    for call in result.tool_calls:
        if call.state is CallState.INTERRUPTED:
            console.note(f"[{call.name}] interrupted after {duration_words(call.duration_ms or 0)}")
    if result.max_turns_reached:
        console.note(result.max_turns_message or "The agent's limit of steps was reached.")
    count = len(result.tool_calls)
    tools = f", {count} tool{'' if count == 1 else 's'}" if count else ""
    console.note(f"{result.finish_reason} in {duration_words(result.duration_ms)}{tools}")


def _input_words(call: ToolCall) -> str:
    text = call.input if isinstance(call.input, str) else dumps(call.input)
    return clean_line(text, limit=_INPUT_LIMIT)
