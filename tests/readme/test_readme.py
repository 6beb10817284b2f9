"""The README says what is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from superserve_tui.server.agents.http_process import free_port
from tests.readme.tables import README, with_tables
from tests.support.command_line import CommandLine

TEXT = README.read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_code() -> None:
    assert with_tables(TEXT) == TEXT, "write them anew with `python -m tests.readme`"


def test_the_first_two_shell_blocks_have_one_line_each() -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    assert [len(block.splitlines()) for block in blocks[:2]] == [1, 1]
    assert blocks[0].rstrip().endswith("superserve-tui")
    assert "pytest" in blocks[1]


@pytest.mark.parametrize("target", re.findall(r"!\[[^\]]*\]\(([^)]+)\)", TEXT))
def test_a_picture_is_there(target: str) -> None:
    assert (README.parent / target).is_file()


def test_the_library_example_answers_from_the_server_that_is_started_for_it(tmp_path: Path) -> None:
    example = re.search(r"from superserve_tui.client import Client\n.*?(?=```)", TEXT, re.DOTALL)
    assert example is not None
    (serve,) = re.findall(r"^    superserve-tui (serve .*)$", TEXT, re.MULTILINE)
    machine = CommandLine(tmp_path)
    machine.script()
    port = str(free_port())
    with machine.start(*serve.replace("8000", port).split()) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline().decode().split()[-1].endswith(f":{port}")
            token = server.stdout.readline().decode().split()[-1]
            program = example.group().replace("8000", port).replace("the token that it printed", token)
            done = subprocess.run(
                [sys.executable, "-P", "-c", program],
                env=machine.environ,
                cwd=machine.folder,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        finally:
            server.terminate()
    assert "agent.py" in done.stdout, done.stderr
    assert re.fullmatch(r"completed \d+ tools", done.stdout.splitlines()[-1])
