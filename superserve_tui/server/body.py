"""A request's body: counted as it arrives, in bounded time, and read away where it is refused.

May import: protocol, starlette's types.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from starlette.types import Receive

from superserve_tui.protocol import (
    APIError,
    InvalidInputError,
    JsonObject,
    PayloadTooLargeError,
    error_for_status,
    loads,
)
from superserve_tui.server.limits import Limits

__all__ = ["ClientLeftError", "RequestBody"]


class ClientLeftError(Exception):
    """The client went away before its request was whole: there is nobody to answer."""


class RequestBody:
    """The body of one request; read at most once."""

    def __init__(self, receive: Receive, headers: Iterable[tuple[bytes, bytes]], limits: Limits) -> None:
        self._receive = receive
        self._limits = limits
        self._is_whole = False
        self._length: int | None = None
        self._waits_for_continue = False
        for name, value in headers:
            if name == b"content-length" and value.isdigit():
                self._length = int(value)
            elif name == b"expect":
                self._waits_for_continue = True

    async def read_object(self) -> JsonObject:
        """The JSON object that the body is.

        Raises:
            PayloadTooLargeError: larger than the limit, announced or not.
            InvalidInputError: no JSON object.
            APIError: 408, it did not arrive in time.
            ClientLeftError: the connection closed in the middle.
        """
        raw = await self._read()
        try:
            value = loads(raw.decode())
        except ValueError as error:
            raise InvalidInputError(f"the body is not JSON: {_one_line(error)}") from None
        if not isinstance(value, dict):
            raise InvalidInputError("the body is not a JSON object")
        return value

    async def discard(self) -> bool:
        """Read what is left of the body and throw it away, within limits; whether its end was reached.

        A connection that is closed with bytes unread is reset, and the reset may overtake the answer.
        """
        if self._is_whole:
            return True
        if self._waits_for_continue or (self._length or 0) > self._limits.discard_bytes:
            return False
        try:
            async with asyncio.timeout(self._limits.discard_s):
                left = self._limits.discard_bytes
                while left >= 0 and not self._is_whole:
                    left -= len(await self._next())
        except (TimeoutError, ClientLeftError):
            return False
        return self._is_whole

    async def _read(self) -> bytes:
        limit = self._limits.body_bytes
        too_large = PayloadTooLargeError(f"the body is larger than {limit} bytes")
        if (self._length or 0) > limit:
            raise too_large
        body = bytearray()
        try:
            async with asyncio.timeout(self._limits.body_timeout_s):
                while not self._is_whole:
                    body += await self._next()
                    if len(body) > limit:
                        raise too_large
        except TimeoutError:
            raise _too_slow() from None
        return bytes(body)

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientLeftError
        self._is_whole = not message.get("more_body", False)
        piece: bytes = message.get("body", b"")
        return piece


def _too_slow() -> APIError:
    return error_for_status(408, "the body did not arrive in time")


def _one_line(error: ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "invalid UTF-8"
    return str(error).partition("\n")[0][:200]
