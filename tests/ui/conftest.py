"""Tests of the UI may be coroutines: each gets an event loop of its own."""

from __future__ import annotations

import asyncio
import inspect

import pytest

__all__: list[str] = []

pytest.register_assert_rewrite("tests.support.opened_app", "tests.ui.keys")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine; leave the others to pytest."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True
