"""How the server and the shim inside a Python agent speak: marks on standard output, framed messages to its input.

A mark is NUL, a nonce of the process, a colon, one letter, NUL. The nonce can't be guessed, so no answer holds one
by accident. Marks travel in the pipe that carries the text: all that was printed before one, by the script, its
threads or its children, is read before it. A message to the shim is `<nonce>:<bytes>`, a line break, and that many
bytes of UTF-8; a reader below `sys.stdin` never sees one, since the server waits for the first mark.

May import: the standard library.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

__all__ = ["Mark", "MarkScanner", "frame_message", "new_nonce", "shim_environment"]

_FOLDER = Path(__file__).resolve().parent


class Mark(StrEnum):
    """What the shim tells."""

    HELLO = "H"
    """It is in place: this Python will mark its reads."""
    WAITING = "W"
    """The main thread waits for a message; everything printed before it has been flushed."""
    WAITING_THREAD = "w"
    """Another thread waits for a message: the main one may still be at work on the last."""
    READ = "R"
    """A message was taken."""


def new_nonce() -> bytes:
    """32 hex digits that no output can hold by accident."""
    return secrets.token_hex(16).encode("ascii")


def frame_message(message: str, nonce: bytes) -> bytes:
    """The bytes by which the shim gets `message` and a line break as one read."""
    body = message.encode("utf-8", "replace") + b"\n"
    return b"%s:%d\n%s" % (nonce, len(body), body)


def shim_environment(environ: Mapping[str, str], *, nonce: bytes, target: str) -> dict[str, str]:
    """`environ` with what brings the shim into the interpreter that runs `target`.

    The shim takes these variables out again. `PYTHONUNBUFFERED` lets every piece arrive as it is printed.

    Args:
        environ: the agent's environment.
        nonce: see `new_nonce`.
        target: `script NAME`, `-m` or `-c`: what the agent's own interpreter runs, as `command.py` finds it.
    """
    own_path = environ.get("PYTHONPATH")
    restore = [
        f"{name}={environ[name]}" if name in environ else name
        for name in ("PYTHONPATH", "PYTHONUNBUFFERED")
        if "\n" not in environ.get(name, "")
    ]
    return {
        **environ,
        "PYTHONPATH": str(_FOLDER) + (os.pathsep + own_path if own_path else ""),
        "PYTHONUNBUFFERED": "1",
        "_AGENT_SHIM_NONCE": nonce.decode("ascii"),
        "_AGENT_SHIM_TARGET": target,
        "_AGENT_SHIM_RESTORE": "\n".join(restore),
    }


class MarkScanner:
    """Splits what a process printed into text and marks, however the pipe cut it."""

    def __init__(self, nonce: bytes) -> None:
        self._start = b"\x00" + nonce + b":"
        self._length = len(self._start) + 2
        self._held = b""

    def feed(self, data: bytes) -> list[bytes | Mark]:
        """What can be told so far; the possible beginning of a mark at the end is held back."""
        data = self._held + data
        self._held = b""
        found: list[bytes | Mark] = []
        position = 0
        while (at := data.find(self._start, position)) >= 0:
            if len(data) - at < self._length:
                break
            code = data[at + len(self._start) : at + self._length]
            if code[1:] != b"\x00" or code[:1] not in b"HWwR":
                found.append(data[position : at + 1])
                position = at + 1
                continue
            if at > position:
                found.append(data[position:at])
            found.append(Mark(code[:1].decode("ascii")))
            position = at + self._length
        end = at if at >= 0 else self._start_of_partial(data, position)
        if end > position:
            found.append(data[position:end])
        self._held = data[end:]
        return found

    def flush(self) -> bytes:
        """What was held back, once nothing can follow."""
        held, self._held = self._held, b""
        return held

    def _start_of_partial(self, data: bytes, position: int) -> int:
        at = data.find(b"\x00", max(position, len(data) - len(self._start) + 1))
        while at >= 0:
            if self._start.startswith(data[at:]):
                return at
            at = data.find(b"\x00", at + 1)
        return len(data)
