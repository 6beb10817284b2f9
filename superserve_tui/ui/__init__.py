"""Draws changes and sends commands; knows the engine's commands and the domain, nothing of HTTP, SQL or processes.

May import: engine, domain, config, the value types of protocol, textual, rich, markdown-it-py, pygments.
"""

from superserve_tui.ui.app import SuperserveApp
from superserve_tui.ui.options import CopyResult, UiOptions

__all__ = ["CopyResult", "SuperserveApp", "UiOptions"]
