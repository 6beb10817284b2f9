"""What can be configured; every field's docstring is its help. Layout and defaults: CONTRACT 2.

May import: protocol, the standard library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from superserve_tui.protocol import DEFAULT_IDLE_TIMEOUT_S
from superserve_tui.protocol.records import dataclass

__all__ = ["AgentConfig", "Config", "NotifyConfig", "ProfileConfig", "SidebarConfig"]

OnQuit = Literal["end", "keep", "ask"]
GroupBy = Literal["time", "agent", "profile"]
ToolSet = Literal["none", "read", "edit", "run"]


@dataclass(frozen=True, slots=True)
class NotifyConfig:
    """How the app says that a turn ended while nobody looked."""

    bell: bool = True
    """Ring the terminal's bell."""
    osc: bool = True
    """Send a desktop notification through the terminal (OSC 9 and 777)."""
    title: bool = True
    """Mark the terminal's title."""


@dataclass(frozen=True, slots=True)
class SidebarConfig:
    """How the list of sessions is shown."""

    group_by: GroupBy = "time"
    """What the sessions are grouped by: time, agent or profile."""


@dataclass(frozen=True, slots=True)
class ProfileConfig:
    """A server that sessions live on."""

    base_url: str
    """Its address, without `/v1`."""
    api_key_env: str | None = None
    """The environment variable that holds its key."""
    allow_insecure: bool = False
    """Allow plain http to a host that is not loopback."""


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """An agent on the embedded server; its kind follows from `command`, `port` or `model`."""

    name: str
    """The name of its table: a lowercase letter, then lowercase letters, digits and hyphens."""
    command: str | None = None
    """The program that is the agent, split as a shell splits words; no shell runs it."""
    cwd: str | None = None
    """The folder that it works in; else that of its superserve.yaml, else the one that the app was opened in."""
    secrets: tuple[str, ...] = ()
    """Variables that must be set, and SUPERSERVE_* variables that it may see."""
    framed: bool | None = None
    """Whether it speaks JSON lines; None: its first line decides."""
    quiet_s: float = 1.5
    """Seconds of silence that end a plain answer where nothing shows that the program waits to read."""
    port: int | None = None
    """The port of an HTTP agent: with `command` it is started, without it must be running."""
    model: str | None = None
    """A model's name at an OpenAI-compatible endpoint."""
    base_url: str | None = None
    """That endpoint, with `/v1`."""
    api_key_env: str | None = None
    """The environment variable that holds the endpoint's key."""
    tools: ToolSet = "read"
    """What a model may do in its folder: none, read, edit (also write) or run (also commands)."""
    system_prompt_file: str | None = None
    """A file whose text goes ahead of every conversation with a model."""
    context_tokens: int | None = None
    """How many tokens the model takes, its answer included; None: 32,000. Older messages are left out beyond."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything a person can set."""

    default_profile: str | None = None
    """The server for new sessions: `local`, `superserve` or a profile of this file."""
    default_agent: str | None = None
    """The agent for new sessions; empty: the one used last, else `workspace`."""
    idle_timeout: int = DEFAULT_IDLE_TIMEOUT_S
    """Idle seconds after which a new session ends."""
    on_quit: OnQuit = "end"
    """What happens to the sessions on the server at quit: end, keep or ask."""
    silence_timeout: int = 120
    """Seconds without a byte until a link counts as lost."""
    theme: str | None = None
    """The theme's name."""
    notify: NotifyConfig = field(default_factory=NotifyConfig)
    sidebar: SidebarConfig = field(default_factory=SidebarConfig)
    profiles: Mapping[str, ProfileConfig] = field(default_factory=dict)
    """Further servers, by name."""
    agents: Mapping[str, AgentConfig] = field(default_factory=dict)
    """Agents on the embedded server, by name."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Action id to key, or to `none`."""
