"""Programs that take text: run with a limit, and ended with their whole group where they exceed it.

May import: the standard library.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["desktop_copy", "desktop_tool", "has_desktop", "has_tmux", "is_remote", "tmux_copy"]

_SCRIPT = str(Path(__file__).with_name("desktop.py"))


def is_remote(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is at the other end of an ssh connection."""
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"))


def has_desktop(environ: Mapping[str, str]) -> bool:
    """Whether there is a desktop whose clipboard is the person's own."""
    if is_remote(environ):
        return False
    if any(environ.get(name) for name in ("WAYLAND_DISPLAY", "DISPLAY", "WSL_DISTRO_NAME")):
        return True
    return sys.platform == "darwin"


def has_tmux(environ: Mapping[str, str]) -> bool:
    """Whether this runs in tmux and tmux can be called."""
    return bool(environ.get("TMUX")) and shutil.which("tmux", path=environ.get("PATH")) is not None


def desktop_tool(environ: Mapping[str, str], *, timeout_s: float) -> str | None:
    """Name of the desktop's tool; None where there is none."""
    return _run([sys.executable, "-P", _SCRIPT, "--which"], b"", environ, timeout_s)


def desktop_copy(data: bytes, environ: Mapping[str, str], *, timeout_s: float) -> str | None:
    """Put text on the desktop's clipboard; returns the tool that took it, None where none did in time."""
    return _run([sys.executable, "-P", _SCRIPT], data, environ, timeout_s)


def tmux_copy(data: bytes, environ: Mapping[str, str], *, timeout_s: float) -> bool:
    """Put text into a tmux buffer and have tmux pass it on to its terminal; whether tmux took it."""
    return _run(["tmux", "load-buffer", "-w", "-"], data, environ, timeout_s) is not None


def _run(argv: Sequence[str], data: bytes, environ: Mapping[str, str], timeout_s: float) -> str | None:
    """What the program printed; None where it could not be started, failed, or took too long."""
    program = shutil.which(argv[0], path=environ.get("PATH"))
    if program is None:
        return None
    try:
        process = subprocess.Popen(
            [program, *argv[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            start_new_session=True,
        )
    except OSError:
        return None
    with process:
        try:
            output, _ = process.communicate(data, timeout=timeout_s)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            return None
    return output.decode("utf-8", "replace") if process.returncode == 0 else None
