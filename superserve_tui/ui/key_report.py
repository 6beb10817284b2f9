"""What a terminal sent for a key, what the app takes it for, and what that does, on a line.

May import: the UI's own modules, textual, the standard library.
"""

from __future__ import annotations

from textual import events

from superserve_tui.ui.actions import ACTIONS, Where, key_name
from superserve_tui.ui.keymap import Keymap

__all__ = ["PANES", "in_columns", "meaning", "report", "shown_bytes"]

PANES = {
    Where.ALL: "everywhere",
    Where.COMPOSER: "composer",
    Where.LOG: "transcript",
    Where.TOOLS: "tools",
    Where.SIDEBAR: "sessions",
}
"""What the panes are called in our own words."""

_SHOWN_BYTES = 24


def report(event: events.Key | events.Paste, sent: str, keymap: Keymap) -> str:
    """One line: the key, what was sent, what it does, and Textual's name for it where that is another."""
    if isinstance(event, events.Paste):
        return in_columns("paste", shown_bytes(sent), f"{len(event.text)} characters, as one piece")
    name = key_name(event.key)
    line = in_columns(name, shown_bytes(sent), meaning(event, keymap))
    return line if name.casefold() == event.key.casefold() else f"{line}   [{event.key}]"


def in_columns(key: str, sent: str, does: str) -> str:
    """A line of the table."""
    return f"{key:<11} {sent:<11} {does}"


def meaning(event: events.Key, keymap: Keymap) -> str:
    """What a key does where: `export (transcript, sessions), typed (composer)`."""
    panes: dict[str, list[str]] = {}
    for each in ACTIONS:
        if not {event.key, *event.aliases}.isdisjoint(keymap.keys(each)):
            panes.setdefault(each.label, []).append(PANES[each.where])
    if event.is_printable:
        panes["typed"] = [PANES[Where.COMPOSER]]
    return ", ".join(f"{label} ({', '.join(where)})" for label, where in panes.items()) or "no action"


def shown_bytes(sent: str) -> str:
    """What was sent, control characters as `cat -v` shows them; nothing in it reaches the terminal as such."""
    shown = "".join(_shown(sign) for sign in sent[: _SHOWN_BYTES + 1])
    return shown if len(sent) <= _SHOWN_BYTES else shown[:_SHOWN_BYTES] + "…"


def _shown(sign: str) -> str:
    code = ord(sign)
    if code < 0x20:
        return "^" + chr(code + 0x40)
    if code == 0x7F:
        return "^?"
    return sign if sign.isprintable() else f"\\u{code:04x}"
