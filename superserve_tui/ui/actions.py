"""The one table of actions: keys, footer, help and the README's key table are all made from it.

An action `session.new` is done by the method `action_session_new` of the main screen.

May import: textual, the standard library.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from textual.binding import Binding

from superserve_tui.protocol.records import dataclass

__all__ = ["ACTIONS", "SIGNS", "Action", "Where", "action", "bindings_for", "key_name", "parse_key"]


class Where(StrEnum):
    """The pane that must have the focus for an action's keys to work."""

    ALL = "all"
    COMPOSER = "composer"
    LOG = "log"
    TOOLS = "tools"
    SIDEBAR = "sidebar"


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a key does."""

    id: str
    """`area.verb`; what the config's `[keys]` names."""
    keys: tuple[str, ...]
    """Textual's names of its keys, the one to show first."""
    label: str
    """One or two words for the footer."""
    help: str
    """One sentence for the help screen."""
    where: Where = Where.ALL
    full_label: str = ""
    """What the palette calls it, where the label says too little beside those of all panes."""

    @property
    def name(self) -> str:
        """What it is called among all actions; no two that the palette lists have the same."""
        return self.full_label or self.label

    @property
    def method(self) -> str:
        """What follows `action_` in the name of the method that does it."""
        return self.id.replace(".", "_")


_A, _W = Action, Where

