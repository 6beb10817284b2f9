"""A folder with a superserve.yaml: what is read of it, what it is called, and when it may run."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from superserve_tui.config.schema import AgentConfig
from superserve_tui.protocol import Agent
from superserve_tui.server.agents.base import AgentDefinition, AgentFailure
from superserve_tui.server.agents.project import (
    Project,
    ProjectError,
    TrustedProjects,
    content_hash,
    find_project,
    project_agent_name,
    trust_key,
)
from superserve_tui.server.agents.registry import build_agents
from superserve_tui.server.options import ServerOptions
from superserve_tui.server.process import EmbeddedServer
from tests.support.recording_sink import RecordingSink
from tests.support.script_agents import in_time

YAML = "name: helper\ncommand: python agent.py\nsecrets: [A_KEY]\nignore:\n  - node_modules\nother: 1\n"
ECHO = "import sys\nwhile True: print('echo', input(), sys.prefix)\n"


def project(folder: Path, content: str = YAML) -> Project:
    (folder / "superserve.yaml").write_text(content, encoding="utf-8")
    found = find_project(folder)
    assert found is not None
    return found


def offered(
    folder: Path, *, trusted: TrustedProjects | None = None, agents: tuple[AgentConfig, ...] = (), **environ: str
) -> list[AgentDefinition]:
    options = ServerOptions(folder, agents=agents)
    return build_agents(options, {"PATH": os.environ["PATH"], **environ}, trusted=trusted)


def listed(folder: Path, *agents: AgentConfig) -> list[Agent]:
    return [each.info for each in offered(folder, agents=agents)]


def why_not(agent: AgentDefinition) -> str:
    """Why it can't take a session now; empty where it can."""
    return agent.info.not_ready_reason or ""


def test_a_folder_without_the_file_is_no_project(tmp_path: Path) -> None:
    assert find_project(tmp_path) is None
    (tmp_path / "superserve.yaml").mkdir()
    assert find_project(tmp_path) is None
    assert [agent.name for agent in listed(tmp_path)] == ["workspace"]


def test_what_the_file_says_is_read(tmp_path: Path) -> None:
    found = project(tmp_path)
    assert (found.name, found.command, found.folder) == ("helper", "python agent.py", tmp_path)
    assert (found.secrets, found.ignore) == (("A_KEY",), ("node_modules",))


def test_a_pipe_of_that_name_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "superserve.yaml")
    assert find_project(tmp_path) is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name: [", "line 1: is no valid YAML"),
        ("a: b\nc: d: e", "line 2: is no valid YAML"),
        ("- name", "no table"),
        ("", "no table"),
        ("command: x", "name must"),
        ("name: Big\ncommand: x", "name must"),
        ("name: 5\ncommand: x", "name must"),
        ('name: "a\\n"\ncommand: x', "name must"),
        ("name: a", "command must"),
        ("name: a\ncommand: [x]", "command must"),
        ("name: a\ncommand: ' '", "command must"),
        ('name: a\ncommand: "python \'x"', "command must"),
        ('name: a\ncommand: "x\\ny"', "command must"),
        ("name: a\ncommand: x\nsecrets: KEY", "secrets is no list"),
        ("name: a\ncommand: x\nignore: [1]", "ignore is no list"),
        ("name: !!python/object/apply:os.system ['x']\ncommand: x", "YAML"),
        ("name: 2026-99-99\ncommand: x", "YAML"),
        ("[" * 5000, "YAML"),
        ("{a: b}: c", "YAML"),
        ("x: " + "y" * 1024 * 1024, "larger"),
    ],
)
def test_what_is_wrong_with_it_is_said_in_one_line(tmp_path: Path, content: str, words: str) -> None:
    with pytest.raises(ProjectError, match=words) as caught:
        project(tmp_path, content)
    assert str(caught.value).startswith(str(tmp_path / "superserve.yaml"))
    assert "\n" not in str(caught.value)
    agent = listed(tmp_path)[-1]
    assert (agent.name, agent.deps_status) == ("project", "failed")
    assert words in (agent.deps_error or "")


def test_trust_is_for_a_folder_and_every_byte_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = project(tmp_path / "a"), project(tmp_path / "b")
    changed = project(tmp_path / "b", YAML + "#\n")
    assert len({first.trust_key, second.trust_key, changed.trust_key}) == 3
    assert first.content_hash == second.content_hash == content_hash(YAML.encode())
    (tmp_path / "link").symlink_to("a")
    linked = find_project(tmp_path / "link")
    assert linked is not None
    assert linked.trust_key == first.trust_key == trust_key(tmp_path / "link", first.content_hash)


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        ([], "helper"),
        (["helper"], "helper-project"),
        (["helper", "helper-project"], "helper-project-2"),
        (["helper", "helper-project", "helper-project-2"], "helper-project-3"),
    ],
)
def test_a_project_takes_nobodys_name(taken: list[str], name: str) -> None:
    assert project_agent_name("helper", taken) == name


