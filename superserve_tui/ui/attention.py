"""Telling a person who looks elsewhere that a turn has ended: bell, notification, a mark in the terminal's title.

May import: config, domain.
"""

from __future__ import annotations

from collections.abc import Iterator

from superserve_tui.config import NotifyConfig
from superserve_tui.domain import Session, Turn, clean_line

__all__ = ["LONG_TURN_MS", "POP_TITLE", "PUSH_TITLE", "alert_sequences", "title_sequence"]

LONG_TURN_MS = 10_000
"""Turns from this length on are worth an alert: nobody waits for them at the screen."""

PUSH_TITLE, POP_TITLE = "\x1b[22;0t", "\x1b[23;0t"
"""The terminal remembers its title, and has it back at the end."""


def alert_sequences(session: Session, turn: Turn, config: NotifyConfig) -> Iterator[str]:
    """What to write to the terminal when a long turn has ended unseen.

    OSC 9 is what iTerm2, kitty, WezTerm and Windows Terminal take, OSC 777 what foot, urxvt and VTE do; a terminal
    that knows neither drops both.
    """
    if config.bell:
        yield "\a"
    if config.osc:
        title = clean_line(session.title or session.agent, limit=60).replace(";", ",")
        words = f"{title}: {turn.state}"
        yield f"\x1b]9;{words}\a"
        yield f"\x1b]777;notify;superserve-tui;{words}\a"


def title_sequence(unread: int, running: int) -> str:
    """The terminal's title: how many sessions have news, how many are at work."""
    marks = [f"● {unread}" if unread else "", f"▸ {running}" if running else ""]
    return f"\x1b]2;{' '.join([*filter(None, marks), 'superserve-tui'])}\a"
