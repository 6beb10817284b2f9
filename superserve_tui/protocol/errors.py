"""Every error that the service, or the way to it, can cause; the client raises them, the server answers with them.

    SuperserveError
    ├── APIError                    the service answered with a status >= 400
    │   ├── BadRequestError         400
    │   ├── AuthenticationError     401
    │   ├── PermissionDeniedError   403
    │   ├── NotFoundError           404 (410 too): no such agent or session, or the session expired
    │   ├── MethodNotAllowedError   405
    │   ├── ConflictError           409
    │   ├── PayloadTooLargeError    413
    │   ├── InvalidInputError       422
    │   ├── RateLimitError          429
    │   └── ServerError             5xx
    ├── ConnectionFailedError       no answer came
    │   ├── NotConnectedError       nothing was sent: refused, DNS, connect time-out, TLS, plain http refused
    │   └── ConnectionLostError     the request may have arrived, the answer did not
    ├── InvalidResponseError        an answer that is not what PROTOCOL says (HTML with 200, broken JSON)
    ├── EventTooLargeError          one event of a stream is larger than `sse.MAX_EVENT_BYTES`
    ├── AgentNotReadyError          the agent can't take a session: dependencies or secrets are missing
    │   └── AgentNotTrustedError    the person has not said yes yet to what it would run
    ├── CredentialError             no key, or one that can't be sent
    └── StreamConsumed              a stream was iterated a second time

May import: the standard library.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "APIError",
    "AgentNotReadyError",
    "AgentNotTrustedError",
    "AuthenticationError",
    "BadRequestError",
    "ConflictError",
    "ConnectionFailedError",
    "ConnectionLostError",
    "CredentialError",
    "EventTooLargeError",
    "InvalidInputError",
    "InvalidResponseError",
    "MethodNotAllowedError",
    "NotConnectedError",
    "NotFoundError",
    "PayloadTooLargeError",
    "PermissionDeniedError",
    "RateLimitError",
    "ServerError",
    "StreamConsumed",
    "SuperserveError",
    "error_for_status",
]


class SuperserveError(Exception):
    """Base of every error that this package raises on purpose. `str(error)` is one readable line."""


class APIError(SuperserveError):
    """The service answered a request with a status >= 400 (PROTOCOL 1)."""

    default_status = 0
    """The status that the server answers with when it raises this class."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        details: Mapping[str, Any] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        """The server's words, uncleaned."""
        self.status = self.default_status if status is None else status
        """The HTTP status."""
        self.details: Mapping[str, Any] = details or {}
        """The optional object `details` of the body."""
        self.retry_after_s = retry_after_s
        """Seconds that the server asks to wait (`Retry-After`, 0 to 120), None where it says nothing useful."""


class BadRequestError(APIError):
    """400: the request makes no sense to the server."""

    default_status = 400


class AuthenticationError(APIError):
    """401: not authenticated."""

    default_status = 401
    key_source = ""
    """Where the key that was refused came from, where the client was told; the key itself is in no error."""


class PermissionDeniedError(APIError):
    """403: authenticated, but not allowed."""

    default_status = 403


class NotFoundError(APIError):
    """404 or 410: no such agent or session; to a message it also means that the session expired."""

    default_status = 404


class MethodNotAllowedError(APIError):
    """405: the path is known, the method is not."""

    default_status = 405


class ConflictError(APIError):
    """409: an ambiguous id prefix, a taken name, or something that the session's status forbids."""

    default_status = 409


class PayloadTooLargeError(APIError):
    """413: the body is larger than the server takes."""

    default_status = 413


class InvalidInputError(APIError):
    """422: the body or the query has the wrong shape."""

    default_status = 422


class RateLimitError(APIError):
    """429: too many requests; `retry_after_s` says how long to wait where the server told."""

    default_status = 429


class ServerError(APIError):
    """5xx: the service's own fault."""

    default_status = 500


class ConnectionFailedError(SuperserveError):
    """No answer came."""


class NotConnectedError(ConnectionFailedError):
    """Nothing was sent: it is safe to send again."""


class ConnectionLostError(ConnectionFailedError):
    """The request may have reached the server; a message must not be sent again by itself (PROMISES 2)."""


class InvalidResponseError(SuperserveError):
    """The server answered with something that this protocol does not have."""


class EventTooLargeError(SuperserveError):
    """One event of a stream is larger than `sse.MAX_EVENT_BYTES`."""


class AgentNotReadyError(SuperserveError):
    """The agent can't take a session now: `deps_status` is not ready, or required secrets are missing."""

    def __init__(self, message: str, *, missing_secrets: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.missing_secrets = missing_secrets
        """Names of the variables that it needs and that are not set; empty where something else is the reason."""


class AgentNotTrustedError(AgentNotReadyError):
    """The agent is a folder's own project, and the person has not said yes yet to what it would run."""


class CredentialError(SuperserveError):
    """There is no key, or it has characters that no header may carry. The key is never in the message."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        """What the person can do where a login would not help: one sentence."""


class StreamConsumed(SuperserveError):  # noqa: N818 - the public name that the SDK promises
    """A stream can be iterated once; its result stays available."""


_BY_STATUS: dict[int, type[APIError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    405: MethodNotAllowedError,
    409: ConflictError,
    410: NotFoundError,
    413: PayloadTooLargeError,
    422: InvalidInputError,
    429: RateLimitError,
}


def error_for_status(
    status: int,
    message: str,
    *,
    details: Mapping[str, Any] | None = None,
    retry_after_s: float | None = None,
) -> APIError:
    """The error of the tree that stands for an HTTP status >= 400."""
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else APIError)
    return kind(message, status=status, details=details, retry_after_s=retry_after_s)
