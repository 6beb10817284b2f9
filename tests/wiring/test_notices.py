"""What is wrong in the config file is named at the start, also what only the whole program can know."""

from __future__ import annotations

from pathlib import Path

import pytest

from superserve_tui.config import load
from superserve_tui.wiring.app import _theme_notices
from tests.support.command_line import CommandLine


def test_a_theme_that_there_is_not_is_named_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('idle_timeout = 60\ntheme = "nrod"\n')
    assert _theme_notices(load(file)) == [f"{file}:2: theme: there is no such theme; did you mean nord?"]
    file.write_text('theme = "nord"\n')
    assert _theme_notices(load(file)) == []


@pytest.mark.parametrize(
    ("config", "is_named"),
    [
        ('default_agent = "ghost"\n', True),
        ('default_agent = "workspace"\n', False),
        ('default_agent = "helper"\n', False),
        ('default_agent = "agent"\n', False),
        ('default_agent = "ghost"\n[profiles.far]\nbase_url = "http://127.0.0.1:9"\n', False),
    ],
)
def test_a_default_agent_that_nobody_can_have_is_named_at_the_start(
    tmp_path: Path, config: str, is_named: bool
) -> None:
    machine = CommandLine(tmp_path)
    machine.write_config(config)
    (machine.folder / "superserve.yaml").write_text("name: helper\ncommand: python3 agent.py\n")
    words = f"{machine.config_file}:1: default_agent: there is no agent ghost; name another, or none"
    assert (words in machine.run("--plain", str(machine.script())).out) is is_named
