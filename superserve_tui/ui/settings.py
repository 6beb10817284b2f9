"""A config file that was changed while the app runs: what of it counts at once, and what at the next start.

May import: config, ui.keymap, ui.themes, the standard library.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, replace

from superserve_tui.config import Config, LoadedConfig, Notice, line_in, nearest
from superserve_tui.protocol.records import dataclass
from superserve_tui.ui.keymap import key_notices, make_keymap

__all__ = ["Recheck", "problems_of", "recheck"]

AT_ONCE = frozenset({"theme", "notify", "sidebar", "keys", "on_quit", "default_agent"})
"""What the UI alone lives by; the rest is with the engine and the servers, which were started with it."""


@dataclass(frozen=True, slots=True)
class Recheck:
    """What became of a change."""

    config: Config
    """In force from now on."""
    applied: tuple[str, ...]
    """Keys that count at once."""
    later: tuple[str, ...]
    """Keys that count at the next start."""


def problems_of(loaded: LoadedConfig, themes: Collection[str]) -> tuple[Notice, ...]:
    """All that is wrong in the file.

    Args:
        loaded: What was read of it.
        themes: The names of all themes.
    """
    config, path = loaded.config, loaded.path
    notices = [*loaded.notices, *key_notices(make_keymap(config.keys), path)]
    if config.theme is not None and config.theme not in themes:
        near = nearest(config.theme, themes)
        words = f"there is no such theme{f'; did you mean {near}?' if near else ''}"
        notices.append(Notice(path, line_in(path, ("theme",)), "theme", words))
    return tuple(notices)


def recheck(before: Config, loaded: LoadedConfig) -> Recheck:
    """What to live by after the file was changed. One that can't be read changes nothing."""
    if not loaded.is_readable:
        return Recheck(before, (), ())
    after = loaded.config
    changed = [each.name for each in fields(Config) if getattr(before, each.name) != getattr(after, each.name)]
    applied = [name for name in changed if name in AT_ONCE]
    config = replace(before, **{name: getattr(after, name) for name in applied})
    return Recheck(config, tuple(applied), tuple(name for name in changed if name not in AT_ONCE))
