"""The yes to a folder's own project: remembered, passed on to the server, and void once the project changes."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from superserve_tui.client import AgentNotReadyError, AgentNotTrustedError
from superserve_tui.config import Config, Paths
from superserve_tui.protocol import Agent, SuperserveError
from superserve_tui.server.agents.project import find_project
from superserve_tui.wiring import ServerBackends
from superserve_tui.wiring.trust import TrustedFolder, shown_project

ECHO = "while True: print('echo', input())\n"
YAML = "name: helper\ncommand: python3 agent.py\n"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(config_file=tmp_path / "c.toml", data_dir=tmp_path / "data", auth_file=tmp_path / "auth.json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project that nobody has said yes to."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "superserve.yaml").write_text(YAML)
    (folder / "agent.py").write_text(ECHO)
    return folder


@contextmanager
def backends(paths: Paths, folder: Path, *trusted: str) -> Iterator[ServerBackends]:
    found = ServerBackends(Config(), paths, folder=folder, environ={"PATH": "/usr/bin:/bin"}, trusted=trusted)
    try:
        yield found
    finally:
        found.stop()


def listed(servers: ServerBackends) -> Agent:
    return servers.client("local").agents.list()[-1]


def answer(servers: ServerBackends) -> str:
    return servers.client("local").run("helper", "hi").text


def test_a_yes_starts_the_agent_on_the_running_server(paths: Paths, folder: Path) -> None:
    with backends(paths, folder) as servers:
        agent = listed(servers)
        assert agent.is_untrusted
        with pytest.raises(
            AgentNotTrustedError, match=r"helper: not trusted yet: it would run `python3 agent\.py`"
        ):
            servers.client("local").create_session("helper")
        assert servers.trust("local", agent) == ""
        assert answer(servers) == "echo hi\n"


def test_a_yes_is_remembered_until_the_file_changes(paths: Paths, folder: Path) -> None:
    with backends(paths, folder) as servers:
        servers.trust("local", listed(servers))
    with backends(paths, folder) as servers:
        assert answer(servers) == "echo hi\n"
        (folder / "superserve.yaml").write_text(YAML + "# changed\n")
        assert listed(servers).is_untrusted
    with backends(paths, folder) as servers, pytest.raises(AgentNotTrustedError):
        answer(servers)


def test_a_key_of_the_command_line_counts(paths: Paths, folder: Path) -> None:
    project = find_project(folder)
    assert project is not None
    with backends(paths, folder, project.trust_key) as servers:
        assert answer(servers) == "echo hi\n"
    assert TrustedFolder(paths).keys() == ()


@pytest.mark.parametrize(
    "changed",
    [YAML.replace("agent.py", "other.py"), YAML + "secrets: [SUPERSERVE_API_KEY]\n", None, "name: ["],
    ids=["command", "secrets", "gone", "broken"],
)
def test_what_is_not_as_it_was_shown_is_not_trusted(paths: Paths, folder: Path, changed: str | None) -> None:
    with backends(paths, folder) as servers:
        agent = listed(servers)
        if changed is None:
            (folder / "superserve.yaml").unlink()
        else:
            (folder / "superserve.yaml").write_text(changed)
        with pytest.raises(SuperserveError, match=r"not what was shown|no valid YAML"):
            servers.trust("local", agent)
        with pytest.raises(AgentNotReadyError):
            answer(servers)
    assert TrustedFolder(paths).keys() == ()


def test_an_agent_of_another_kind_is_nothing_to_trust(paths: Paths, folder: Path) -> None:
    with pytest.raises(SuperserveError, match="workspace is not what was shown"):
        shown_project(folder, Agent("agt_1", "workspace"))
    config = Config(profiles={})
    servers = ServerBackends(config, paths, folder=folder, environ={"SUPERSERVE_API_KEY": "ss_x"})
    project = find_project(folder)
    assert project is not None
    agent = Agent("agt_1", "helper", deps_status="untrusted", deps_error=project.intent)
    with pytest.raises(SuperserveError, match="not on this machine"):
        servers.trust("superserve", agent)


def test_a_folder_whose_name_is_no_text_can_be_trusted(paths: Paths, tmp_path: Path) -> None:
    folder = tmp_path / "odd\udcff"
    folder.mkdir()
    (folder / "superserve.yaml").write_text(YAML)
    (folder / "agent.py").write_text(ECHO)
    with backends(paths, folder) as servers:
        assert servers.trust("local", listed(servers)) == ""
        assert answer(servers) == "echo hi\n"


def test_where_nothing_can_be_written_a_yes_holds_for_this_run(paths: Paths, folder: Path) -> None:
    paths.data_dir.mkdir()
    paths.trusted_dir.write_text("in the way")
    with backends(paths, folder) as servers:
        assert "can't be remembered" in servers.trust("local", listed(servers))
        assert answer(servers) == "echo hi\n"


def test_only_the_person_reads_what_is_remembered(paths: Paths, folder: Path) -> None:
    project = find_project(folder)
    assert project is not None
    remembered = TrustedFolder(paths)
    assert remembered.keys() == ()
    remembered.add(project)
    remembered.add(project)
    (paths.trusted_dir / "README").write_text("not a key")
    assert remembered.keys() == (project.trust_key,)
    file = paths.trusted_dir / project.trust_key
    assert file.read_text() == f"{folder}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(paths.trusted_dir.stat().st_mode) == 0o700
