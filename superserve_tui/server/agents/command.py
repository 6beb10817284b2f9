"""What an agent's command starts: its argument list, its program, and whether that is Python.

May import: the standard library.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CommandError", "CommandLine", "python_target"]

_PYTHON = re.compile(r"(python|pypy)[\d.]*\Z")
_OPTIONS_WITH_VALUE = frozenset({"-W", "-X", "--check-hash-based-pycs"})
_RUNNERS = frozenset({"uv", "poetry", "pdm", "pipenv", "hatch", "rye", "env"})
"""Programs that start the Python that is named, or only implied by a `.py` file, later in their arguments."""


class CommandError(ValueError):
    """The command can't be started. The message says why and what to do, in one line."""


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A command, ready to be started without a shell."""

    argv: tuple[str, ...]
    """The words; the first is the program's full path, by which an interpreter finds its own environment."""
    python_target: str | None
    """What its Python interpreter runs (see `python_target`); None: not Python, as far as can be told."""

    @classmethod
    def parse(cls, command: str, *, cwd: Path, environ: Mapping[str, str]) -> CommandLine:
        """Split `command` as a shell splits words, and find its program.

        Args:
            command: as configured.
            cwd: the folder that it will work in; a program with a slash in its name is looked up from there.
            environ: whose `PATH` is searched.

        Raises:
            CommandError: an empty command, an unbalanced quote, or no such program.
        """
        try:
            argv = shlex.split(command)
        except ValueError as error:
            raise CommandError(f"the command can't be split into words ({error}): {command}") from None
        if not argv or not argv[0]:
            raise CommandError("the command is empty; set `command` for this agent")
        if any("\x00" in word for word in argv):
            raise CommandError("the command holds a NUL character")
        program = _find_program(argv[0], cwd, environ)
        target = python_target(argv)
        if target is None and _is_python_script(program):
            target = f"script {Path(program).name}"
        return cls((program, *argv[1:]), target)


def python_target(argv: Sequence[str]) -> str | None:
    """`script NAME`, `-m` or `-c` where `argv` runs Python, directly or by a runner such as `uv run`; else None."""
    for position, word in enumerate(argv):
        if _PYTHON.match(Path(word).name):
            return _interpreter_target(argv[position + 1 :])
        if position == 0 and Path(word).name not in _RUNNERS:
            break
    if argv and Path(argv[0]).name in _RUNNERS:
        scripts = [word for word in argv[1:] if word.endswith(".py")]
        return f"script {Path(scripts[0]).name}" if scripts else None
    return None


def _interpreter_target(arguments: Sequence[str]) -> str | None:
    words = iter(arguments)
    for word in words:
        if word in _OPTIONS_WITH_VALUE:
            next(words, None)
        elif word.startswith(("-W", "-X")):
            continue
        elif word == "-" or not word.startswith("-"):
            return None if word == "-" else f"script {Path(word).name}"
        elif not word.startswith("--") and (found := re.match(r"-[a-zA-Z]*?([mc])", word)):
            return f"-{found[1]}"
    return None


def _find_program(name: str, cwd: Path, environ: Mapping[str, str]) -> str:
    if "/" in name:
        path = Path(name).expanduser() if name.startswith("~") else cwd / name
        if not path.exists():
            raise CommandError(f"{path} does not exist; check `command`")
        found = shutil.which(str(path))
        if found is None:
            raise CommandError(f"{path} is not an executable file; run `chmod +x` on it or name its interpreter")
        return found
    path_variable = environ.get("PATH") or "/usr/local/bin:/usr/bin:/bin"
    if found := shutil.which(name, path=path_variable):
        return str(Path(found) if Path(found).is_absolute() else cwd / found)
    if name == "python":  # many systems have only python3; the agent's words stay as they were configured
        return shutil.which("python3", path=path_variable) or sys.executable
    raise CommandError(f"{name} was not found on PATH; install it, or give its full path in `command`")


def _is_python_script(program: str) -> bool:
    """Whether the file's first line hands it to a Python interpreter."""
    try:
        with open(program, "rb") as file:
            first = file.readline(256)
    except OSError:
        return False
    return first.startswith(b"#!") and re.search(rb"(python|pypy)[\d.]*\s*($|-)|uv run", first.strip()) is not None
