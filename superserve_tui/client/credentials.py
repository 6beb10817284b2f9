"""Where the key comes from, and whether a header may carry it.

May import: the standard library, protocol, `client.token_file`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from superserve_tui.client.token_file import default_auth_file, read_token
from superserve_tui.protocol import CredentialError

__all__ = ["DEFAULT_BASE_URL", "check_key", "find_base_url", "find_key"]

DEFAULT_BASE_URL = "https://api.superserve.ai"

_KEY = re.compile(r"[\x21-\x7e]+\Z")
_MAX_KEY_LENGTH = 16 * 1024


def check_key(key: str, *, source: str) -> str:
    """The key, if a header may carry it.

    Args:
        key: The key.
        source: Where it came from, for the message; the key itself is never in one.

    Raises:
        CredentialError: it is empty, too long, or has spaces, control characters or signs beyond ASCII.
    """
    if not key:
        raise CredentialError(f"the key from {source} is empty")
    if len(key) > _MAX_KEY_LENGTH:
        raise CredentialError(f"the key from {source} is too long")
    if not _KEY.match(key):
        raise CredentialError(
            f"the key from {source} has spaces, control characters or signs beyond ASCII; copy it again"
        )
    return key


def find_key(
    api_key: str | None = None, *, environ: Mapping[str, str] = os.environ, auth_file: Path | None = None
) -> str:
    """The key: as given, else SUPERSERVE_API_KEY, else `~/.superserve/auth.json`.

    Raises:
        CredentialError: there is none, or it can't be sent.
    """
    if api_key is not None:
        return check_key(api_key, source="api_key")
    if from_environment := environ.get("SUPERSERVE_API_KEY"):
        return check_key(from_environment, source="SUPERSERVE_API_KEY")
    path = default_auth_file() if auth_file is None else auth_file
    stored = None if path is None else read_token(path)
    if stored is None:
        raise CredentialError("no key: log in, set SUPERSERVE_API_KEY, or pass api_key")
    return check_key(stored.token, source=str(path))


def find_base_url(base_url: str | None = None, *, environ: Mapping[str, str] = os.environ) -> str:
    """The service's address: as given, else SUPERSERVE_API_URL, else the hosted service."""
    return base_url or environ.get("SUPERSERVE_API_URL") or DEFAULT_BASE_URL
