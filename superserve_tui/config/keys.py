"""What each key of the config file may hold, taken from the schema: the one place that knows its types.

`load` checks values that TOML read, `save` makes values of what a person typed; both ask here.

May import: protocol, the standard library.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal

from superserve_tui.config.schema import AgentConfig, Config, NotifyConfig, ProfileConfig, SidebarConfig
from superserve_tui.protocol import AGENT_NAME

__all__ = [
    "HOSTED_PROFILE",
    "HOSTED_URL",
    "LOCAL_PROFILE",
    "check_name",
    "check_value",
    "fields_of",
    "get_value",
    "items",
    "key_text",
    "nearest",
    "parse_value",
    "required_fields",
    "split_key",
    "type_of",
]

LOCAL_PROFILE = "local"
"""The embedded server: always there, not configured."""
HOSTED_PROFILE = "superserve"
"""The hosted service: its address has a default."""
HOSTED_URL = "https://api.superserve.ai"
"""Where the hosted service is (PROTOCOL 1)."""

_SECTIONS: Mapping[str, type] = {"notify": NotifyConfig, "sidebar": SidebarConfig}
_TABLES: Mapping[str, type] = {"profiles": ProfileConfig, "agents": AgentConfig}
_PROFILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")
_KEY_PART = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|\'([^\']*)\'|([^\s."\']+))\s*(\.|\Z)')

_RANGES: Mapping[str, tuple[float, float]] = {
    "idle_timeout": (1, 30 * 86_400),
    "silence_timeout": (1, 86_400),
    "quiet_s": (0.05, 3_600),
    "port": (1, 65_535),
    "context_tokens": (1_000, 10_000_000),
}
"""Smallest and largest value of each number, by key."""

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


def split_key(text: str) -> tuple[str, ...]:
    """A dotted key as its parts; parts may be quoted. What follows `keys.` is one action id.

    Raises:
        ValueError: it is not a dotted key.
    """
    parts: list[str] = []
    position = 0
    while True:
        match = _KEY_PART.match(text, position)
        if match is None:
            raise ValueError(f"{text!r} is no key")
        double, single, bare, separator = match.groups()
        parts.append(next(part for part in (double, single, bare) if part is not None))
        position = match.end()
        if not separator:
            break
    if parts[0] == "keys" and len(parts) > 2:
        return ("keys", ".".join(parts[1:]))
    return tuple(parts)


def key_text(path: Iterable[str]) -> str:
    """Parts as a dotted key, quoted where TOML needs it."""
    return ".".join(part if _BARE_KEY.match(part) else f'"{part}"' for part in path)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, None where none is near."""
    import difflib

    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def fields_of(schema: type) -> dict[str, Any]:
    """Each key that a table of this kind may have, with its type."""
    hints = typing.get_type_hints(schema)
    return {name: hint for name, hint in hints.items() if not (schema is AgentConfig and name == "name")}


def type_of(path: tuple[str, ...]) -> Any:
    """The type of the value at `path`.

    Raises:
        ValueError: no such key; the message names the nearest.
    """
    match path:
        case ("keys", _):
            return str
        case (table, name, key) if table in _TABLES:
            check_name(table, name)
            schema, rest, prefix = _TABLES[table], key, f"{table}.{name}."
        case (section, key) if section in _SECTIONS:
            schema, rest, prefix = _SECTIONS[section], key, f"{section}."
        case (key,) if key not in _SECTIONS and key not in _TABLES and key != "keys":
            schema, rest, prefix = Config, key, ""
        case _:
            return _unknown(path)
    known = fields_of(schema)
    if rest in known:
        return known[rest]
    near = nearest(rest, known)
    raise ValueError(f"no such key{f'; the nearest is {prefix}{near}' if near else ''}")


def _unknown(path: tuple[str, ...]) -> Any:
    head = path[0]
    if head in _TABLES:
        raise ValueError(f"a key of this table is written {head}.NAME.KEY")
    if head in _SECTIONS or head == "keys":
        raise ValueError(f"this is a table; a key of it is written {head}.KEY")
    near = nearest(head, fields_of(Config))
    raise ValueError(f"no such key{f'; the nearest is {near}' if near else ''}")


def check_name(table: str, name: str) -> None:
    """Whether a profile or an agent may be called so.

    Raises:
        ValueError: it may not; the message says why.
    """
    if table == "agents":
        if not AGENT_NAME.match(name):
            raise ValueError("a name has a lowercase letter first, then lowercase letters, digits and hyphens")
    elif name == LOCAL_PROFILE:
        raise ValueError("local is the embedded server and has no settings")
    elif not _PROFILE_NAME.match(name):
        raise ValueError("a name has letters, digits, hyphens and underscores")


