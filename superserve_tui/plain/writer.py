"""Writes on a thread of its own, so that a terminal that stands still never holds up anything else.

May import: plain.inbox, the standard library.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from queue import SimpleQueue
from typing import TextIO

from superserve_tui.plain.inbox import Inbox, OutputChanged

__all__ = ["Writer"]


class Writer:
    """Takes text from one thread and writes it out in order.

    Args:
        stream: Standard output.
        inbox: Is told when everything is written, or can't be.
    """

    def __init__(self, stream: TextIO, inbox: Inbox) -> None:
        self._stream = stream
        self._inbox = inbox
        self._texts: SimpleQueue[str | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._waiting = 0
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="plain-output", daemon=True)
        self._thread.start()

    @property
    def is_idle(self) -> bool:
        """Whether everything is written out."""
        return self._waiting == 0

    def put(self, text: str) -> None:
        """Write that; returns at once."""
        with self._lock:
            self._waiting += 1
        self._texts.put(text)

    def close(self, timeout_s: float = 1.0) -> bool:
        """Write the rest, for so many seconds at most; whether all of it went out."""
        self._texts.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (text := self._texts.get()) is not None:
            self._write(text)
            with self._lock:
                self._waiting -= 1
                is_idle = self._waiting == 0
            if is_idle:
                self._inbox.put(OutputChanged(self._is_closed))

    def _write(self, text: str) -> None:
        if self._is_closed:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # its reader is gone, the terminal hung up, or it was closed
            self._is_closed = True
            with suppress(OSError, ValueError):
                self._inbox.put(OutputChanged(is_closed=True))
