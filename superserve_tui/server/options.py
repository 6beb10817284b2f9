"""What the embedded server is started with, and how it travels over the pipe to its process.

May import: config, the standard library.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from superserve_tui.config.schema import AgentConfig

__all__ = ["ServerOptions"]


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """One embedded server."""

    folder: Path
    """The folder that the command was opened in; where agents work that name no other."""
    agents: tuple[AgentConfig, ...] = ()
    """The agents of the config file."""
    scripts: tuple[Path, ...] = ()
    """Programs that were named on the command line; each is an agent."""
    trusted_projects: tuple[str, ...] = ()
    """Trust keys (see `server.agents.project`) of the projects that the person has said yes to."""
    servers_dir: Path | None = None
    """Where its address file goes; None: nobody else is to find it."""
    turn_grace_s: float = 600.0
    """How long running turns may go on once the starter is gone."""
    events_grace_s: float = 600.0
    """How long `/events` answers after the last of them."""

    def to_line(self, token: str) -> bytes:
        """One line of JSON, with the token, for the server's standard input."""
        row = {
            "token": token,
            "folder": str(self.folder),
            "agents": [asdict(agent) for agent in self.agents],
            "scripts": [str(script) for script in self.scripts],
            "trusted_projects": list(self.trusted_projects),
            "servers_dir": None if self.servers_dir is None else str(self.servers_dir),
            "turn_grace_s": self.turn_grace_s,
            "events_grace_s": self.events_grace_s,
        }
        return json.dumps(row).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> tuple[ServerOptions, str]:
        """The options and the token that `to_line` wrote.

        Raises:
            ValueError: the line is anything else.
        """
        try:
            row = json.loads(line)
            servers_dir = row["servers_dir"]
            options = cls(
                folder=Path(row["folder"]),
                agents=tuple(
                    AgentConfig(**{**agent, "secrets": tuple(agent["secrets"])}) for agent in row["agents"]
                ),
                scripts=tuple(Path(script) for script in row["scripts"]),
                trusted_projects=tuple(str(key) for key in row["trusted_projects"]),
                servers_dir=None if servers_dir is None else Path(servers_dir),
                turn_grace_s=float(row["turn_grace_s"]),
                events_grace_s=float(row["events_grace_s"]),
            )
            return options, str(row["token"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"not the options of a server: {error!r}") from None
