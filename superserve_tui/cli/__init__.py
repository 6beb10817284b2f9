"""The command line: each command a few lines over store, client or wiring (CONTRACT 1).

Everything that costs time (the app, HTTP, the store) is imported inside of the command that needs it.

May import: click, everything below.
"""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns the exit status. The main thread only.

    Args:
        arguments: What was typed after the program's name; None for the process's own.
    """
    if sys.platform == "win32":  # before anything is imported that Windows does not have
        sys.stderr.write("superserve-tui does not run on Windows itself.\nInstall and run it in WSL.\n")
        return 2
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # ctrl+c while we import ends quietly, not with a traceback
    gc.disable()  # what is imported stays: to look through it over and over is a fifth of the start
    from superserve_tui.cli.program import main as run_program

    gc.enable()
    return run_program(arguments)
