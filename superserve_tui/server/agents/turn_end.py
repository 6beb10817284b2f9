"""When a plain answer is over, for programs that do not say so.

May import: the agents' own modules, the standard library.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from superserve_tui.server.agents.activity import Activity, ActivityProbe
from superserve_tui.server.agents.channel import Timing

__all__ = ["TurnEndWatch"]

_FIRST_LOOK_S = 0.01
"""Seconds between the first looks at a program that has gone silent: what a person does not notice."""

_SLOWEST_LOOK_S = 0.1
"""Seconds between later looks: a program that works for minutes should not be looked at all the time."""


class TurnEndWatch:
    """Judges from silence, and from what the platform shows, whether a program waits for the next message.

    A program that is seen waiting has answered, with or without text. Where that can't be seen, `quiet_s` seconds
    of silence after some text end the answer. Silence before any text does not: an answer may take time to begin.
    """

    def __init__(
        self,
        probe: ActivityProbe,
        *,
        unread_input: Callable[[], int],
        clock: Callable[[], float],
        quiet_s: float,
        timing: Timing,
    ) -> None:
        """Args:
        probe: looks at the program.
        unread_input: bytes of the message that it has not taken yet.
        clock: seconds.
        quiet_s: see `AgentConfig.quiet_s`.
        timing: the other waits.
        """
        self._probe = probe
        self._unread_input = unread_input
        self._clock = clock
        self._quiet_s = quiet_s
        self._timing = timing
        self._silent_since = clock()
        self._has_text = False
        self._seemed_over = False
        self.look_after_s = _FIRST_LOOK_S
        """How long to wait for output before the next look."""

    def heard(self) -> None:
        """The program printed something."""
        self._has_text = True
        self.restart_silence()

    def restart_silence(self) -> None:
        """Silence counts from now on."""
        self._silent_since = self._clock()
        self._seemed_over = False
        self.look_after_s = _FIRST_LOOK_S

    def is_over(self, *, exact: bool = False) -> bool:
        """Whether the answer is complete; called after `look_after_s` seconds in which nothing came.

        Args:
            exact: the program marks its reads. Then only being seen at a read that it does not mark (it polled, or
                read below the marks) ends the answer, never silence alone.
        """
        self.look_after_s = min(self.look_after_s * 1.5, _SLOWEST_LOOK_S)
        activity = self._probe.look(alone=exact) if self._unread_input() == 0 else None
        if exact and activity not in (Activity.WAITING, Activity.LISTENING):
            self._seemed_over = False
            return False
        is_waiting = activity is Activity.WAITING or (activity is Activity.WAITING_THREAD and self._has_text)
        seems_over = is_waiting or self._clock() - self._silent_since >= self._patience_s(activity)
        # Twice, so that whatever it printed before the first look has been read by the second.
        if seems_over and self._seemed_over:
            return True
        self._seemed_over = seems_over
        if seems_over:
            self.look_after_s = _FIRST_LOOK_S
        return False

    def _patience_s(self, activity: Activity | None) -> float:
        if not self._has_text:
            return self._timing.silent_s
        match activity:
            case None | Activity.BUSY:
                return self._quiet_s * self._timing.busy_factor
            case Activity.WAITING | Activity.WAITING_THREAD | Activity.LISTENING | Activity.UNKNOWN:
                return self._quiet_s
            case _:
                assert_never(activity)
