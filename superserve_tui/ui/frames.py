"""When a screen draws what has changed on it.

May import: textual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.timer import Timer

if TYPE_CHECKING:
    from textual.screen import Screen

    _Screen = Screen[Any]
else:
    _Screen = object  # Textual takes the default styles of the first base that is a widget

__all__ = ["SoonDrawn"]

_BEAT_S = 1 / 240


class SoonDrawn(_Screen):
    """Draws a change within 8 ms.

    Textual's timer for that keeps a beat of 1/60 s from its first tick: a key that comes just after a frame is not
    seen for up to two beats, 33 ms, with nothing to do meanwhile. It is paused where nothing changes.
    """

    _drawing: Timer | None = None

    @property
    def _update_timer(self) -> Timer:
        if self._drawing is None:
            self._drawing = self.set_interval(_BEAT_S, self._on_timer_update, name="screen_update", pause=True)
        return self._drawing
