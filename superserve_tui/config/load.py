"""The config file as a `Config`: whatever is wrong in it is named, and everything else counts (CONTRACT 2).

Read at every start, before the first paint: tomllib is loaded where something is written in the file, the rest
when something is wrong.

May import: protocol, the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from superserve_tui.config.keys import (
    HOSTED_PROFILE,
    HOSTED_URL,
    check_name,
    check_value,
    fields_of,
    key_text,
    nearest,
    required_fields,
)
from superserve_tui.config.schema import AgentConfig, Config, NotifyConfig, ProfileConfig, SidebarConfig
from superserve_tui.protocol.records import dataclass

__all__ = ["LoadedConfig", "Notice", "load", "read_document"]

_SYNTAX_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)\Z")


@dataclass(frozen=True, slots=True)
class Notice:
    """Something in the config file that does not count, and why."""

    file: Path
    line: int | None
    """Line, from 1; None where no line can be named."""
    key: str | None
    """The dotted key; None where the file as a whole is meant."""
    message: str
    """What is wrong and what is taken instead; holds no value that may be a secret."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{place}: {f'{self.key}: ' if self.key else ''}{self.message}"


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """What the file says, as far as it could be read."""

    path: Path
    config: Config = field(default_factory=Config)
    notices: tuple[Notice, ...] = ()
    """What does not count, by line."""
    is_readable: bool = True
    """False: not TOML, or not to be opened; defaults are in force and the file must not be written."""


def load(path: Path) -> LoadedConfig:
    """Read the config file. Never raises; a file that is not there is an empty one."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return LoadedConfig(path)
    except OSError as error:
        return _unreadable(path, None, f"can't be read ({error.strerror or error}); defaults are used")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return _unreadable(path, line, "is not UTF-8; defaults are used, the file stays as it is")
    if not text.strip():
        return LoadedConfig(path)
    import tomllib

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _SYNTAX_LINE.search(message)
        line = int(place[1]) if place and place[1] else max(1, len(text.splitlines()))
        words = _SYNTAX_LINE.sub("", message)
        return _unreadable(path, line, f"is not TOML ({words}); defaults are used, the file stays as it is")
    except RecursionError:
        return _unreadable(path, None, "is nested too deeply; defaults are used, the file stays as it is")
    except ValueError:  # Python reads no number of more than 4,300 digits
        return _unreadable(path, None, "has a number that is too long; defaults are used, the file stays as it is")
    config, faults = read_document(document)
    if not faults:
        return LoadedConfig(path, config)
    from superserve_tui.config.lines import find_line

    notices = [Notice(path, find_line(text, where), key_text(where), message) for where, message in faults]
    notices.sort(key=lambda notice: notice.line or 0)
    return LoadedConfig(path, config, tuple(notices))


def read_document(document: Mapping[str, Any]) -> tuple[Config, list[tuple[tuple[str, ...], str]]]:
    """A parsed file as a `Config`, and for each fault the key's path and what is wrong with it."""
    reader = _Reader()
    known = fields_of(Config)
    reader.name_unknown((), document, known)
    values: dict[str, Any] = {}
    for key in document:
        match key:
            case "notify":
                values[key] = NotifyConfig(**reader.table((key,), document[key], NotifyConfig))
            case "sidebar":
                values[key] = SidebarConfig(**reader.table((key,), document[key], SidebarConfig))
            case "profiles":
                values[key] = reader.profiles(document[key])
            case "agents":
                values[key] = reader.agents(document[key])
            case "keys":
                values[key] = reader.bindings(document[key])
            case _ if key in known:
                values.update(reader.value((), key, known[key], document[key]))
    return Config(**values), reader.faults


def _unreadable(path: Path, line: int | None, message: str) -> LoadedConfig:
    return LoadedConfig(path, notices=(Notice(path, line, None, message),), is_readable=False)


