"""A folder with a superserve.yaml as an agent: read, named, and run only once the person has said yes (PROTOCOL 6).

A clone of a stranger's repository must not run a command because the app was opened in it. So the agent is listed
as not trusted, with its command and folder, until its trust key is known. The key stands for the folder and for
every byte of the file: a changed file asks again. Whoever owns the person's data remembers the keys.

May import: config, protocol, the agents' base and identity, PyYAML (only where a superserve.yaml lies).
"""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from superserve_tui.config.schema import AgentConfig
from superserve_tui.protocol import AGENT_NAME, UNTRUSTED, Agent, SuperserveError
from superserve_tui.server.agents.base import AgentDefinition, AgentFailure, AgentSession
from superserve_tui.server.agents.identity import agent_id

__all__ = [
    "PROJECT_FILE",
    "Project",
    "ProjectAgent",
    "ProjectError",
    "TrustedProjects",
    "content_hash",
    "find_project",
    "project_agent_name",
    "project_secrets",
    "trust_key",
]

PROJECT_FILE = "superserve.yaml"

_MAX_BYTES = 1024 * 1024


class ProjectError(SuperserveError):
    """The superserve.yaml can't be used. The message names the file and what is wrong with it, in one line."""


@dataclass(frozen=True, slots=True)
class Project:
    """What a superserve.yaml says."""

    folder: Path
    """Where it lies, links resolved; its command works there."""
    name: str
    command: str
    secrets: tuple[str, ...]
    """Names of variables that must be set."""
    ignore: tuple[str, ...]
    """What a deployment leaves out; of no use here."""
    content_hash: str
    """Of the file's bytes; see `content_hash`."""

    @property
    def trust_key(self) -> str:
        """What is remembered when the person says yes."""
        return trust_key(self.folder, self.content_hash)

    @property
    def intent(self) -> str:
        """What the person says yes to, in words; follows `not trusted yet: `."""
        return f"it would run `{self.command}` in {self.folder}"


class TrustedProjects:
    """The trust keys that the person has said yes to, as far as this server knows. Used on its loop."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._keys = set(keys)

    def add(self, key: str) -> None:
        """The person said yes."""
        self._keys.add(key)

    def __contains__(self, key: str) -> bool:
        return key in self._keys


def content_hash(content: bytes) -> str:
    """SHA-256 of a superserve.yaml, in hex."""
    return hashlib.sha256(content).hexdigest()


def trust_key(folder: Path, hash_of_content: str) -> str:
    """One word for a folder (links resolved) and the content of its superserve.yaml."""
    return hashlib.sha256(os.fsencode(folder.resolve()) + b"\0" + hash_of_content.encode()).hexdigest()


def find_project(folder: Path) -> Project | None:
    """The project that `folder` is; None where it has no superserve.yaml. Reads one file, starts nothing.

    Raises:
        ProjectError: there is one, and it can't be used.
    """
    file = folder / PROJECT_FILE
    if not file.is_file():
        return None
    content = _read(file)
    document = _parse(file, content)
    name, command = document.get("name"), document.get("command")
    if not isinstance(name, str) or not AGENT_NAME.match(name):
        raise ProjectError(
            f"{file}: name must have a lowercase letter first, then lowercase letters, digits and hyphens"
        )
    if not isinstance(command, str) or not _is_command(command):
        raise ProjectError(f"{file}: command must be the program that is the agent, on one line")
    return Project(
        folder=folder.resolve(),
        name=name,
        command=command,
        secrets=_names(file, document, "secrets"),
        ignore=_names(file, document, "ignore"),
        content_hash=content_hash(content),
    )


def project_secrets(folder: Path) -> tuple[str, ...]:
    """The variables that a script in `folder` needs, by the superserve.yaml there; none without one.

    Raises:
        ProjectError: the file can't be read or its `secrets` are no list of names.
    """
    file = folder / PROJECT_FILE
    return _names(file, _parse(file, _read(file)), "secrets") if file.is_file() else ()


def project_agent_name(name: str, taken: Collection[str]) -> str:
    """What a project is called among other agents: it never takes a name that another one has."""
    if name not in taken:
        return name
    free, number = f"{name}-project", 1
    while free in taken:
        number += 1
        free = f"{name}-project-{number}"
    return free


class ProjectAgent:
    """The project of the folder that the command was opened in: an `AgentDefinition`.

    Its file is read anew each time: one that changes while the server runs is not trusted any more.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        trusted: TrustedProjects,
        make: Callable[[AgentConfig, Path], AgentDefinition],
    ) -> None:
        """Args:
        folder: where the superserve.yaml is.
        name: what it is listed as; see `project_agent_name`.
        trusted: what the person has said yes to.
        make: makes the agent of a table and its folder, once it is trusted.
        """
        self._folder = folder
        self._name = name
        self._trusted = trusted
        self._make = make

    @property
    def info(self) -> Agent:
        """The agent as `GET /agents` shows it: not ready until it is trusted."""
        try:
            project = self._project()
        except ProjectError as error:
            return Agent(id=agent_id(self._name), name=self._name, deps_status="failed", deps_error=str(error))
        info = self._made(project).info
        if project.trust_key in self._trusted:
            return info
        return Agent(
            id=info.id,
            name=info.name,
            command=info.command,
            environment_keys=info.environment_keys,
            required_secrets=info.required_secrets,
            deps_status=UNTRUSTED,
            deps_error=project.intent,
        )

    def open(self, session_id: str) -> AgentSession:
        """Make the agent's side of one session.

        Raises:
            AgentFailure: it is not trusted (any more), or its file can't be used.
        """
        try:
            project = self._project()
        except ProjectError as error:
            raise AgentFailure(str(error), code="agent_not_started") from error
        if project.trust_key not in self._trusted:
            raise AgentFailure(
                f"{self._name} is not trusted: {project.intent}.",
                code="agent_not_trusted",
            )
        return self._made(project).open(session_id)

    def _project(self) -> Project:
        project = find_project(self._folder)
        if project is None:
            raise ProjectError(f"there is no {PROJECT_FILE} in {self._folder} any more")
        return project

    def _made(self, project: Project) -> AgentDefinition:
        config = AgentConfig(name=self._name, command=project.command, secrets=project.secrets)
        return self._make(config, project.folder)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ProjectError(f"{file}: can't be read: {error.strerror or error}") from None
    if len(content) > _MAX_BYTES:
        raise ProjectError(f"{file}: is larger than {_MAX_BYTES // 2**20} MB")
    return content


def _parse(file: Path, content: bytes) -> dict[str, Any]:
    import yaml

    try:
        document = yaml.safe_load(content)
    except yaml.MarkedYAMLError as error:
        place = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ProjectError(f"{file}: {place}is no valid YAML") from None
    except (yaml.YAMLError, ValueError, RecursionError, TypeError):  # odd dates and keys raise what they like
        raise ProjectError(f"{file}: is no valid YAML") from None
    if not isinstance(document, dict):
        raise ProjectError(f"{file}: is no table of keys and values")
    return document


def _names(file: Path, document: dict[str, Any], key: str) -> tuple[str, ...]:
    names = document.get(key)
    if names is None:
        return ()
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise ProjectError(f"{file}: {key} is no list of names")
    return tuple(names)


def _is_command(command: str) -> bool:
    try:
        return bool(shlex.split(command)) and not set(command) & {"\0", "\n", "\r"}
    except ValueError:
        return False
