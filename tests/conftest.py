"""What holds for every test.

With `HYPOTHESIS_PROFILE=deep` each property test tries 20,000 examples.
"""

from __future__ import annotations

import os
import signal

from hypothesis import settings

settings.register_profile("tests", deadline=None)  # a slow machine is no failure
settings.register_profile("deep", deadline=None, max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "tests"))

for _number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    # Tests that run under nohup or in the background of a shell would hand on that these end nothing; one that is
    # caught is at its default in every child.
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, lambda _number, _frame: None)
