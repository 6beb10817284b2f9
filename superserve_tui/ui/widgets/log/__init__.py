"""The message log: one line-API widget over blocks, and the model of a transcript that it shows.

May import: textual, rich, pygments (in a thread, when first needed); domain, protocol.
"""

from superserve_tui.ui.widgets.log.document import Cursor, LogDocument, Part
from superserve_tui.ui.widgets.log.log import MessageLog
from superserve_tui.ui.widgets.log.selecting import Move

__all__ = ["Cursor", "LogDocument", "MessageLog", "Move", "Part"]
