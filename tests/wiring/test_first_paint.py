"""What is loaded before the first paint: the screen, and nothing that it does without."""

from __future__ import annotations

import subprocess
import sys

LATE = (
    "superserve_tui.client.client",
    "superserve_tui.clipboard",
    "superserve_tui.domain.secrets",
    "superserve_tui.engine.loop",
    "superserve_tui.exporting",
    "superserve_tui.plain",
    "superserve_tui.server",
    "superserve_tui.store",
    "superserve_tui.ui.screens.conversation",
    "superserve_tui.ui.widgets.find_bar",
    "superserve_tui.ui.widgets.line_input",
    "superserve_tui.ui.widgets.log",
    "superserve_tui.ui.widgets.tool_pane",
    "superserve_tui.wiring.backends",
)
"""Each of them costs from 1 to 60 ms, and is loaded on a thread, or when it is first used."""

DIALOGS = "superserve_tui.ui.modals."
COMMANDS = {
    f"superserve_tui.cli.{name}"
    for name in ("agents", "app", "commands", "doctor", "login", "run", "serve", "sessions")
}

BESIDES_BARE = {"superserve_tui", "textual", "gc", "json", "_json", "queue", "_queue", "shlex", "termios", "tty"}
"""What is loaded besides what a bare Textual app loads, by its first name."""

BARE = "from textual.app import App; from textual.widgets import Input, Static"
OURS = "import superserve_tui.cli.opening, superserve_tui.cli.program, superserve_tui.wiring.app"


def loaded_by(statements: str) -> set[str]:
    """The modules that a clean interpreter has after these statements."""
    code = f"{statements}; import sys; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    return set(result.stdout.split())


def test_nothing_is_loaded_that_the_first_paint_does_without() -> None:
    loaded = loaded_by(OURS)
    assert "superserve_tui.ui.screens.main" in loaded
    assert [name for name in LATE if name in loaded] == []
    assert sorted(loaded & COMMANDS) == []
    assert [name for name in loaded if name.startswith(DIALOGS)] == []


def test_hardly_anything_is_loaded_that_a_bare_app_does_without() -> None:
    besides = loaded_by(OURS) - loaded_by(BARE)
    assert {name.partition(".")[0] for name in besides} <= BESIDES_BARE
