"""The ASGI application: lets a request in, hands it to its endpoint, turns every error into `{"detail": "..."}`.

May import: protocol, starlette, server.auth, server.body, server.responses, server.routes.
"""

from __future__ import annotations

import sys
import traceback

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from superserve_tui.protocol import APIError, error_for_status
from superserve_tui.server.auth import check_request
from superserve_tui.server.body import ClientLeftError, RequestBody
from superserve_tui.server.limits import Limits
from superserve_tui.server.responses import JsonResponse, error_response
from superserve_tui.server.routes import BODY_KEY, Routes

__all__ = ["App"]


class App:
    """One server's ASGI application."""

    def __init__(self, routes: Routes, *, token: str, limits: Limits) -> None:
        """Serve `routes` to the bearer of `token`."""
        self._router = routes.router()
        self._token = token
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; see ASGI."""
        body = RequestBody(receive, scope["headers"], self._limits)
        # The router raises its 405 only where it finds an application that turns it into an answer.
        scope.update({BODY_KEY: body, "app": self})
        has_started = False

        async def send_after_body(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                if not await body.discard():
                    message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        try:
            check_request(scope["headers"], port=scope["server"][1], token=self._token)
            await self._router(scope, receive, send_after_body)
        except APIError as error:
            await error_response(error)(scope, receive, send_after_body)
        except HTTPException as error:
            answer = error_response(error_for_status(error.status_code, error.detail), headers=error.headers)
            await answer(scope, receive, send_after_body)
        except ClientLeftError:
            return
        except Exception as error:  # noqa: BLE001 - the entry of every request: logged, and answered with 500
            traceback.print_exception(error, file=sys.stderr)
            if has_started:
                return
            broken = JsonResponse({"detail": "the server made a mistake; its log says more"}, status_code=500)
            await broken(scope, receive, send_after_body)
