"""A machine of its own for every test; whatever the test leaves running on it is a failure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.processes import end_processes, processes_of
from tests.support.waiting import wait_for


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[CommandLine]:
    machine = CommandLine(tmp_path)
    try:
        yield machine
        wait_for(lambda: not processes_of(machine.home), what="no process is left")
    finally:
        end_processes(machine.home)
