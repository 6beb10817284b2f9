"""Agents, sessions and users as the service's JSON has them (PROTOCOL 2, 3, 5).

Reading is liberal: unknown fields are passed over, an unknown status is kept as it is, odd times are None.

May import: the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TypeGuard, TypeVar

from superserve_tui.protocol.json_text import scrub
from superserve_tui.protocol.records import dataclass

__all__ = [
    "AGENT_NAME",
    "DEFAULT_IDLE_TIMEOUT_S",
    "TITLE_LENGTH",
    "UNTRUSTED",
    "Agent",
    "Listing",
    "SessionInfo",
    "User",
    "format_time",
    "is_live_status",
    "parse_rows",
    "parse_time",
    "short_id",
    "title_from",
]

AGENT_NAME = re.compile(r"[a-z][a-z0-9-]*\Z")
"""What an agent may be called."""

DEFAULT_IDLE_TIMEOUT_S = 1740
"""Idle seconds after which a session ends where the client asks for nothing else."""

TITLE_LENGTH = 50
"""Characters of the first message that title a session without a title."""

_MAX_COUNT = 2**53
"""A larger count is noise, and fits in no database."""

UNTRUSTED = "untrusted"
"""The `deps_status` of an agent that the embedded server starts only once the person has said yes to it."""

_DEAD_STATUSES = frozenset({"completed", "ended", "timeout", "failed", "error"})
_READY_STATUSES = frozenset({"none", "ready"})
_Row = TypeVar("_Row")


def is_live_status(status: str) -> bool:
    """Whether a session with this status takes messages; an unknown one does until the server refuses."""
    return status not in _DEAD_STATUSES


def short_id(session_id: str) -> str:
    """The 12 hex digits that people see and type."""
    return session_id.removeprefix("ses_").replace("-", "")[:12]


def title_from(message: str) -> str:
    """The title that a session without one gets from its first message: one line, at most 50 characters."""
    return " ".join(message.split())[:TITLE_LENGTH].rstrip()


def parse_time(value: object) -> datetime | None:
    """An ISO 8601 time as aware UTC; None for anything odd. A time without a zone is UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def format_time(moment: datetime | None) -> str | None:
    """An aware time as ISO 8601 in UTC with a `Z`; None stays None."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent that sessions can be made with."""

    id: str
    """`agt_...`."""
    name: str
    command: str | None = None
    environment_keys: tuple[str, ...] = ()
    """Names of the variables that are set for it."""
    required_secrets: tuple[str, ...] = ()
    """Names of the variables that it needs."""
    deps_status: str = "none"
    """`none` and `ready` mean ready, `failed` that it can't run, `untrusted` that a yes is needed, else wait."""
    deps_error: str | None = None
    created_at: str | None = None
    """ISO 8601, as sent."""
    updated_at: str | None = None
    """ISO 8601, as sent."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Agent:
        """Read the service's object.

        Raises:
            ValueError: `id` or `name` is missing.
        """
        return cls(
            id=_required(data, "id"),
            name=_required(data, "name"),
            command=_optional(data, "command"),
            environment_keys=_names(data.get("environment_keys")),
            required_secrets=_names(data.get("required_secrets")),
            deps_status=_optional(data, "deps_status") or "none",
            deps_error=_optional(data, "deps_error"),
            created_at=_optional(data, "created_at"),
            updated_at=_optional(data, "updated_at"),
        )

    def to_json(self) -> dict[str, Any]:
        """The service's object."""
        return asdict(self)

    @property
    def missing_secrets(self) -> tuple[str, ...]:
        """Required variables that are not set, in the order required."""
        return tuple(name for name in self.required_secrets if name not in self.environment_keys)

    @property
    def needs(self) -> str:
        """`needs A and B, which are not set`: the missing secrets in words; empty where none is missing."""
        missing = self.missing_secrets
        verb = "is" if len(missing) == 1 else "are"
        return f"needs {' and '.join(missing)}, which {verb} not set" if missing else ""

    @property
    def is_untrusted(self) -> bool:
        """Whether it starts only once the person has said yes to what it would run, which `deps_error` says."""
        return self.deps_status == UNTRUSTED

    @property
    def not_ready_reason(self) -> str | None:
        """Why a session can't be made with it now, in one line; None when one can."""
        if self.deps_status == "failed":
            return f"its setup failed: {self.deps_error or 'no reason given; deploy it again'}"
        if self.is_untrusted:
            return f"not trusted yet: {self.deps_error or 'look at its command and folder first'}"
        if self.deps_status not in _READY_STATUSES:
            return f"it is not ready yet ({self.deps_status}); try again in a moment"
        if missing := self.missing_secrets:
            return f"missing {'secret' if len(missing) == 1 else 'secrets'}: {', '.join(missing)}"
        return None


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """A session as the server sees it."""

    id: str
    """`ses_` and 32 hex digits, dashes possible."""
    agent_id: str
    status: str
    """One of PROTOCOL 3's statuses, or whatever else the server says."""
    agent_name: str | None = None
    title: str | None = None
    message_count: int | None = None
    """Messages that the person sent; None where the server does not tell."""
    created_at: str | None = None
    """ISO 8601, as sent."""
    last_activity_at: str | None = None
    """ISO 8601, as sent."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SessionInfo:
        """Read the service's object.

        Raises:
            ValueError: `id` is missing.
        """
        count = data.get("message_count")
        return cls(
            id=_required(data, "id"),
            agent_id=_optional(data, "agent_id") or "",
            status=_optional(data, "status") or "active",
            agent_name=_optional(data, "agent_name"),
            title=_optional(data, "title"),
            message_count=count if _is_count(count) else None,
            created_at=_optional(data, "created_at"),
            last_activity_at=_optional(data, "last_activity_at"),
        )

    def to_json(self) -> dict[str, Any]:
        """The service's object."""
        return asdict(self)

    @property
    def short_id(self) -> str:
        """The 12 hex digits that people see and type."""
        return short_id(self.id)

    @property
    def is_live(self) -> bool:
        """Whether it takes messages, as far as the status tells."""
        return is_live_status(self.status)


@dataclass(frozen=True, slots=True)
class User:
    """Whom a token belongs to (`/auth/me`)."""

    id: str
    email: str | None = None
    full_name: str | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> User:
        """Read the service's object.

        Raises:
            ValueError: `id` is missing.
        """
        return cls(_required(data, "id"), _optional(data, "email"), _optional(data, "full_name"))


class Listing(list[_Row]):
    """A list that knows how many rows of the answer could not be read (PROMISES 4)."""

    def __init__(self, rows: Iterable[_Row] = (), *, skipped: int = 0) -> None:
        super().__init__(rows)
        self.skipped = skipped
        """Rows that were passed over."""


def parse_rows(rows: object, read: Callable[[Mapping[str, Any]], _Row]) -> tuple[list[_Row], int]:
    """The good rows of a list, and how many bad ones were passed over (PROMISES 4)."""
    good: list[_Row] = []
    bad = 0
    for row in rows if isinstance(rows, list) else []:
        try:
            if not isinstance(row, dict):
                raise ValueError("not an object")
            good.append(read(row))
        except ValueError:
            bad += 1
    return good, bad


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_COUNT


def _required(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{key} is missing")
    return scrub(value)


def _optional(data: Mapping[str, Any], key: str) -> str | None:
    value = data.get(key)
    return scrub(value) if isinstance(value, str) else None


def _names(value: object) -> tuple[str, ...]:
    return tuple(scrub(name) for name in value if isinstance(name, str)) if isinstance(value, list) else ()
