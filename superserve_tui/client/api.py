"""Plain requests: JSON in, JSON or an error of the tree out (PROTOCOL 1, PROMISES 1, 2, 4, 7).

May import: httpcore, the standard library, protocol, and `client`'s abort, answers,
endpoint, transport.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence

import httpcore

from superserve_tui.client.abort import Aborted
from superserve_tui.client.answers import error_for_answer, is_redirect, redirect_error
from superserve_tui.client.endpoint import Endpoint
from superserve_tui.client.transport import Link, Transport, header, link_errors
from superserve_tui.protocol import (
    AuthenticationError,
    ConnectionFailedError,
    ConnectionLostError,
    InvalidResponseError,
    JsonObject,
    NotConnectedError,
    ServerError,
    dumps,
    loads_object,
)

__all__ = ["Api", "EventAnswer", "open_events"]

RETRY_DELAYS_S = (0.3, 0.9)
"""A GET that failed is tried twice more, after these waits."""

RETRY_WITHIN_S = 5.0
"""What took longer to fail is not tried again: the person has waited enough."""

MAX_BODY_BYTES = 64 * 1024 * 1024
"""The largest JSON answer that is read: 5,000 rows take 2 MB."""

MAX_ERROR_BYTES = 64 * 1024
ERROR_BODY_S = 5.0
"""The limits for the body of an error (PROMISES 1)."""


class Api:
    """One service's plain requests. Any thread, any number of them at once.

    Every call raises the errors of `protocol.errors`, never one of httpcore.
    """

    def __init__(self, transport: Transport, *, timeout_s: float) -> None:
        self.transport = transport
        self.timeout_s = timeout_s
        """Seconds that a request may take in all."""
        self._link = transport.open_link(is_stream=False)

    def apart(self) -> Api:
        """Another one for the same service, on connections of its own."""
        return Api(self.transport, timeout_s=self.timeout_s)

    def abandon(self) -> None:
        """End what waits and send nothing more; a POST that has left is waited for. At once, from any thread."""
        self._link.abandon()

    def close(self) -> None:
        """End what still runs and close the connections."""
        self._link.abort()
        self._link.close()

    def get(self, *segments: str, query: Mapping[str, str | int] | None = None) -> JsonObject:
        """GET; tried again twice after a failure of the link or a 5xx."""
        return self.call("GET", segments, query=query)

    def post(self, *segments: str, body: JsonObject | None = None) -> JsonObject:
        """POST; never tried again."""
        return self.call("POST", segments, body={} if body is None else body)

    def call(
        self,
        method: str,
        segments: Sequence[str],
        *,
        query: Mapping[str, str | int] | None = None,
        body: JsonObject | None = None,
    ) -> JsonObject:
        """One request."""
        self.transport.check_safety()  # before the tries: another one would not change it
        target = self.transport.endpoint.target(segments, query)
        content = None if body is None else dumps(body).encode()
        began = time.monotonic()
        try:
            with self._link.hold():
                return self._try(method, target, content, began)
        except Aborted:
            raise ConnectionLostError("the client was closed") from None

    def _try(self, method: str, target: str, body: bytes | None, began: float) -> JsonObject:
        delays = list(RETRY_DELAYS_S) if method == "GET" else []
        while True:
            try:
                return self._send(method, target, body)
            except (ConnectionFailedError, ServerError):
                if not delays or time.monotonic() - began > RETRY_WITHIN_S:
                    raise
            self._link.wait(delays.pop(0))

    def _send(self, method: str, target: str, body: bytes | None) -> JsonObject:
        link = self._link
        with link.limit(self.timeout_s):
            response = link.send(method, target, body=body, silence_s=self.timeout_s)
            with contextlib.closing(response):
                check_status(response, link, self.transport)
                with link_errors(self.transport.endpoint):
                    text = _read(response, MAX_BODY_BYTES)
        if text is None:
            raise InvalidResponseError("the answer is too large")
        if not text.strip():
            return {}
        answer = loads_object(text.decode("utf-8", "replace"))
        if answer is None:
            raise InvalidResponseError(f"the answer to {method} {_path(target)} is not what this service sends")
        return answer


class EventAnswer:
    """The body of an answer that is an event stream. One thread."""

    def __init__(self, response: httpcore.Response, endpoint: Endpoint) -> None:
        self._response = response
        self._endpoint = endpoint

    def chunks(self) -> Iterator[bytes]:
        """The bytes as they come; ends where the server ends the answer.

        Raises:
            ConnectionLostError: the connection broke, or was silent for too long.
            Aborted: the link was aborted.
        """
        with link_errors(self._endpoint):
            yield from self._response.iter_stream()

    def close(self) -> None:
        """Close the connection."""
        self._response.close()


def open_events(
    api: Api,
    link: Link,
    method: str,
    segments: Sequence[str],
    *,
    silence_s: float,
    query: Mapping[str, str | int] | None = None,
    body: JsonObject | None = None,
) -> EventAnswer:
    """Ask for an event stream; returns when its headers are there. The caller holds the link.

    Raises:
        APIError: the server refused.
        InvalidResponseError: a 2xx that is not an event stream.
        NotConnectedError, ConnectionLostError: no answer.
        Aborted: the link was aborted.
    """
    endpoint = api.transport.endpoint
    response = link.send(
        method,
        endpoint.target(segments, query),
        body=None if body is None else dumps(body).encode(),
        accept="text/event-stream",
        silence_s=silence_s,
        send_timeout_s=api.timeout_s,
    )
    is_taken = False
    try:
        check_status(response, link, api.transport)
        media_type = (header(response.headers, "Content-Type") or "").partition(";")[0].strip().lower()
        encoding = (header(response.headers, "Content-Encoding") or "identity").lower()
        if response.status != 200 or media_type != "text/event-stream" or encoding != "identity":
            raise InvalidResponseError(
                f"{endpoint.authority} did not answer with an event stream but with "
                f"{media_type or 'something unnamed'} (status {response.status})"
            )
        is_taken = True
        return EventAnswer(response, endpoint)
    finally:
        if not is_taken:
            response.close()


def check_status(response: httpcore.Response, link: Link, transport: Transport) -> None:
    """Raises what a status other than 2xx means; reads the body of an error within its limits."""
    if 200 <= response.status < 300:
        return
    endpoint = transport.endpoint
    if is_redirect(response.status):
        raise redirect_error(response.status, header(response.headers, "Location"), endpoint)
    if response.status < 400:
        raise InvalidResponseError(f"{endpoint.authority} answered with status {response.status}")
    body = b""
    with (
        contextlib.suppress(NotConnectedError, ConnectionLostError),
        link.limit(ERROR_BODY_S),
        link_errors(endpoint),
    ):
        body = _read(response, MAX_ERROR_BYTES) or b""
    error = error_for_answer(
        response.status,
        body,
        reason=response.extensions.get("reason_phrase", b""),
        retry_after=header(response.headers, "Retry-After"),
        now=transport.timing.now,
    )
    if isinstance(error, AuthenticationError):
        error.key_source = transport.key_source
    raise error


def _read(response: httpcore.Response, limit: int) -> bytes | None:
    """The body; None where it is larger than `limit`."""
    pieces: list[bytes] = []
    size = 0
    for piece in response.iter_stream():
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            return None
    return b"".join(pieces)


def _path(target: str) -> str:
    return target.partition("?")[0]
