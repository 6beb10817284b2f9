"""The switch that ends, from any thread, whatever a connection is waiting for.

May import: the standard library.
"""

from __future__ import annotations

import contextlib
import math
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator

__all__ = ["AbortSwitch", "Aborted"]


class Aborted(Exception):  # noqa: N818 - a signal inside this package, not an error: it never leaves it
    """The switch was thrown while (or before) something waited on it."""


class AbortSwitch:
    """Wakes every wait that watches it, and closes the connections that are tapped.

    Closing a socket while another thread reads from it leaves that thread blocked and risks a reused
    descriptor. So waits watch the reading end of a pair of sockets beside their own, and a connection is
    closed by `shutdown` on a duplicate that belongs to this switch alone.

    `abort` may be called from any thread, any number of times. `hold` brackets use by other threads, so that
    `close` never pulls a descriptor from under a wait.
    """

    def __init__(self) -> None:
        self._on_release: Callable[[], None] | None = None
        self._lock = threading.Lock()
        self._is_set = False
        self._is_closed = False
        self._is_released = False
        self._holders = 0
        self._pair: tuple[socket.socket, socket.socket] | None = None
        self._taps: dict[socket.socket, socket.socket] = {}

    @property
    def is_set(self) -> bool:
        """Whether it was thrown."""
        return self._is_set

    def abort(self) -> None:
        """Throw it: waits end, tapped connections are shut down. Never blocks."""
        with self._lock:
            if self._is_set:
                return
            self._is_set = True
            if self._pair is not None:
                self._pair[1].send(b"\0")
            for tap in self._taps.values():
                with contextlib.suppress(OSError):
                    tap.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        """Shut the tapped connections down, and only them: what reads from one finds it lost. Never blocks."""
        with self._lock:
            for tap in self._taps.values():
                with contextlib.suppress(OSError):
                    tap.shutdown(socket.SHUT_RDWR)

    def check(self) -> None:
        """Raises `Aborted` once it was thrown."""
        if self._is_set:
            raise Aborted

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Keep the descriptors while the calling thread may wait on them.

        Raises:
            Aborted: it was thrown or closed before.
        """
        with self._lock:
            if self._is_set or self._is_closed:
                raise Aborted
            self._holders += 1
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1
            self._release()

    def fileno(self) -> int:
        """The descriptor to watch: readable once the switch was thrown, for ever. For a holder only."""
        with self._lock:
            if self._pair is None:
                self._pair = socket.socketpair()
                if self._is_set:
                    self._pair[1].send(b"\0")
            return self._pair[0].fileno()

    def wait(self, seconds: float) -> None:
        """Sleep, at most until the switch is thrown. For a holder only.

        Raises:
            Aborted: it was thrown.
        """
        self.check()
        ends = time.monotonic() + seconds
        poller = select.poll()
        poller.register(self.fileno(), select.POLLIN)
        while (left := ends - time.monotonic()) > 0:
            if poller.poll(math.ceil(left * 1000)):
                break
        self.check()

    def tap(self, sock: socket.socket) -> None:
        """Shut `sock` down, too, when the switch is thrown; `untap` before closing it."""
        with self._lock:
            duplicate = sock.dup()
            self._taps[sock] = duplicate
            if self._is_set:
                with contextlib.suppress(OSError):
                    duplicate.shutdown(socket.SHUT_RDWR)

    def untap(self, sock: socket.socket) -> None:
        """Forget a connection."""
        with self._lock:
            duplicate = self._taps.pop(sock, None)
            if duplicate is not None:
                duplicate.close()

    def close(self, on_release: Callable[[], None] | None = None) -> None:
        """Give the descriptors back, at once or when the last holder leaves.

        Args:
            on_release: Closes what the holders used; called once, just before, by whoever is last.
        """
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            self._on_release = on_release
        self._release()

    def _release(self) -> None:
        with self._lock:
            if not self._is_closed or self._holders or self._is_released:
                return
            self._is_released = True
        if self._on_release is not None:
            self._on_release()
        with self._lock:
            if self._pair is not None:
                for end in self._pair:
                    end.close()
                self._pair = None
            for duplicate in self._taps.values():
                duplicate.close()
            self._taps.clear()
