"""Rows of an answer: the good ones, and how many were bad (PROMISES 4).

May import: the standard library, protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from superserve_tui.protocol import InvalidResponseError, JsonObject, Listing, parse_rows

__all__ = ["Listing", "read_rows"]

_Row = TypeVar("_Row")


def read_rows(answer: JsonObject, key: str, read: Callable[[Mapping[str, Any]], _Row]) -> Listing[_Row]:
    """The rows under `key`.

    Raises:
        InvalidResponseError: there is no list under that key.
    """
    rows = answer.get(key)
    if not isinstance(rows, list):
        raise InvalidResponseError(f"the answer has no list of {key}")
    good, bad = parse_rows(rows, read)
    return Listing(good, skipped=bad)