class _Reader:
    """Reads tables by the schema and gathers what is wrong."""

    def __init__(self) -> None:
        self.faults: list[tuple[tuple[str, ...], str]] = []

    def name_unknown(self, path: tuple[str, ...], table: Mapping[str, Any], known: Mapping[str, Any]) -> None:
        for key in table:
            if key not in known:
                near = nearest(key, known)
                meant = f"; did you mean {key_text((*path, near))}?" if near else ""
                self.faults.append(((*path, key), f"unknown key, ignored{meant}"))

    def value(self, path: tuple[str, ...], key: str, kind: Any, value: object) -> dict[str, Any]:
        """`{key: value}`, or nothing where the value is wrong, so that the default counts."""
        try:
            return {key: check_value(key, kind, value)}
        except ValueError as error:
            self.faults.append(((*path, key), f"{error}; ignored"))
            return {}

    def table(self, path: tuple[str, ...], table: object, schema: type) -> dict[str, Any]:
        """The good values of a table, by key."""
        if not self._is_table(path, table):
            return {}
        assert isinstance(table, dict)
        known = fields_of(schema)
        self.name_unknown(path, table, known)
        values: dict[str, Any] = {}
        for key in table:
            if key in known:
                values.update(self.value(path, key, known[key], table[key]))
        return values

    def profiles(self, tables: object) -> dict[str, ProfileConfig]:
        profiles: dict[str, ProfileConfig] = {}
        for name, table in self._named_tables("profiles", tables):
            path = ("profiles", name)
            values = self.table(path, table, ProfileConfig)
            if name == HOSTED_PROFILE:
                values.setdefault("base_url", HOSTED_URL)
            missing = [key for key in required_fields(ProfileConfig) if key not in values]
            if not missing:
                profiles[name] = ProfileConfig(**values)
            elif not self._has_fault(path, missing[0]):
                self.faults.append((path, f"has no {missing[0]}, ignored"))
        return profiles

    def agents(self, tables: object) -> dict[str, AgentConfig]:
        agents: dict[str, AgentConfig] = {}
        for name, table in self._named_tables("agents", tables):
            path = ("agents", name)
            values = self.table(path, table, AgentConfig)
            if "model" in values and ("command" in values or "port" in values):
                other = "command" if "command" in values else "port"
                self.faults.append((path, f"has both {other} and model: one kind each, ignored"))
            elif any(key in values for key in ("command", "port", "model")):
                agents[name] = AgentConfig(name=name, **values)
            elif not any(self._has_fault(path, key) for key in ("command", "port", "model")):
                self.faults.append((path, "has neither command nor port nor model, ignored"))
        return agents

    def bindings(self, table: object) -> dict[str, str]:
        """Action ids to keys; a dotted id that was not quoted has become tables, and counts all the same."""
        bindings: dict[str, str] = {}

        def walk(path: tuple[str, ...], found: object) -> None:
            if isinstance(found, dict):
                for name, child in found.items():
                    walk((*path, name), child)
            elif isinstance(found, str) and found.strip():
                bindings[".".join(path)] = found.strip()
            else:
                self.faults.append((("keys", *path), 'must be a key such as "ctrl+n", or "none"; ignored'))

        if self._is_table(("keys",), table):
            walk((), table)
        return bindings

    def _named_tables(self, kind: str, tables: object) -> list[tuple[str, object]]:
        if not self._is_table((kind,), tables):
            return []
        assert isinstance(tables, dict)
        good: list[tuple[str, object]] = []
        for name, table in tables.items():
            try:
                check_name(kind, name)
            except ValueError as error:
                self.faults.append(((kind, name), f"{error}; ignored"))
                continue
            if self._is_table((kind, name), table):
                good.append((name, table))
        return good

    def _is_table(self, path: tuple[str, ...], value: object) -> bool:
        if isinstance(value, dict):
            return True
        self.faults.append((path, f"must be a table, written [{key_text(path)}]; ignored"))
        return False

    def _has_fault(self, path: tuple[str, ...], key: str) -> bool:
        return any(where == (*path, key) for where, _ in self.faults)
