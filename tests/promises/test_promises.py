"""Every promise has tests that hold it, and they are there."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.promises.table import PROMISES, Promise

_TESTS = Path(__file__).resolve().parents[1]


@cache
def _tests_in(path: Path) -> frozenset[str]:
    """The names of a file's test functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_all_thirty_promises_are_in_the_table() -> None:
    assert [promise.number for promise in PROMISES] == list(range(1, 31))
    assert len({promise.name for promise in PROMISES}) == 30


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: f"{promise.number}")
def test_each_promise_is_held_by_tests_that_there_are(promise: Promise) -> None:
    assert len(promise.cases) >= 2
    for case, place in promise.cases.items():
        file, name = place.split(" ")
        path = _TESTS / Path(file).parent / f"test_{Path(file).name}.py"
        assert path.is_file(), f"{case}: there is no {path}"
        assert f"test_{name}" in _tests_in(path), f"{case}: {path.name} has no test_{name}"
