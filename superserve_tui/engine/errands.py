"""Plain requests on threads of their own, so that the engine's thread never blocks.

May import: protocol, the standard library.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from superserve_tui.protocol import SuperserveError

__all__ = ["Errands"]

_Result = TypeVar("_Result")


class Errands:
    """A few daemon threads, started when there is work for them. `submit` and `close` may come from any thread.

    `concurrent.futures` joins its threads when the interpreter ends: one request that hangs would keep an app
    that has left from being gone (PROMISES 22). These are simply let go.

    Args:
        limit: Threads at most.
        name: What the threads are called.
    """

    def __init__(self, limit: int, *, name: str) -> None:
        self._limit = limit
        self._name = name
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._started = 0
        self._is_closed = False

    def submit(self, do: Callable[[], _Result]) -> Future[_Result]:
        """Do something that blocks; its future's callbacks run on an errand's thread."""
        future: Future[_Result] = Future()
        with self._lock:
            if not self._is_closed:
                self._jobs.put((future, do))
                if not self._idle.acquire(blocking=False) and self._started < self._limit:
                    self._started += 1
                    name = f"{self._name}:{self._started}"
                    threading.Thread(target=self._main, name=name, daemon=True).start()
                return future
        future.set_exception(SuperserveError("the app is leaving"))
        return future

    def close(self) -> None:
        """Take no more; what has not begun never will, what is under way is let go."""
        with self._lock:
            self._is_closed = True
            try:
                while True:
                    self._jobs.get_nowait()
            except Empty:
                pass
            for _ in range(self._started):
                self._jobs.put(None)

    def _main(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, do = job
            try:
                result = do()
            except Exception as error:  # noqa: BLE001 - whoever waits for the future decides what it means
                future.set_exception(error)
            else:
                future.set_result(result)
            del future, do, job
            self._idle.release()
