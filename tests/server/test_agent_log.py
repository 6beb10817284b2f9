"""`GET /sessions/{id}/log`: what an agent wrote to standard error, while its session lives and after."""

from __future__ import annotations

from pathlib import Path

from superserve_tui.client import Client
from tests.support.api import Api
from tests.support.embedded import RunningServer, running_server
from tests.support.script_agents import script_agent
from tests.support.waiting import wait_for

NOISY = """
import sys
while True:
    message = input()
    if message == "die":
        sys.exit("no more")
    print(f"about to answer {message}\\u00e9\\x1b[31m", file=sys.stderr, flush=True)
    print("done")
"""


def test_an_agents_standard_error_is_told_also_after_its_session(tmp_path: Path) -> None:
    agent = script_agent(tmp_path, "python3 agent.py", files={"agent.py": NOISY})
    with running_server(agent) as server, Client(server.token, server.url) as client:
        session = client.create_session("agent")
        assert session.log_lines() == []
        assert session.run("one").text == "done\n"
        wait_for(lambda: session.log_lines() == ["about to answer oneé\x1b[31m"], what="the line")
        session.run("die")
        session.run("two")
        session.end()
        assert session.log_lines() == ["about to answer oneé\x1b[31m", "no more", "about to answer twoé\x1b[31m"]


def test_an_agent_without_a_log_has_no_lines(server: RunningServer, api: Api) -> None:
    session_id = api.http.post("/sessions", json={"agent_id": api.agent_id()}).json()["id"]
    answer = api.http.get(f"/sessions/{session_id}/log")
    assert (answer.status_code, answer.json()) == (200, {"lines": []})
    assert api.http.post(f"/sessions/{session_id}/log").status_code == 405
    assert api.http.get(f"/sessions/ses_{'0' * 32}/log").status_code == 404
