"""What was typed with a slash before it, and who does it.

May import: domain, plain's own modules, the standard library.
"""

from __future__ import annotations

from superserve_tui.domain import clean_line
from superserve_tui.plain.agent_commands import AgentCommands
from superserve_tui.plain.command_table import Typed, help_lines, nearest_command
from superserve_tui.plain.desk import Desk
from superserve_tui.plain.session_commands import SessionCommands
from superserve_tui.plain.turn_commands import TurnCommands

__all__ = ["Commands"]


class Commands:
    """Does what was typed. For the front end's thread.

    Args:
        desk: What commands work with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.agents = AgentCommands(desk)
        self.sessions = SessionCommands(desk)
        self.turns = TurnCommands(desk)
        self.table = {
            "help": self.help,
            "quit": self.quit,
            **self.agents.table,
            **self.sessions.table,
            **self.turns.table,
        }
        """What does which command."""

    @property
    def is_waiting(self) -> bool:
        """Whether something is still to be done with what was asked for."""
        is_told = self.agents.is_asking or self.sessions.is_asking
        return self._desk.is_asking or is_told or self.turns.is_copying or self._desk.model.is_moving

    def run(self, typed: Typed) -> None:
        """Do one command; one that is not known is explained."""
        do = self.table.get(typed.name)
        if do is not None:
            do(typed.rest)
            return
        near = nearest_command(typed.name)
        meant = f"did you mean /{near}? " if near else ""
        name = clean_line(typed.name, limit=40)
        self._desk.say(
            f"there is no command /{name}; {meant}/help lists them. To send it as a message, begin with //"
        )

    def help(self, _rest: str) -> None:
        """What can be typed."""
        self._desk.say("what can be typed:")
        for line in help_lines():
            self._desk.printer.listed(line)

    def quit(self, rest: str) -> None:
        """Leave, or ask how."""
        on_quit = self._desk.options.config.on_quit
        if rest not in ("", "end", "keep"):
            self._desk.say("type /quit, or /quit keep")
        elif on_quit == "ask" and not rest:
            self._desk.say("/quit end ends all sessions; /quit keep leaves them running on their servers")
        else:
            self._desk.host.leave(keep=rest == "keep" or (on_quit == "keep" and rest != "end"))
