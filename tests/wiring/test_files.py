"""Which files the app offers for a message: those of its folder, and only to an agent that works there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from superserve_tui.config import Config, Paths
from superserve_tui.config.schema import AgentConfig, ProfileConfig
from superserve_tui.wiring import ServerBackends


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[ServerBackends]:
    """The folder `here` with one file; an agent that works elsewhere, and a server that is elsewhere."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here/a.txt").write_text("")
    config = Config(
        profiles={"far": ProfileConfig("https://far.invalid")},
        agents={"there": AgentConfig("there", command="python a.py", cwd=str(tmp_path))},
    )
    paths = Paths(config_file=tmp_path / "c.toml", data_dir=tmp_path / "data", auth_file=tmp_path / "auth.json")
    found = ServerBackends(config, paths, folder=tmp_path / "here", environ={"PATH": "/usr/bin:/bin"})
    yield found
    found.stop()


def test_files_are_offered_to_an_agent_of_this_folder(servers: ServerBackends) -> None:
    assert servers.find_files("local", "workspace") == ("a.txt",)


@pytest.mark.parametrize(
    ("profile", "agent", "server_url"),
    [("far", "workspace", None), ("local", "there", None), ("local", "workspace", "http://127.0.0.1:1")],
)
def test_nothing_is_offered_to_one_that_works_elsewhere(
    servers: ServerBackends, profile: str, agent: str, server_url: str | None
) -> None:
    assert servers.find_files(profile, agent, server_url) == ()


def test_a_session_on_the_server_of_this_command_is_of_this_folder(servers: ServerBackends) -> None:
    url = servers.service("local").base_url

    assert servers.find_files("local", "workspace", url) == ("a.txt",)
