"""Where an OpenAI-compatible endpoint is: its addresses, its name for the person, and whether a key may go there.

May import: the standard library.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit, urlunsplit

__all__ = ["EndpointAddress"]

_KEY = re.compile(r"[!-~]+\Z")
"""What a header can carry: visible ASCII without a space."""


@dataclass(frozen=True, slots=True)
class EndpointAddress:
    """A base URL such as `http://127.0.0.1:11434/v1`."""

    parts: SplitResult

    @classmethod
    def parse(cls, base_url: str) -> EndpointAddress:
        """Read a base URL.

        Raises:
            ValueError: it is no http or https address; the message says so in one line.
        """
        try:
            parts = urlsplit(base_url.strip())
            is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_good = False
        if not is_good:
            raise ValueError("base_url must be an address that begins with https:// (or http://)")
        return cls(parts)

    @property
    def name(self) -> str:
        """The address as the person may see it: no user name, password or query, which may hold a secret."""
        return urlunsplit((self.parts.scheme, self._authority, self.parts.path.rstrip("/"), "", ""))

    @property
    def chat_url(self) -> str:
        """Where chat completions are asked for."""
        return self._below("chat/completions")

    @property
    def models_url(self) -> str:
        """Where the models are listed."""
        return self._below("models")

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine by its very name; never reached through a proxy."""
        host = self.parts.hostname or ""
        try:
            return ipaddress.ip_address(host.partition("%")[0]).is_loopback
        except ValueError:
            return host == "localhost"

    def refuse_key(self, key: str) -> str | None:
        """Why `key` can't be sent there, in one line without the key; None where it can."""
        if not _KEY.match(key):
            return "the key has characters that no header may carry"
        if self.parts.scheme == "http" and not self.is_loopback:
            return f"the key would travel unprotected to {self.name}; use https, or an endpoint without a key"
        return None

    def _below(self, path: str) -> str:
        whole = f"{self.parts.path.rstrip('/')}/{path}"
        return urlunsplit((self.parts.scheme, self.parts.netloc, whole, self.parts.query, ""))

    @property
    def _authority(self) -> str:
        return self.parts.netloc.rpartition("@")[2]
