"""The front end in lines: append-only, no screen, no colour; for screen readers, logs and dumb terminals.

It shows the same engine as `ui` does, in words alone, and neither knows of the other.

May import: engine, exporting, domain, config, the value types of protocol, the standard library.
"""

from superserve_tui.plain.command_table import COMMAND_WORDS
from superserve_tui.plain.front_end import PlainFrontEnd
from superserve_tui.plain.inbox import Inbox
from superserve_tui.plain.line_input import LineInput, PipeInput, TerminalInput
from superserve_tui.plain.options import PlainOptions
from superserve_tui.plain.writer import Writer

__all__ = [
    "COMMAND_WORDS",
    "Inbox",
    "LineInput",
    "PipeInput",
    "PlainFrontEnd",
    "PlainOptions",
    "TerminalInput",
    "Writer",
]
