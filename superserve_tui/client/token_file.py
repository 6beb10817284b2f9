"""The token file that the vendor's tools share: `~/.superserve/auth.json` (PROTOCOL 5).

May import: the standard library, protocol.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import field
from pathlib import Path

from superserve_tui.protocol import JsonObject, dumps, loads_object
from superserve_tui.protocol.records import dataclass

__all__ = ["StoredToken", "default_auth_file", "delete_token", "read_token", "write_token"]

_MAX_FILE_BYTES = 1024 * 1024


def _no_fields() -> JsonObject:
    return {}


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token as the file has it."""

    token: str = field(repr=False)
    """The bearer token; never shown."""
    token_type: str | None = None
    expires_at: str | None = None
    """ISO 8601, as the service sent it."""
    refresh_token: str | None = field(default=None, repr=False)
    other: JsonObject = field(default_factory=_no_fields, repr=False)
    """Fields that other tools wrote; they are kept."""


def default_auth_file() -> Path | None:
    """`~/.superserve/auth.json`; None where there is no home."""
    try:
        return Path.home() / ".superserve" / "auth.json"
    except RuntimeError:
        return None


def read_token(path: Path) -> StoredToken | None:
    """The token in the file; None where the file is missing, unreadable, or holds no token."""
    fields = _read_fields(path)
    token = fields.pop("token", None)
    if not isinstance(token, str) or not token:
        return None
    known = {
        name: value if isinstance(value, str) else None
        for name in ("token_type", "expires_at", "refresh_token")
        for value in [fields.pop(name, None)]
    }
    return StoredToken(token, known["token_type"], known["expires_at"], known["refresh_token"], fields)


def write_token(token: StoredToken, path: Path) -> None:
    """Put the token into the file (mode 0600, folder 0700), atomically; unknown fields of an old one stay.

    Raises:
        OSError: the file can't be written.
    """
    fields = _read_fields(path)
    for name in ("token", "token_type", "expires_at", "refresh_token"):
        fields.pop(name, None)
    fields.update(token.other)
    fields["token"] = token.token
    for name, value in (
        ("token_type", token.token_type),
        ("expires_at", token.expires_at),
        ("refresh_token", token.refresh_token),
    ):
        if value is not None:
            fields[name] = value
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=".auth-", dir=path.parent)  # mkstemp makes it 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(dumps(fields) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def delete_token(path: Path) -> bool:
    """Remove the file; whether there was one.

    Raises:
        OSError: it is there and can't be removed.
    """
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _read_fields(path: Path) -> JsonObject:
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_FILE_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return {}
    return loads_object(text) or {}
