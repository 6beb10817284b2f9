"""How a command fails: one line that says what happened, one that says what to do, and an exit status.

May import: domain, config, protocol, the standard library.
"""

from __future__ import annotations

from superserve_tui.config import ConfigError
from superserve_tui.domain import clean_line
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
    SuperserveError,
)

__all__ = ["FAILED", "WRONG_USAGE", "Failure", "OutputClosed", "Signalled", "failure_of"]

FAILED = 1
"""Exit status: the run or the request failed."""
WRONG_USAGE = 2
"""Exit status: wrong usage, or a config file that can't be read."""

_LINE_LIMIT = 600


class Failure(Exception):  # noqa: N818 - what a command ends in, told to the person
    """A command can't do what it was asked to."""

    def __init__(self, what: str, hint: str, *, status: int = FAILED) -> None:
        super().__init__(what)
        self.what = what
        """What happened: one line; may quote foreign text."""
        self.hint = hint
        """What to do: one line."""
        self.status = status
        """The exit status."""


class OutputClosed(BaseException):
    """Standard output was closed by its reader: the command ends quietly."""


class Signalled(BaseException):
    """A signal asks the process to end; raised on the main thread, wherever that is."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
        """The signal."""


def failure_of(error: Exception, *, key_source: str | None = None) -> Failure:
    """An error of ours in words for a person, with foreign words in it cleaned and cut.

    Args:
        error: What was raised.
        key_source: Where the key came from that was used, for an error about it.
    """
    said = clean_line(str(error), limit=_LINE_LIMIT) or type(error).__name__
    match error:
        case Failure():
            return error
        case ConfigError():
            return Failure(
                said, error.hint or "`superserve-tui config path` says where the file is.", status=WRONG_USAGE
            )
        case CredentialError():
            return Failure(
                said, error.hint or "Run `superserve-tui login`, or set the variable that holds the key."
            )
        case AuthenticationError():
            source = f" from {key_source}" if key_source else ""
            hint = "Run `superserve-tui login`, or set SUPERSERVE_API_KEY to a valid key."
            if key_source and key_source.isidentifier() and key_source != "SUPERSERVE_API_KEY":
                hint = f"Set {key_source} to a valid key."
            return Failure(f"The server does not accept the key{source}: {said}", hint)
        case PermissionDeniedError():
            return Failure(f"The server does not permit this: {said}", "Ask whoever runs the server for access.")
        case NotFoundError():
            hint = "`superserve-tui agents list` and `superserve-tui sessions list` show what there is."
            return Failure(f"Not found: {said}", hint)
        case ConflictError():
            return Failure(f"The server refused it: {said}", "Wait for what runs there to end, then try again.")
        case RateLimitError():
            return Failure(f"Too many requests: {said}", "Wait a moment, then try again.")
        case ServerError():
            return Failure(f"The server has a fault ({error.status}): {said}", "Try again later.")
        case APIError():
            return Failure(f"The server refused it ({error.status}): {said}", "Check the command's arguments.")
        case AgentNotTrustedError():
            return Failure(said, "Look at that command and at its folder; --trust says yes to it once and for all.")
        case AgentNotReadyError() if error.missing_secrets:
            return Failure(f"{said}.", "Set it in your shell (a deployed agent: on its server), then try again.")
        case AgentNotReadyError():
            hint = "Mend that or set what is missing (a deployed agent: deploy it again), then try again."
            return Failure(said, hint)
        case NotConnectedError():
            return Failure(f"No connection: {said}", "Check the network and the profile's address, then try again.")
        case ConnectionLostError():
            return Failure(f"The connection was lost: {said}", "Check the network, then try again.")
        case InvalidResponseError():
            return Failure(f"The server's answer makes no sense: {said}", "Check the profile's address.")
        case SuperserveError():
            return Failure(said, "`superserve-tui doctor` says what works here.")
        case OSError():
            name = f"{error.filename}: " if isinstance(error.filename, str) else ""
            return Failure(clean_line(f"{name}{error.strerror or error}"), "Check the file and the free space.")
        case _:
            return Failure(
                f"Something went wrong: {type(error).__name__}: {said}",
                "This is a fault of superserve-tui; please report it with the command that you ran.",
            )
