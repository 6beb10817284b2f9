"""What goes wrong at an endpoint, and the words for it; no key is ever in them.

May import: the agents' base, protocol, the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus

from superserve_tui.protocol import SuperserveError, loads_object
from superserve_tui.server.agents.base import AgentFailure
from superserve_tui.server.agents.error_words import error_words

__all__ = ["EndpointError", "NothingAnswersError", "Trouble", "failure", "refusal", "trouble_of", "unreachable"]

_MAX_RETRY_AFTER_S = 86_400.0

_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?\Z")
_NO_TOOLS = re.compile(
    r"(\btools?\b|tool[_ ]choice|function.?call).*(support|requires|not allowed|unknown|unrecogni|"
    r"extra)|(support|requires|unknown|unrecogni|extra).*(\btools?\b|tool[_ ]choice|function.?call)"
)
_NO_OPTIONS = re.compile(r"stream_options|include_usage")
_TOO_LONG = re.compile(
    r"context[_ ](length|window|size)|maximum context|too many tokens|prompt is too long|exceeds? the "
    r"(available|model)|input is too long|reduce the length"
)


class EndpointError(SuperserveError):
    """The endpoint did not give a whole answer. `str(error)` is one line; it may hold the endpoint's words."""

    def __init__(
        self,
        what: str,
        *,
        status: int | None = None,
        words: str = "",
        code: str = "endpoint_error",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        """What happened, to be put after the endpoint's name."""
        self.status = status
        """The HTTP status where that was the error."""
        self.words = words
        """The endpoint's own words, cleaned and cut; may be empty."""
        self.code = code
        """A short code for programs."""
        self.retry_after_s = retry_after_s
        """Seconds that the endpoint asks to wait."""


class NothingAnswersError(EndpointError):
    """Nothing listens at the endpoint's address."""

    def __init__(self) -> None:
        super().__init__("does not answer", code="unreachable")


class Trouble(StrEnum):
    """Kinds of refusal that another request may avoid."""

    TOOLS = "tools"
    """The model or its server takes no tools."""
    OPTIONS = "options"
    """The server does not know `stream_options`."""
    LENGTH = "length"
    """The conversation is longer than the model's context."""
    BUSY = "busy"
    """Rate limit or overload: the same request may succeed a little later."""


def trouble_of(error: EndpointError) -> Trouble | None:
    """Which `Trouble` a refusal is; None for any other."""
    if error.status in (429, 503, 529):
        return Trouble.BUSY
    if error.status not in (400, 404, 413, 422, 500, 501):
        return None
    words = error.words.lower()
    if _NO_OPTIONS.search(words):
        return Trouble.OPTIONS
    if _TOO_LONG.search(words):
        return Trouble.LENGTH
    return Trouble.TOOLS if _NO_TOOLS.search(words) else None


def _parse_retry_after(value: str | None, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> float | None:
    """`Retry-After` as seconds from now, at least 0; None where it is missing or nonsense."""
    if value is None or len(value) > 100:
        return None
    if _SECONDS.match(value):
        return min(float(value), _MAX_RETRY_AFTER_S)
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        return min(max((moment - now()).total_seconds(), 0.0), _MAX_RETRY_AFTER_S)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _without_key(text: str, key: str | None) -> str:
    """`text` with the key taken out of it, where an endpoint repeats it."""
    return text.replace(key, "[key]") if key else text


def failure(
    error: EndpointError, *, endpoint: str, model: str, key_variable: str | None, key: str | None
) -> AgentFailure:
    """The turn's failure: a line with what happened at which endpoint, and one with what to do where that is known.

    Args:
        error: What went wrong.
        endpoint: The endpoint's name (see `EndpointAddress.name`).
        model: The model's name there.
        key_variable: The variable that the key comes from.
        key: The key itself, to be taken out of the endpoint's words.
    """
    hint = _hint(error, model, key_variable)
    said = (
        f"Nothing answers at {endpoint}" if isinstance(error, NothingAnswersError) else f"{endpoint} {error.what}"
    )
    message = f"{said}{f': {error.words}' if error.words else ''}.\n{hint}"
    return AgentFailure(_without_key(message, key).rstrip(), code=error.code)


def unreachable(error: BaseException) -> EndpointError:
    """The error that no connection stands for, in the words of the innermost cause that has some."""
    reason = "no connection"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return NothingAnswersError()
        if isinstance(cause, OSError) and cause.strerror:
            reason = cause.strerror
        if isinstance(cause, BaseExceptionGroup):  # one for each address of the host
            cause = cause.exceptions[-1]
        else:
            cause = cause.__cause__ or cause.__context__
    return EndpointError(f"can't be reached ({reason[:200]})", code="unreachable")


def refusal(status: int, reason: str, body: bytes, retry_after: str | None) -> EndpointError:
    """The error that an answer with a status of 400 or more stands for."""
    code = {401: "unauthorized", 403: "forbidden", 404: "not_found", 429: "rate_limited"}.get(
        status, "endpoint_error"
    )
    answer = loads_object(body.decode("utf-8", "replace"))  # HTML or nothing: the status says enough
    return EndpointError(
        f"answered {status} {reason[:100] or _phrase(status)}".rstrip(),
        status=status,
        words="" if answer is None else error_words(answer),
        code=code,
        retry_after_s=_parse_retry_after(retry_after),
    )


def _hint(error: EndpointError, model: str, key_variable: str | None) -> str:
    match error.status:
        case None if isinstance(error, NothingAnswersError):
            return "Start it, then try again."
        case None if error.code == "unreachable":
            return "Check `base_url` and the network, then try again."
        case 401 if key_variable:
            return f"The key comes from {key_variable}: check that variable, then send again."
        case 401:
            return "It wants a key: set `api_key_env` for this agent to the variable that holds it."
        case 403:
            return "The key has no permission for this; check the account at the endpoint."
        case 400 | 422 if "model" in error.words.lower() and trouble_of(error) is None:
            return f"Check the model ({model})."
        case 404:
            return f"Check the model ({model}) and `base_url`, which usually ends in /v1."
        case 429 if error.retry_after_s:
            return f"Send again in {max(1, round(error.retry_after_s))} s."
        case 429:
            return "Send again in a while."
        case int(status) if status >= 500:
            return "Send again later."
        case _:
            return ""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
