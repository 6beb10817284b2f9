"""Where lines come from: a terminal, with editing and history while a prompt stands there, or a pipe.

May import: protocol, plain.inbox, the standard library.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Protocol

from superserve_tui.plain.inbox import Inbox, InputEnded, LineTyped
from superserve_tui.protocol import scrub

__all__ = ["LineInput", "PipeInput", "TerminalInput"]

_PROMPT_S = 0.3
"""How long whoever offers a prompt waits, in seconds, until it stands there."""

_LINES_AHEAD = 200
"""Lines of a pipe that may wait; beyond, they wait in the pipe."""


class LineInput(Protocol):
    """What lines are read from."""

    @property
    def is_terminal(self) -> bool:
        """Whether a person types them, who sees what is typed."""

    def start(self) -> None:
        """Begin to read."""

    def offer(self, prompt: str) -> None:
        """Ask for a line with that prompt; once, until a line comes that was typed at it."""

    def typed(self) -> str:
        """What has been typed at the prompt so far."""

    def line_taken(self) -> None:
        """A line that came was dealt with."""

    def add_history(self, messages: Iterable[str]) -> None:
        """Lines that the arrow keys bring back, the oldest first."""

    def suspend(self) -> None:
        """Stop the process until the shell goes on with it (ctrl+z)."""

    def close(self) -> None:
        """Leave the terminal as it was found."""


class _Lines:
    """Bytes in any pieces, to lines."""

    def __init__(self) -> None:
        self._rest = b""

    def add(self, data: bytes) -> list[str]:
        """The lines that have an end by now."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        return [_decoded(line) for line in whole]

    def end(self) -> str | None:
        """What came after the last end of a line, if anything did."""
        rest, self._rest = self._rest, b""
        return _decoded(rest) if rest else None


def _decoded(line: bytes) -> str:
    return scrub(line.removesuffix(b"\r").decode("utf-8", "replace"))


