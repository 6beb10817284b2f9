"""Sessions, turns and stores to save and look at."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from superserve_tui.domain import Session, Turn, TurnState
from superserve_tui.protocol import CallState, ToolCall
from superserve_tui.store import Store

__all__ = ["NOW", "Problems", "done", "make_call", "make_session", "make_turn", "open_store"]

NOW = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
_T = TypeVar("_T")


class Problems:
    """A callback that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def __call__(self, what: str, hint: str) -> None:
        self.told.append((what, hint))


def done(future: Future[_T]) -> _T:
    """The result, within 20 s."""
    return future.result(timeout=20)


def make_session(title: str | None = None, **fields: Any) -> Session:
    """A new session of the agent `echo`."""
    return Session(
        **{"id": uuid4().hex, "profile": "local", "agent": "echo", "created_at": NOW, "title": title, **fields}
    )


def make_turn(number: int = 1, prompt: str = "hello", **fields: Any) -> Turn:
    """A new turn, made `number` seconds after `NOW`, streaming unless told otherwise."""
    return Turn(
        **{
            "id": uuid4().hex,
            "number": number,
            "prompt": prompt,
            "created_at": NOW + timedelta(seconds=number),
            "state": TurnState.STREAMING,
            **fields,
        }
    )


def make_call(index: int = 0, **fields: Any) -> ToolCall:
    """A tool call that runs."""
    return ToolCall(
        **{
            "index": index,
            "name": "read",
            "input": {"path": "a.py"},
            "state": CallState.RUNNING,
            "text_offset": 0,
            "started_ms": 5,
            **fields,
        }
    )


def open_store(path: Path, problems: Problems | None = None, **options: Any) -> Store:
    """A store to be entered; any problem that nobody asked for shows in the test's output."""
    return Store(path, on_problem=problems or print, **{"now": lambda: NOW, **options})
