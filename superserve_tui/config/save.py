"""Changes to the config file: whole or not at all, with the old one beside it, never over one that can't be read.

May import: tomli-w, protocol, the standard library.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from superserve_tui.config.keys import key_text, parse_value, split_key, type_of
from superserve_tui.config.load import load, read_document
from superserve_tui.protocol import SuperserveError
from superserve_tui.protocol.records import dataclass

__all__ = ["ConfigError", "Saved", "make_private_folder", "remove_table", "set_table", "set_value", "write_private"]


class ConfigError(SuperserveError):
    """The config file can't be changed as asked; nothing was written."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        """What the person can do: one sentence; empty where the message says it."""


@dataclass(frozen=True, slots=True)
class Saved:
    """The config file was changed."""

    path: Path
    backup: Path | None = None
    """The file as it was before; None where there was none, or nothing changed."""
    has_lost_comments: bool = False
    """The old file had comments, which only the backup has now."""


def set_value(path: Path, dotted_key: str, text: str) -> Saved:
    """Set one key to what a person typed, in the type that the schema asks for; empty text removes the key.

    Raises:
        ConfigError: no such key, a value that does not fit, or a file that can't be read or written.
    """
    try:
        where = split_key(dotted_key)
        value = parse_value(where[-1], type_of(where), text) if text else None
    except ValueError as error:
        hint = "`superserve-tui config show` lists the keys with their values."
        raise ConfigError(f"{dotted_key}: {error}", hint=hint) from None

    def change(document: dict[str, Any]) -> None:
        table = _table(document, where[:-1])
        if value is None:
            table.pop(where[-1], None)
        else:
            table[where[-1]] = value

    return _change(path, where, change)


def set_table(path: Path, where: tuple[str, ...], values: Mapping[str, Any]) -> Saved:
    """Insert a table such as `("agents", "coder")`, or replace it.

    Raises:
        ConfigError: its name or a value does not fit, or the file can't be read or written.
    """

    def change(document: dict[str, Any]) -> None:
        _table(document, where[:-1])[where[-1]] = dict(values)

    return _change(path, where, change)


def remove_table(path: Path, where: tuple[str, ...]) -> Saved:
    """Take a table out.

    Raises:
        ConfigError: it is not there, or the file can't be read or written.
    """

    def change(document: dict[str, Any]) -> None:
        table: Any = document
        for part in where[:-1]:
            table = table.get(part, {}) if isinstance(table, dict) else {}
        if not isinstance(table, dict) or where[-1] not in table:
            raise ConfigError(f"{key_text(where)} is not in {path}")
        del table[where[-1]]

    return _change(path, where, change)


def make_private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, with mode 0700 whatever the umask.

    Raises:
        OSError: it can't be made.
    """
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
        each.chmod(0o700)


def write_private(path: Path, content: bytes) -> None:
    """Write a file with mode 0600, whole or not at all: a temporary file beside it, fsync, rename.

    Raises:
        OSError: it can't be written; what was there is unchanged.
    """
    import tempfile

    make_private_folder(path.parent)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    with contextlib.suppress(OSError), _opened(path.parent) as folder:
        os.fsync(folder)


def _change(path: Path, where: tuple[str, ...], change: Callable[[dict[str, Any]], None]) -> Saved:
    """Read, change, check and write, alone among the processes that do so."""
    import tomllib

    import tomli_w

    path = Path(os.path.realpath(path))
    try:
        make_private_folder(path.parent)
        with _alone(path.parent):
            old, document = _read(path)
            change(document)
            _check(document, where)
            new = tomli_w.dumps(document).encode()
            if old is None:
                write_private(path, new)
                return Saved(path)
            if tomllib.loads(old.decode("utf-8-sig")) == document:
                return Saved(path)
            backup = path.with_name(f"{path.name}.bak")
            write_private(backup, old)
            write_private(path, new)
            return Saved(path, backup, _has_comments(old))
    except OSError as error:
        raise ConfigError(
            f"{path} can't be written: {error.strerror or error}",
            hint="Check the folder's permissions and the free space; the file is as it was.",
        ) from error


def _read(path: Path) -> tuple[bytes | None, dict[str, Any]]:
    loaded = load(path)
    if not loaded.is_readable:
        raise ConfigError(str(loaded.notices[0]), hint="Mend the file by hand first; it was not changed.")
    try:
        old = path.read_bytes()
    except FileNotFoundError:
        return None, {}
    import tomllib

    return old, tomllib.loads(old.decode("utf-8-sig"))


def _table(document: dict[str, Any], where: tuple[str, ...]) -> dict[str, Any]:
    """The table at `where`, made where it is missing."""
    for depth, part in enumerate(where, 1):
        document = document.setdefault(part, {})
        if not isinstance(document, dict):
            raise ConfigError(
                f"{key_text(where[:depth])} is not a table in the file", hint="Mend it by hand first."
            )
    return document


def _check(document: Mapping[str, Any], where: tuple[str, ...]) -> None:
    """Refuse a change that the next start would only name and ignore; faults elsewhere are not our matter."""
    for fault, message in read_document(document)[1]:
        if fault[: len(where)] == where or (len(fault) > 1 and where[: len(fault)] == fault):
            raise ConfigError(f"{key_text(fault)}: {message.removesuffix('; ignored').removesuffix(', ignored')}")


def _has_comments(old: bytes) -> bool:
    """Whether a line holds a comment; a `#` inside of quotes at a line's end may be taken for one."""
    for line in old.decode("utf-8-sig").splitlines():
        before, sign, _ = line.partition("#")
        if sign and before.count('"') % 2 == 0 and before.count("'") % 2 == 0:
            return True
    return False


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a lock on the folder, so that two commands do not lose each other's change."""
    import fcntl

    with _opened(folder) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield handle
    finally:
        os.close(handle)
