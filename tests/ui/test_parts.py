"""The main screen is put together from parts; each leaves to the others what it does not do itself."""

from __future__ import annotations

from superserve_tui.ui.screens.base import ScreenBase
from superserve_tui.ui.screens.main import MainScreen


def test_what_one_part_leaves_to_another_is_done_there() -> None:
    left = [
        name
        for name, method in vars(ScreenBase).items()
        if "NotImplementedError" in getattr(getattr(method, "__code__", None), "co_names", ())
    ]
    assert len(left) > 10
    assert [name for name in left if getattr(MainScreen, name) is getattr(ScreenBase, name)] == []
