"""TLS over any stream of httpcore, so that its waits are that stream's: they can be aborted.

Memory buffers instead of a wrapped socket: the socket is never detached, and TLS within TLS (an https proxy)
is the same code.

May import: httpcore, the standard library.
"""

from __future__ import annotations

import contextlib
import math
import ssl
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import httpcore

__all__ = ["TlsStream"]

_Result = TypeVar("_Result")

_RECORD_BYTES = 64 * 1024


class TlsStream(httpcore.NetworkStream):
    """A TLS connection over another stream; the constructor does the handshake.

    Raises:
        httpcore.ConnectError: the handshake failed; the certificate's fault is in the message.
        httpcore.ConnectTimeout: it took longer than `timeout` seconds.
    """

    def __init__(
        self,
        inner: httpcore.NetworkStream,
        context: ssl.SSLContext,
        server_hostname: str | None,
        timeout: float | None,
    ) -> None:
        self._inner = inner
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        try:
            self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_hostname)
            self._perform(self._tls.do_handshake, timeout)
        except ssl.SSLCertVerificationError as error:
            self._send_alert()
            raise httpcore.ConnectError(f"certificate refused: {error.verify_message}") from error
        except ssl.SSLError as error:
            self._send_alert()
            raise httpcore.ConnectError(f"TLS failed: {error.reason or error}") from error
        except (OSError, ValueError) as error:
            raise httpcore.ConnectError(f"TLS failed: {error}") from error
        except httpcore.TimeoutException as error:
            raise httpcore.ConnectTimeout("no TLS handshake in time") from error
        except httpcore.NetworkError as error:
            raise httpcore.ConnectError(f"TLS failed: {error}") from error

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes; none at the end. Errors are those of the inner stream."""
        try:
            return self._perform(lambda: self._tls.read(max_bytes), timeout)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""
        except ssl.SSLError as error:
            raise httpcore.ReadError(f"TLS failed: {error.reason or error}") from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of `buffer`. Errors are those of the inner stream."""
        left = memoryview(buffer)
        try:
            while left:
                written = self._perform(partial(self._tls.write, left), timeout)
                left = left[written:]
        except ssl.SSLError as error:
            raise httpcore.WriteError(f"TLS failed: {error.reason or error}") from error

    def close(self) -> None:
        """Close the connection; no farewell that could block."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """TLS within TLS: to the server through an https proxy."""
        return TlsStream(self, ssl_context, server_hostname, timeout)

    def get_extra_info(self, info: str) -> Any:
        """The TLS object, and what the inner stream knows."""
        if info == "ssl_object":
            return self._tls
        if info == "is_readable" and (self._tls.pending() or self._incoming.pending):
            return True
        return self._inner.get_extra_info(info)

    def _perform(self, step: Callable[[], _Result], timeout: float | None) -> _Result:
        """Repeat `step` until it no longer lacks data, moving bytes between it and the inner stream."""
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush(deadline)
                data = self._inner.read(_RECORD_BYTES, _left(deadline))
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                self._flush(deadline)
                return result

    def _flush(self, deadline: float) -> None:
        if self._outgoing.pending:
            self._inner.write(self._outgoing.read(), _left(deadline))

    def _send_alert(self) -> None:
        with contextlib.suppress(httpcore.NetworkError, httpcore.TimeoutException):
            self._flush(time.monotonic() + 1)


def _left(deadline: float) -> float | None:
    return None if deadline == math.inf else max(0.0, deadline - time.monotonic())