ACTIONS: tuple[Action, ...] = (
    _A("message.send", ("enter",), "send", "Send the message; while a turn runs it waits its turn.", _W.COMPOSER),
    _A("message.newline", ("ctrl+j",), "new line", "Start a new line; a backslash and Enter does the same.", _W.COMPOSER),
    _A("message.earlier", ("up",), "earlier", "At the first line: the message sent before; the draft is kept.", _W.COMPOSER),
    _A("message.later", ("down",), "later", "At the last line: the message sent after, at the end the draft.", _W.COMPOSER),
    _A("app.back", ("escape",), "back", "One step back out. In a running turn it arms; a second within 3 s stops the turn."),
    _A("app.copy_or_clear", ("ctrl+c",), "copy", "Copy the selection; else clear the composer into its history; else like Escape."),
    _A("app.quit", ("ctrl+q",), "quit", "End the sessions and quit."),
    _A("session.new", ("ctrl+n",), "new", "Start a session: choose the agent, a title, the idle time.", full_label="new session"),
    _A("session.switch", ("ctrl+s",), "switch", "Find a session by title or agent, or by words of its transcript.", full_label="switch session"),
    _A("session.previous", ("alt+up",), "previous", "The session above in the list.", full_label="previous session"),
    _A("session.next", ("alt+down",), "next", "The session below in the list.", full_label="next session"),
    _A("session.attention", ("ctrl+right_square_bracket", "f8"), "needs me", "The next session that needs you: failed, expired, unread, expiring soon."),
    _A("session.back", ("ctrl+circumflex_accent", "f7"), "last session", "Back to the session before."),
    _A("session.rename", ("f2",), "rename", "Give the session another title."),
    _A("session.stop", (), "stop", "Stop the running turn; what came of it is kept."),
    _A("session.broadcast", ("alt+s",), "broadcast", "Send the message in the composer to several; their answers stand side by side."),
    _A("session.details", ("f3",), "details", "All that is known of the session: ids, times, counts."),
    _A("session.log", ("f12",), "agent's log", "What the session's agent wrote to standard error."),
    _A("session.queue", ("f4",), "queue", "The messages that wait: edit, move, remove, send."),
    _A("session.attach", ("f5",), "on servers", "Sessions on the servers that are not in the list: attach one, end what idles."),
    _A("app.login", (), "log in", "Log in to the service, where its key comes from a login."),
    _A("app.palette", ("ctrl+p",), "actions", "Find any action by name; a slash on an empty composer does the same."),
    _A("app.jump", ("ctrl+o",), "jump", "Jump mode: a letter goes to a pane, a digit to a session."),
    _A("message.editor", ("ctrl+g",), "editor", "Edit the message in $EDITOR."),
    _A("message.unfold", ("ctrl+l",), "unfold", "Show the large texts in the message in full; undo (ctrl+_) folds them again."),
    _A("message.search", ("ctrl+r",), "sent before", "Search what was sent, over all sessions."),
    _A("log.find", ("ctrl+f",), "find", "Find in this transcript; n and N walk the hits."),
    _A("view.mouse", ("f6",), "mouse", "The mouse to the terminal, to select with it, and back."),
    _A("app.config", (), "config", "Edit the config file in $EDITOR; it is checked and, where possible, in force at once."),
    _A("app.try_keys", (), "try keys", "Press keys and see what arrives and what it does."),
    _A("app.theme", (), "theme", "Choose a theme, with a look at each."),
    _A("view.tools", ("ctrl+t",), "tools", "The tool pane: full, one line, off."),
    _A("view.sidebar", ("ctrl+backslash", "f9"), "sessions", "The list of sessions, on or off."),
    _A("view.help", ("f1",), "help", "All keys."),
    _A("app.suspend", ("ctrl+z",), "suspend", "Suspend to the shell; `fg` comes back."),
    _A("view.next_pane", ("tab",), "next pane", "The next pane."),
    _A("view.previous_pane", ("shift+tab",), "previous pane", "The pane before."),
    _A("log.page_up", ("pageup",), "page up", "Scroll the transcript up, also while typing."),
    _A("log.page_down", ("pagedown",), "page down", "Scroll the transcript down, also while typing."),
    _A("log.top", ("ctrl+home",), "top", "To the start of the transcript."),
    _A("log.follow", ("ctrl+end",), "follow", "To the end of the transcript, and follow it."),
    _A("log.copy_answer", ("alt+c",), "copy answer", "Copy the last answer."),
    _A("log.next_message", ("j",), "next", "The next message or answer.", _W.LOG, full_label="next message"),
    _A("log.previous_message", ("k",), "previous", "The message or answer before.", _W.LOG, full_label="previous message"),
    _A("log.next_turn", ("right_curly_bracket",), "next turn", "The next turn.", _W.LOG),
    _A("log.previous_turn", ("left_curly_bracket",), "previous turn", "The turn before.", _W.LOG),
    _A("log.first", ("g",), "first", "To the first message.", _W.LOG),
    _A("log.last", ("G",), "last", "To the last message.", _W.LOG),
    _A("log.half_up", ("ctrl+u",), "half up", "Half a page up.", _W.LOG),
    _A("log.half_down", ("ctrl+d",), "half down", "Half a page down.", _W.LOG),
    _A("log.find_next", ("n",), "next hit", "The next place that was found.", _W.LOG),
    _A("log.find_previous", ("N",), "hit before", "The place before.", _W.LOG),
    _A("log.fold", ("space",), "fold", "Fold or unfold the answer.", _W.LOG, full_label="fold answer"),
    _A("log.select", ("v",), "select", "Select text: arrows extend, with ctrl by word; v again begins anew; y or Enter copies.", _W.LOG),
    _A("log.copy_message", ("y",), "copy", "Copy the message or answer under the cursor, as its source.", _W.LOG),
    _A("log.copy_code", ("c",), "copy code", "Copy the code block under the cursor.", _W.LOG),
    _A("log.copy_transcript", ("Y",), "copy all", "Copy the whole transcript as Markdown.", _W.LOG),
    _A("log.retry", ("R",), "retry", "Send the message of the last turn again.", _W.LOG),
    _A("log.export", ("x",), "export", "Write the transcript to a file: Markdown, text, JSON or a web page.", _W.LOG),
    _A("log.reconnect", ("r",), "reconnect", "Pick an interrupted turn up where it was cut; give a silent one another connection; wait for no next try.", _W.LOG),
    _A("log.edit_again", ("e",), "edit again", "Put the message under the cursor back into the composer.", _W.LOG),
    _A("tools.open", ("enter",), "open", "The whole call: its input and times.", _W.TOOLS),
    _A("tools.fold", ("space",), "fold", "Fold or unfold calls of one tool in a row.", _W.TOOLS, full_label="fold calls"),
    _A("sidebar.open", ("enter",), "open", "Open the session.", _W.SIDEBAR),
    _A("sidebar.new", ("n",), "new", "Start a session.", _W.SIDEBAR),
    _A("sidebar.rename", ("f2",), "rename", "Give the session another title.", _W.SIDEBAR),
    _A("sidebar.delete", ("d",), "delete", "Move the session to the trash; U brings it back.", _W.SIDEBAR),
    _A("sidebar.undelete", ("U",), "undo", "Bring the last deleted session back.", _W.SIDEBAR),
    _A("sidebar.unread", ("u",), "unread", "Mark the session as unread, or as read.", _W.SIDEBAR),
    _A("sidebar.pin", ("p",), "pin", "Keep the session at the top, or let it go.", _W.SIDEBAR),
    _A("sidebar.end", ("E",), "end", "End the session on its server.", _W.SIDEBAR),
    _A("sidebar.export", ("x",), "export", "Write the session's transcript to a file, without opening it.", _W.SIDEBAR, full_label="export listed"),
    _A("sidebar.filter", ("slash",), "filter", "Narrow the list as you type.", _W.SIDEBAR),
)  # fmt: skip

