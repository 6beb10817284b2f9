"""The sessions API as a test speaks it: short calls over httpx, and turns as lists of decoded events."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from superserve_tui.protocol import EventStreamDecoder, ServerSentEvent
from superserve_tui.server import ServerAddress
from tests.support import waiting
from tests.support.embedded import DEADLINE_S, RunningServer

__all__ = ["Api", "Stream", "wait_for"]


def wait_for(condition: Callable[[], object], what: str, *, deadline_s: float = DEADLINE_S) -> None:
    """`tests.support.waiting.wait_for`, with what was waited for in its place."""
    waiting.wait_for(condition, deadline_s, what=what)


class Stream:
    """One listener of a turn."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.seen: list[tuple[str, dict[str, Any]]] = []
        """The events that were read."""
        self._decoder = EventStreamDecoder()
        self._ready: list[ServerSentEvent] = []
        self._chunks = response.iter_raw()

    def __iter__(self) -> Iterator[tuple[str, dict[str, Any]]]:
        while (event := self.next()) is not None:
            yield event

    def next(self) -> tuple[str, dict[str, Any]] | None:
        """The next event, None at the end of the stream."""
        while not self._ready:
            chunk = next(self._chunks, None)
            if chunk is None:
                return None
            self._ready += self._decoder.feed(chunk)
        event = self._ready.pop(0)
        self.seen.append((event.type, json.loads(event.data)))
        return self.seen[-1]

    def types(self) -> list[str]:
        """The types of all events that are still to come."""
        return [event_type for event_type, _ in self]


class Api:
    """One client of one server."""

    def __init__(self, server: RunningServer | ServerAddress) -> None:
        self.http = httpx.Client(
            base_url=f"{server.url}/v1",
            headers={"authorization": f"Bearer {server.token}"},
            timeout=DEADLINE_S,
            trust_env=False,
        )

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def agent_id(self, name: str = "scripted") -> str:
        """The id of the agent with this name."""
        agents = self.http.get("/agents").json()["agents"]
        return str(next(agent["id"] for agent in agents if agent["name"] == name))

    def new_session(self, agent: str = "scripted", **fields: object) -> str:
        """Make a session; returns its id."""
        answer = self.http.post("/sessions", json={"agent_id": self.agent_id(agent), **fields})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def session(self, session_id: str) -> dict[str, Any]:
        """The session as it is now."""
        answer: dict[str, Any] = self.http.get(f"/sessions/{session_id}").json()
        return answer

    @contextmanager
    def send(self, session_id: str, prompt: str = "hello") -> Iterator[Stream]:
        """Send a message and listen."""
        url = f"/sessions/{session_id}/messages"
        with self.http.stream("POST", url, json={"prompt": prompt}) as response:
            assert response.status_code == 200, response.read()
            yield Stream(response)

    @contextmanager
    def events(self, session_id: str, after: int | None = None) -> Iterator[Stream]:
        """Listen to the running or last turn."""
        params = {} if after is None else {"after": after}
        with self.http.stream("GET", f"/sessions/{session_id}/events", params=params) as response:
            assert response.status_code == 200, response.read()
            yield Stream(response)

    def turn(self, session_id: str, prompt: str = "hello") -> list[tuple[str, dict[str, Any]]]:
        """Send a message and read its turn to the end."""
        with self.send(session_id, prompt) as stream:
            return list(stream)
