"""What the JSON of an error says, as one line.

May import: protocol, the standard library.
"""

from __future__ import annotations

from typing import Any

from superserve_tui.protocol import JsonObject, scrub

__all__ = ["error_words"]

_MAX_WORDS = 1000
"""Characters of another's words that are passed on."""


def error_words(answer: JsonObject) -> str:
    """What an answer says of its error: `error.message`, `error`, `detail` or `message`."""
    for key in ("error", "detail", "message"):
        if words := _line(answer.get(key)):
            return words
    return ""


def _line(value: Any, depth: int = 0) -> str:
    """Words out of whatever JSON an error is told in."""
    match value:
        case str():
            words = " ".join(value[: _MAX_WORDS * 2].split())
        case list() if depth < 4:
            words = "; ".join(line for item in value[:10] if (line := _line(item, depth + 1)))
        case dict() if depth < 4:
            words = next(
                (
                    line
                    for key in ("message", "msg", "detail", "error")
                    if (line := _line(value.get(key), depth + 1))
                ),
                "",
            )
        case _:
            return ""
    return scrub(words)[:_MAX_WORDS].rstrip(". ")
