"""Bytes of a file as lines of text: encodings, binary files, big files.

May import: this package's budget, folder, secrets; the standard library.
"""

from __future__ import annotations

import codecs
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from superserve_tui.server.agents.workspace.budget import Budget
from superserve_tui.server.agents.workspace.folder import Folder, Refusal, Refused
from superserve_tui.server.agents.workspace.secrets import holds_private_key

__all__ = ["MAX_TEXT_BYTES", "FileFacts", "TextFile", "decode", "measure", "read_text", "split_lines"]

MAX_TEXT_BYTES = 2_000_000
"""Bytes of one file that are read as text; the rest is counted, not shown."""

_SNIFF_BYTES = 8192
_CHUNK_BYTES = 1 << 20
_ODD = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""Bytes that text has no use for; ESC stays, logs are full of it."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """The text of a file, or the news that it is not text."""

    path: str
    size: int
    """Bytes on disk."""
    lines: tuple[str, ...]
    """Without their line ends; empty for a binary file."""
    encoding: str
    """`utf-8`, `utf-16`, or `windows-1252` where nothing better fits."""
    is_binary: bool = False
    is_whole: bool = True
    """False: larger than `MAX_TEXT_BYTES`, `lines` are its beginning."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file from outside: how long, how big, how old."""

    path: str
    size: int
    modified: datetime
    lines: int | None
    """None for a binary file."""
    words: int | None
    is_exact: bool = True
    """False: the time ran out, lines and words are of the part that was read."""


def read_text(folder: Folder, path: str, *, limit: int = MAX_TEXT_BYTES) -> TextFile:
    """Read a file as text, at most `limit` bytes of it. Blocks.

    Raises:
        Refused: it can't be read, is no regular file, or may hold secrets.
    """
    with folder.open(path) as file:
        size = os.fstat(file.fileno()).st_size
        data = file.read(limit) or b""
    if holds_private_key(data):
        raise Refused(path, Refusal.SECRET)
    text, encoding = decode(data)
    if text is None:
        return TextFile(path, max(size, len(data)), (), encoding, is_binary=True, is_whole=size <= limit)
    return TextFile(path, max(size, len(data)), split_lines(text), encoding, is_whole=size <= limit)


def measure(folder: Folder, path: str, budget: Budget) -> FileFacts:
    """Count a file of any size without keeping it. Blocks.

    Raises:
        Refused: as `read_text`.
    """
    lines = words = 0
    last = b""
    is_binary = is_wide = False
    is_exact = True
    inside_word = False
    with folder.open(path) as file:
        info = os.fstat(file.fileno())
        while chunk := file.read(_CHUNK_BYTES):
            if not last:
                if holds_private_key(chunk):
                    raise Refused(path, Refusal.SECRET)
                text, encoding = decode(chunk[:_SNIFF_BYTES])
                is_binary, is_wide = text is None, encoding == "utf-16"
                if is_binary:
                    break
            if is_wide:
                chunk = chunk.replace(b"\x00", b"")
            lines += chunk.count(b"\n")
            words += len(chunk.split()) - (inside_word and not chunk[:1].isspace())
            inside_word = not chunk[-1:].isspace()
            last = chunk[-1:]
            if budget.is_spent():
                is_exact = False
                break
    modified = datetime.fromtimestamp(max(info.st_mtime, 0.0), UTC)
    if is_binary:
        return FileFacts(path, info.st_size, modified, None, None)
    return FileFacts(path, info.st_size, modified, lines + (last not in (b"", b"\n")), words, is_exact)


def decode(data: bytes) -> tuple[str | None, str]:
    """Bytes as text with the encoding that fitted; None for what is not text. A cut last character is dropped."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace").removesuffix("\ufffd"), "utf-16"
    data = data.removeprefix(codecs.BOM_UTF8)
    head = data[:_SNIFF_BYTES]
    if b"\x00" in head or len(_ODD.findall(head)) > len(head) // 20:
        return None, "binary"
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data), "utf-8"
    except UnicodeDecodeError:
        return data.decode("windows-1252", "replace"), "windows-1252"


def split_lines(text: str) -> tuple[str, ...]:
    """Lines as editors count them: only CR, LF and CRLF end one."""
    if not text:
        return ()
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return tuple(lines[:-1] if not lines[-1] else lines)
