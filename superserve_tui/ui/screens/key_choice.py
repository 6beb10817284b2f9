"""Which keys matter now: the ones that the key bar shows.

May import: domain, the table of actions.
"""

from __future__ import annotations

from superserve_tui.domain import Session, SessionState
from superserve_tui.ui.actions import Where

__all__ = ["SELECTING", "keys_that_matter"]

_LOG: tuple[str, ...] = (
    "log.next_message",
    "log.previous_message",
    "log.copy_message",
    "log.copy_code",
    "log.select",
    "log.fold",
    "log.edit_again",
)
_LOG += ("log.find", "log.copy_transcript", "view.help", "app.back")
_SIDEBAR: tuple[str, ...] = (
    "sidebar.open",
    "sidebar.new",
    "sidebar.rename",
    "sidebar.delete",
    "sidebar.pin",
    "sidebar.filter",
)
_SIDEBAR += ("sidebar.undelete", "sidebar.export", "sidebar.end", "view.help", "app.back")
_LINE: tuple[str, ...] = ("app.back", "view.help")
_TOOLS: tuple[str, ...] = ("tools.open", "tools.fold", "view.tools", "view.next_pane", "view.help", "app.back")
_COMPOSER: tuple[str, ...] = (
    "session.new",
    "session.switch",
    "app.palette",
    "view.help",
    "app.quit",
    "message.newline",
)
_COMPOSER += ("view.sidebar", "view.tools")
_WAYS_OUT = {"app.palette": "reconnect", "message.send": "queue"}
"""Reconnecting is the first of the palette then."""


SELECTING: tuple[tuple[str, str], ...] = (
    ("arrows", "extend"),
    ("y", "copy"),
    ("Esc", "leave"),
    ("v", "begin here"),
    ("ctrl+arrows", "by word"),
    ("Home End", "row"),
    ("g G", "start, end"),
)
"""Keys while something is being selected, which are the transcript's own, and what they do."""


def keys_that_matter(
    pane: Where, session: Session | None, *, is_line: bool = False, is_dead: bool = False
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Ids of the actions, the most useful first, and other words than the table's for some.

    Args:
        pane: What has the keyboard.
        session: The one on screen.
        is_line: The keyboard is in a line of its own (a filter, a title, words to find), not in the pane.
        is_dead: Nothing comes of its running turn.
    """
    if is_line:
        return _LINE, {}
    is_busy = session is not None and session.state.is_busy
    labels = {"app.back": "stop (twice)"} if is_busy else {}
    is_cut = session is not None and session.state is SessionState.INTERRUPTED
    match pane:
        case Where.LOG if is_dead or is_cut:
            return ("log.reconnect", "app.back", *_LOG) if is_dead else ("log.reconnect", *_LOG), labels
        case _ if is_dead:
            return ("app.palette", "app.back", "message.send"), {**labels, **_WAYS_OUT}
        case Where.LOG if session is not None and session.state is SessionState.FAILED:
            return ("log.retry", *_LOG), labels
        case Where.LOG:
            return _LOG, labels
        case Where.SIDEBAR:
            return _SIDEBAR, labels
        case Where.TOOLS:
            return _TOOLS, labels
        case _ if is_busy:
            return ("message.send", "app.back", *_COMPOSER), {**labels, "message.send": "queue"}
        case _:
            return ("message.send", *_COMPOSER), labels
