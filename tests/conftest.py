"""What holds for every test.

With `HYPOTHESIS_PROFILE=deep` each property test tries 20,000 examples; with `JITTER=seed` threads are held at
random where they meet (`tests/support/jitter.py`).
"""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

from tests.support.jitter import Jitter

settings.register_profile("tests", deadline=None)  # a slow machine is no failure
settings.register_profile("deep", deadline=None, max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "tests"))

_jitter = Jitter(seed) if (seed := os.environ.get("JITTER")) else None
if _jitter is not None:
    _jitter.install()

for _number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    # Tests that run under nohup or in the background of a shell would hand on that these end nothing; one that is
    # caught is at its default in every child.
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, lambda _number, _frame: None)


@pytest.fixture(autouse=_jitter is not None)
def _held_at_random(request: pytest.FixtureRequest) -> None:
    """Each test has its own holds."""
    if _jitter is not None:
        _jitter.begin(request.node.nodeid)
