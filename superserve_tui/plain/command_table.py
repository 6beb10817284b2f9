"""The commands of plain mode, in one table: what is typed, what follows it, what it does.

May import: config (for the nearest word), protocol, the standard library.
"""

from __future__ import annotations

from superserve_tui.config import nearest
from superserve_tui.protocol.records import dataclass

__all__ = ["COMMANDS", "COMMAND_WORDS", "Command", "Typed", "help_lines", "nearest_command", "parse"]


@dataclass(frozen=True, slots=True)
class Command:
    """One command."""

    name: str
    arguments: str
    """What may follow it, as in a usage line."""
    help: str
    """What it does, in one line."""
    needs_rest: bool = False
    """From a pipe it waits until the running turn is over: it is about the whole answer."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A command as it was typed."""

    name: str
    """Without the slash."""
    rest: str
    """What followed, without the space around it."""


COMMANDS = (
    Command("help", "", "what can be typed"),
    Command("new", "[AGENT] [PROFILE]", "a new session; AGENT also as its number in /agents"),
    Command("agents", "", "who there is to talk to"),
    Command("trust", "AGENT [PROFILE]", "say yes to what the agent of this folder's superserve.yaml would run"),
    Command("sessions", "", "all sessions, numbered"),
    Command("switch", "[NUMBER or WORDS]", "go on with another session, by number, words of its title, or id"),
    Command("search", "WORDS", "find words in all transcripts"),
    Command("show", "[all or N]", "the last turns of this session again", needs_rest=True),
    Command("status", "", "how this session and the others are"),
    Command("tools", "[N]", "the tool calls of the last turn, or the whole input of one", needs_rest=True),
    Command("log", "[all or N]", "the end of what this session's agent wrote to standard error", needs_rest=True),
    Command("stop", "", "stop the running turn; what came is kept"),
    Command("queue", "[send, drop N]", "the messages that wait; send them after all, or take one out"),
    Command("retry", "", "send the text that was kept, else the last message, again", needs_rest=True),
    Command("discard", "", "throw away the text that was kept", needs_rest=True),
    Command("reconnect", "", "pick up a turn that was cut or has gone silent"),
    Command("copy", "[all]", "the last answer to the clipboard, or the whole transcript", needs_rest=True),
    Command(
        "export",
        "md|json|text|html [FILE] [--no-tools] [--mask] [--overwrite]",
        "the transcript to a file; --mask hides what looks like a secret, --overwrite replaces a file",
        needs_rest=True,
    ),
    Command("rename", "TITLE", "another title for this session"),
    Command("end", "", "end this session on its server; its transcript stays", needs_rest=True),
    Command("delete", "[NUMBER]", "move a session to the trash", needs_rest=True),
    Command("undo", "", "bring back the session that was deleted last"),
    Command("quit", "[keep]", "leave, and end the sessions, or leave them running on their servers"),
)

COMMAND_WORDS = tuple(f"/{command.name}" for command in COMMANDS)
"""What can be typed, for completion."""

_NAMES = {command.name for command in COMMANDS}

_NOTES = (
    "A line is a message. A message of several lines: end each but the last with a backslash,",
    'or write it between two lines of """. Begin with // to send a message that begins with a slash.',
    "Messages sent while a turn runs wait for its end. ctrl+c stops the turn; ctrl+d leaves.",
)


def parse(line: str) -> Typed | None:
    """The command that a line is; None for a message."""
    if not line.startswith("/") or line.startswith("//"):
        return None
    name, _, rest = line[1:].strip().partition(" ")
    return Typed(name.lower(), rest.strip())


def nearest_command(name: str) -> str | None:
    """The command that was probably meant."""
    return nearest(name, _NAMES)


def help_lines() -> list[str]:
    """What `/help` prints."""
    usages = [f"/{each.name} {each.arguments}".rstrip() for each in COMMANDS]
    return [*_NOTES, *(f"{usage}: {each.help}" for usage, each in zip(usages, COMMANDS, strict=True))]
