"""What a file is made of: its classes, functions, headings or keys, each with its line.

`outline` picks the reader by language: Python by its own parser, the rest by line patterns.

May import: this package's languages, python_outline, line_outline, reading; the standard library.
"""

from __future__ import annotations

from superserve_tui.server.agents.workspace.languages import language_of
from superserve_tui.server.agents.workspace.line_outline import outline_lines
from superserve_tui.server.agents.workspace.python_outline import outline_python
from superserve_tui.server.agents.workspace.reading import TextFile
from superserve_tui.server.agents.workspace.symbols import Outline

__all__ = ["outline"]

_MAX_PARSED_LINES = 20_000
"""Lines up to which Python's parser is asked (about 0.3 s); longer files are read by patterns."""


def outline(text: TextFile) -> Outline:
    """The outline of a file that was read. Pure work, 0.3 s at most."""
    language = language_of(text.path)
    name = language.name if language is not None else ""
    if name == "Python" and text.is_whole and len(text.lines) <= _MAX_PARSED_LINES:
        parsed = outline_python("\n".join(text.lines) + "\n")
        if parsed is not None:
            return parsed
        return outline_lines(text.lines, name, is_broken=True)
    return outline_lines(text.lines, name)
