"""Plain mode, put together and run: the same parts as the app, with lines in the screen's place.

May import: plain, clipboard, the modules of wiring, the standard library.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from superserve_tui.config import Paths
from superserve_tui.plain import (
    COMMAND_WORDS,
    Inbox,
    LineInput,
    PipeInput,
    PlainFrontEnd,
    PlainOptions,
    TerminalInput,
    Writer,
)
from superserve_tui.wiring.parts import AppOptions, opened_parts

__all__ = ["run_plain"]


def run_plain(options: AppOptions, *, environ: Mapping[str, str] = os.environ) -> int:
    """Run plain mode until it is left; returns the exit status. The main thread only."""
    with ExitStack() as stack:
        inbox = Inbox()
        stack.callback(inbox.close)
        stack.enter_context(inbox.watching_signals())
        writer = Writer(sys.stdout, inbox)
        stack.callback(writer.close)
        lines = _lines(inbox, writer)
        stack.callback(lines.close)
        parts = stack.enter_context(opened_parts(options, environ, paced=True))
        front_end = PlainFrontEnd(
            parts.engine,
            lines,
            writer,
            inbox,
            PlainOptions(
                config=parts.loaded.config,
                profiles=parts.profiles,
                copy=_copier(environ, parts.paths),
                folder=Path.cwd(),
                trust=parts.trust,
                agent=parts.agent,
                title=options.title,
                idle_timeout_s=parts.idle_timeout_s,
                session_id=options.session,
                is_continue=options.is_continue,
                notices=parts.notices,
            ),
        )
        return front_end.run()


def _lines(inbox: Inbox, writer: Writer) -> LineInput:
    if sys.stdin is not None and sys.stdin.isatty():
        return TerminalInput(inbox, write=writer.put, words=COMMAND_WORDS)
    return PipeInput(0, inbox)


def _copier(environ: Mapping[str, str], paths: Paths) -> Callable[[str], str]:
    def copy(text: str) -> str:
        from superserve_tui.clipboard import copy as put

        # No escape sequence in plain mode: where no tool takes the text, it goes to a file.
        return put(text, environ=environ, write_terminal=None, folder=paths.data_dir).describe()

    return copy
