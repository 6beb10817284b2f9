"""Where agents work, and which files there a message may name."""

from __future__ import annotations

from pathlib import Path

import pytest

from superserve_tui.config.schema import AgentConfig
from superserve_tui.server.agents import workplace as module
from superserve_tui.server.agents.workplace import files_below, workplace
from superserve_tui.server.options import ServerOptions

MODEL = {"model": "m", "base_url": "http://127.0.0.1:1/v1"}


@pytest.mark.parametrize(
    ("name", "below"),
    [
        ("workspace", "."),
        ("plain", "."),
        ("elsewhere", "sub"),
        ("served", None),
        ("started", "."),
        ("talker", None),
        ("reader", "."),
        ("script", "."),
        ("project", "sub"),
        ("own-project", "."),
    ],
)
def test_an_agent_works_where_its_config_and_its_files_say(tmp_path: Path, name: str, below: str | None) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/superserve.yaml").write_text("name: x\ncommand: y\n")
    options = ServerOptions(
        folder=tmp_path,
        agents=(
            AgentConfig("plain", command="python a.py"),
            AgentConfig("elsewhere", command="python a.py", cwd="sub"),
            AgentConfig("served", port=8000),
            AgentConfig("started", command="python s.py", port=8000),
            AgentConfig("talker", tools="none", **MODEL),  # type: ignore[arg-type]
            AgentConfig("reader", **MODEL),  # type: ignore[arg-type]
        ),
        scripts=(tmp_path / "script.py", tmp_path / "sub/project.py"),
    )

    assert workplace(options, name) == (None if below is None else tmp_path / below)


def test_files_are_listed_but_hidden_ignored_and_linked_ones(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    folder = tmp_path / "folder"
    for path in ("b.py", "a/c.py", "build/x.o", ".git/config", ".env", "a/.cache/y", "node_modules/p/i.js"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("")
    outside.mkdir()
    (outside / "secret").write_text("")
    (folder / "link").symlink_to(outside)
    (folder / ".gitignore").write_text("build/\n")

    assert files_below(folder) == ("b.py", "a/c.py")


def test_a_huge_folder_is_looked_at_up_to_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FILES", 20)
    for number in range(30):
        (tmp_path / f"{number:02}").write_text("")

    assert len(files_below(tmp_path)) == 20


def test_a_folder_that_is_gone_has_no_files(tmp_path: Path) -> None:
    assert files_below(tmp_path / "gone") == ()
