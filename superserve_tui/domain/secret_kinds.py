"""The kinds of text that should perhaps not leave with a transcript.

May import: protocol, the standard library.
"""

from __future__ import annotations

from enum import StrEnum

from superserve_tui.protocol.records import dataclass

__all__ = ["SecretCount", "SecretKind"]


class SecretKind(StrEnum):
    """What was found; the value is what people type, and what masks are made of."""

    KEY = "key"
    """An API key or token of a known shape."""
    JWT = "jwt"
    """A signed JSON web token."""
    PRIVATE_KEY = "private-key"
    """A private key in PEM armour."""
    AUTHORIZATION = "authorization"
    """What follows `Authorization:` or `Bearer`."""
    PASSWORD = "password"
    """What is assigned to a name such as `password` or `api_key`, or stands in an address."""
    EMAIL = "email"
    """A mail address."""
    HOME = "home"
    """A home folder, which names its owner."""

    @property
    def noun(self) -> str:
        """For a person, singular."""
        return _NOUNS[self]


_NOUNS = {
    SecretKind.KEY: "API key or token",
    SecretKind.JWT: "web token",
    SecretKind.PRIVATE_KEY: "private key",
    SecretKind.AUTHORIZATION: "authorization header",
    SecretKind.PASSWORD: "password or secret setting",
    SecretKind.EMAIL: "mail address",
    SecretKind.HOME: "home folder",
}


@dataclass(frozen=True, slots=True)
class SecretCount:
    """How much of one kind there is."""

    kind: SecretKind
    places: int
    """How often."""
    values: int
    """How many different ones."""
