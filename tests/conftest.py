"""Property tests: a slow machine is no failure; with `HYPOTHESIS_PROFILE=deep` each tries 20,000 examples."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("tests", deadline=None)
settings.register_profile("deep", deadline=None, max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "tests"))