_BY_ID: Mapping[str, Action] = {each.id: each for each in ACTIONS}

SIGNS = {
    " ": "space",
    "!": "exclamation_mark",
    '"': "quotation_mark",
    "#": "number_sign",
    "$": "dollar_sign",
    "%": "percent_sign",
    "&": "ampersand",
    "'": "apostrophe",
    "(": "left_parenthesis",
    ")": "right_parenthesis",
    "*": "asterisk",
    "+": "plus",
    ",": "comma",
    "-": "minus",
    ".": "full_stop",
    "/": "slash",
    ":": "colon",
    ";": "semicolon",
    "<": "less_than_sign",
    "=": "equals_sign",
    ">": "greater_than_sign",
    "?": "question_mark",
    "@": "at",
    "[": "left_square_bracket",
    "\\": "backslash",
    "]": "right_square_bracket",
    "^": "circumflex_accent",
    "_": "underscore",
    "`": "grave_accent",
    "{": "left_curly_bracket",
    "|": "vertical_line",
    "}": "right_curly_bracket",
    "~": "tilde",
}
"""Textual's names of the characters that are no letters or digits."""

_NAMES = {name: sign for sign, name in SIGNS.items()} | {
    "space": "Space",
    "enter": "Enter",
    "escape": "Esc",
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
    "tab": "Tab",
    "backspace": "Backspace",
    "delete": "Del",
    "insert": "Ins",
    "home": "Home",
    "end": "End",
    "pageup": "PgUp",
    "pagedown": "PgDn",
}
_PARSED = {shown.casefold(): name for name, shown in _NAMES.items()}


def action(action_id: str) -> Action:
    """The action with that id."""
    return _BY_ID[action_id]


def key_name(key: str) -> str:
    """A key as people write it."""
    *modifiers, base = key.split("+")
    if base[:1] == "f" and base[1:].isdigit():
        base = base.upper()
    return "+".join([*modifiers, _NAMES.get(base, base)])


def parse_key(written: str) -> str:
    """A key as Textual names it, from how people write it: `ctrl+]`, `F8`, `PgUp`, `G`."""
    text = written.strip()
    if len(text) == 1:
        return SIGNS.get(text, text)
    *modifiers, base = text.split("+")
    base = _PARSED.get((base or "+").casefold(), base.lower())
    return "+".join([*(each.lower() for each in modifiers if each), base])


def bindings_for(where: Where) -> list[Binding]:
    """Textual's bindings of a pane; those of `ALL` come before any widget's own."""
    return [
        Binding(
            ",".join(each.keys) or "none",  # a key that never comes, until the person gives it one
            f"screen.{each.method}",
            each.label,
            show=False,
            priority=where is Where.ALL,
            id=each.id,
        )
        for each in ACTIONS
        if each.where is where
    ]
