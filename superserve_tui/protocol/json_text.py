"""JSON from strangers: read without surprises, written so that it can be read again.

Python's reader takes NaN, infinities and 900 levels of nesting, and its writer then fails or writes
what no other reader takes. Here such text is simply not JSON.

May import: the standard library.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Never

__all__ = ["MAX_DEPTH", "JsonObject", "dumps", "loads", "loads_object", "scrub"]

JsonObject = dict[str, Any]

MAX_DEPTH = 200
"""Levels of nesting that are read; far beyond any real tool input, far below Python's recursion limit."""

REPLACEMENT = "\ufffd"

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("number out of range")
    return value


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def loads(text: str) -> Any:
    """Any JSON value.

    Raises:
        ValueError: not JSON, NaN or an infinity in it, or nested deeper than `MAX_DEPTH`.
    """
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_deeper_than(value, MAX_DEPTH):
        raise ValueError("nested too deeply")
    return value


def loads_object(text: str) -> JsonObject | None:
    """The JSON object that `text` is, or None where it is anything else."""
    try:
        value = loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def dumps(value: Any) -> str:
    """Compact JSON on one line; lone surrogates become U+FFFD, so that the text can always be encoded."""
    return scrub(_ENCODER.encode(value))


def scrub(text: str) -> str:
    """`text` with NUL and lone surrogates, which no store or terminal can hold, as U+FFFD."""
    if text.isascii() and "\x00" not in text:
        return text
    return _UNSTORABLE.sub(REPLACEMENT, text)


def _is_deeper_than(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True
