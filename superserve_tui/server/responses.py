"""The two kinds of answers: a JSON document, and the stream of a turn's events.

May import: protocol, starlette, server.event_log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from superserve_tui.protocol import APIError, dumps
from superserve_tui.server.event_log import LogReader
from superserve_tui.server.limits import Limits

__all__ = ["EventStreamResponse", "JsonResponse", "error_response"]


_STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class JsonResponse(Response):
    """A JSON document that any reader can read: no lone surrogates, no NaN."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The document's bytes."""
        return dumps(content).encode()


def error_response(error: APIError, *, headers: Mapping[str, str] | None = None) -> JsonResponse:
    """The answer that says what is wrong (PROTOCOL 3: `{"detail": "..."}`)."""
    response = JsonResponse({"detail": error.message}, status_code=error.status, headers=headers)
    if error.status == 401:
        response.headers["www-authenticate"] = "Bearer"
    return response


class EventStreamResponse:
    """Streams a turn's log to one listener, as it grows, until its end or until the listener leaves."""

    def __init__(self, reader: LogReader, limits: Limits) -> None:
        """Stream what `reader` gives; closes it in the end."""
        self._reader = reader
        self._limits = limits

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; see ASGI."""
        gone = asyncio.create_task(_wait_until_gone(receive), name="listener")
        gone.add_done_callback(lambda _: self._reader.close())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _STREAM_HEADERS})
            await self._stream(send)
        finally:
            self._reader.close()
            gone.cancel()

    async def _stream(self, send: Send) -> None:
        """Write all that is there at once; a flood goes out in writes `write_gap_s` apart."""
        clock = asyncio.get_running_loop().time
        reader, limits = self._reader, self._limits
        last_write_at = 0.0
        while reader.is_open:
            data = reader.read(limits.write_bytes)
            if data:
                await send({"type": "http.response.body", "body": data, "more_body": True})
                last_write_at = clock()
            elif reader.is_done:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            else:
                await reader.wait()
                pause = last_write_at + limits.write_gap_s - clock()
                if pause > 0 and not reader.is_ending:
                    await asyncio.sleep(pause)


async def _wait_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
