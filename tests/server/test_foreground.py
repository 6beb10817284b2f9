"""`serve`: the server alone, as people and scripts start it (CONTRACT 1)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from superserve_tui.protocol import CredentialError
from superserve_tui.server.foreground import ServeOptions, serve
from superserve_tui.server.listener import bind
from superserve_tui.server.options import ServerOptions

ROOT = Path(__file__).resolve().parents[2]

COMMAND = """
import sys
from pathlib import Path
from superserve_tui.server import ServeOptions, ServerOptions, serve
folder, token_file, scripts = Path(sys.argv[1]), sys.argv[2], tuple(map(Path, sys.argv[3:]))
options = ServeOptions(ServerOptions(folder, scripts=scripts), token_file=Path(token_file) if token_file else None)
sys.exit(serve(options))
"""


@contextmanager
def serving(
    folder: Path, *scripts: Path, token_file: str = "", environ: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command at work, and its address."""
    argv = [sys.executable, "-c", COMMAND, str(folder), token_file, *map(str, scripts)]
    environ = {**os.environ, **(environ or {})}
    with subprocess.Popen(argv, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("listening on http://127.0.0.1:")
            yield process, line.removeprefix("listening on ").strip()
        finally:
            process.kill()


def status(url: str, token: str) -> int:
    return httpx.get(f"{url}/v1/agents", headers={"authorization": f"Bearer {token}"}, trust_env=False).status_code


def test_fresh_token_is_printed_on_the_second_line(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, url):
        assert process.stdout is not None
        word, token = process.stdout.readline().split()
        assert (word, status(url, token), status(url, "other")) == ("token", 200, 401)


@pytest.mark.parametrize("origin", ["file", "variable"])
def test_given_token_is_taken_and_not_printed(tmp_path: Path, origin: str) -> None:
    (tmp_path / "token").write_text("ss_mine\n")
    token_file = str(tmp_path / "token") if origin == "file" else ""
    environ = {"SUPERSERVE_SERVE_TOKEN": "ss_other" if origin == "file" else "ss_mine"}
    with serving(tmp_path, token_file=token_file, environ=environ) as (process, url):
        assert status(url, "ss_mine") == 200
        process.terminate()
        assert process.stdout is not None
        assert process.stdout.read() == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_ends_it_quietly_with_its_number(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path) as (process, _):
        process.send_signal(number)
        assert process.wait(3) == 128 + number


def test_agents_do_not_see_the_token(tmp_path: Path) -> None:
    script = tmp_path / "spy.py"
    script.write_text("import os\nwhile True:\n    input()\n    print(sorted(os.environ.items()), flush=True)\n")
    with serving(tmp_path, script, environ={"SUPERSERVE_SERVE_TOKEN": "ss_mine", "SEEN": "yes"}) as (_, url):
        client = httpx.Client(base_url=f"{url}/v1", headers={"authorization": "Bearer ss_mine"}, trust_env=False)
        with client:
            agents = {agent["name"]: agent["id"] for agent in client.get("/agents").json()["agents"]}
            session = client.post("/sessions", json={"agent_id": agents["spy"]}).json()["id"]
            answer = client.post(f"/sessions/{session}/messages", json={"prompt": "x"}).text
    assert "('SEEN', 'yes')" in answer
    assert "ss_mine" not in answer


def test_token_is_no_agents_secret(tmp_path: Path) -> None:
    (tmp_path / "spy.py").touch()
    (tmp_path / "superserve.yaml").write_text("secrets: [SUPERSERVE_SERVE_TOKEN, SEEN]")
    environ = {"SUPERSERVE_SERVE_TOKEN": "ss_mine", "SEEN": "yes"}
    with serving(tmp_path, tmp_path / "spy.py", environ=environ) as (_, url):
        headers = {"authorization": "Bearer ss_mine"}
        spy = httpx.get(f"{url}/v1/agents", headers=headers, trust_env=False).json()["agents"][1]
    assert (spy["name"], spy["environment_keys"]) == ("spy", ["SEEN"])


def test_closed_output_is_a_quiet_end(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    argv = [sys.executable, "-c", COMMAND, str(tmp_path), ""]
    try:
        done = subprocess.run(argv, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, timeout=20, check=False)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("text", ["", "two words", "zeile\nzwei", "ümlaut"])
def test_text_that_is_no_token_is_refused_without_being_shown(tmp_path: Path, text: str) -> None:
    (tmp_path / "token").write_text(text)
    options = ServerOptions(tmp_path)
    for given in (
        ServeOptions(options, token_file=tmp_path / "token", environ={}),
        ServeOptions(options, environ={"SUPERSERVE_SERVE_TOKEN": text}),
    ):
        with pytest.raises(CredentialError) as caught:
            serve(given)
        assert not text or text not in str(caught.value)


def test_taken_port_foreign_host_and_missing_token_file_are_told_to_the_caller(tmp_path: Path) -> None:
    options = ServerOptions(tmp_path)
    with bind("127.0.0.1", 0) as taken, pytest.raises(OSError, match="in use"):
        serve(ServeOptions(options, port=taken.getsockname()[1], environ={}))
    with pytest.raises(ValueError, match="loopback"):
        serve(ServeOptions(options, host="0.0.0.0", environ={}))
    with pytest.raises(FileNotFoundError):
        serve(ServeOptions(options, token_file=tmp_path / "none", environ={}))
