"""Where an embedded server is reached: the 0600 file that it leaves, so that the next command can find it.

May import: config, protocol, the standard library.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from superserve_tui.config import make_private_folder
from superserve_tui.protocol import format_time, loads_object, parse_time

__all__ = ["ServerAddress", "find_running", "new_token", "remove_address", "write_address"]


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """One embedded server."""

    url: str
    """`http://127.0.0.1:PORT`, without `/v1`."""
    token: str
    """What its callers must bear."""
    pid: int
    """Its process."""
    started_at: datetime | None = None
    """Aware UTC; None where it is not known."""
    folder: Path | None = None
    """The folder that its command was opened in; None where it is not known."""


def new_token() -> str:
    """A fresh random token, in the form of the service's."""
    return f"ss_{secrets.token_urlsafe(32)}"


def write_address(servers_dir: Path, address: ServerAddress) -> Path:
    """Leave the address in `servers_dir` for `find_running`; returns the file.

    Raises:
        OSError: the folder or the file can't be written.
    """
    make_private_folder(servers_dir)
    servers_dir.chmod(0o700)
    file = servers_dir / f"{address.pid}-{secrets.token_hex(4)}.json"
    row = {
        "url": address.url,
        "pid": address.pid,
        "token": address.token,
        "started_at": format_time(address.started_at),
        "folder": None if address.folder is None else str(address.folder),
    }
    part = file.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(row, stream)
        part.replace(file)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return file


def remove_address(file: Path) -> None:
    """Take an address file away, at the server's end; one that is gone or can't be removed is left."""
    with suppress(OSError):
        file.unlink(missing_ok=True)


def find_running(servers_dir: Path) -> list[ServerAddress]:
    """The servers whose processes are alive, newest first; files of dead ones are removed.

    A process id may have been given to another program since: only an answer on `url` proves the server.
    """
    found = []
    for file in _address_files(servers_dir):
        address = _read(file)
        if address is None:
            continue
        if _is_alive(address.pid):
            found.append(address)
        else:
            remove_address(file)
    return sorted(found, key=lambda each: each.started_at.timestamp() if each.started_at else 0.0, reverse=True)


def _address_files(servers_dir: Path) -> list[Path]:
    try:
        return sorted(servers_dir.glob("*.json"))
    except OSError:
        return []


def _read(file: Path) -> ServerAddress | None:
    """The file's address; None for one that is gone, unreadable or no address."""
    try:
        row = loads_object(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    if row is None:
        return None
    url, token, pid, folder = row.get("url"), row.get("token"), row.get("pid"), row.get("folder")
    if not isinstance(url, str) or not isinstance(token, str) or type(pid) is not int or pid <= 0:
        return None
    return ServerAddress(
        url=url,
        token=token,
        pid=pid,
        started_at=parse_time(row.get("started_at")),
        folder=Path(folder) if isinstance(folder, str) else None,
    )


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
