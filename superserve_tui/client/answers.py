"""What an answer that is an error says, made into one readable line and a class of the tree (PROMISES 1).

May import: the standard library, protocol.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

from superserve_tui.client.endpoint import Endpoint
from superserve_tui.protocol import (
    APIError,
    InvalidResponseError,
    dumps,
    error_for_status,
    loads_object,
    scrub,
)

__all__ = ["MAX_RETRY_AFTER_S", "error_for_answer", "is_redirect", "parse_retry_after", "redirect_error"]

MAX_RETRY_AFTER_S = 120.0
"""The longest wait that a server can ask for."""

MAX_MESSAGE_LENGTH = 1000
"""Characters of an error's line."""

_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?\Z")


def parse_retry_after(value: str | None, now: Callable[[], datetime]) -> float | None:
    """`Retry-After` as seconds from now, 0 to 120; None where it is missing or nonsense.

    Args:
        value: The header: seconds or an HTTP date.
        now: The wall clock, aware UTC.
    """
    if value is None or len(value) > 100:
        return None
    if _SECONDS.match(value):
        return min(float(value), MAX_RETRY_AFTER_S)
    from email.utils import parsedate_to_datetime  # rarely needed, and loads a quarter of the email package

    try:
        moment = parsedate_to_datetime(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return min(max((moment - now()).total_seconds(), 0.0), MAX_RETRY_AFTER_S)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def error_for_answer(
    status: int, body: bytes, *, reason: bytes, retry_after: str | None, now: Callable[[], datetime]
) -> APIError:
    """The error that stands for an answer with a status >= 400.

    Its `details` are the body's `details`; else `{"error": code}`, where the body has a code (the login's way).

    Args:
        status: The HTTP status.
        body: As much of the body as was read.
        reason: The reason phrase; the standard one where the server sends none.
        retry_after: The header `Retry-After`.
        now: The wall clock, aware UTC.
    """
    answer = loads_object(body.decode("utf-8", "replace")) or {}
    details, code = answer.get("details"), answer.get("error")
    if not isinstance(details, dict):
        details = {"error": code} if isinstance(code, str) else None
    words = next((line for key in ("detail", "message", "error") if (line := _line(answer.get(key)))), None)
    return error_for_status(
        status,
        words or _status_line(status, reason),
        details=details,
        retry_after_s=parse_retry_after(retry_after, now),
    )


def is_redirect(status: int) -> bool:
    """Whether the answer points elsewhere."""
    return status in (301, 302, 303, 307, 308)


def redirect_error(status: int, location: str | None, endpoint: Endpoint) -> InvalidResponseError:
    """Why a redirect is not followed: the key goes to the address that the person gave, and nowhere else."""
    try:
        target = urlsplit(urljoin(f"{endpoint.url}/", location or ""))
        origin = f"{target.scheme}://{target.hostname or ''}" + (f":{target.port}" if target.port else "")
        port = target.port or {"http": 80, "https": 443}.get(target.scheme)
        is_same = (target.scheme, target.hostname, port) == (endpoint.scheme, endpoint.host, endpoint.port)
    except ValueError:
        origin, is_same = "an address that can't be read", False
    if location is None:
        where = "nowhere"
    elif is_same:
        where = f"another path of {endpoint.authority}"
    else:
        where = f"another place, {scrub(origin)[:200]}"
    return InvalidResponseError(
        f"{endpoint.authority} redirects to {where} (status {status}); that is not followed: check the address"
    )


def _status_line(status: int, reason: bytes) -> str:
    phrase = reason.decode("latin-1").strip()
    if not phrase:
        try:
            phrase = HTTPStatus(status).phrase
        except ValueError:
            phrase = "error"
    return f"{status} {phrase}"[:MAX_MESSAGE_LENGTH]


def _line(value: Any, depth: int = 0) -> str | None:
    """Words out of whatever JSON the error is told in; None where there are none."""
    match value:
        case str():
            words = " ".join(value[: MAX_MESSAGE_LENGTH * 2].split())
        case list() if depth < 5:
            words = "; ".join(line for item in value[:10] if (line := _line(item, depth + 1)))
        case dict() if depth < 5:
            lines = (_line(value.get(key), depth + 1) for key in ("msg", "message", "detail", "error"))
            inner = next((line for line in lines if line), None)
            words = inner or (dumps(value) if value else "")
            place = value.get("loc")
            if inner and isinstance(place, list) and place:
                words = f"{'.'.join(str(step) for step in place[:10])}: {inner}"
        case _:
            return None
    return scrub(words)[:MAX_MESSAGE_LENGTH] or None
