"""superserve-tui: many conversations with AI agents at once, in one terminal.

The library for programs is `superserve_tui.client`; the app is the command `superserve-tui`.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
