"""The README says what is so."""

from __future__ import annotations

import re

import pytest

from superserve_tui.client import Client, Session
from tests.readme.tables import README, with_tables

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


def test_what_the_library_example_uses_exists() -> None:
    example = re.search(r"from superserve_tui.client import Client\n.*?```", TEXT, re.DOTALL)
    assert example is not None
    compile(example.group().removesuffix("```"), "README.md", "exec")
    for name in re.findall(r"\b(?:client|session)\.(\w+)\(", example.group()):
        assert hasattr(Client, name) or hasattr(Session, name)
