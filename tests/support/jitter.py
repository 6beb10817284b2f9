"""Random holds where threads meet: the same tests under many interleavings.

`JITTER=7 pytest tests/engine` holds threads for some milliseconds where they start, hand something over or take it.
A test that fails so waits for the wrong thing, or has found a race in the product; a slow machine would show both,
some day. The same seed gives a test the same holds, as far as its threads come to them in the same order.
"""

from __future__ import annotations

import asyncio
import functools
import queue
import random
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

__all__ = ["Jitter"]

_LONG, _SHORT = 0.1, 0.3
"""The shares of passes that are held for long and for a little; the others are let through."""

_LONG_S, _SHORT_S = 0.03, 0.005
"""The longest holds, in seconds."""

_BUDGET_S = 0.5
"""How long one thread is held in one test, all in all: a flood must stay one."""

_SWITCH_S = 1e-5
"""How often the interpreter changes threads, in seconds, instead of every 5 ms."""


class Jitter:
    """Holds whoever passes a seam, on any thread.

    Args:
        seed: Another seed, other holds.
    """

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._test = ""
        self._mine = threading.local()
        self._sleep = time.sleep  # the real one: tests put clocks of their own in its place

    def begin(self, test: str) -> None:
        """Another test: its holds depend on its name, not on the tests before it."""
        self._test = test

    def hold(self) -> None:
        """Let the other threads go first, or not."""
        mine = self._mine
        if getattr(mine, "test", None) != self._test:
            mine.test, mine.left_s = self._test, _BUDGET_S
            mine.random = random.Random(f"{self._seed} {self._test} {_name()}")
        if mine.left_s <= 0:
            return
        kind = mine.random.random()
        if kind < _LONG + _SHORT:
            hold_s = mine.random.uniform(0.0, _LONG_S if kind < _LONG else _SHORT_S)
            mine.left_s -= hold_s
            self._sleep(hold_s)

    def install(self) -> None:
        """Put the holds in. Before the product is imported: its modules take `SimpleQueue` by name."""
        sys.setswitchinterval(_SWITCH_S)
        queue.SimpleQueue = self._queue()  # type: ignore[misc]
        from superserve_tui.engine.feed import EventFeed
        from superserve_tui.engine.outbox import Outbox
        from superserve_tui.plain.inbox import Inbox
        from superserve_tui.store.storage import Storage
        from superserve_tui.store.writer import Writer

        for owner, *names in (
            (threading.Thread, "start", "run"),
            (threading.Event, "set"),
            (Future, "set_result", "set_exception"),
            (asyncio.BaseEventLoop, "call_soon_threadsafe", "_run_once"),
            (EventFeed, "put", "take"),
            (Outbox, "put", "drain"),
            (Inbox, "put", "wait"),
            (Writer, "_put", "_take"),
            (Storage, "open", "run"),
        ):
            for name in names:
                setattr(owner, name, self._held(getattr(owner, name)))

    def _held(self, step: Callable[..., Any]) -> Callable[..., Any]:
        """The step, with a hold before and one after."""

        @functools.wraps(step)
        def held(*args: Any, **kwargs: Any) -> Any:
            self.hold()
            result = step(*args, **kwargs)
            self.hold()
            return result

        return held

    def _queue(self) -> type[queue.SimpleQueue[Any]]:
        hold = self.hold

        class HeldQueue(queue.SimpleQueue[Any]):
            """A queue whose items take a while on both sides."""

            def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
                hold()
                super().put(item, block, timeout)
                hold()

            def get(self, block: bool = True, timeout: float | None = None) -> Any:
                item = super().get(block, timeout)
                hold()
                return item

        return HeldQueue


def _name() -> str:
    """The thread's name, without asking for a thread object where there is none yet."""
    thread = threading._active.get(threading.get_ident())  # type: ignore[attr-defined]
    return thread.name if thread is not None else ""
