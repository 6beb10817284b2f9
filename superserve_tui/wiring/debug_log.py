"""The debug log: what went wrong inside, for whoever mends it; never on the terminal, never a key.

May import: config, the standard library.
"""

from __future__ import annotations

import io
import logging
import os
from contextlib import suppress
from pathlib import Path

from superserve_tui.config import make_private_folder

__all__ = ["open_debug_log"]

MAX_BYTES = 1_000_000
"""A log that has grown beyond this is begun anew at the next start."""


class _PrivateFile(logging.FileHandler):
    """A file that is made with mode 0600 when the first line is written; one that can't be is passed over."""

    def _open(self) -> io.TextIOWrapper:
        path = Path(self.baseFilename)
        make_private_folder(path.parent)
        mode = os.O_TRUNC if path.exists() and path.stat().st_size > MAX_BYTES else os.O_APPEND
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | mode, 0o600)
        return io.TextIOWrapper(io.FileIO(descriptor, "w"), encoding="utf-8", errors="replace")

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """A log that can't be written is no reason to write on the terminal."""


def open_debug_log(path: Path) -> None:
    """Send this package's warnings and errors to the file, and nowhere else."""
    logger = logging.getLogger("superserve_tui")
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        handler.close()
    handler = _PrivateFile(path, delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)
    logger.propagate = False
