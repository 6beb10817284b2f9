"""The person's own editor on a file, the terminal lent to it.

May import: textual, the standard library.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

__all__ = ["EditorError", "edit_file"]


class EditorError(Exception):
    """The editor could not be run, or gave up; one sentence that names it."""


def edit_file(app: App[Any], path: Path) -> None:
    """Run the person's editor on a file; returns when it has ended.

    Raises:
        EditorError: it did not work; the file is as the editor left it.
    """
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        words = shlex.split(command)
        with app.suspend():
            subprocess.run([*words, str(path)], check=True)
    except (OSError, ValueError, SuspendNotSupported, subprocess.CalledProcessError) as error:
        raise EditorError(f"The editor did not work ({command}): {error}. Set EDITOR to another.") from error
