"""Errors in words for a person: what happened, and what to do about it.

May import: domain, protocol, the standard library.
"""

from __future__ import annotations

from superserve_tui.domain import Problem, clean_line
from superserve_tui.protocol import (
    AgentNotReadyError,
    AgentNotTrustedError,
    APIError,
    AuthenticationError,
    ConflictError,
    ConnectionLostError,
    CredentialError,
    InvalidResponseError,
    NotConnectedError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
)

__all__ = ["problem_of"]

_MESSAGE_LIMIT = 400


def problem_of(error: Exception) -> Problem:
    """What to tell a person about `error`; foreign words in it are cleaned and cut."""
    said = clean_line(str(error), limit=_MESSAGE_LIMIT) or type(error).__name__
    match error:
        case CredentialError():
            hint = error.hint or "Run `superserve-tui login`, or set the key's variable."
            return Problem(said, hint, is_login=not error.hint)
        case AuthenticationError():
            source = clean_line(error.key_source, limit=_MESSAGE_LIMIT)
            variable = source if source.isidentifier() else "SUPERSERVE_API_KEY"
            hint = f"Run `superserve-tui login`, or set {variable} to a valid key."
            what = f"The server does not accept the key{source and f' from {source}'}: {said}"
            return Problem(what, hint, is_login=True)
        case PermissionDeniedError():
            return Problem(f"The server does not permit this: {said}", "Ask whoever runs the server.")
        case NotFoundError():
            return Problem(f"Not found: {said}", "Choose another agent or start a new session with ctrl+n.")
        case ConflictError():
            return Problem(f"The session is busy: {said}", "Wait for its turn to end, then send again.")
        case RateLimitError():
            return Problem(f"Too many requests: {said}", "Wait a moment, then send again.")
        case ServerError():
            return Problem(f"The server has a fault ({error.status}): {said}", "Try again later.")
        case APIError():
            return Problem(
                f"The server refused it ({error.status}): {said}", "Change the message, then send again."
            )
        case AgentNotTrustedError():
            return Problem(
                f"{said}.", "Say yes first: ctrl+n and choose it, /trust in plain mode, --trust at the start."
            )
        case AgentNotReadyError() if error.missing_secrets:
            hint = (
                "Set it before you start superserve-tui (a deployed agent: on its server), or choose another agent."
            )
            return Problem(f"{said}.", hint)
        case AgentNotReadyError():
            hint = "Mend that or set what is missing (a deployed agent: deploy it again), or choose another agent."
            return Problem(f"{said}.", hint)
        case NotConnectedError():
            return Problem(f"Offline: {said}", "Check the connection, then send again.")
        case ConnectionLostError():
            return Problem(f"The connection was lost: {said}", "Check the connection, then try again.")
        case InvalidResponseError():
            return Problem(f"The server's answer makes no sense: {said}", "Check the profile's address.")
        case _:
            return Problem(f"Something went wrong: {said}", "Try again.")
