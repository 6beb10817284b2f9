"""A transcript for elsewhere, in every format, with or without what should not leave.

Import it where an export is made: what finds secrets takes 12 ms to load, and a page markdown-it and pygments.

May import: config, domain, protocol, markdown-it-py, pygments, the standard library.
"""

from superserve_tui.exporting.export import Export, UnwantedError, export_transcript
from superserve_tui.exporting.report import mask_kinds, secret_lines
from superserve_tui.exporting.saving import export_place, save_export

__all__ = [
    "Export",
    "UnwantedError",
    "export_place",
    "export_transcript",
    "mask_kinds",
    "save_export",
    "secret_lines",
]
