"""The app, put together and run.

May import: everything below.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from superserve_tui.config import ConfigError, LoadedConfig, Paths, set_value
from superserve_tui.ui import CopyResult, SuperserveApp, UiOptions
from superserve_tui.ui.settings import problems_of
from superserve_tui.ui.themes import theme_names
from superserve_tui.wiring.login import login_flow
from superserve_tui.wiring.parts import AppOptions, opened_parts

__all__ = ["run_app"]


def run_app(options: AppOptions, *, environ: Mapping[str, str] = os.environ) -> int:
    """Run the app until it is left; returns the exit status."""
    with opened_parts(options, environ, paced=True) as parts:
        app = SuperserveApp(
            parts.engine,
            UiOptions(
                config=parts.loaded.config,
                profiles=parts.profiles,
                copy=_copier(environ, parts.paths),
                folder=Path.cwd(),
                config_file=parts.paths.config_file,
                remember=_rememberer(parts.paths),
                trust=parts.trust,
                find_files=parts.find_files,
                login=partial(login_flow, config=parts.loaded.config, paths=parts.paths, environ=environ),
                agent=parts.agent,
                title=options.title,
                idle_timeout_s=parts.idle_timeout_s,
                is_kept=options.is_kept,
                session_id=options.session,
                is_continue=options.is_continue,
                notices=(*parts.notices, *_theme_notices(parts.loaded)),
            ),
        )
        app.run()
    if words := app.last_words():
        with suppress(OSError):
            sys.stderr.write(words + "\n")
    return app.return_code or 0


def _theme_notices(loaded: LoadedConfig) -> list[str]:
    """A theme that there is not: only what draws knows them."""
    if loaded.config.theme is None:
        return []
    return [str(notice) for notice in problems_of(loaded, theme_names()) if notice.key == "theme"]


def _rememberer(paths: Paths) -> Callable[[str, str], str]:
    def remember(key: str, value: str) -> str:
        try:
            saved = set_value(paths.config_file, key, value)
        except (ConfigError, OSError) as error:
            return f"{key} holds for this run; the config file can't be written: {error}"
        lost = f" Comments went; they are in {saved.backup}." if saved.has_lost_comments else ""
        return f"{key} is {value} from now on; kept in {saved.path}.{lost}"

    return remember


def _copier(environ: Mapping[str, str], paths: Paths) -> Callable[[str, Callable[[str], None]], CopyResult]:
    def copy(text: str, write_terminal: Callable[[str], None]) -> CopyResult:
        from superserve_tui.clipboard import Route
        from superserve_tui.clipboard import copy as put

        report = put(text, environ=environ, write_terminal=write_terminal, folder=paths.data_dir)
        return CopyResult(report.describe(), is_done=report.route is not Route.NONE)

    return copy