def test_a_project_replaces_no_agent(tmp_path: Path) -> None:
    project(tmp_path)
    names = [agent.name for agent in listed(tmp_path, AgentConfig("helper", command="true"))]
    assert names == ["workspace", "helper", "helper-project"]
    project(tmp_path, "name: workspace\ncommand: 'true'")
    assert listed(tmp_path)[-1].name == "workspace-project"


def test_it_is_not_started_before_the_person_said_yes(tmp_path: Path) -> None:
    found = project(tmp_path)
    trusted = TrustedProjects()
    agent = offered(tmp_path, trusted=trusted, A_KEY="x")[-1]
    assert why_not(agent).startswith("not trusted yet")
    assert "python agent.py" in why_not(agent)
    assert str(tmp_path) in why_not(agent)
    with pytest.raises(AgentFailure, match="not trusted"):
        agent.open("ses_1")
    trusted.add(found.trust_key)
    assert why_not(agent) == ""


def test_a_file_that_changes_is_not_trusted_any_more(tmp_path: Path) -> None:
    found = project(tmp_path)
    agent = offered(tmp_path, trusted=TrustedProjects([found.trust_key]), A_KEY="x")[-1]
    assert why_not(agent) == ""
    project(tmp_path, YAML.replace("python agent.py", "rm -r x"))
    assert "rm -r x" in why_not(agent)
    with pytest.raises(AgentFailure, match="not trusted"):
        agent.open("ses_1")
    (tmp_path / "superserve.yaml").write_text("[")
    assert agent.info.deps_status == "failed"
    with pytest.raises(AgentFailure, match="YAML"):
        agent.open("ses_1")
    (tmp_path / "superserve.yaml").unlink()
    assert "any more" in why_not(agent)


def test_its_secrets_are_checked(tmp_path: Path) -> None:
    found = project(tmp_path)
    agent = offered(tmp_path, trusted=TrustedProjects([found.trust_key]))[-1]
    assert agent.info.missing_secrets == ("A_KEY",)


def test_a_trusted_project_answers_in_its_folder_with_its_own_python(tmp_path: Path) -> None:
    import venv

    venv.create(tmp_path / ".venv", symlinks=True, with_pip=False)
    found = project(tmp_path, "name: helper\ncommand: python agent.py")
    (tmp_path / "agent.py").write_text(ECHO)

    async def talk() -> str:
        session = offered(tmp_path, trusted=TrustedProjects([found.trust_key]))[-1].open(
            f"ses_{secrets.token_hex(16)}"
        )
        try:
            sink = RecordingSink()
            await session.run("hi", sink)
            return sink.answer
        finally:
            await session.close()

    assert in_time(talk()) == f"echo hi {tmp_path / '.venv'}\n"


def test_a_running_server_learns_of_trust(tmp_path: Path) -> None:
    import httpx

    found = project(tmp_path, "name: helper\ncommand: cat")
    server = EmbeddedServer()
    address = server.start(ServerOptions(tmp_path))
    try:
        with httpx.Client(headers={"authorization": f"Bearer {address.token}"}, trust_env=False) as client:

            def status() -> str:
                agents = client.get(f"{address.url}/v1/agents").json()["agents"]
                return str(agents[-1]["deps_status"])

            assert status() == "untrusted"
            refused = client.post(f"{address.url}/v1/sessions", json={"agent_id": agents_id(client, address.url)})
            assert refused.status_code == 409
            assert "not trusted yet" in refused.json()["detail"]
            server.trust("nonsense")
            server.trust(found.trust_key)
            for _ in range(1000):
                if status() == "ready":
                    break
            assert status() == "ready"
    finally:
        server.stop()


def agents_id(client: object, url: str) -> str:
    import httpx

    assert isinstance(client, httpx.Client)
    return str(client.get(f"{url}/v1/agents").json()["agents"][-1]["id"])


def test_trust_of_earlier_travels_to_the_server(tmp_path: Path) -> None:
    options = ServerOptions(tmp_path, trusted_projects=("a", "b"))
    assert ServerOptions.from_line(options.to_line("t")) == (options, "t")
