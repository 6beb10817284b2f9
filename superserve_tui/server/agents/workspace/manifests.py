"""What a project's own manifests say: its name, what it is, what it depends on, how it is run.

May import: protocol, this package's reading; the standard library.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from superserve_tui.protocol import loads_object

__all__ = ["MANIFESTS", "DependencyGroup", "Manifest", "is_manifest", "parse_manifest"]

MANIFESTS = (
    "pyproject.toml",
    "setup.cfg",
    "requirements.txt",
    "Pipfile",
    "package.json",
    "Cargo.toml",
    "go.mod",
    "Gemfile",
    "composer.json",
    "pubspec.yaml",
    "Makefile",
)
"""Read at the top of the folder, in this order."""

_REQUIREMENTS = re.compile(r"(?:.*[-_.])?requirements(?:[-_.].*)?\.(?:txt|in)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DependencyGroup:
    """Dependencies that belong together."""

    name: str
    """`runtime`, `dev` or what the manifest calls it."""
    items: tuple[str, ...]
    """As written there."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One manifest, as far as it could be read."""

    path: str
    kind: str
    """`Python package`, `Node package`, ..."""
    name: str = ""
    version: str = ""
    description: str = ""
    requires: str = ""
    """The language version that it asks for."""
    groups: tuple[DependencyGroup, ...] = ()
    commands: tuple[tuple[str, str], ...] = ()
    """Name and meaning of what can be run."""
    problem: str = ""
    """Why it could not be read; empty: it could."""


def is_manifest(path: str) -> bool:
    """Whether a path at the top of the folder is a manifest that `parse_manifest` reads."""
    return path in MANIFESTS or bool(_REQUIREMENTS.fullmatch(path))


def parse_manifest(path: str, lines: Iterable[str]) -> Manifest:
    """Read a manifest by its name; never fails, `problem` says what is wrong."""
    text = "\n".join(lines)
    try:
        match path:
            case "pyproject.toml":
                return _pyproject(path, tomllib.loads(text))
            case "Cargo.toml":
                return _cargo(path, tomllib.loads(text))
            case "Pipfile":
                return _pipfile(path, tomllib.loads(text))
            case "package.json" | "composer.json":
                data = loads_object(text)
                if data is None:
                    return Manifest(path, "package", problem="it is not a JSON object")
                return _package(path, data) if path == "package.json" else _composer(path, data)
            case "go.mod":
                return _go_mod(path, text)
            case "Gemfile":
                gems = tuple(match[1] for match in re.finditer(r"^\s*gem\s+[\"']([\w-]+)", text, re.MULTILINE))
                return Manifest(path, "Ruby bundle", groups=_groups({"runtime": gems}))
            case "setup.cfg":
                return _setup_cfg(path, text)
            case "Makefile":
                return _makefile(path, text)
            case "pubspec.yaml":
                return _pubspec(path, text)
            case _:
                return Manifest(path, "Python requirements", groups=_groups({path: _requirements(text)}))
    except (ValueError, RecursionError) as error:
        return Manifest(path, "project", problem=str(error) or "it is nested too deeply")


def _pyproject(path: str, data: Mapping[str, Any]) -> Manifest:
    project = _table(data, "project")
    poetry = _table(_table(data, "tool"), "poetry")
    groups: dict[str, Iterable[str]] = {"runtime": _strings(project.get("dependencies"))}
    groups |= {
        f"optional: {key}": _strings(value) for key, value in _table(project, "optional-dependencies").items()
    }
    groups |= {f"group: {key}": _strings(value) for key, value in _table(data, "dependency-groups").items()}
    if not project:
        groups["runtime"] = _versions(poetry.get("dependencies"))
        for key, value in _table(poetry, "group").items():
            groups[f"group: {key}"] = _versions(value.get("dependencies") if isinstance(value, dict) else None)
    source = project or poetry
    scripts = _table(project, "scripts") or _table(poetry, "scripts")
    return Manifest(
        path,
        "Python package",
        name=_string(source, "name"),
        version=_string(source, "version"),
        description=_string(source, "description"),
        requires=f"Python {value}" if (value := _string(project, "requires-python")) else "",
        groups=_groups(groups),
        commands=tuple((key, value) for key, value in scripts.items() if isinstance(value, str)),
    )


def _cargo(path: str, data: Mapping[str, Any]) -> Manifest:
    package = _table(data, "package")
    return Manifest(
        path,
        "Rust crate" if package else "Rust workspace",
        name=_string(package, "name"),
        version=_string(package, "version"),
        description=_string(package, "description"),
        requires=f"Rust {value}" if (value := _string(package, "rust-version")) else "",
        groups=_groups(
            {
                "runtime": _versions(data.get("dependencies")),
                "dev": _versions(data.get("dev-dependencies")),
                "build": _versions(data.get("build-dependencies")),
            }
        ),
    )


