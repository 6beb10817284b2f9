"""One endpoint over HTTP: a chat completion streamed into a reader, and every way in which that fails.

httpx is loaded when the first request is made, in a thread: the embedded server starts without it.

May import: httpx, protocol, this package's address, completion and failures, the standard library.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from superserve_tui.protocol import EventStreamDecoder, EventTooLargeError, JsonObject, dumps, loads_object
from superserve_tui.server.agents.error_words import error_words
from superserve_tui.server.agents.model.address import EndpointAddress
from superserve_tui.server.agents.model.completion import CompletionReader
from superserve_tui.server.agents.model.failures import EndpointError, refusal, unreachable

if TYPE_CHECKING:
    import httpx

__all__ = ["Endpoint", "EndpointTimes"]

_ERROR_BYTES = 64 * 1024
_ANSWER_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class EndpointTimes:
    """How long an endpoint may take, in seconds; tests shorten them."""

    connect_s: float = 10.0
    silence_s: float = 600.0
    """Without a byte; a local server may load a model of many GB before the first."""
    error_body_s: float = 5.0
    after_finish_s: float = 2.0
    """How long usage and the end may follow a whole answer."""


class Endpoint:
    """The connections of one session to its endpoint. Used by one turn at a time, on the server's loop."""

    def __init__(self, address: EndpointAddress, *, key: str | None, times: EndpointTimes) -> None:
        self._address = address
        self._key = key
        self._times = times
        self._client: httpx.AsyncClient | None = None

    async def complete(self, request: JsonObject, reader: CompletionReader) -> None:
        """Ask for a chat completion; `reader` takes what comes. Cancelling closes the connection.

        Raises:
            EndpointError: the endpoint refused, could not be reached, or told of an error on the way.
        """
        if self._client is None:
            self._client = await asyncio.to_thread(self._make_client)
        import httpx

        try:
            body = dumps(request).encode()
            async with self._client.stream("POST", self._address.chat_url, content=body) as response:
                if response.status_code >= 300:
                    raise await self._refusal(response)
                await self._read(response, reader)
        except httpx.HTTPError as error:
            raise self._transport_error(error, reader) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise EndpointError("has an address that can't be used", code="endpoint_address") from error
        except EventTooLargeError as error:
            raise EndpointError("sent an event of more than 16 MB") from error

    async def close(self) -> None:
        """Close its connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _make_client(self) -> httpx.AsyncClient:
        import ssl

        import httpx

        headers = {"Accept": "text/event-stream, application/json", "Content-Type": "application/json"}
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        is_plain = self._address.parts.scheme == "http"
        # No certificates are read for plain http: they cost 20 ms, and without them nothing would verify anyway.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if is_plain else httpx.create_ssl_context()
        return httpx.AsyncClient(
            headers=headers,
            timeout=httpx.Timeout(self._times.silence_s, connect=self._times.connect_s),
            verify=context,
            trust_env=not self._address.is_loopback,
            follow_redirects=False,
        )

    async def _read(self, response: httpx.Response, reader: CompletionReader) -> None:
        """An event stream, or one JSON object from an endpoint that does not stream: its first sign tells."""
        chunks = response.aiter_bytes()
        head = b""
        async for chunk in chunks:
            head += chunk
            if head.strip() or len(head) > _ERROR_BYTES:
                break
        match head.lstrip()[:1]:
            case b"{":
                await self._read_object(head, chunks, reader)
            case b"<":
                raise EndpointError("answered with a web page; check base_url, which usually ends in /v1")
            case b"":
                raise EndpointError("answered with nothing", code="endpoint_cut")
            case _:
                await self._read_stream(head, chunks, reader)

    async def _read_stream(self, head: bytes, chunks: AsyncIterator[bytes], reader: CompletionReader) -> None:
        decoder = EventStreamDecoder()
        chunk: bytes | None = head
        while chunk is not None:
            for event in decoder.feed(chunk):
                if event.type == "error":
                    answer = loads_object(event.data)
                    raise EndpointError(
                        "reported an error in its answer",
                        words=error_words(answer) if answer else " ".join(event.data.split())[:500],
                    )
                reader.take(event.data)
            if reader.is_done:
                return
            try:
                async with asyncio.timeout(self._times.after_finish_s if reader.is_finished else None):
                    chunk = await anext(chunks, None)
            except TimeoutError:
                return
        if (last := decoder.pending()) is not None:
            reader.take(last.data)

    async def _read_object(self, head: bytes, chunks: AsyncIterator[bytes], reader: CompletionReader) -> None:
        body = bytearray(head)
        async for chunk in chunks:
            body += chunk
            if len(body) > _ANSWER_BYTES:
                raise EndpointError("sent an answer of more than 16 MB")
        answer = loads_object(body.decode("utf-8", "replace"))
        if answer is None:
            raise EndpointError("answered with something that is no chat completion; check base_url")
        reader.take_object(answer)
        if not isinstance(answer.get("choices"), list) or not answer["choices"]:
            raise EndpointError(
                "answered without a completion; check base_url, which usually ends in /v1",
                words=error_words(answer),
            )
        reader.is_done = True

    async def _refusal(self, response: httpx.Response) -> EndpointError:
        if response.status_code < 400:
            return EndpointError(
                f"redirects elsewhere ({response.status_code}), which is not followed; set base_url to where it is"
            )
        body = b""
        try:
            async with asyncio.timeout(self._times.error_body_s):
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) >= _ERROR_BYTES:
                        break
        except TimeoutError:
            pass
        return refusal(
            response.status_code, response.reason_phrase, body[:_ERROR_BYTES], response.headers.get("retry-after")
        )

    def _transport_error(self, error: httpx.HTTPError, reader: CompletionReader) -> EndpointError:
        import httpx

        match error:
            case httpx.ConnectTimeout():
                return EndpointError(
                    f"did not take a connection within {self._times.connect_s:g} s", code="unreachable"
                )
            case httpx.ConnectError():
                return unreachable(error)
            case httpx.ReadTimeout():
                return EndpointError(f"sent nothing for {self._times.silence_s:g} s", code="endpoint_silent")
            case httpx.ProxyError():
                return EndpointError("can't be reached through the proxy of the environment", code="unreachable")
            case httpx.DecodingError():
                return EndpointError("sent an answer that can't be unpacked")
            case httpx.TransportError() if reader.text or reader.is_finished:
                return EndpointError("broke off in the middle of its answer", code="endpoint_cut")
            case _:
                return EndpointError("closed the connection without an answer", code="endpoint_cut")
