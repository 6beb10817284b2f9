"""Screens kept as plain text in files, to be compared and to be looked at.

`UPDATE_SNAPSHOTS=1` writes them anew; look at each before it is accepted.
"""

from __future__ import annotations

import os
from pathlib import Path

from superserve_tui.ui.words import SPINNER

__all__ = ["check_snapshot"]

UPDATE = "UPDATE_SNAPSHOTS"

_STILL = str.maketrans(dict.fromkeys(SPINNER, SPINNER[0]))
"""Which sign a spinner shows depends on the machine's load."""


def check_snapshot(path: Path, rows: list[str]) -> None:
    """Compare a screen with the file that keeps it.

    Raises:
        AssertionError: it is another, or there is none yet.
    """
    seen = "\n".join(rows).translate(_STILL) + "\n"
    if os.environ.get(UPDATE) == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(seen, encoding="utf-8")
        return
    assert path.exists(), f"no snapshot {path.name}; {UPDATE}=1 makes it:\n{seen}"
    kept = path.read_text(encoding="utf-8")
    assert seen.splitlines() == kept.splitlines(), f"{path.name} is another; {UPDATE}=1 takes it over"