def check_value(key: str, kind: Any, value: object) -> Any:
    """`value`, as TOML read it, in the type that the schema gives `key`.

    Raises:
        ValueError: it does not fit; the message says what would, and quotes nothing that may be a secret.
    """
    kind = _without_none(kind)
    if typing.get_origin(kind) is Literal:
        choices = typing.get_args(kind)
        if value not in choices:
            near = nearest(value, choices) if isinstance(value, str) else None
            raise ValueError(f"must be {_or(choices)}{f'; the nearest is {near}' if near else ''}")
        return value
    if typing.get_origin(kind) is tuple:
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise ValueError("must be a list of strings")
        for word in value:
            _check_variable(word)
        return tuple(value)
    if kind is bool:
        if not isinstance(value, bool):
            raise ValueError("must be true or false")
        return value
    if kind is int or kind is float:
        return _check_number(key, kind, value)
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return _check_text(key, value)


def parse_value(key: str, kind: Any, text: str) -> Any:
    """What a person typed, as the TOML value that `kind` asks for.

    Raises:
        ValueError: it does not fit.
    """
    bare = _without_none(kind)
    value: object = text
    if bare is bool:
        word = text.strip().lower()
        value = True if word in _TRUE else False if word in _FALSE else text
    elif bare is int or bare is float:
        try:
            value = int(text)
        except ValueError:
            try:
                value = float(text)
            except ValueError:
                value = text
    elif typing.get_origin(bare) is tuple:
        words = [word.strip().strip("\"'") for word in text.strip().removeprefix("[").removesuffix("]").split(",")]
        value = [word for word in words if word]
    checked = check_value(key, kind, value)
    return list(checked) if isinstance(checked, tuple) else checked


def get_value(config: Config, path: tuple[str, ...]) -> Any:
    """What is in force at `path`: a value, or a table as a mapping.

    Raises:
        ValueError: no such key; the message names the nearest.
    """
    found: Any = config
    for depth, part in enumerate(path, 1):
        known = _children(found)
        if part not in known:
            if depth < len(path) or isinstance(found, Mapping):
                near = nearest(part, known)
                raise ValueError(f"{key_text(path[:depth])} is not set{f'; the nearest is {near}' if near else ''}")
            type_of(path)
        found = known[part]
    return _children(found) if is_dataclass(found) or isinstance(found, Mapping) else found


def items(config: Config) -> list[tuple[str, Any]]:
    """Every key in force with its value, in the order of the schema; unset ones are None."""
    rows: list[tuple[str, Any]] = []

    def walk(path: tuple[str, ...], value: Any) -> None:
        if is_dataclass(value) or isinstance(value, Mapping):
            for name, child in _children(value).items():
                walk((*path, name), child)
        else:
            rows.append((key_text(path), value))

    walk((), config)
    return rows


def _children(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    if not is_dataclass(value) or isinstance(value, type):
        return {}
    return {name: getattr(value, name) for name in fields_of(type(value))}


def required_fields(schema: type) -> list[str]:
    """Keys that a table of this kind must have."""
    known = fields_of(schema)
    return [
        each.name
        for each in fields(schema)
        if each.name in known and each.default is MISSING and each.default_factory is MISSING
    ]


def _without_none(kind: Any) -> Any:
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        return next(each for each in typing.get_args(kind) if each is not types.NoneType)
    return kind


def _check_number(key: str, kind: type, value: object) -> int | float:
    word = "a whole number" if kind is int else "a number"
    if isinstance(value, bool) or not isinstance(value, int if kind is int else int | float):
        raise ValueError(f"must be {word}")
    low, high = _RANGES[key]
    if not low <= value <= high:
        raise ValueError(f"must be {word} from {low:g} to {high:.10g}")
    return value if kind is int else float(value)


def _check_text(key: str, value: str) -> str:
    if "\x00" in value:
        raise ValueError("must have no NUL character in it")
    if key.endswith("_env"):
        _check_variable(value)
    elif key == "base_url":
        return _check_url(value)
    elif key == "command":
        import shlex

        try:
            words = shlex.split(value)
        except ValueError:
            raise ValueError("has a quotation mark that is not closed") from None
        if not words:
            raise ValueError("must name a program")
    elif not value:
        raise ValueError("must not be empty")
    return value


def _check_variable(word: str) -> None:
    if not _VARIABLE.match(word):
        raise ValueError("must be the name of an environment variable: letters, digits and underscores")


def _check_url(value: str) -> str:
    from urllib.parse import urlsplit

    try:
        url = urlsplit(value)
        is_good = url.scheme in ("http", "https") and bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        is_good = False
    if not is_good or any(sign.isspace() or not sign.isprintable() for sign in value):
        raise ValueError("must be an address that begins with https:// (or http://)")
    return value.rstrip("/")


def _or(choices: Iterable[str]) -> str:
    *most, last = choices
    return f"{', '.join(most)} or {last}"
