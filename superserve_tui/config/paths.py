"""Where the config file and everything saved live.

May import: platformdirs, the standard library.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from superserve_tui.protocol.records import dataclass

__all__ = ["Paths"]

_APP = "superserve-tui"
_NO_HOME = Path("/nonexistent")
"""Stands for a home folder that can't be found: nothing is read there, and writing says so (PROMISES 27)."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The files of one person."""

    config_file: Path
    """What people edit (TOML)."""
    data_dir: Path
    """The folder of everything saved: made with mode 0700 when first written to."""
    auth_file: Path
    """The token file that the vendor's tools share."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Paths:
        """The files that the environment names, else the platform's folders. Never raises."""
        import platformdirs

        def from_home(find: Callable[[str], Path]) -> Path:
            try:
                path = find(_APP)
            except RuntimeError:
                return _NO_HOME / _APP
            return path if path.is_absolute() else _NO_HOME / _APP

        config = environ.get("SUPERSERVE_TUI_CONFIG")
        data = environ.get("SUPERSERVE_TUI_DATA")
        return cls(
            config_file=Path(config) if config else from_home(platformdirs.user_config_path) / "config.toml",
            data_dir=Path(data) if data else from_home(platformdirs.user_data_path),
            auth_file=from_home(lambda _: Path.home() / ".superserve") / "auth.json",
        )

    @property
    def database(self) -> Path:
        """The saved sessions and transcripts (SQLite)."""
        return self.data_dir / "sessions.db"

    @property
    def servers_dir(self) -> Path:
        """One 0600 file per embedded server that is alive: address, process id, token."""
        return self.data_dir / "servers"

    @property
    def trusted_dir(self) -> Path:
        """One 0600 file per project that the person has said yes to, named by its trust key."""
        return self.data_dir / "trusted"

    @property
    def log_file(self) -> Path:
        """The debug log."""
        return self.data_dir / "debug.log"
