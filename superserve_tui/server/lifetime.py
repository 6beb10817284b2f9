"""How long an embedded server lives once the command that started it is gone.

The command holds the other end of the server's standard input. A line `keep` on it, and the server lives until
its sessions have ended or expired. The end of it without that line means: with no turn running, end now; else
let the turns finish, `turn_grace_s` at most, answer `/events` for `events_grace_s` after the last, then end.

Runs on the server's loop. May import: server.sessions, the standard library.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress

from superserve_tui.server.options import ServerOptions
from superserve_tui.server.session import Session
from superserve_tui.server.sessions import Sessions

__all__ = ["Lifetime"]

_LEAST_WAIT_S = 0.001
"""Longer than a clock's tick, so that a wait that is nearly over does not spin."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Lifetime:
    """Decides when the server ends."""

    def __init__(self, sessions: Sessions, *, turn_grace_s: float, events_grace_s: float) -> None:
        """Live with `sessions`; the graces are `ServerOptions`'."""
        self._sessions = sessions
        self._turn_grace_s = turn_grace_s
        self._events_grace_s = events_grace_s
        self._loop = asyncio.get_running_loop()
        self._something_happened = asyncio.Event()
        self._signal: int | None = None
        self._is_kept = False
        self._starter_gone_at: float | None = None
        sessions.watch(self._something_happened.set)

    @classmethod
    def from_options(cls, sessions: Sessions, options: ServerOptions) -> Lifetime:
        """With the graces of `options`."""
        return cls(sessions, turn_grace_s=options.turn_grace_s, events_grace_s=options.events_grace_s)

    def keep(self) -> None:
        """The starter wants the sessions to live on without it."""
        self._is_kept = True

    def starter_gone(self) -> None:
        """The starter's end of the pipe is closed."""
        self._starter_gone_at = self._loop.time()
        self._something_happened.set()

    def take_signals(self) -> None:
        """End on SIGTERM, SIGINT and SIGHUP; main thread only."""
        for number in _SIGNALS:
            self._loop.add_signal_handler(number, self._take_signal, number)

    async def until_over(self) -> int | None:
        """Return when the server is to end: the signal that said so, None without one."""
        while self._signal is None:
            left_s = self._left_s()
            if left_s is not None and left_s <= 0:
                break
            self._something_happened.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._something_happened.wait()
        return self._signal

    def _left_s(self) -> float | None:
        """Seconds until the next look is due; 0 and less: it is over; None: only an event can change things."""
        gone_at = self._starter_gone_at
        if gone_at is None:
            return None
        if not self._sessions.live:
            return 0.0
        if self._is_kept:
            return None
        if running := self._sessions.running:
            return self._turns_left_s(running, gone_at)
        last_end_at = self._sessions.last_turn_ended_at
        if last_end_at < gone_at:
            return 0.0
        return last_end_at + self._events_grace_s - self._loop.time()

    def _turns_left_s(self, running: list[Session], gone_at: float) -> float:
        """Seconds until the next of them is overdue; those that are overdue get their end now."""
        now = self._loop.time()
        left_s = self._turn_grace_s
        for session in running:
            turn_left_s = max(gone_at, session.turn_started_at) + self._turn_grace_s - now
            if turn_left_s <= 0:
                session.cancel()
            else:
                left_s = min(left_s, turn_left_s)
        return max(left_s, _LEAST_WAIT_S)

    def _take_signal(self, number: int) -> None:
        self._signal = self._signal or number
        self._something_happened.set()
