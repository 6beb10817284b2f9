"""What starts a script, and which Python a project means by `python` (PROTOCOL 6).

May import: the standard library.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

__all__ = ["project_environment", "script_command"]

_RUNNERS = {
    ".ts": ("npx", "tsx"),
    ".tsx": ("npx", "tsx"),
    ".js": ("node",),
    ".jsx": ("node",),
    ".mjs": ("node",),
    ".cjs": ("node",),
}
"""By extension; `.py` needs a look at the project."""

_ENVIRONMENTS = (".venv", "venv")
_ROOT_MARKS = (".git", ".hg", "pyproject.toml", "uv.lock", "superserve.yaml", "setup.py")
"""What a project's top folder has; above it, an environment is another's."""

_MAX_LEVELS = 12
_HEAD_BYTES = 64 * 1024
_INLINE_METADATA = re.compile(rb"^# /// script\s*$", re.MULTILINE)
"""A script that names its own dependencies (PEP 723); uv installs them."""


def script_command(script: Path, environ: Mapping[str, str]) -> list[str]:
    """The words that start `script`; one of an unknown kind is a program itself.

    Args:
        script: Its absolute path.
        environ: Whose `PATH` is searched for uv.
    """
    if script.suffix.lower() != ".py":
        return [*_RUNNERS.get(script.suffix.lower(), ()), str(script)]
    uv = shutil.which("uv", path=environ.get("PATH"))
    if uv is not None and _has_inline_metadata(script):
        return ["uv", "run", "--quiet", "--script", str(script)]
    if (environment := _environment(script.parent)) is not None:
        return [str(environment / "bin" / "python"), str(script)]
    root = next((folder for folder in _folders(script.parent) if (folder / "uv.lock").is_file()), None)
    if uv is not None and root is not None:
        return ["uv", "run", "--quiet", "--project", str(root), str(script)]
    return [sys.executable, str(script)]


def project_environment(folder: Path, environ: Mapping[str, str]) -> Mapping[str, str]:
    """`environ` with the project's own virtual environment active, where it has one: `python` is its Python."""
    environment = _environment(folder)
    if environment is None:
        return environ
    path = environ.get("PATH") or "/usr/local/bin:/usr/bin:/bin"
    active = {name: value for name, value in environ.items() if name != "PYTHONHOME"}
    return {**active, "PATH": f"{environment / 'bin'}:{path}", "VIRTUAL_ENV": str(environment)}


def _environment(folder: Path) -> Path | None:
    for each in _folders(folder):
        for name in _ENVIRONMENTS:
            if (each / name / "bin" / "python").is_file():
                return each / name
    return None


def _folders(start: Path) -> Iterator[Path]:
    """`start` and those above it, up to the project's top; only `start` where no such top is known."""
    above = [start, *start.parents][:_MAX_LEVELS]
    for number, folder in enumerate(above):
        if any((folder / mark).exists() for mark in _ROOT_MARKS):
            yield from above[: number + 1]
            return
    yield start


def _has_inline_metadata(script: Path) -> bool:
    try:
        with script.open("rb") as file:
            return _INLINE_METADATA.search(file.read(_HEAD_BYTES)) is not None
    except OSError:
        return False
