"""A hosted service with any number of sessions on a `FaultServer`, and a profile that points to it."""

from __future__ import annotations

import re
import threading
from collections import Counter
from typing import Any

from tests.support.fault_server import Exchange, FaultServer, answer, completed, delta

__all__ = ["SessionService"]

_AGENT: dict[str, Any] = {"id": "agt_1", "name": "my-agent", "deps_status": "ready"}
_ID = r"ses_[0-9a-f]{32}"


class SessionService:
    """Answers every message with `heard: ` and the message, and remembers who was ended how often.

    Args:
        server: Where it is scripted.
    """

    def __init__(self, server: FaultServer) -> None:
        self.server = server
        self.may_end = threading.Event()
        """Not set, an end gets no answer."""
        self.may_end.set()
        self._count = 0
        server.on("GET", "/v1/agents", answer(200, {"agents": [_AGENT]}))
        server.on("GET", "/v1/agents/agt_1", answer(200, _AGENT))
        server.on("POST", "/v1/sessions", self._create)
        server.on("GET", f"/v1/sessions/{_ID}", self._show)
        server.on("POST", f"/v1/sessions/{_ID}/messages", self.hear)
        server.on("POST", f"/v1/sessions/{_ID}/end", self._end)

    def config(self) -> str:
        """A config file that makes it the default; `environ` belongs to it."""
        return (
            'default_profile = "hosted"\ndefault_agent = "my-agent"\n'
            f'[profiles.hosted]\nbase_url = "{self.server.url}"\napi_key_env = "HOSTED_KEY"\n'
        )

    @property
    def environ(self) -> dict[str, str]:
        """The key."""
        return {"HOSTED_KEY": "ss_secret_of_the_hosted_profile"}

    @property
    def made(self) -> list[str]:
        """Ids of the sessions, in their order."""
        return [_session_id(number) for number in range(1, self._count + 1)]

    def ends(self) -> Counter[str]:
        """How often each was asked to end."""
        paths = [request.path for request in self.server.sent_to(f"/v1/sessions/{_ID}/end", method="POST")]
        return Counter(path.split("/")[3] for path in paths)

    def hear(self, exchange: Exchange) -> None:
        """Answer a message."""
        exchange.events(delta(f"heard: {exchange.request.json['prompt']}"), completed())

    def _create(self, exchange: Exchange) -> None:
        self._count += 1
        exchange.json(201, _session(_session_id(self._count), "active"))

    def _show(self, exchange: Exchange) -> None:
        exchange.json(200, _session(_session_of(exchange), "active"))

    def _end(self, exchange: Exchange) -> None:
        exchange.hold(self.may_end)
        exchange.json(200, _session(_session_of(exchange), "ended"))


def _session_id(number: int) -> str:
    return f"ses_{number:032x}"


def _session_of(exchange: Exchange) -> str:
    found = re.search(_ID, exchange.request.path)
    assert found is not None
    return found.group()


def _session(session_id: str, status: str) -> dict[str, Any]:
    return {"id": session_id, "agent_id": "agt_1", "agent_name": "my-agent", "status": status}
