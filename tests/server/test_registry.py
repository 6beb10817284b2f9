"""Which agents a server offers, under which names, started how (PROTOCOL 6, CONTRACT 1)."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from superserve_tui.config.schema import AgentConfig
from superserve_tui.protocol import AGENT_NAME, Agent
from superserve_tui.server.agents.base import AgentFailure
from superserve_tui.server.agents.naming import agent_names, script_name
from superserve_tui.server.agents.registry import build_agents
from superserve_tui.server.options import ServerOptions


def listed(folder: Path, *scripts: Path, agents: tuple[AgentConfig, ...] = (), **environ: str) -> list[Agent]:
    options = ServerOptions(folder, agents=agents, scripts=scripts)
    return [each.info for each in build_agents(options, environ)]


def file(folder: Path, name: str, content: str = "") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("agent.py", "agent"),
        ("My Agent.v2.py", "my-agent-v2"),
        ("Ärger_X.ts", "-rger-x"),
        ("2fast.py", "agent-2fast"),
        ("run", "run"),
        ("日本.py", "agent"),
        ("__init__.py", "agent-init"),
    ],
)
def test_script_is_named_by_its_stem(name: str, expected: str) -> None:
    expected = f"agent{expected}" if expected.startswith("-") else expected
    assert script_name(Path("/x") / name) == expected
    assert AGENT_NAME.match(expected)


def test_workspace_is_first_then_the_config_then_the_scripts_and_names_are_unique(tmp_path: Path) -> None:
    scripts = [file(tmp_path, "a/agent.py"), file(tmp_path, "b/agent.py"), file(tmp_path, "workspace.py")]
    agents = (AgentConfig("agent", command="true"), AgentConfig("workspace", command="true"))
    names = [agent.name for agent in listed(tmp_path, *scripts, agents=agents)]
    assert names == ["workspace", "agent", "workspace-2", "agent-2", "agent-3", "workspace-3"]
    assert agent_names(ServerOptions(tmp_path, agents=agents, scripts=tuple(scripts))) == (names[1:3], names[3:])


@pytest.mark.parametrize(
    ("name", "runner"),
    [
        ("a.py", [sys.executable]),
        ("a.ts", ["npx", "tsx"]),
        ("a.tsx", ["npx", "tsx"]),
        ("a.js", ["node"]),
        ("a.jsx", ["node"]),
        ("a.mjs", ["node"]),
        ("a.cjs", ["node"]),
        ("a.sh", []),
        ("A.PY", [sys.executable]),
    ],
)
def test_command_follows_from_the_extension(tmp_path: Path, name: str, runner: list[str]) -> None:
    script = file(tmp_path, f"with space/{name}")
    command = listed(tmp_path, script)[1].command
    assert command is not None
    assert shlex.split(command) == [*runner, str(script)]


@pytest.mark.parametrize("name", [".venv", "venv"])
def test_python_of_the_projects_own_environment_is_used(tmp_path: Path, name: str) -> None:
    script = file(tmp_path, "agent.py")
    python = file(tmp_path, f"{name}/bin/python")
    assert listed(tmp_path, script)[1].command == f"{python} {script}"


def test_relative_script_lies_in_the_folder(tmp_path: Path) -> None:
    file(tmp_path, "agent.py")
    assert str(tmp_path / "agent.py") in str(listed(tmp_path, Path("agent.py"))[1].command)


def test_script_that_is_not_there_is_listed_with_the_reason(tmp_path: Path) -> None:
    agent = listed(tmp_path, tmp_path / "gone.py")[1]
    assert (agent.name, agent.deps_status) == ("gone", "failed")
    assert "gone.py" in str(agent.deps_error)


def test_secrets_of_the_scripts_project_are_required(tmp_path: Path) -> None:
    script = file(tmp_path, "project/agent.py")
    file(tmp_path, "project/superserve.yaml", "name: x\ncommand: python agent.py\nsecrets: [KEY_A, KEY_B]\n")
    agent = listed(tmp_path, script, KEY_A="set")[1]
    assert (agent.required_secrets, agent.missing_secrets) == (("KEY_A", "KEY_B"), ("KEY_B",))


@pytest.mark.parametrize(
    "content", ["[", "- a", "secrets: {a: b}", "secrets: [1]", "a: !!python/object:x {}", "\x00"]
)
def test_broken_project_file_is_said(tmp_path: Path, content: str) -> None:
    script = file(tmp_path, "agent.py")
    file(tmp_path, "superserve.yaml", content)
    agent = listed(tmp_path, script)[1]
    assert agent.deps_status == "failed"
    assert "superserve.yaml" in str(agent.deps_error)
    assert "\n" not in str(agent.deps_error)


@pytest.mark.parametrize(
    "config",
    [
        AgentConfig("a", model="llama"),
        AgentConfig("a"),
    ],
)
def test_kind_that_can_not_be_run_is_listed_with_the_reason(tmp_path: Path, config: AgentConfig) -> None:
    options = ServerOptions(tmp_path, agents=(config,))
    agent = build_agents(options, {})[1]
    assert agent.info.deps_status == "failed"
    assert agent.info.deps_error
    with pytest.raises(AgentFailure, match="can't be run"):
        agent.open("ses_1")