def _pipfile(path: str, data: Mapping[str, Any]) -> Manifest:
    groups = {"runtime": _versions(data.get("packages")), "dev": _versions(data.get("dev-packages"))}
    return Manifest(path, "Python environment", groups=_groups(groups))


def _package(path: str, data: Mapping[str, Any]) -> Manifest:
    engines = _table(data, "engines")
    scripts = _table(data, "scripts")
    return Manifest(
        path,
        "Node package",
        name=_string(data, "name"),
        version=_string(data, "version"),
        description=_string(data, "description"),
        requires=f"Node {value}" if (value := _string(engines, "node")) else "",
        groups=_groups(
            {
                "runtime": _versions(data.get("dependencies")),
                "dev": _versions(data.get("devDependencies")),
                "peer": _versions(data.get("peerDependencies")),
                "optional": _versions(data.get("optionalDependencies")),
            }
        ),
        commands=tuple((f"npm run {key}", value) for key, value in scripts.items() if isinstance(value, str)),
    )


def _composer(path: str, data: Mapping[str, Any]) -> Manifest:
    groups = {"runtime": _versions(data.get("require")), "dev": _versions(data.get("require-dev"))}
    name, description = _string(data, "name"), _string(data, "description")
    return Manifest(path, "PHP package", name=name, description=description, groups=_groups(groups))


def _go_mod(path: str, text: str) -> Manifest:
    module = re.search(r"^module\s+(\S+)", text, re.MULTILINE)
    version = re.search(r"^go\s+(\S+)", text, re.MULTILINE)
    rows = re.findall(
        r"^\s*(?:require\s+)?([\w./~-]+\.[\w./~-]+)\s+(v[\w.+-]+)(\s*// indirect)?", text, re.MULTILINE
    )
    direct = [f"{name} {release}" for name, release, indirect in rows if not indirect]
    indirect = [f"{name} {release}" for name, release, mark in rows if mark]
    return Manifest(
        path,
        "Go module",
        name=module[1] if module else "",
        requires=f"Go {version[1]}" if version else "",
        groups=_groups({"runtime": direct, "indirect": indirect}),
    )


def _setup_cfg(path: str, text: str) -> Manifest:
    block = re.search(r"^install_requires\s*=[ \t]*(.*(?:\n[ \t]+.*)*)", text, re.MULTILINE)
    name = re.search(r"^name\s*=\s*(\S.*)", text, re.MULTILINE)
    wanted = _requirements(block[1]) if block else []
    return Manifest(
        path, "Python package", name=name[1].strip() if name else "", groups=_groups({"runtime": wanted})
    )


def _makefile(path: str, text: str) -> Manifest:
    targets = re.findall(r"^([A-Za-z0-9_-]+)\s*:(?!=)[^\n#]*(?:##\s*(.*))?", text, re.MULTILINE)
    return Manifest(path, "Makefile", commands=tuple((f"make {name}", about) for name, about in targets))


def _pubspec(path: str, text: str) -> Manifest:
    name = re.search(r"^name:\s*(\S+)", text, re.MULTILINE)
    groups = {}
    for key, title in (("dependencies", "runtime"), ("dev_dependencies", "dev")):
        block = re.search(rf"^{key}:[ \t]*\n((?:[ \t]+.*\n?|\n)*)", text, re.MULTILINE)
        rows = re.findall(r"^  ([\w-]+):[ \t]*(\S*)", block[1] if block else "", re.MULTILINE)
        groups[title] = [" ".join(row).strip() for row in rows]
    return Manifest(path, "Dart package", name=name[1] if name else "", groups=_groups(groups))


def _requirements(text: str) -> list[str]:
    lines = (re.sub(r"(?:^|\s)#.*", "", line).strip() for line in text.split("\n"))
    return [line for line in lines if line and not line.startswith("-")]


def _groups(groups: Mapping[str, Iterable[str]]) -> tuple[DependencyGroup, ...]:
    made = (DependencyGroup(name, tuple(items)) for name, items in groups.items())
    return tuple(group for group in made if group.items)


def _versions(value: object) -> list[str]:
    """A table of name to version, or to a table with one, as `name version`."""
    if not isinstance(value, dict):
        return []
    rows = []
    for name, version in value.items():
        known = version.get("version") if isinstance(version, dict) else version
        rows.append(f"{name} {known}".strip() if isinstance(known, str) and known != "*" else str(name))
    return rows


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _table(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _string(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""
