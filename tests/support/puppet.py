"""A script agent whose every piece of output the test decides, by a named pipe for each of its turns."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.waiting import wait_for

__all__ = ["PUPPET", "Strings"]

PUPPET = """\
while True:
    name = input()
    with open(name + ".pipe", encoding="utf-8", newline="", buffering=1) as strings:
        while piece := strings.readline():
            print(piece, end="", flush=True)
"""
"""Its message names the pipe; the turn lasts until the test lets go of that."""

_DEADLINE_S = 40.0


class Strings:
    """The test's end of a pipe: what is said here, the puppet prints. At the end of a `with` the turn ends.

    Args:
        folder: Where the puppet works.
        name: The message that starts the turn.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._path = folder / f"{name}.pipe"
        self._descriptor: int | None = None
        os.mkfifo(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go()

    @property
    def is_held(self) -> bool:
        """Whether the puppet has come to its pipe: its turn runs."""
        if self._descriptor is None:
            try:
                self._descriptor = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:  # nobody reads yet
                return False
            os.set_blocking(self._descriptor, True)
        return True

    def say(self, text: str) -> None:
        """Let the puppet print this; whole lines come at once."""
        wait_for(lambda: self.is_held, _DEADLINE_S, what=f"the turn {self.name} runs")
        assert self._descriptor is not None
        data = memoryview(text.encode())
        while data:
            data = data[os.write(self._descriptor, data) :]

    def let_go(self) -> None:
        """End the turn."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
