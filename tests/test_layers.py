"""Each package is imported in an interpreter of its own, and what got loaded is looked at (DESIGN, Layers)."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = (
    "textual",
    "rich",
    "httpx",
    "httpcore",
    "starlette",
    "uvicorn",
    "sqlite3",
    "pygments",
    "markdown_it",
    "click",
)

ALLOWED: dict[str, set[str]] = {
    "superserve_tui": set(),
    "superserve_tui.protocol": set(),
    "superserve_tui.domain": set(),
    "superserve_tui.config": set(),
    "superserve_tui.clipboard": set(),
    "superserve_tui.client": set(),  # its public names load httpcore when they are first asked for
    "superserve_tui.server": set(),  # likewise starlette and uvicorn, in the server's own process
    "superserve_tui.store": {"sqlite3"},
    "superserve_tui.engine": set(),
    "superserve_tui.exporting": set(),  # its page loads markdown_it and pygments
    "superserve_tui.plain": set(),
    "superserve_tui.wiring": set(),
    "superserve_tui.cli": {"click"},
    "superserve_tui.ui": {"textual", "rich", "pygments", "markdown_it"},
}


def loaded_by(package: str) -> set[str]:
    """The heavy packages that an import brings along, and our own packages."""
    program = f"import sys, json, {package}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("package", ALLOWED)
def test_a_package_loads_no_library_that_is_not_its_own(package: str) -> None:
    loaded = loaded_by(package)
    assert {name for name in HEAVY if name in loaded} <= ALLOWED[package]


@pytest.mark.parametrize(
    ("package", "others"),
    [
        ("protocol", ("domain", "config", "client", "server", "store", "engine", "ui")),
        ("domain", ("config", "client", "server", "store", "engine", "ui")),
        ("client", ("domain", "config", "server", "store", "engine", "ui")),
        ("server", ("client", "store", "engine", "ui")),
        ("store", ("client", "server", "config", "engine", "ui")),
        ("engine", ("client", "server", "store", "config", "ui", "wiring")),
        ("exporting", ("client", "server", "store", "engine", "ui", "plain")),
        ("plain", ("client", "server", "store", "clipboard", "exporting", "ui", "wiring", "cli")),
        ("ui", ("client", "server", "store", "clipboard", "wiring", "cli")),
    ],
)
def test_a_package_loads_nothing_above_or_beside_it(package: str, others: tuple[str, ...]) -> None:
    loaded = loaded_by(f"superserve_tui.{package}")
    assert not {f"superserve_tui.{other}" for other in others} & loaded


def test_the_app_loads_no_http_before_its_first_paint() -> None:
    loaded = loaded_by("superserve_tui.wiring.app")
    assert not {"httpx", "httpcore", "starlette", "uvicorn", "markdown_it", "pygments.lexers.python"} & loaded
