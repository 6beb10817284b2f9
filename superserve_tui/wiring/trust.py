"""The projects that the person has said yes to, remembered: a 0600 file for each in the data folder.

A file's name is the project's trust key, so a project that changes asks again; its content, the folder, is for a
person who looks. Removing a file takes the yes back. There is nothing to parse, and two instances never write the
same file differently.

May import: config, protocol, the server's projects, the standard library.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from superserve_tui.config import Paths, write_private
from superserve_tui.protocol import Agent, SuperserveError, scrub
from superserve_tui.server.agents.project import Project, find_project

__all__ = ["TrustedFolder", "shown_project"]

_KEY = re.compile(r"[0-9a-f]{64}\Z")


class TrustedFolder:
    """Trust keys on disk. Any thread; every method may block for a moment.

    Args:
        paths: The person's files.
    """

    def __init__(self, paths: Paths) -> None:
        self._folder = paths.trusted_dir

    def keys(self) -> tuple[str, ...]:
        """What is remembered; nothing where that can't be read."""
        try:
            return tuple(name for name in sorted(os.listdir(self._folder)) if _KEY.match(name))
        except OSError:
            return ()

    def add(self, project: Project) -> None:
        """The person said yes to it as it is now.

        Raises:
            OSError: it can't be written down.
        """
        write_private(self._folder / project.trust_key, os.fsencode(project.folder) + b"\n")


def shown_project(folder: Path, agent: Agent) -> Project:
    """The project of `folder`, provided that it is still what `agent` showed of it when the person said yes.

    Raises:
        SuperserveError: there is none any more, it can't be read, or it would run something else by now.
    """
    project = find_project(folder)
    shown = (agent.deps_error, *agent.required_secrets)
    if project is None or tuple(map(scrub, (project.intent, *project.secrets))) != shown:
        raise SuperserveError(f"{agent.name} is not what was shown any more; look at it again")
    return project
