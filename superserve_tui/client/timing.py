"""Time as the client sees it, in one object, so that tests need no sleep.

May import: the standard library, `client.abort`.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from superserve_tui.client.abort import AbortSwitch

__all__ = ["Timing"]


class Timing:
    """The machine's clocks and real waits. Tests hand in a subclass."""

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def now(self) -> datetime:
        """Wall time, aware UTC."""
        return datetime.now(UTC)

    def wait(self, switch: AbortSwitch, seconds: float) -> None:
        """Wait between two tries of a request.

        Raises:
            Aborted: the switch was thrown meanwhile.
        """
        switch.wait(seconds)
