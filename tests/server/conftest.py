"""What the tests of the server share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.api import Api
from tests.support.embedded import RunningServer, ScriptedAgent, running_server


@pytest.fixture
def agent() -> ScriptedAgent:
    """The agent that `server` offers; a test sets its script."""
    return ScriptedAgent()


@pytest.fixture
def server(agent: ScriptedAgent) -> Iterator[RunningServer]:
    """A server with one scripted agent."""
    with running_server(agent) as running:
        yield running


@pytest.fixture
def api(server: RunningServer) -> Iterator[Api]:
    """A client of `server`."""
    with Api(server) as client:
        yield client
