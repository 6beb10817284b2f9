"""The one folder that an agent may look into, whatever it is asked for.

A path is resolved with every link in it, must lie inside, and is then opened part by part without following a link,
so that a link that appears in between leads nowhere. Devices, pipes and sockets are never opened.
All functions block: call them in a thread.

May import: protocol, the standard library.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from superserve_tui.protocol import SuperserveError
from superserve_tui.server.agents.workspace.secrets import is_secret

__all__ = ["Folder", "Kind", "Place", "Refusal", "Refused"]

_MAX_PATH = 4096
"""Characters of a path; systems take no more."""


class Refusal(StrEnum):
    """Why a path is not read."""

    MISSING = "missing"
    OUTSIDE = "outside"
    LINK_OUTSIDE = "link_outside"
    SECRET = "secret"
    SPECIAL = "special"
    UNREADABLE = "unreadable"
    NOT_A_FILE = "not_a_file"


class Refused(SuperserveError):  # noqa: N818 - an answer to the person, not a fault
    """A path that is not there or not read."""

    def __init__(self, path: str, reason: Refusal) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        """As it was asked for."""
        self.reason = reason


class Kind(StrEnum):
    """What a path is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    SPECIAL = "special"
    """A device, a pipe or a socket."""


@dataclass(frozen=True, slots=True)
class Place:
    """Something inside the folder that may be read, links resolved."""

    path: str
    """POSIX, relative to the folder; `.` is the folder itself."""
    kind: Kind


class Folder:
    """One folder and what lies below it: what may be read, and where a file may be written."""

    def __init__(self, root: Path) -> None:
        self._given = os.path.abspath(root)
        self.root = os.path.realpath(root)
        """The folder, links resolved."""

    @property
    def name(self) -> str:
        """The folder's own name."""
        return os.path.basename(self.root) or self.root

    def locate(self, asked: str) -> Place:
        """Find what a path names, relative to the folder or absolute.

        Raises:
            Refused: it is not there, lies outside, may hold secrets, or is no file and no folder.
        """
        if not asked or "\x00" in asked or len(asked) > _MAX_PATH or not _is_path(asked):
            raise Refused(asked, Refusal.MISSING)
        candidate = self._inside(asked)
        try:
            real = os.path.realpath(candidate, strict=True)
            relative = self._relative(real)
            if relative is None:
                raise Refused(asked, Refusal.LINK_OUTSIDE)
            if is_secret(relative) or is_secret(os.path.relpath(candidate, self.root)):
                raise Refused(asked, Refusal.SECRET)
            mode = os.stat(real).st_mode
        except OSError as error:
            raise Refused(asked, _refusal(error)) from error
        if stat.S_ISDIR(mode):
            return Place(relative, Kind.FOLDER)
        if stat.S_ISREG(mode):
            return Place(relative, Kind.FILE)
        raise Refused(asked, Refusal.SPECIAL)

    def locate_target(self, asked: str) -> str:
        """Where a file of that name is, or would be: POSIX, relative to the folder, links resolved.

        Raises:
            Refused: it can't be a path, lies outside, or may hold secrets.
        """
        if not asked or "\x00" in asked or len(asked) > _MAX_PATH or not _is_path(asked):
            raise Refused(asked, Refusal.MISSING)
        candidate = self._inside(asked)
        relative = self._relative(os.path.realpath(candidate))
        if relative is None:
            raise Refused(asked, Refusal.LINK_OUTSIDE)
        if is_secret(relative) or is_secret(os.path.relpath(candidate, self.root)):
            raise Refused(asked, Refusal.SECRET)
        return relative

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open a file for reading bytes, at a path from `locate` or a walk. Reads never wait for anybody to write.

        Raises:
            Refused: it is a link, no regular file, may hold secrets, or can't be opened or read.
        """
        if is_secret(path):
            raise Refused(path, Refusal.SECRET)
        try:
            with os.fdopen(self._descend(path), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise Refused(path, Refusal.SPECIAL)
                yield file
        except OSError as error:
            raise Refused(path, _refusal(error)) from error

    def _descend(self, path: str) -> int:
        """A descriptor of the file, each step relative to the one before, none through a link."""
        parent, _, name = path.rpartition("/")
        with self.open_folder(parent) as here:
            # O_NONBLOCK: opening a pipe that nobody writes to would wait for ever. A pipe is refused by the caller.
            return os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)

    @contextmanager
    def open_folder(self, path: str, *, create: bool = False) -> Iterator[int]:
        """A descriptor of a folder below the root (`""` is the root), reached part by part, none through a link.

        Args:
            path: POSIX, relative to the root, links resolved.
            create: Make the folders that are not there.

        Raises:
            OSError: it is not there, or no folder.
        """
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        here = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in path.split("/") if path else ():
                if create:
                    with suppress(FileExistsError):
                        os.mkdir(part, dir_fd=here)
                following = os.open(part, flags, dir_fd=here)
                os.close(here)
                here = following
            yield here
        finally:
            os.close(here)

    def _inside(self, asked: str) -> str:
        """The asked path below the root, `..` taken out; judged before the disk is asked about anything outside."""
        if asked.startswith("~") and not os.path.lexists(os.path.join(self.root, asked)):
            raise Refused(asked, Refusal.OUTSIDE)
        plain = os.path.normpath(os.path.join(self.root, asked))
        if self._relative(plain) is not None:
            return plain
        if plain == self._given or plain.startswith(self._given.rstrip("/") + "/"):
            return os.path.join(self.root, os.path.relpath(plain, self._given))
        raise Refused(asked, Refusal.OUTSIDE)

    def _relative(self, path: str) -> str | None:
        """`path` relative to the root; None where it lies outside."""
        if path == self.root:
            return "."
        base = self.root.rstrip("/") + "/"
        return path.removeprefix(base) if path.startswith(base) else None


def _is_path(text: str) -> bool:
    """Whether text can be a path at all; lone surrogates of a prompt can't."""
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return True


def _refusal(error: OSError) -> Refusal:
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR | errno.ENAMETOOLONG | errno.EINVAL | errno.EILSEQ:
            return Refusal.MISSING
        case errno.ENXIO | errno.ENODEV:
            return Refusal.SPECIAL
        case errno.EISDIR:
            return Refusal.NOT_A_FILE
        case _:
            return Refusal.UNREADABLE
