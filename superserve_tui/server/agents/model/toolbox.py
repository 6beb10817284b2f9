"""The tools of one session: what the model is told of them, and how a call is made and shown.

May import: protocol, config, the agents' base, the workspace's folder and budget, this package's tools.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from superserve_tui.config.schema import ToolSet
from superserve_tui.protocol import JsonObject
from superserve_tui.server.agents.base import TurnSink
from superserve_tui.server.agents.model.arguments import Arguments, ToolRefusal
from superserve_tui.server.agents.model.calls import CallRequest
from superserve_tui.server.agents.model.command_tool import CommandTool
from superserve_tui.server.agents.model.editing_tools import replace_in_file, write_file
from superserve_tui.server.agents.model.reading_tools import list_files, read_file, search_files
from superserve_tui.server.agents.workspace.budget import Budget
from superserve_tui.server.agents.workspace.folder import Folder, Refusal, Refused

__all__ = ["Toolbox"]

_WORK_S = 10.0
"""Seconds that one look into the folder may take; what is missing then is said."""

_REFUSALS = {
    Refusal.MISSING: "there is no such file or folder",
    Refusal.OUTSIDE: "it lies outside the folder, where nothing is read or written",
    Refusal.LINK_OUTSIDE: "it is a link that leads outside the folder",
    Refusal.SECRET: "it may hold secrets (.git, .env, keys), which are never read or written",
    Refusal.SPECIAL: "it is a device, a pipe or a socket",
    Refusal.UNREADABLE: "the system does not allow it",
    Refusal.NOT_A_FILE: "it is a folder",
}

_FolderTool = Callable[[Folder, Arguments, Budget], str]

_STRING = {"type": "string"}
_PATH = {"type": "string", "description": "Relative to the folder, e.g. src/main.py"}
_START = {"type": "string", "description": "Where to look, relative to the folder; default: everywhere"}
_PATTERN = {"type": "string", "description": "Only files that fit this glob, e.g. *.py"}
_INTEGER = {"type": "integer"}
_BOOLEAN = {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class _Spec:
    """What the model is told of a tool."""

    name: str
    description: str
    parameters: JsonObject
    required: tuple[str, ...]

    @property
    def schema(self) -> JsonObject:
        """As the endpoint wants it."""
        parameters = {"type": "object", "properties": self.parameters, "required": list(self.required)}
        function = {"name": self.name, "description": self.description, "parameters": parameters}
        return {"type": "function", "function": function}


_READ: tuple[tuple[_Spec, _FolderTool], ...] = (
    (
        _Spec(
            "list_files",
            "List files and folders below a folder, nearest first. Ignored files and caches are left out.",
            {"path": _START, "pattern": _PATTERN},
            (),
        ),
        list_files,
    ),
    (
        _Spec(
            "read_file",
            "Read a text file, or some lines of a long one.",
            {"path": _PATH, "first_line": _INTEGER, "line_count": _INTEGER},
            ("path",),
        ),
        read_file,
    ),
    (
        _Spec(
            "search",
            "Find lines that contain a plain text (no regular expression) in the folder's files.",
            {"text": _STRING, "path": _START, "pattern": _PATTERN, "ignore_case": _BOOLEAN},
            ("text",),
        ),
        search_files,
    ),
)

_EDIT: tuple[tuple[_Spec, _FolderTool], ...] = (
    (
        _Spec(
            "write_file",
            "Write a whole text file; one that is there is replaced, folders are made.",
            {"path": _PATH, "content": _STRING},
            ("path", "content"),
        ),
        write_file,
    ),
    (
        _Spec(
            "replace_in_file",
            "Replace a text in a file. `old` must be in it exactly once (or set `all`), copied with all blanks.",
            {"path": _PATH, "old": _STRING, "new": _STRING, "all": _BOOLEAN},
            ("path", "old", "new"),
        ),
        replace_in_file,
    ),
)

_RUN = _Spec(
    "run_command",
    "Run a shell command in the folder and get its output. No input can be given to it; what it leaves running is"
    " ended with it.",
    {"command": _STRING, "timeout_s": {"type": "integer", "description": "At most 600; default 60"}},
    ("command",),
)


class Toolbox:
    """The tools that one agent may use. Used on the server's loop."""

    def __init__(self, tools: ToolSet, folder: Folder, commands: CommandTool, *, max_characters: int) -> None:
        """Args:
        tools: Which: none, read, edit (also write) or run (also commands).
        folder: What they work on.
        commands: Runs commands.
        max_characters: Of a result that the model gets; the rest is left out.
        """
        offered = {"none": (), "read": _READ, "edit": _READ + _EDIT, "run": _READ + _EDIT}[tools]
        self._folder = folder
        self._commands = commands
        self._max_characters = max_characters
        self._tools: dict[str, _FolderTool] = {spec.name: work for spec, work in offered}
        self._may_run = tools == "run"
        specs = [spec for spec, _ in offered] + ([_RUN] if self._may_run else [])
        self.schemas: list[JsonObject] = [spec.schema for spec in specs]
        """What the endpoint is told; empty: no tools."""

    async def use(self, call: CallRequest, sink: TurnSink) -> str:
        """Make a call, shown to the person; returns what the model is told, errors included."""
        try:
            values = call.parse()
        except ValueError as error:
            shown: Any = call.arguments[:2000]
            work: Awaitable[str] | None = None
            problem = f"Error: the arguments are not a JSON object ({error})"
        else:
            shown, problem = values, ""
            work = self._work(call.name, Arguments(values))
        shown_id = sink.tool_start(call.name[:100], shown)
        if work is not None:
            problem = await self._result(work)
        sink.tool_end(shown_id)
        return problem

    async def _result(self, work: Awaitable[str]) -> str:
        try:
            return _cut(await work, self._max_characters)
        except ToolRefusal as refusal:
            return f"Error: {refusal}"
        except Refused as refused:
            return f"Error: {refused.path}: {_REFUSALS[refused.reason]}"

    async def _work(self, name: str, arguments: Arguments) -> str:
        if name == _RUN.name and self._may_run:
            return await self._commands.run(arguments)
        tool = self._tools.get(name)
        if tool is None:
            known = [*self._tools, *([_RUN.name] if self._may_run else [])]
            raise ToolRefusal(f"there is no tool {name[:100]}; there are: {', '.join(known) or 'none'}")
        budget = Budget(_WORK_S)
        try:
            return await asyncio.to_thread(tool, self._folder, arguments, budget)
        except asyncio.CancelledError:
            budget.stop()
            raise


def _cut(text: str, most: int) -> str:
    """At most about `most` characters: beginning and end, and a note between them."""
    if len(text) <= most:
        return text
    head, tail = most * 2 // 3, most // 3
    return f"{text[:head]}\n[{len(text) - head - tail} characters left out]\n{text[-tail:]}"
