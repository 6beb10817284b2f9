"""The way of a copied text to a clipboard, with a report that claims no more than is known.

May import: config, domain, protocol, pyperclip (in a process of its own), the standard library.
"""

from superserve_tui.clipboard.ladder import OSC52_LIMIT, CopyReport, Route, copy, likely_route, size_words

__all__ = ["OSC52_LIMIT", "CopyReport", "Route", "copy", "likely_route", "size_words"]
