"""Which files are never read, because they are where passwords and keys live.

May import: the standard library.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

__all__ = ["holds_private_key", "is_secret"]

_FOLDERS = frozenset(
    {".git", ".hg", ".svn", ".ssh", ".gnupg", ".aws", ".azure", ".kube", ".superserve", ".password-store"}
)
"""Folders with nothing in them that this agent reads; a checkout's `.git/config` may hold a token."""

_NAMES = frozenset(
    {".netrc", "_netrc", ".npmrc", ".pypirc", ".htpasswd", ".git-credentials", ".pgpass", ".my.cnf", ".dockercfg"}
)
_NAME = re.compile(
    r"\.env.*|id_(?:rsa|dsa|ecdsa|ed25519)(?:[._-].*)?(?<!\.pub)|.*\.(?:pem|key|p8|p12|pfx|jks|keystore|kdbx|ppk)",
    re.IGNORECASE | re.DOTALL,
)
_PRIVATE_KEY = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----")


def is_secret(path: str) -> bool:
    """Whether a path (POSIX, relative to the folder) names a file or folder that is never read.

    The match ignores case, since some file systems do.
    """
    parts = PurePosixPath(path.lower()).parts
    if any(part in _FOLDERS for part in parts):
        return True
    if not parts:
        return False
    return parts[-1] in _NAMES or any(part.startswith(".env") for part in parts) or bool(_NAME.fullmatch(parts[-1]))


def holds_private_key(head: bytes) -> bool:
    """Whether a file begins like a private key, whatever it is called."""
    return bool(_PRIVATE_KEY.match(head.lstrip()[:80]))
