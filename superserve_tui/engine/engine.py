"""The engine as its users see it: commands in, changes out.

May import: domain, protocol, engine's own modules, the standard library.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from superserve_tui.domain import Change, Problem, ProblemRaised
from superserve_tui.engine.commands import Command, Quit
from superserve_tui.engine.outbox import Outbox
from superserve_tui.engine.ports import Backends, Clock, StorePort, SystemClock

__all__ = ["Engine"]

_log = logging.getLogger(__name__)


class Engine:
    """Runs many sessions on threads of its own; whoever watches stays responsive.

    One watcher: it is woken by `on_wake`, calls `drain` when it has time, and sends commands. Every method may be
    called from any thread, `drain` from one at a time.

    Args:
        parts: What remembers, and where the servers are; called once, on the engine's thread, so that nothing of
            them is loaded before the first paint.
        clock: Time.
        keep_sessions: Server sessions made from now on outlive the app (`--keep`).
    """

    def __init__(
        self,
        parts: Callable[[], tuple[StorePort, Backends]],
        *,
        clock: Clock | None = None,
        keep_sessions: bool = False,
    ) -> None:
        self._parts = parts
        self._clock = clock or SystemClock()
        self._keep_sessions = keep_sessions
        self._inbox: SimpleQueue[Any] = SimpleQueue()
        self._on_wake: Callable[[], None] = lambda: None
        self._outbox = Outbox(self._wake)
        self._quit_finished = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self, on_wake: Callable[[], None]) -> None:
        """Begin; `on_wake` is called on the engine's thread when changes wait, once until they are drained."""
        self._on_wake = on_wake
        self._thread.start()

    def send(self, command: Command) -> None:
        """Ask for something; returns at once."""
        self._inbox.put(command)

    def drain(self) -> list[Change]:
        """The changes since the last call, in order."""
        return self._outbox.drain()

    def report(self, problem: Problem) -> None:
        """Tell whoever watches of something that went wrong outside, such as in the store."""
        self._inbox.put(problem)

    def poke(self) -> None:
        """Look at the clock again; for tests that move it."""
        self._inbox.put(None)

    def quit(self, *, keep: bool = False, timeout_s: float = 3.0) -> bool:
        """End the sessions and wait until that is done or written down; whether it was. A second call waits too."""
        if not self._thread.is_alive():
            return True
        self._inbox.put(Quit(keep=keep))
        return self._quit_finished.wait(timeout_s)

    def stop(self, *, timeout_s: float = 1.0) -> bool:
        """End the thread; whether it went in time. Call `quit` first."""
        if not self._thread.is_alive():
            return True
        from superserve_tui.engine.loop import Stop

        self._inbox.put(Stop())
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _wake(self) -> None:
        """Wake whoever watches; what fails there is no fault of the step that is being told."""
        try:
            self._on_wake()
        except Exception:  # noqa: BLE001 - foreign code on the engine's thread, which must not end of it
            _log.exception("whoever watches could not be woken")

    def _run(self) -> None:
        """The thread's body."""
        from superserve_tui.engine.loop import EngineLoop  # with what it stands on 8 ms, after the first paint
        from superserve_tui.engine.world import World

        try:
            store, backends = self._parts()
        except Exception as error:  # noqa: BLE001 - the thread's entry: the unknown becomes a problem that is told
            _log.exception("the engine's parts could not be put together")
            self._outbox.put(ProblemRaised(Problem(f"Nothing can be saved or sent: {error}", "Start it again.")))
            self._quit_finished.set()
            return
        world = World(
            store=store,
            backends=backends,
            outbox=self._outbox,
            clock=self._clock,
            inbox=self._inbox,
            keep_sessions=self._keep_sessions,
        )
        EngineLoop(world, on_quit_finished=self._quit_finished.set).run()
