"""Runs inside a Python script agent, ahead of the script: one message is one read, and reading is told.

The server puts this folder first on `PYTHONPATH`, so that the interpreter imports this file at its start, whatever
wrapper (`uv run`, a venv, a shebang) led to it. It undoes its own traces (path, variables), runs the environment's
own `sitecustomize`, and replaces `sys.stdin` and `input`. Before a read waits, standard output is flushed and a
mark follows on the same pipe, so that none can overtake text. Marks and the framing of messages are described in
the package around this file, which the agent's interpreter never imports.

Written for every Python from 3.8 on, since it is the agent's interpreter that runs it.
May import: the standard library, and little of it: its time is part of the agent's start.
"""

from __future__ import annotations

import builtins
import io
import os
import select
import sys
import threading

_NONCE_VARIABLE = "_AGENT_SHIM_NONCE"
_TARGET_VARIABLE = "_AGENT_SHIM_TARGET"
_RESTORE_VARIABLE = "_AGENT_SHIM_RESTORE"
_STDIN = 0
_STDOUT = 1


class _Marks:
    """Writes marks to the standard output that the process began with, whatever the script does to `sys.stdout`."""

    def __init__(self, nonce: bytes) -> None:
        self._start = b"\x00" + nonce + b":"
        self._fd = os.dup(_STDOUT)

    def send(self, code: bytes) -> None:
        mark = self._start + code + b"\x00"
        while mark:
            try:
                mark = mark[os.write(self._fd, mark) :]
            except BlockingIOError:  # a child made the pipe non-blocking, which all its holders share
                select.select([], [self._fd], [])
            except OSError:  # nobody listens any more
                return


class MessageReader(io.TextIOWrapper):
    """Standard input whose every read is one message of the person, its line breaks inside.

    `read()` without a size, meant to read up to the end, returns one message too: the end comes only when the
    session is over, and an answer to nobody helps nobody.
    """

    def __init__(self, buffer: io.BufferedReader, marks: _Marks, nonce: bytes) -> None:
        super().__init__(buffer, encoding="utf-8", errors="replace", newline="\n")
        self._bytes = buffer
        self._marks = marks
        self._header = nonce + b":"
        self._rest = ""

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]  # as the C type takes it
        """The next message and a line break; at the session's end an empty string."""
        text = self._rest or self._next_message()
        if size is None or size < 0:
            self._rest = ""
            return text
        self._rest = text[size:]
        return text[:size]

    def read(self, size: int | None = -1, /) -> str:
        """As `readline`: at most `size` characters of one message, else the whole of it."""
        return self.readline(size)

    def readlines(self, hint: int = -1, /) -> list[str]:  # type: ignore[override]  # noqa: ARG002
        """One message, as a list, whatever the hint."""
        message = self.readline()
        return [message] if message else []

    def __next__(self) -> str:  # type: ignore[override]
        message = self.readline()
        if not message:
            raise StopIteration
        return message

    def _next_message(self) -> str:
        _flush()
        self._marks.send(b"W" if threading.current_thread() is threading.main_thread() else b"w")
        line = self._bytes.readline()
        if not line:
            return ""
        self._marks.send(b"R")
        if line.startswith(self._header):
            return self._bytes.read(int(line[len(self._header) :])).decode("utf-8", "replace")
        return line.decode("utf-8", "replace").replace("\u2028", "\n")


def _flush() -> None:
    for stream in {id(stream): stream for stream in (sys.stdout, sys.__stdout__, sys.stderr)}.values():
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError, AttributeError):  # closed, or an odd object that the script put there
            continue


def _install(nonce: bytes) -> None:
    stdin, stdout = sys.stdin, sys.stdout
    if not isinstance(stdin, io.TextIOWrapper) or stdin.fileno() != _STDIN:
        return
    marks = _Marks(nonce)
    if isinstance(stdout, io.TextIOWrapper) and stdout.encoding.lower().replace("-", "") != "utf8":
        stdout.reconfigure(encoding="utf-8")
    buffer = stdin.detach()
    reader = MessageReader(buffer, marks, nonce)
    sys.stdin = reader
    sys.__stdin__ = reader  # type: ignore[misc]  # the detached one is of no use to anybody
    original = builtins.input

    def read_message(prompt: object = "", /) -> str:
        """Read a string from standard input: the person's next message. The prompt is not shown."""
        if sys.stdin is not reader:
            return original(prompt)
        message = reader.readline()
        if not message:
            raise EOFError("EOF when reading a line")
        return message[:-1] if message.endswith("\n") else message

    read_message.__name__ = read_message.__qualname__ = "input"
    read_message.__module__ = "builtins"
    builtins.input = read_message
    marks.send(b"H")


def _is_target(target: str) -> bool:
    """Whether this interpreter runs the agent itself, and is no wrapper written in Python that will start it."""
    argv: list[str] = getattr(sys, "argv", None) or [""]
    kind, _, name = target.partition(" ")
    if kind == "script":
        return os.path.basename(argv[0].rstrip("/")) == name
    return argv[0] == kind


def _clean_environment(restore: str) -> None:
    """Take our variables out again, so that neither the script nor its children see them."""
    for name in (_NONCE_VARIABLE, _TARGET_VARIABLE, _RESTORE_VARIABLE):
        os.environ.pop(name, None)
    os.environ.pop("PYTHONPATH", None)
    for entry in restore.split("\n"):
        name, found, value = entry.partition("=")
        if found:
            os.environ[name] = value
        elif name:
            os.environ.pop(name, None)


def _run_own_sitecustomize(folder: str) -> None:
    """Run the `sitecustomize` that this one hides; errors in it are reported as `site` reports them."""
    import importlib.machinery
    import importlib.util

    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry or ".") != folder]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
    if spec is None or spec.loader is None:
        return
    module = importlib.util.module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


def _main() -> None:
    nonce = os.environ.get(_NONCE_VARIABLE, "")
    if nonce and _is_target(os.environ.get(_TARGET_VARIABLE, "")):
        _clean_environment(os.environ.get(_RESTORE_VARIABLE, ""))
        _install(nonce.encode("ascii"))
    _run_own_sitecustomize(os.path.dirname(os.path.realpath(__file__)))


if __name__ == "sitecustomize":
    _main()
