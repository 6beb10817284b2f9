"""Which agents the server offers: the built-in one, those of the config file, and the scripts named at start.

May import: config, protocol, server.agents, server.options, the standard library.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from superserve_tui.config.schema import AgentConfig
from superserve_tui.protocol import Agent
from superserve_tui.server.agents.base import AgentDefinition, AgentFailure, AgentSession
from superserve_tui.server.agents.http import HttpAgent, is_http
from superserve_tui.server.agents.identity import agent_id
from superserve_tui.server.agents.model import ModelAgent
from superserve_tui.server.agents.naming import WORKSPACE, agent_names
from superserve_tui.server.agents.project import (
    PROJECT_FILE,
    ProjectAgent,
    ProjectError,
    TrustedProjects,
    find_project,
    project_agent_name,
    project_secrets,
)
from superserve_tui.server.agents.runner import project_environment, script_command
from superserve_tui.server.agents.script import ScriptAgent
from superserve_tui.server.agents.workspace import WorkspaceAgent
from superserve_tui.server.options import ServerOptions

__all__ = ["UnavailableAgent", "build_agents"]


@dataclass(frozen=True, slots=True)
class UnavailableAgent:
    """An agent that is configured but can't be run: listed, with the reason."""

    config: AgentConfig
    reason: str
    """Why, in one line."""

    @property
    def info(self) -> Agent:
        """See `AgentDefinition`."""
        return Agent(
            id=agent_id(self.config.name),
            name=self.config.name,
            command=self.config.command,
            required_secrets=self.config.secrets,
            deps_status="failed",
            deps_error=self.reason,
        )

    def open(self, session_id: str) -> AgentSession:
        """See `AgentDefinition`; the server asks `info` before.

        Raises:
            AgentFailure: always.
        """
        raise AgentFailure(f"{self.config.name} can't be run (session {session_id}): {self.reason}")


def build_agents(
    options: ServerOptions, environ: Mapping[str, str], *, trusted: TrustedProjects | None = None
) -> list[AgentDefinition]:
    """All agents: `workspace`, the config file's, the scripts, the folder's own project; every name once.

    Args:
        options: What to serve.
        environ: The person's environment, less what no agent may see.
        trusted: What the person has said yes to, by now and later; None: what `options` says.
    """
    config_names, script_names = agent_names(options)
    agents: list[AgentDefinition] = [WorkspaceAgent(options.folder)]
    for name, config in zip(config_names, options.agents, strict=True):
        agents.append(_configured(replace(config, name=name), options.folder, environ))
    for name, script in zip(script_names, options.scripts, strict=True):
        agents.append(_script(name, script, options.folder, environ))
    taken = {WORKSPACE, *config_names, *script_names}
    project = _project(options.folder, taken, environ, trusted or TrustedProjects(options.trusted_projects))
    return agents if project is None else [*agents, project]


def _configured(config: AgentConfig, folder: Path, environ: Mapping[str, str]) -> AgentDefinition:
    if config.model is not None:
        return ModelAgent(config, folder=folder, environ=environ)
    if is_http(config):
        return HttpAgent(config, folder=folder, environ=environ)
    if config.command is None:
        return UnavailableAgent(config, "it has neither command, port nor model; set one in the config file")
    return ScriptAgent(config, folder=folder, environ=environ)


def _script(name: str, script: Path, folder: Path, environ: Mapping[str, str]) -> AgentDefinition:
    script = script if script.is_absolute() else folder / script
    config = AgentConfig(name=name, command=shlex.join(script_command(script, environ)))
    if not script.is_file():
        return UnavailableAgent(config, f"there is no file {script}")
    if not (script.parent / PROJECT_FILE).is_file():
        return ScriptAgent(config, folder=folder, environ=environ)
    try:
        config = replace(config, secrets=project_secrets(script.parent))
    except ProjectError as error:
        return UnavailableAgent(config, str(error))
    return ScriptAgent(config, folder=script.parent, environ=environ)


def _project(
    folder: Path, taken: set[str], environ: Mapping[str, str], trusted: TrustedProjects
) -> AgentDefinition | None:
    """The agent of the superserve.yaml in the folder that the command was opened in, if there is one."""

    def make(config: AgentConfig, where: Path) -> AgentDefinition:
        return _configured(config, where, project_environment(where, environ))

    try:
        project = find_project(folder)
    except ProjectError as error:
        return UnavailableAgent(AgentConfig(name=project_agent_name("project", taken)), str(error))
    if project is None:
        return None
    return ProjectAgent(folder, name=project_agent_name(project.name, taken), trusted=trusted, make=make)
