"""Rows of an answer: the good ones, and how many were bad (PROMISES 4).

May import: the standard library, protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from superserve_tui.protocol import InvalidResponseError, JsonObject, parse_rows

__all__ = ["Listing", "read_rows"]

_Row = TypeVar("_Row")


class Listing(list[_Row]):
    """A list that knows how many rows of the answer could not be read."""

    def __init__(self, rows: Iterable[_Row] = (), *, skipped: int = 0) -> None:
        super().__init__(rows)
        self.skipped = skipped
        """Rows that were passed over."""


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
