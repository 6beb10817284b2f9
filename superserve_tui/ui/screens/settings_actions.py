"""The config file from within the app: edited, checked, and put in force as far as that goes.

May import: config, domain, engine, the UI's own modules, textual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from superserve_tui.config import TEMPLATE, Config, Notice, load, write_private
from superserve_tui.domain import clean_line
from superserve_tui.engine import KeepSessions
from superserve_tui.ui import modals
from superserve_tui.ui.editor import EditorError, edit_file
from superserve_tui.ui.keymap import make_keymap
from superserve_tui.ui.screens.base import Part
from superserve_tui.ui.settings import problems_of, recheck
from superserve_tui.ui.themes import DEFAULT_THEME

__all__ = ["SettingsActions"]

_SHOWN = 4
"""Problems that are listed at once, at most: one is mended after the other."""


class SettingsActions(Part):
    """Settings."""

    def action_app_config(self) -> None:
        """Edit the config file in $EDITOR, then check it."""
        path = self.options.config_file
        if path is None:
            self.notify("This run has no config file.", severity="warning")
            return
        try:
            self._edit_config(path)
        except (OSError, EditorError) as error:
            self.notify(clean_line(str(error), limit=300), severity="error")
            return
        self._recheck(path)

    def _edit_config(self, path: Path) -> None:
        """A file that is not there begins as the template, and goes again where nothing came of it."""
        template = TEMPLATE.encode()
        if not path.exists():
            write_private(path, template)
        try:
            edit_file(self.app, path)
        finally:
            if path.exists() and path.read_bytes() == template:
                path.unlink()

    def _recheck(self, path: Path) -> None:
        loaded = load(path)
        checked = recheck(self.options.config, loaded)
        if checked.applied:
            self._apply(checked.config)
        words = [f"In force: {', '.join(checked.applied)}."] if checked.applied else []
        words += [f"At the next start: {', '.join(checked.later)}."] if checked.later else []
        problems = problems_of(loaded, self.app.available_themes)
        if problems:
            self.show_problems(problems, words)
        else:
            self.notify(" ".join(words) or f"Nothing has changed in {path}.", title="Config", timeout=6)

    def _apply(self, config: Config) -> None:
        if config.on_quit != self.options.config.on_quit and not self.options.is_kept:
            self.engine.send(KeepSessions(config.on_quit == "keep"))  # a signal does not come by here
        self.options = replace(self.options, config=config)
        self.keymap = make_keymap(config.keys)
        self.app.set_keymap(dict(self.keymap.overrides))
        self.model.group_by = config.sidebar.group_by
        self.app.theme = config.theme if config.theme in self.app.available_themes else DEFAULT_THEME
        self.show_all()

    def show_problems(self, problems: Sequence[Notice], words: Sequence[str]) -> None:
        """What is wrong in the file, and what became of the rest; it can be edited again at once."""

        def answered(answer: str | None) -> None:
            if answer == "again":
                self.action_app_config()

        lines = [clean_line(str(problems[0].file), limit=200), ""]
        for each in problems[:_SHOWN]:
            place = f"line {each.line}, " if each.line else ""
            lines.append(clean_line(f"{place}{f'{each.key}: ' if each.key else ''}{each.message}", limit=240))
        if len(problems) > _SHOWN:
            lines.append(f"and {len(problems) - _SHOWN} more; `superserve-tui doctor` lists all")
        text = "\n".join([*lines, *([""] if words else []), *words])
        choices = (("again", "Edit again"), ("close", "Close"))
        self.app.push_screen(modals.Choice("Config", text, choices), answered)
