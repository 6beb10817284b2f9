"""What a script gets to see: its folder, its variables, its arguments, and an interpreter as it knows it."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from superserve_tui.config.schema import AgentConfig
from superserve_tui.server.agents.identity import agent_id
from tests.support.script_agents import ask, in_time, opened, script_agent

TELL = """
import json, os, sys
while True:
    input()
    print(json.dumps({
        "environ": dict(os.environ), "argv": sys.argv, "path": sys.path, "name": __name__, "cwd": os.getcwd(),
        "file": globals().get("__file__"), "executable": sys.executable, "flags": list(sys.flags),
        "encoding": [sys.stdin.encoding, sys.stdout.encoding], "tty": sys.stdin.isatty(), "fd": sys.stdin.fileno(),
        "input": [input.__name__, input.__module__],
    }))
"""


def told(
    folder: Path,
    command: str = f"{shlex.quote(sys.executable)} agent.py",
    *,
    files: dict[str, str] | None = None,
    environ: dict[str, str] | None = None,
    config: AgentConfig | None = None,
) -> dict[str, Any]:
    """What the script tells of itself in its second turn."""

    async def talk() -> dict[str, Any]:
        written = {"agent.py": TELL, **(files or {})}
        async with opened(script_agent(folder, command, files=written, environ=environ, config=config)) as session:
            await ask(session, "x")
            found: dict[str, Any] = json.loads((await ask(session, "x")).answer)
            return found

    return in_time(talk())


def test_the_environment_is_the_persons_less_what_is_ours(tmp_path: Path) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": "/nowhere",
        "PYTHONPATH": "/some/where",
        "SUPERSERVE_API_KEY": "ss_secret",
        "SUPERSERVE_API_URL": "http://x",
        "SUPERSERVE_WANTED": "yes",
        "SUPERSERVE": "old",
    }
    config = AgentConfig(name="agent", secrets=("SUPERSERVE_WANTED", "HOME"))
    found = told(tmp_path, environ=environ, config=config)["environ"]
    assert found.pop("SUPERSERVE_SESSION_ID").startswith("ses_")
    found.pop("LC_CTYPE", None)  # Python's own, where there is no locale
    assert found == {
        "PATH": os.environ["PATH"],
        "HOME": "/nowhere",
        "PYTHONPATH": "/some/where",
        "SUPERSERVE_WANTED": "yes",
        "SUPERSERVE": "1",
    }


def test_children_see_no_trace_of_the_shim(tmp_path: Path) -> None:
    script = "import subprocess, sys\nwhile True:\n    input(); subprocess.run([sys.executable, 'child.py'])"
    child = "import os, sys\nprint(sorted(n for n in os.environ if 'SHIM' in n or n.startswith('PYTHON')), input)"

    async def talk() -> str:
        environ = {"PATH": os.environ["PATH"]}
        files = {"agent.py": script, "child.py": child}
        async with opened(script_agent(tmp_path, "python agent.py", files=files, environ=environ)) as session:
            return (await ask(session, "x")).answer

    assert in_time(talk()) == "[] <built-in function input>\n"


def test_the_interpreter_looks_as_it_would_in_a_terminal(tmp_path: Path) -> None:
    found = told(tmp_path, f"{sys.executable} -X dev agent.py --flag 'two words'")
    assert found["argv"] == ["agent.py", "--flag", "two words"]
    assert found["name"] == "__main__"
    assert found["path"][0] == str(tmp_path)
    assert not any("python_shim" in entry for entry in found["path"])
    assert found["encoding"] == ["utf-8", "utf-8"]
    assert (found["tty"], found["fd"]) == (False, 0)
    assert found["input"] == ["input", "builtins"]


@pytest.mark.parametrize(
    "command",
    [
        "python -m package.agent x",
        "python -u -m package.agent x",
        "python3 -W ignore package/agent.py x",
        "python package x",
        f"{shlex.quote(sys.executable)} -c 'from package import agent' x",
        "env PYTHONHASHSEED=1 python agent.py x",
        "./run x",
        "sh -c 'exec python agent.py x'",
    ],
)
def test_every_way_to_start_python_is_a_conversation(tmp_path: Path, command: str) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "agent.py").write_text(TELL)
    (package / "__main__.py").write_text(TELL)
    run = tmp_path / "run"
    run.write_text(f"#!/usr/bin/env python3\n{TELL}")
    run.chmod(0o755)
    assert told(tmp_path, command)["argv"][1:] == ["x"]


def test_a_sitecustomize_of_the_persons_own_still_runs(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "sitecustomize.py").write_text("import os\nos.environ['OWN'] = 'ran'")
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path / "own")}
    found = told(tmp_path, environ=environ)["environ"]
    assert found["OWN"] == "ran"
    assert found["PYTHONPATH"] == str(tmp_path / "own")


def test_a_sitecustomize_that_fails_does_not_stop_the_script(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "sitecustomize.py").write_text("import nowhere_to_be_found")
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path / "own")}
    assert told(tmp_path, environ=environ)["name"] == "__main__"


@pytest.mark.skipif(not Path("/proc/self/syscall").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("flag", ["-I", "-S", "-E"])
def test_an_interpreter_that_takes_no_shim_is_seen_waiting(tmp_path: Path, flag: str) -> None:
    assert told(tmp_path, f"python {flag} agent.py")["name"] == "__main__"


def test_answers_are_utf8_whatever_the_locale(tmp_path: Path) -> None:
    async def talk() -> str:
        environ = {"PATH": os.environ["PATH"], "PYTHONIOENCODING": "latin-1"}
        files = {"agent.py": "while True: print(input())"}
        async with opened(script_agent(tmp_path, "python agent.py", files=files, environ=environ)) as session:
            return (await ask(session, "é 🎈")).answer

    assert in_time(talk()) == "é 🎈\n"


def test_it_works_in_its_folder_unless_cwd_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "agent.py").write_text(TELL)
    assert told(tmp_path)["cwd"] == str(tmp_path)
    for cwd in ("sub", str(tmp_path / "sub")):
        assert told(tmp_path, config=AgentConfig(name="agent", cwd=cwd))["cwd"] == str(tmp_path / "sub")


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    assert told(tmp_path, "python agent.py '$HOME' '*' ';' '>x'")["argv"][1:] == ["$HOME", "*", ";", ">x"]


def test_a_program_is_found_from_the_folder_that_it_works_in(tmp_path: Path) -> None:
    (tmp_path / "sub" / "bin").mkdir(parents=True)
    (tmp_path / "sub" / "agent.py").write_text(TELL)
    (tmp_path / "sub" / "bin" / "python").symlink_to(sys.executable)
    found = told(tmp_path, "bin/python agent.py", config=AgentConfig(name="agent", cwd="sub"))
    assert found["executable"] == str(tmp_path / "sub" / "bin" / "python")


# What `GET /agents` shows


def test_info_tells_which_secrets_are_set(tmp_path: Path) -> None:
    config = AgentConfig(name="my-agent", secrets=("SET", "EMPTY", "UNSET"))
    environ = {"PATH": os.environ["PATH"], "SET": "1", "EMPTY": "", "OTHER": "2"}
    info = script_agent(tmp_path, "cat", environ=environ, config=config).info
    assert (info.id, info.name, info.command) == (agent_id("my-agent"), "my-agent", "cat")
    assert info.required_secrets == ("SET", "EMPTY", "UNSET")
    assert info.environment_keys == ("SET",)
    assert (info.deps_status, info.deps_error) == ("ready", None)


def test_info_tells_when_the_program_comes_to_be_there(tmp_path: Path) -> None:
    agent = script_agent(tmp_path, "./agent")
    assert agent.info.deps_status == "failed"
    assert str(tmp_path / "agent") in (agent.info.deps_error or "")
    (tmp_path / "agent").write_text("#!/bin/sh\n")
    (tmp_path / "agent").chmod(0o755)
    assert agent.info.deps_status == "ready"


def test_python_is_python3_where_there_is_no_other(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)
    assert told(tmp_path, "python agent.py", environ={"PATH": str(tmp_path / "bin")})["name"] == "__main__"


def test_ids_are_stable_and_differ() -> None:
    assert agent_id("agent") == "agt_" + agent_id("agent")[4:]
    assert len(agent_id("agent")) == 36
    assert agent_id("agent") != agent_id("agent-2")
