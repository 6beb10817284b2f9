"""The project that the agent is asked about."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.agents.workspace.project_tree import make_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a project in it, and something beside it that is nobody's business."""
    (tmp_path / "outside.txt").write_text("TODO outside", encoding="utf-8")
    folder = tmp_path / "weather"
    folder.mkdir()
    return make_project(folder)
