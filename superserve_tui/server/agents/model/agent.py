"""A model as an agent: what is listed of it, and what its sessions are made of.

May import: protocol, config, the agents' base and identity, the workspace's folder, this package.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from superserve_tui.config.schema import AgentConfig
from superserve_tui.protocol import Agent, format_time, scrub
from superserve_tui.server.agents.base import AgentFailure
from superserve_tui.server.agents.identity import agent_id
from superserve_tui.server.agents.model.address import EndpointAddress
from superserve_tui.server.agents.model.command_tool import CommandTool
from superserve_tui.server.agents.model.endpoint import Endpoint, EndpointTimes
from superserve_tui.server.agents.model.session import ModelIdentity, ModelSession
from superserve_tui.server.agents.model.toolbox import Toolbox
from superserve_tui.server.agents.workspace.folder import Folder

__all__ = ["ModelAgent"]

_CONTEXT_TOKENS = 32_000
"""Where the config says nothing; an endpoint that takes less says so, and the conversation is cut to fit."""

_PROMPT_BYTES = 1024 * 1024

_TOOL_WORDS = {
    "none": "no tools",
    "read": "reads this folder",
    "edit": "reads and changes this folder",
    "run": "reads and changes this folder, runs commands with all your rights",
}


class ModelAgent:
    """A model behind an OpenAI-compatible endpoint: an `AgentDefinition`."""

    def __init__(
        self,
        config: AgentConfig,
        *,
        folder: Path,
        environ: Mapping[str, str],
        times: EndpointTimes | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Args:
        config: its table; `model` must be set.
        folder: what its tools work on unless `cwd` says otherwise.
        environ: the person's environment, where the key comes from.
        times: the waits, for tests.
        sleep: how it waits for a busy endpoint, for tests.
        """
        self._config = config
        self._folder = folder / Path(config.cwd).expanduser() if config.cwd else folder
        self._opened_in = folder
        self._environ = environ
        self._times = times or EndpointTimes()
        self._sleep = sleep
        self._created_at = format_time(datetime.now(UTC))

    @property
    def info(self) -> Agent:
        """The agent as `GET /agents` shows it; its command says what it is and what it may do."""
        config = self._config
        secrets = tuple(dict.fromkeys((*((config.api_key_env,) if config.api_key_env else ()), *config.secrets)))
        problem = self._problem()
        return Agent(
            id=agent_id(config.name),
            name=config.name,
            command=self._describe(),
            environment_keys=tuple(name for name in secrets if self._environ.get(name)),
            required_secrets=secrets,
            deps_status="failed" if problem else "ready",
            deps_error=problem,
            created_at=self._created_at,
            updated_at=self._created_at,
        )

    def open(self, session_id: str) -> ModelSession:
        """Make the agent's side of one session; nothing is sent before the first message.

        Raises:
            AgentFailure: it is not ready.
        """
        config = self._config
        if (problem := self._problem()) is not None:
            raise AgentFailure(f"{config.name} can't be run: {problem}.", code="agent_not_started")
        address = self._address()
        key = self._key()
        context = config.context_tokens or _CONTEXT_TOKENS
        identity = ModelIdentity(
            model=config.model or "",
            endpoint_name=address.name,
            context_tokens=context,
            system_prompt=self._system_prompt(),
            key_variable=config.api_key_env,
            key=key,
        )
        commands = CommandTool(
            self._folder,
            environ=self._environ,
            session_id=session_id,
            hidden=frozenset({config.api_key_env} if config.api_key_env else ()) - set(config.secrets),
        )
        toolbox = Toolbox(
            config.tools,
            Folder(self._folder),
            commands,
            max_characters=max(2_000, min(30_000, context)),  # a quarter of the context at most
        )
        return ModelSession(identity, Endpoint(address, key=key, times=self._times), toolbox, sleep=self._sleep)

    def _describe(self) -> str:
        try:
            where = f" at {self._address().name}"
        except ValueError:
            where = ""
        return f"model {self._config.model}{where} ({_TOOL_WORDS[self._config.tools]})"

    def _address(self) -> EndpointAddress:
        if self._config.base_url is None:
            raise ValueError("it has no base_url; set one, e.g. http://127.0.0.1:11434/v1 for Ollama")
        return EndpointAddress.parse(self._config.base_url)

    def _key(self) -> str | None:
        variable = self._config.api_key_env
        return (self._environ.get(variable, "").strip() or None) if variable else None

    def _problem(self) -> str | None:
        """Why it can't be run now, in one line; None where it can, missing secrets aside."""
        try:
            address = self._address()
        except ValueError as error:
            return str(error)
        key = self._key()
        if key is not None and (reason := address.refuse_key(key)) is not None:
            return reason
        if not self._folder.is_dir():
            return f"its folder {self._folder} does not exist; check `cwd`"
        prompt = self._prompt_file()
        if prompt is not None and not prompt.is_file():
            return f"there is no file {prompt}; check `system_prompt_file`"
        return None

    def _prompt_file(self) -> Path | None:
        name = self._config.system_prompt_file
        return self._opened_in / Path(name).expanduser() if name else None

    def _system_prompt(self) -> str | None:
        """The person's words, else ours, else (no tools, nothing to explain) none.

        Raises:
            AgentFailure: the file can't be read.
        """
        file = self._prompt_file()
        if file is not None:
            try:
                with file.open("rb") as stream:
                    return scrub(stream.read(_PROMPT_BYTES).decode("utf-8-sig", "replace"))
            except OSError as error:
                raise AgentFailure(
                    f"The system prompt {file} can't be read: {error.strerror or error}.", code="agent_not_started"
                ) from error
        if self._config.tools == "none":
            return None
        may = {
            "read": "You can read the folder; you can't change it.",
            "edit": "You can read and change its files; say what you changed.",
            "run": "You can read and change its files and run commands; do nothing that was not asked for.",
        }[self._config.tools]
        return (
            f"You help a person at a terminal, at work in the folder {self._folder.name or '/'}. {may} "
            "Use your tools to look before you answer, with paths relative to the folder. "
            "Answer in Markdown, short and to the point."
        )
