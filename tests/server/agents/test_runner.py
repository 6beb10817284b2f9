"""Which program starts a script, and which Python is a project's own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from superserve_tui.server.agents.runner import project_environment, script_command

INLINE = "# /// script\n# dependencies = ['rich']\n# ///\nprint(1)\n"


def file(folder: Path, name: str, content: str = "") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


@pytest.fixture
def uv(tmp_path: Path) -> dict[str, str]:
    """An environment in which there is a uv."""
    file(tmp_path, "bin/uv").chmod(0o755)
    return {"PATH": str(tmp_path / "bin")}


def test_the_environment_of_the_projects_top_is_found_from_below(tmp_path: Path) -> None:
    python = file(tmp_path, "p/.venv/bin/python")
    file(tmp_path, "p/pyproject.toml")
    script = file(tmp_path, "p/src/agents/agent.py")
    assert script_command(script, {}) == [str(python), str(script)]


def test_an_environment_above_the_project_is_anothers(tmp_path: Path) -> None:
    file(tmp_path, ".venv/bin/python")
    file(tmp_path, "p/pyproject.toml")
    script = file(tmp_path, "p/agent.py")
    assert script_command(script, {}) == [sys.executable, str(script)]
    assert script_command(file(tmp_path, "loose/agent.py"), {})[0] == sys.executable


def test_a_script_that_names_its_dependencies_is_run_by_uv(tmp_path: Path, uv: dict[str, str]) -> None:
    script = file(tmp_path, "p/agent.py", INLINE)
    file(tmp_path, "p/.venv/bin/python")
    assert script_command(script, uv) == ["uv", "run", "--quiet", "--script", str(script)]
    assert script_command(script, {"PATH": "/nowhere"})[0].endswith(".venv/bin/python")


def test_a_project_of_uv_without_an_environment_is_run_by_uv(tmp_path: Path, uv: dict[str, str]) -> None:
    script = file(tmp_path, "p/src/agent.py")
    file(tmp_path, "p/uv.lock")
    assert script_command(script, uv) == ["uv", "run", "--quiet", "--project", str(tmp_path / "p"), str(script)]
    assert script_command(script, {"PATH": "/nowhere"})[0] == sys.executable
    python = file(tmp_path, "p/.venv/bin/python")
    assert script_command(script, uv)[0] == str(python)


def test_python_is_the_projects_own_where_it_has_one(tmp_path: Path) -> None:
    environ = {"PATH": "/usr/bin", "PYTHONHOME": "/x", "OTHER": "1"}
    assert project_environment(tmp_path, environ) == environ
    file(tmp_path, "venv/bin/python")
    assert project_environment(tmp_path, environ) == {
        "PATH": f"{tmp_path}/venv/bin:/usr/bin",
        "VIRTUAL_ENV": f"{tmp_path}/venv",
        "OTHER": "1",
    }
