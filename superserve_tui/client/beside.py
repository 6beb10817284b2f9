"""Work on a helper thread, so that whoever needs its result can stop waiting at any moment.

May import: the standard library.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["run_beside"]

_Result = TypeVar("_Result")


class _Handover(Generic[_Result]):
    """Where the helper leaves the result, unless nobody wants it any more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_abandoned = False
        self.results: list[_Result] = []
        self.errors: list[BaseException] = []

    def deliver(self, result: _Result) -> bool:
        """Whether somebody will take it."""
        with self._lock:
            if not self._is_abandoned:
                self.results.append(result)
            return not self._is_abandoned

    def abandon(self) -> list[_Result]:
        """Nobody waits any more; returns what was delivered meanwhile."""
        with self._lock:
            self._is_abandoned = True
            return self.results


def run_beside(
    work: Callable[[], _Result],
    *,
    name: str,
    wait: Callable[[int], bool],
    discard: Callable[[_Result], object] | None = None,
) -> _Result:
    """Run `work` on a helper thread and wait for its result.

    Args:
        work: What to run; its exception is raised here.
        name: The thread's name.
        wait: Waits until a descriptor is readable (True) or time is up (False); may raise.
        discard: Gives back, on some thread, a result that came when `wait` had given up already. Where there
            is one, the interpreter waits for it at exit.

    Raises:
        TimeoutError: `wait` returned False.
    """
    handover: _Handover[_Result] = _Handover()
    done_read, done_write = os.pipe()

    def run() -> None:
        try:
            result = work()
            if not handover.deliver(result) and discard is not None:
                discard(result)
        except BaseException as error:  # noqa: BLE001 - raised again on the thread that waits
            handover.errors.append(error)
        finally:
            os.close(done_write)  # the end of the pipe is the signal: the reader may be gone by now

    is_done = False
    try:
        threading.Thread(target=run, name=name, daemon=discard is None).start()
        is_done = wait(done_read)
    finally:
        os.close(done_read)
        if not is_done:
            for late in handover.abandon():
                if discard is not None:
                    discard(late)
    if not is_done:
        raise TimeoutError
    if handover.errors:
        raise handover.errors[0]
    return handover.results[0]
