"""The tools that change files: write_file, replace_in_file. They block and run in threads.

A file is replaced as a whole, by a rename in the folder that it lies in, so that a stop leaves the old text or the
new. Folders are reached part by part without following a link, as reading does.

May import: the workspace's folder, reading and secrets, this package's arguments; the standard library.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress

from superserve_tui.server.agents.model.arguments import Arguments, ToolRefusal
from superserve_tui.server.agents.workspace.budget import Budget
from superserve_tui.server.agents.workspace.folder import Folder, Kind, Refusal, Refused
from superserve_tui.server.agents.workspace.secrets import holds_private_key

__all__ = ["replace_in_file", "write_file"]

_MAX_EDITED_BYTES = 2_000_000
"""A larger file is nothing that a model edits."""


def write_file(folder: Folder, arguments: Arguments, budget: Budget) -> str:  # noqa: ARG001 - tools are alike
    """Write a whole file, made where it is not there, its folders too."""
    path = folder.locate_target(arguments.text("path"))
    content = arguments.text("content").encode("utf-8", "replace")
    is_new = _current(folder, path) is None
    _replace(folder, path, content)
    lines = content.count(b"\n") + (not content.endswith(b"\n") and bool(content))
    return f"{'Created' if is_new else 'Wrote'} {path}: {lines} lines, {len(content)} bytes"


def replace_in_file(folder: Folder, arguments: Arguments, budget: Budget) -> str:  # noqa: ARG001 - tools are alike
    """Replace a text that is in a file exactly once, or everywhere with `all`."""
    path = folder.locate(arguments.text("path")).path
    old, new = arguments.text("old"), arguments.text("new")
    if not old:
        raise ToolRefusal("`old` is empty; use write_file to write a whole file")
    current = _current(folder, path)
    if current is None:
        raise Refused(path, Refusal.MISSING)
    if len(current) > _MAX_EDITED_BYTES:
        raise ToolRefusal(f"{path} is too large to edit ({len(current)} bytes)")
    try:
        text = current.decode("utf-8")
    except UnicodeDecodeError:
        raise ToolRefusal(f"{path} is not UTF-8 text") from None
    if old not in text and "\r\n" in text:  # a model sees, and writes, plain line feeds
        old, new = (part.replace("\r\n", "\n").replace("\n", "\r\n") for part in (old, new))
    count = text.count(old)
    if count == 0:
        raise ToolRefusal(f"`old` is not in {path}; read the file and copy the text exactly, blanks included")
    if count > 1 and not arguments.flag("all"):
        raise ToolRefusal(f"`old` is in {path} {count} times; give more of the text around it, or set `all`")
    _replace(folder, path, text.replace(old, new).encode("utf-8", "replace"))
    return f"Replaced {count} {'occurrence' if count == 1 else 'occurrences'} in {path}"


def _current(folder: Folder, path: str) -> bytes | None:
    """A file's bytes, one more than may be edited at most; None where there is none.

    Raises:
        Refused: it is something else than a file, or may hold secrets.
    """
    try:
        if folder.locate(path).kind is Kind.FOLDER:
            raise Refused(path, Refusal.NOT_A_FILE)
    except Refused as refused:
        if refused.reason is Refusal.MISSING:
            return None
        raise
    with folder.open(path) as file:
        content = file.read(_MAX_EDITED_BYTES + 1) or b""
    if holds_private_key(content):
        raise Refused(path, Refusal.SECRET)
    return content


def _replace(folder: Folder, path: str, content: bytes) -> None:
    parent, _, name = path.rpartition("/")
    if name in ("", ".", ".."):
        raise Refused(path, Refusal.NOT_A_FILE)
    try:
        with folder.open_folder(parent, create=True) as here:
            _write_and_rename(here, name, content)
    except OSError as error:
        raise ToolRefusal(f"{path} can't be written: {error.strerror or error}") from error


def _write_and_rename(here: int, name: str, content: bytes) -> None:
    mode: int | None = None
    with suppress(FileNotFoundError):
        found = os.stat(name, dir_fd=here, follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode):
            raise ToolRefusal(f"{name} is no regular file")
        mode = stat.S_IMODE(found.st_mode)
    temporary = f".superserve-{secrets.token_hex(6)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(temporary, flags, 0o666, dir_fd=here), "wb") as file:
        try:
            file.write(content)
            file.flush()
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            os.replace(temporary, name, src_dir_fd=here, dst_dir_fd=here)
        except OSError:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=here)
            raise
