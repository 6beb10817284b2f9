"""Keys that a person has moved: from the config's `[keys]` to bindings, with every fault named.

May import: config, the table of actions, the standard library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from superserve_tui.config import Notice
from superserve_tui.protocol.records import dataclass
from superserve_tui.ui.actions import ACTIONS, SIGNS, Action, Where, key_name, parse_key

__all__ = ["Keymap", "key_notices", "make_keymap"]

NONE = "none"
"""What takes an action's keys away; no terminal sends a key of that name."""

_NEVER_ARRIVE = {
    "ctrl+h": "backspace",
    "ctrl+i": "Tab",
    "ctrl+m": "Enter",
    "ctrl+left_square_bracket": "Escape",
    "alt+enter": "Enter",
}
"""What terminals send instead (CONTRACT 3, measured)."""

_TYPED = frozenset({"enter", "space", "backspace", "delete", "up", "down", "left", "right", "home", "end"})
"""What the composer needs besides characters."""

_SELDOM_ARRIVE = frozenset({"shift+enter", "ctrl+enter", "ctrl+tab", "ctrl+shift+tab"})


@dataclass(frozen=True, slots=True)
class Keymap:
    """The keys in force."""

    overrides: Mapping[str, str] = field(default_factory=dict)
    """Action id to Textual's name of its key, for the actions that were moved."""
    faults: tuple[tuple[str, str], ...] = ()
    """What is wrong with the config's keys: the action's id, and a sentence."""

    def keys(self, action: Action) -> tuple[str, ...]:
        """The keys of an action, the one to show first; none where they were taken away."""
        moved = self.overrides.get(action.id)
        if moved is None:
            return action.keys
        return () if moved == NONE else (moved,)

    def name(self, action: Action) -> str:
        """The key to show for an action; empty where it has none."""
        keys = self.keys(action)
        return key_name(keys[0]) if keys else ""


def make_keymap(configured: Mapping[str, str]) -> Keymap:
    """The keymap of a config's `[keys]`: action id to a key as people write it, or `none`."""
    known = {each.id: each for each in ACTIONS}
    overrides: dict[str, str] = {}
    faults: list[tuple[str, str]] = []
    for action_id, written in configured.items():
        if action_id not in known:
            faults.append((action_id, f"there is no such action{_nearest(action_id, known)}"))
            continue
        key = NONE if written == NONE else parse_key(written)
        if known[action_id].where is Where.COMPOSER:
            faults.append((action_id, "can't be moved, the composer needs it where it is"))
            continue
        if key in _NEVER_ARRIVE:
            faults.append((action_id, f"{written} arrives as {_NEVER_ARRIVE[key]}; the default stays"))
            continue
        if known[action_id].where is Where.ALL and (len(key) == 1 or key in _TYPED or key in SIGNS.values()):
            faults.append((action_id, f"{written} is needed for typing; the default stays"))
            continue
        if key in _SELDOM_ARRIVE or (key.startswith(("ctrl+", "alt+")) and key[-1].isdigit()):
            faults.append((action_id, f"{written} does not arrive in many terminals"))
        overrides[action_id] = key
    keymap = Keymap(overrides)
    return Keymap(overrides, (*faults, *_clashes(keymap)))


def key_notices(keymap: Keymap, path: Path | None) -> tuple[Notice, ...]:
    """The faults of a keymap, with their lines in the config file, which is read where there are any.

    Args:
        keymap: As `make_keymap` gave it.
        path: The config file; None: the keys are of no file.
    """
    if not keymap.faults:
        return ()
    from superserve_tui.config import key_text, line_in

    path = path or Path("config")
    header = line_in(path, ("keys",))
    notices = []
    for action_id, words in keymap.faults:
        line = line_in(path, ("keys", action_id))
        if line == header:  # not there in quotes: without, it is a table in a table
            line = line_in(path, ("keys", *action_id.split(".")))
        notices.append(Notice(path, line, key_text(("keys", action_id)), words))
    return tuple(notices)


def _clashes(keymap: Keymap) -> list[tuple[str, str]]:
    """A key that two actions have which can both be meant."""
    faults = []
    taken: dict[tuple[Where, str], Action] = {}
    for each in ACTIONS:
        if each.where is Where.COMPOSER:
            continue
        for key in keymap.keys(each):
            other = taken.get((each.where, key)) or taken.get((Where.ALL, key))
            taken[(each.where, key)] = each
            if other is None:
                continue
            moved, rival = (each, other) if each.id in keymap.overrides else (other, each)
            if moved.id in keymap.overrides:
                faults.append((moved.id, f"{key_name(key)} is meant for {rival.id} as well"))
    return faults


def _nearest(word: str, known: Mapping[str, Action]) -> str:
    from superserve_tui.config import nearest

    near = nearest(word, known)
    return f"; did you mean {near}?" if near else ""
