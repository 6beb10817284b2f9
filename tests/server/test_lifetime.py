"""How long the server's process lives once its starter is gone, and how it ends (DESIGN, Threads)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import httpx
import pytest

from superserve_tui.server import EmbeddedServer, EmbeddedServerError, ServerAddress, ServerOptions, find_running
from tests.support.api import Api
from tests.support.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]

WAITER = """
import pathlib, sys, time
for line in sys.stdin:
    print("working", flush=True)
    pathlib.Path("pid").write_text(str(__import__("os").getpid()))
    while not pathlib.Path("go").exists():
        time.sleep(0.01)
    print("done", flush=True)
"""
"""An agent whose answer takes until a file `go` lies in its folder."""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def pid_of_agent(folder: Path) -> int:
    file = folder / "pid"
    wait_for(lambda: file.exists() and bool(file.read_text()), what="the agent works")
    return int(file.read_text())


@pytest.fixture
def options(tmp_path: Path) -> ServerOptions:
    """A server with the agent `waiter`, that is patient with turns and short with itself."""
    (tmp_path / "waiter.py").write_text(WAITER)
    return ServerOptions(tmp_path, scripts=(tmp_path / "waiter.py",), servers_dir=tmp_path / "servers")


@pytest.fixture
def embedded() -> Iterator[EmbeddedServer]:
    """A server that is gone after the test, whatever the test did."""
    server = EmbeddedServer()
    yield server
    if server.pid is not None and server.poll() is None:
        os.kill(server.pid, signal.SIGKILL)
        wait_for(lambda: server.poll() is not None, what="the killed server is gone")
    server.stop()


def let_go(server: EmbeddedServer) -> None:
    """Close the pipe as the death of the starter would, and do nothing else."""
    process = server._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()


def start_turn(address: ServerAddress) -> tuple[Api, str]:
    """A session with `waiter` whose turn runs, with nobody listening."""
    api = Api(address)
    session = api.new_session("waiter")
    with api.send(session) as stream:
        text = ""
        while text != "working\n":
            event = stream.next()
            assert event is not None, stream.seen
            text += event[1].get("content", "")
    return api, session


def test_server_is_found_by_its_file_while_it_lives(embedded: EmbeddedServer, options: ServerOptions) -> None:
    address = embedded.start(options)
    assert options.servers_dir is not None
    (found,) = find_running(options.servers_dir)
    assert replace(found, started_at=None) == address
    assert found.started_at is not None
    (file,) = options.servers_dir.iterdir()
    assert (file.stat().st_mode & 0o777, options.servers_dir.stat().st_mode & 0o777) == (0o600, 0o700)
    assert embedded.stop() is not None
    assert list(options.servers_dir.iterdir()) == []


def test_server_ends_at_once_when_its_starter_goes_and_no_turn_runs(
    embedded: EmbeddedServer, options: ServerOptions
) -> None:
    with Api(embedded.start(options)) as api:
        api.new_session("waiter")
        let_go(embedded)
        wait_for(lambda: embedded.poll() == 0, what="the server ends", deadline_s=10)


def test_running_turn_ends_and_its_events_are_served_after_the_starter_went(
    embedded: EmbeddedServer, options: ServerOptions, tmp_path: Path
) -> None:
    api, session = start_turn(embedded.start(options))
    with api:
        agent = pid_of_agent(tmp_path)
        let_go(embedded)
        with api.events(session) as stream:
            (tmp_path / "go").touch()
            assert "".join(data.get("content", "") for _, data in stream) == "working\ndone\n"
        assert embedded.poll() is None
        with api.events(session) as stream:
            assert stream.types()[-1] == "run.completed"
        api.http.post(f"/sessions/{session}/end")
    wait_for(lambda: embedded.poll() == 0, what="the server ends with its last session", deadline_s=10)
    assert not is_alive(agent)


def test_server_ends_when_the_grace_after_the_last_turn_is_over(
    embedded: EmbeddedServer, options: ServerOptions, tmp_path: Path
) -> None:
    api, session = start_turn(embedded.start(replace(options, events_grace_s=0.3)))
    with api:
        let_go(embedded)
        (tmp_path / "go").touch()
        with api.events(session) as stream:
            assert stream.types()[-1] == "run.completed"
    wait_for(lambda: embedded.poll() == 0, what="the server ends", deadline_s=10)


def test_turn_that_overruns_its_grace_is_cancelled(embedded: EmbeddedServer, options: ServerOptions) -> None:
    api, session = start_turn(embedded.start(replace(options, turn_grace_s=0.3)))
    with api:
        let_go(embedded)
        with api.events(session) as stream:
            assert stream.types()[-1] == "run.cancelled"
        assert embedded.poll() is None
        assert api.http.post(f"/sessions/{session}/end").status_code == 200
    wait_for(lambda: embedded.poll() == 0, what="the server ends")


def test_kept_server_lives_until_its_sessions_have_ended(
    embedded: EmbeddedServer, options: ServerOptions, tmp_path: Path
) -> None:
    (tmp_path / "go").touch()
    with Api(embedded.start(options)) as api:
        session = api.new_session("waiter")
        embedded.keep()
        assert embedded.stop() is None
        assert embedded._reader is not None
        embedded._reader.join(5)
        assert not embedded._reader.is_alive(), "the server did not notice that its starter let go"
        assert api.turn(session)[-1][0] == "run.completed"
        assert embedded.poll() is None
        assert api.http.post(f"/sessions/{session}/end").status_code == 200
    wait_for(lambda: embedded.poll() == 0, what="the server ends with its last session", deadline_s=10)


def test_kept_server_lives_until_its_sessions_have_expired(
    embedded: EmbeddedServer, options: ServerOptions
) -> None:
    with Api(embedded.start(options)) as api:
        api.new_session("waiter", idle_timeout_seconds=1)
    embedded.keep()
    embedded.stop()
    wait_for(lambda: embedded.poll() == 0, what="the server ends with its last session", deadline_s=10)


def test_kept_server_without_sessions_ends(embedded: EmbeddedServer, options: ServerOptions) -> None:
    embedded.start(options)
    embedded.keep()
    embedded.stop()
    wait_for(lambda: embedded.poll() == 0, what="the server ends", deadline_s=10)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_ends_the_server_its_agents_and_its_turns(
    embedded: EmbeddedServer, options: ServerOptions, tmp_path: Path, number: signal.Signals
) -> None:
    api, session = start_turn(embedded.start(options))
    agent = pid_of_agent(tmp_path)
    assert embedded.pid is not None
    with api, api.events(session) as stream:
        assert stream.next() == ("run.started", {})
        os.kill(embedded.pid, number)
        event_type, data = list(stream)[-1]
        assert event_type == "run.failed"
        assert data["error"]["code"] == "server_stopped"
    wait_for(lambda: embedded.poll() == 128 + number, what="the server ends", deadline_s=10)
    assert not is_alive(agent)
    assert options.servers_dir is not None
    assert find_running(options.servers_dir) == []


def test_stop_ends_the_server_although_a_turn_runs(
    embedded: EmbeddedServer, options: ServerOptions, tmp_path: Path
) -> None:
    api, _ = start_turn(embedded.start(options))
    agent = pid_of_agent(tmp_path)
    with api:
        assert embedded.stop() is not None
    assert not is_alive(agent)


def test_server_that_does_not_end_is_killed(embedded: EmbeddedServer, options: ServerOptions) -> None:
    embedded.start(options)
    assert embedded.pid is not None
    os.kill(embedded.pid, signal.SIGSTOP)
    assert embedded.stop(deadline_s=0.2) == -signal.SIGKILL


def test_server_survives_the_terminals_interrupt(embedded: EmbeddedServer, options: ServerOptions) -> None:
    embedded.start(options)
    assert embedded.pid is not None
    assert os.getsid(embedded.pid) == embedded.pid != os.getsid(0)


def test_server_ends_when_its_starter_is_killed(options: ServerOptions, tmp_path: Path) -> None:
    starter_script = dedent(f"""
        import sys, time
        from pathlib import Path
        from superserve_tui.server import EmbeddedServer, ServerOptions
        folder = Path({str(tmp_path)!r})
        address = EmbeddedServer().start(ServerOptions(folder, servers_dir=folder))
        print(address.pid, flush=True)
        time.sleep(60)
    """)
    with subprocess.Popen([sys.executable, "-c", starter_script], cwd=ROOT, stdout=subprocess.PIPE) as starter:
        try:
            assert starter.stdout is not None
            pid = int(starter.stdout.readline())
            assert is_alive(pid)
        finally:
            starter.kill()
    wait_for(lambda: not is_alive(pid), what="the server ends", deadline_s=10)
    assert list(tmp_path.glob("*.json")) == []


def test_server_that_can_not_leave_its_address_serves_its_starter(
    embedded: EmbeddedServer, options: ServerOptions, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    address = embedded.start(replace(options, servers_dir=tmp_path / "file" / "servers"))
    assert address.url.startswith("http://127.0.0.1:")
    wait_for(embedded.log_lines, what="it says so")
    (said,) = embedded.log_lines()
    assert "can't be written down" in said
    assert embedded.poll() is None


def test_server_that_can_not_start_says_why(
    embedded: EmbeddedServer, options: ServerOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "uvicorn.py").write_text("raise SystemExit('a library is broken')\n")
    (tmp_path / "starlette.py").write_text("raise SystemExit('a library is broken')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(EmbeddedServerError, match="ended at once: a library is broken") as caught:
        embedded.start(options)
    assert "Traceback" not in str(caught.value)
    assert embedded.poll() is not None


def test_folder_that_is_gone_is_said(embedded: EmbeddedServer, tmp_path: Path) -> None:
    with pytest.raises(EmbeddedServerError, match=r"can't be started: .*gone"):
        embedded.start(ServerOptions(tmp_path / "gone"))


def test_child_without_options_ends_with_a_word() -> None:
    for told in (b"", b"{}\n", b"nonsense\n"):
        done = subprocess.run(
            [sys.executable, "-m", "superserve_tui.server.child"],
            input=told,
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 2
        assert b"Traceback" not in done.stderr
        assert done.stdout == b""


def test_token_is_neither_in_arguments_nor_in_the_environment(
    embedded: EmbeddedServer, options: ServerOptions
) -> None:
    proc = Path("/proc")
    if not proc.is_dir():
        pytest.skip("needs /proc")
    address = embedded.start(options)
    for name in ("cmdline", "environ"):
        assert address.token.encode() not in (proc / str(address.pid) / name).read_bytes()


def test_modules_of_the_persons_folder_are_not_loaded(embedded: EmbeddedServer, tmp_path: Path) -> None:
    for name in ("uvicorn", "starlette", "json", "superserve_tui"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('loaded from the folder')")
    address = embedded.start(ServerOptions(tmp_path))
    assert httpx.get(f"{address.url}/v1/agents", trust_env=False).status_code == 401


def test_options_travel_whole(options: ServerOptions) -> None:
    from superserve_tui.config.schema import AgentConfig

    full = replace(
        options, agents=(AgentConfig("a", command="x \u2028 y", secrets=("S",), framed=True),), turn_grace_s=1
    )
    line = full.to_line("ss_x")
    assert line.count(b"\n") == 1
    assert ServerOptions.from_line(line) == (full, "ss_x")
    assert json.loads(line)["token"] == "ss_x"
