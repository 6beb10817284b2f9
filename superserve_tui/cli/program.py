"""The program, and how everything ends.

Without arguments it is the app, which comes up without click: 10 ms before the first paint.

May import: the modules of cli, the standard library.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import IO, Any, NoReturn

from superserve_tui.cli.console import Console
from superserve_tui.cli.failures import OutputClosed, Signalled, failure_of
from superserve_tui.cli.shell import Shell

__all__ = ["main"]

_COMPLETE_VARIABLE = "_SUPERSERVE_TUI_COMPLETE"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns the exit status. The main thread only."""
    console = Console(_stream(sys.stdout, 1), _stream(sys.stderr, 2))
    if _COMPLETE_VARIABLE in os.environ:
        from superserve_tui.cli.commands import complete

        complete(_COMPLETE_VARIABLE, Shell(os.environ, console))
    _raise_on_signals()
    status = _run(list(sys.argv[1:] if arguments is None else arguments), console)
    _ignore_signals()
    return _flush(console, status)


def _run(arguments: list[str], console: Console) -> int:
    try:
        shell = Shell(os.environ, console)
        if not arguments:
            from superserve_tui.cli.opening import open_app

            return open_app(shell)
        from superserve_tui.cli.commands import invoke

        return invoke(arguments, shell)
    except KeyboardInterrupt:
        console.end_line()
        return 128 + signal.SIGINT
    except Signalled as error:
        with suppress(OutputClosed):
            console.end_line()
        return 128 + error.number
    except OutputClosed:
        return 0
    except BrokenPipeError:
        console.forget_stdout()
        return 0
    except Exception as error:  # noqa: BLE001 - the one place where the unknown becomes words, and never a traceback
        failure = failure_of(error)
        _tell(console, failure.what, failure.hint)
        return failure.status


def _tell(console: Console, what: str, hint: str) -> None:
    with suppress(OutputClosed):
        console.note(what)
        console.note(hint)


def _flush(console: Console, status: int) -> int:
    """Write out what Python still holds; a full disk is an error too, a terminal that was closed is none."""
    try:
        sys.stdout.flush()
    except OSError as error:
        console.forget_stdout()
        if error.errno not in (errno.EPIPE, errno.EIO):
            console.note(f"The output can't be written: {error.strerror}.")
            console.note("Check where it goes to, and the free space there.")
            status = status or 1
    try:
        sys.stderr.flush()
    except OSError:
        console.forget_stderr()
    return status


def _stream(stream: IO[str] | None, number: int) -> Any:
    """A standard stream that can take any text; one that was closed takes everything and shows nothing."""
    if stream is None:
        stream = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open until the process ends
        if number == 1:
            sys.stdout = stream
        else:
            sys.stderr = stream
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        if stream.isatty():
            reconfigure(errors="replace")
        else:
            reconfigure(encoding="utf-8", errors="replace", newline="")
    return stream


def _raise_on_signals() -> None:
    """Signals end whatever the main thread does; one that is ignored from outside (nohup) stays so."""

    def take(number: int, _frame: FrameType | None) -> NoReturn:
        raise Signalled(number)

    for number in _SIGNALS:
        with suppress(ValueError, OSError):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, take)


def _ignore_signals() -> None:
    """From here on everything is over: nothing may raise any more."""
    for number in _SIGNALS:
        with suppress(ValueError, OSError):
            signal.signal(number, signal.SIG_IGN)
