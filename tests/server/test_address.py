"""The file that an embedded server leaves, and the command that looks for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from superserve_tui.server.address import ServerAddress, find_running, new_token, remove_address, write_address

STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def address(port: int = 1, *, pid: int | None = None, started_at: datetime = STARTED) -> ServerAddress:
    return ServerAddress(f"http://127.0.0.1:{port}", "ss_x", pid or os.getpid(), started_at, Path("/some/folder"))


def dead_pid() -> int:
    """The id of a process that has ended and been reaped."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_address_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "servers"
    write_address(folder, address())
    assert find_running(folder) == [address()]


def test_file_and_folder_are_private_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        file = write_address(tmp_path / "servers", address())
    finally:
        os.umask(old)
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert list(file.parent.iterdir()) == [file]


def test_folder_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    write_address(tmp_path, address())
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_newest_server_comes_first(tmp_path: Path) -> None:
    for port, year in ((1, 2025), (2, 2027), (3, 2026)):
        write_address(tmp_path, address(port, started_at=STARTED.replace(year=year)))
    assert [found.url[-1] for found in find_running(tmp_path)] == ["2", "3", "1"]


def test_files_of_dead_servers_are_dropped_and_removed(tmp_path: Path) -> None:
    write_address(tmp_path, address(1, pid=dead_pid()))
    alive = write_address(tmp_path, address(2))
    assert find_running(tmp_path) == [address(2)]
    assert list(tmp_path.iterdir()) == [alive]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b"{}",
        b'{"url": "u", "token": "t", "pid": "1"}',
        b'{"url": "u", "token": "t", "pid": true}',
    ]
    + [json.dumps({"url": "u", "token": "t", "pid": pid}).encode() for pid in (0, -1)],
)
def test_file_that_is_no_address_is_passed_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "1-x.json").write_bytes(content)
    assert find_running(tmp_path) == []


def test_absurd_process_id_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / "1-x.json").write_text(json.dumps({"url": "u", "token": "t", "pid": 10**30}))
    assert find_running(tmp_path) == []


def test_no_folder_holds_no_server(tmp_path: Path) -> None:
    assert find_running(tmp_path / "none") == []


def test_removing_twice_is_no_error(tmp_path: Path) -> None:
    file = write_address(tmp_path, address())
    remove_address(file)
    remove_address(file)
    assert find_running(tmp_path) == []


def test_tokens_are_long_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(token.startswith("ss_") and len(token) >= 43 and token.isascii() for token in tokens)