class PipeInput:
    """Lines of a pipe or a file; nobody is prompted.

    Args:
        descriptor: To read from; stays open.
        inbox: Gets the lines.
    """

    is_terminal = False

    def __init__(self, descriptor: int, inbox: Inbox) -> None:
        self._descriptor = descriptor
        self._inbox = inbox
        self._room = threading.Semaphore(_LINES_AHEAD)
        self._thread = threading.Thread(target=self._run, name="plain-input", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def offer(self, prompt: str) -> None:
        """Nobody sees it."""

    def typed(self) -> str:
        """Nobody types."""
        return ""

    def line_taken(self) -> None:
        """There is room for one more."""
        self._room.release()

    def add_history(self, messages: Iterable[str]) -> None:
        """There are no arrow keys."""

    def suspend(self) -> None:
        """Stop the process until it is continued."""
        os.kill(os.getpid(), signal.SIGSTOP)

    def close(self) -> None:
        """Nothing to restore; the thread ends with its pipe, or the process."""

    def _run(self) -> None:
        lines = _Lines()
        while data := self._read():
            for line in lines.add(data):
                self._put(line)
        if (last := lines.end()) is not None:
            self._put(last)
        self._inbox.put(InputEnded())

    def _read(self) -> bytes:
        try:
            return os.read(self._descriptor, 65536)
        except OSError:  # closed, or a terminal that hung up
            return b""

    def _put(self, line: str) -> None:
        self._room.acquire()
        self._inbox.put(LineTyped(line))


class TerminalInput:
    """Lines that a person types at a terminal: descriptors 0 and 1.

    While a prompt stands, `input()` reads, with readline where Python has it. While none does, because an answer
    runs across the page, the terminal's own line discipline does, and what is half typed then is taken over by the
    next prompt. No escape sequence is written for any of it but to move within a line that is being edited.

    Args:
        inbox: Gets the lines.
        write: Writes text where there is no readline to show the prompt.
        words: What Tab completes at the start of a line.
    """

    is_terminal = True

    def __init__(self, inbox: Inbox, *, write: Callable[[str], None], words: Iterable[str] = ()) -> None:
        self._inbox = inbox
        self._write = write
        self._words = tuple(words)
        self._readline = _readline() if os.isatty(1) else None
        self._modes = _modes()
        self._wake_reader, self._wake_writer = os.pipe()
        self._prompt: str | None = None
        self._is_prompting = False
        self._is_prompt_out = threading.Event()
        self._lines = _Lines()
        """What came while no prompt stood there."""
        self._thread = threading.Thread(target=self._run, name="plain-input", daemon=True)
        if self._readline is not None:
            self._set_up(self._readline)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def offer(self, prompt: str) -> None:
        """Ask for a line; returns once the prompt stands there."""
        self._is_prompting = True
        if self._readline is None:
            self._write(prompt)
            return
        self._is_prompt_out.clear()
        self._prompt = prompt
        os.write(self._wake_writer, b"\0")
        self._is_prompt_out.wait(_PROMPT_S)

    def typed(self) -> str:
        """What has been typed at the prompt so far; unknown without readline."""
        return "" if self._readline is None else scrub(self._readline.get_line_buffer())

    def line_taken(self) -> None:
        """A person does not type too fast."""

    def add_history(self, messages: Iterable[str]) -> None:
        """Lines that the arrow keys bring back, the oldest first; those of several lines stay out."""
        if self._readline is not None:
            for message in messages:
                if message.isprintable():
                    self._readline.add_history(message)

    def suspend(self) -> None:
        """Stop the process with the terminal as the shell wants it; back again, it is as the prompt wants it."""
        now = _modes()
        _set_modes(self._modes)
        os.kill(os.getpid(), signal.SIGSTOP)
        _set_modes(now)

    def close(self) -> None:
        """Leave the terminal as it was found: `input()` may still wait there on its thread."""
        _set_modes(self._modes)

    def _set_up(self, readline: Any) -> None:
        readline.set_auto_history(False)
        if hasattr(readline, "set_pre_input_hook"):
            readline.set_pre_input_hook(self._prompt_is_out)
        readline.set_completer_delims(" ")
        readline.set_completer(self._complete)
        if "libedit" in (readline.__doc__ or ""):
            readline.parse_and_bind("bind ^I rl_complete")
            return
        # Both would write escape sequences at every prompt.
        readline.parse_and_bind("set enable-bracketed-paste off")
        readline.parse_and_bind("set enable-meta-key off")
        readline.parse_and_bind("tab: complete")

    def _prompt_is_out(self) -> None:
        """On the reading thread, once the prompt stands there: what was half typed before goes on."""
        if self._readline is not None and (half := self._lines.end()):
            self._readline.insert_text(half)
            self._readline.redisplay()
        self._is_prompt_out.set()

    def _complete(self, word: str, number: int) -> str | None:
        if self._readline is None or self._readline.get_begidx() > 0:
            return None
        found = [each for each in self._words if each.startswith(word)]
        return f"{found[number]} " if number < len(found) else None

    def _run(self) -> None:
        while True:
            ready = select.select([0, self._wake_reader], [], [])[0]
            if self._wake_reader in ready:
                os.read(self._wake_reader, 4096)
            prompt, self._prompt = self._prompt, None
            if prompt is not None:
                is_on = self._read_at_prompt(prompt)
            elif 0 in ready:
                is_on = self._read_line()
            else:
                continue
            if not is_on:
                self._inbox.put(InputEnded())
                return

    def _read_at_prompt(self, prompt: str) -> bool:
        """One line by readline; whether more may come."""
        try:
            line = input(prompt)
        except (EOFError, OSError, ValueError):
            return False
        if line.strip() and self._readline is not None:
            self._readline.add_history(line)
        self._is_prompting = False
        self._inbox.put(LineTyped(scrub(line), is_at_prompt=True))
        return True

    def _read_line(self) -> bool:
        """What the terminal's line discipline has; whether more may come."""
        try:
            data = os.read(0, 65536)
        except OSError:  # it hung up
            data = b""
        # What was typed ahead at a prompt comes as it was typed, with the key's own CR.
        whole = self._lines.add(data.replace(b"\r", b"\n"))
        if not data and (last := self._lines.end()) is not None:  # ctrl+d on a line only hands it over
            whole.append(last)
        is_at_prompt = self._is_prompting
        if whole:
            self._is_prompting = False
        for line in whole:
            self._inbox.put(LineTyped(line, is_at_prompt=is_at_prompt))
        return bool(data or whole)


def _readline() -> Any:
    """Python's readline, where it was built with one."""
    if not (sys.stdin and sys.stdout and sys.stdin.fileno() == 0 and sys.stdout.fileno() == 1):
        return None
    try:
        import readline
    except ImportError:
        return None
    return readline


def _modes() -> list[Any] | None:
    import termios

    with suppress(termios.error, OSError):
        return termios.tcgetattr(0)
    return None


def _set_modes(modes: list[Any] | None) -> None:
    import termios

    if modes is None:
        return
    with suppress(termios.error, OSError):
        if os.tcgetpgrp(0) == os.getpgrp():  # in the background it would stop us
            termios.tcsetattr(0, termios.TCSANOW, modes)
