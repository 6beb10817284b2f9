"""Puts standard input on the desktop's clipboard through pyperclip; run as a process of its own.

pyperclip waits for its tools without a limit and looks at no exit status: here a tool that hangs is ended
with this process, and one that fails makes it fail. With `--which` it only names the tool.

May import: pyperclip, the standard library. Nothing of ours, so that it starts quickly.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import Any

__all__ = ["main"]

NO_TOOL, TOOL_FAILED = 3, 4
_TOOLS = {
    "copy_osx_pbcopy": "pbcopy",
    "copy_osx_pyobjc": "the macOS pasteboard",
    "copy_xclip": "xclip",
    "copy_xsel": "xsel",
    "copy_wl": "wl-copy",
    "copy_klipper": "klipper",
    "copy_wsl": "clip.exe",
}
"""What pyperclip's functions use. Not Qt and GTK: what they copy is gone with the process."""


class _WatchedPopen(subprocess.Popen[Any]):
    """Remembers what was started, since pyperclip does not look at the exit status."""

    started: list[subprocess.Popen[Any]] = []  # noqa: RUF012 - one list per process is what is wanted

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.started.append(self)


def main(arguments: list[str]) -> int:
    """Copy standard input; the tool's name goes to standard output. Returns the exit status."""
    report = os.dup(1)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)

    import pyperclip

    if os.environ.get("WAYLAND_DISPLAY") and shutil.which("wl-copy"):
        copy, _ = pyperclip.init_wl_clipboard()  # type: ignore[attr-defined]
    else:
        copy, _ = pyperclip.determine_clipboard()
    tool = _TOOLS.get(getattr(copy, "__name__", ""))
    if tool is None:
        return NO_TOOL
    if "--which" not in arguments:
        subprocess.Popen = _WatchedPopen  # type: ignore[misc]
        try:
            copy(sys.stdin.buffer.read().decode("utf-8"))
        except (OSError, subprocess.SubprocessError, pyperclip.PyperclipException):
            return TOOL_FAILED
        if any(process.returncode for process in _WatchedPopen.started):
            return TOOL_FAILED
    os.write(report, tool.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
